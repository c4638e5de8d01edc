"""What of a hub's own folder goes with the keys, and the folder that is made of it again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from placehub.backups.manifest import Filling
from placehub.embedded.encrypting import FOLDER as TLS
from placehub.embedded.identity import IDENTITY_FILE, Identity, adopt_identity
from placehub.embedded.ownership import own_folder, running_as_root, write_private
from placehub.errors import Conflict, Misconfigured
from placehub.mailboxes.access import Access
from placehub.settings import Settings

SECRETS: Final = "secrets.json"
CREDENTIALS: Final = "credentials"
RESTORING: Final = "restoring"
"""Stands in a hub's folder while it is restored; a hub does not start there."""


class Secrets(BaseModel):
    """What cannot be made anew."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    master_key: str | None = Field(repr=False)
    evidence_key: str | None = Field(repr=False)
    ports: dict[str, int] = {}
    """Of an embedded hub: organisations know its broker and API by them."""

    @classmethod
    def read(cls, keys: Path) -> Secrets:
        """Read them from a folder of keys that was checked."""
        try:
            return cls.model_validate_json((keys / SECRETS).read_bytes())
        except ValidationError:
            raise Misconfigured(f"{keys / SECRETS} is of a later version. Use that version.") from None


def keep_secrets(settings: Settings, folder: Path, keys: Filling) -> Secrets:
    """Write the hub's secrets, its TLS authority and the credentials kept in its folder, where it has them."""
    master, evidence = settings.master_key, settings.evidence_key
    identity = folder / IDENTITY_FILE
    kept = Secrets(
        master_key=master.get_secret_value() if master else None,
        evidence_key=evidence.get_secret_value() if evidence else None,
        ports=Identity.model_validate_json(identity.read_bytes()).ports if identity.exists() else {},
    )
    keys.write(SECRETS, kept.model_dump_json(indent=1).encode())
    for path in (*sorted((folder / TLS).glob("authority.*")), *sorted((folder / CREDENTIALS).glob("*.json"))):
        keys.write(f"{path.parent.name}/{path.name}", path.read_bytes())
    return kept


def begin_folder(folder: Path, keys: Path) -> None:
    """Make the folder of a new hub that has a backup's secrets; what was broken off there before is removed.

    Conflict when something else is in it, Misconfigured when the backup's keys lack one.
    """
    own_folder(folder, 0o711 if running_as_root() else 0o700)
    secrets = Secrets.read(keys)
    if secrets.master_key is None or secrets.evidence_key is None:
        raise Misconfigured(
            f"{keys} lacks the master key or the evidence key: where the backup was made, they were not known. "
            "Restore into servers of your own with --servers, and give them to the hub there."
        )
    if any(folder.iterdir()) and not (folder / RESTORING).exists():
        raise Conflict(f"{folder} is not empty. A backup is restored into a new folder: name another with --dir.")
    for path in folder.iterdir():
        if path.name != RESTORING:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    (folder / RESTORING).touch(mode=0o600)
    tls = sorted((keys / TLS).glob("authority.*"))
    for path in tls:
        write_private(own_folder(folder / TLS, 0o700) / path.name, path.read_text())
    adopt_identity(folder, secrets.master_key, secrets.evidence_key, secrets.ports, tls=bool(tls))


def finish_folder(folder: Path) -> None:
    """Let the hub start in the folder."""
    (folder / RESTORING).unlink()


def check_restored(folder: Path) -> None:
    """Raise Conflict when a restore into the folder was broken off: what is there is not whole."""
    if (folder / RESTORING).exists():
        raise Conflict(f"{folder} was not restored to the end. Run the same 'placehub restore' again: it begins anew.")


def kept_credentials(keys: Path) -> dict[str, Access]:
    """Return the credentials that went with the keys, by organisation."""
    found = [Access.load(path) for path in sorted((keys / CREDENTIALS).glob("*.json"))]
    return {one.organisation: one for one in found}


def keep_credentials(folder: Path, kept: dict[str, Access], settings: Settings) -> None:
    """Keep credentials in a hub's folder, with the addresses it has now."""
    for code, access in kept.items():
        now = replace(access, bootstrap=settings.bootstrap, api=settings.api_outside or settings.api)
        replace(now, tls_ca=settings.kafka_tls_ca).save(folder / CREDENTIALS / f"{code}.json")
