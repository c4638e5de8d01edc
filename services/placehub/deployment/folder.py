"""The folder of a hub in containers: made once by `init`, its certificates made anew by `renew`.

    ca.key          the authority's private key; only `renew` needs it, so it may be kept elsewhere
    compose.env     what `docker compose --env-file` reads; no secret is in it
    secrets/        one file for each secret and certificate, named as in docker-compose.yml
    data/           what the servers keep
    credentials/    what `org add --keep` keeps

Every file is for its owner alone, and the containers run as that owner: Compose mounts a secret as it lies on the
disk and can change neither its owner nor its mode.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from placehub.deployment.certificates import Pair, ends, issue, make_authority, names_of
from placehub.embedded.ownership import write_private
from placehub.errors import Conflict, Misconfigured, NotFound

BROKERS: Final = (1, 2, 3)
"""Numbers of the Kafka nodes."""
CONTROLLER_PORT: Final = 9093
"""Port at which the Kafka nodes agree among themselves."""
DATA: Final = (*(f"kafka-{number}" for number in BROKERS), "postgres", "prometheus", "grafana")
"""Folders under `data`, one for each server that keeps something."""
ENV_FILE: Final = "compose.env"
SERVICE_UID: Final = 10001
"""Whom the containers run as when root makes the folder."""
_MOUNTED: Final = "/run/secrets"
_MOUNTABLE = re.compile(r"[^'\":\x00-\x1f\x7f]+")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


def init(folder: Path, host: str, now: datetime) -> Path:
    """Make the folder, whole or not at all, for a hub that organisations reach at `host`; return it.

    Raises Conflict when there is something in it, Misconfigured when it cannot be made or mounted, or `host` is
    no host name.
    """
    if not _HOST.fullmatch(host):
        raise Misconfigured("--host must be a host name in lower case, as hub.example.org. Correct it.")
    folder = folder.expanduser().resolve()
    if not _MOUNTABLE.fullmatch(str(folder)):
        raise Misconfigured(
            "FOLDER must be a path without quotes, colons and control characters, for Compose's sake. Name another one."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f"{folder} is there already and is left as it is. Name another folder, or see 'deploy renew'.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            _fill(draft, folder, host, now)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise Misconfigured(f"The folder {folder} cannot be made: {error.strerror}. Name another one.") from error
    return folder


def renew(folder: Path, now: datetime) -> dict[str, datetime]:
    """Give every server a new key and certificate for the names it had; return server -> when its new one ends.

    Raises NotFound when the folder or the authority's key is not there, Misconfigured when the authority has ended.
    """
    kept = folder.expanduser() / "secrets"
    try:
        authority = Pair((kept / "ca").read_text(), (kept.parent / "ca.key").read_text())
        wanted = {server: names_of((kept / f"{server}_certificate").read_text()) for server in _SERVERS}
    except FileNotFoundError as error:
        raise NotFound(
            f"There is no {error.filename}. Name the folder 'deploy init' made, and put ca.key back into it."
        ) from None
    except OSError as error:
        raise Misconfigured(f"{error.filename} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise Misconfigured(f"A certificate in {kept} is damaged. Restore it from a copy.") from None
    fresh = {server: issue(authority, names, now) for server, names in wanted.items()}
    for server, pair in fresh.items():
        for name, text in _files_of(server, pair):
            write_private(kept / name, text)
            _own(kept / name, (kept / "ca").stat().st_uid, (kept / "ca").stat().st_gid)
    return {server: ends(pair.certificate) for server, pair in fresh.items()}


_SERVERS: Final = (*(f"kafka_{number}" for number in BROKERS), "postgres", "registry")


def _fill(draft: Path, folder: Path, host: str, now: datetime) -> None:
    owner, group = (os.geteuid(), os.getegid()) if os.geteuid() else (SERVICE_UID, SERVICE_UID)
    for name in ("secrets", "credentials", "data", *(f"data/{one}" for one in DATA)):
        (draft / name).mkdir(mode=0o700)
    authority = make_authority(f"placehub at {host}", now)
    write_private(draft / "ca.key", authority.key)
    write_private(draft / ENV_FILE, _environment(folder, host, owner, group))
    for name, text in _secrets():
        write_private(draft / "secrets" / name, text)
    write_private(draft / "secrets" / "ca", authority.certificate)
    for server in _SERVERS:
        for name, text in _files_of(server, issue(authority, _names(server, host), now)):
            write_private(draft / "secrets" / name, text)
    for path in (draft, *draft.rglob("*")):
        if path.name != "ca.key":  # no container needs it
            _own(path, owner, group)


def _secrets() -> Iterator[tuple[str, str]]:
    made = {name: secrets.token_urlsafe(32) for name in ("kafka_password", "broker_password", "controller_password")}
    made |= {name: secrets.token_urlsafe(32) for name in ("postgres_password", "database_password", "api_token")}
    made |= {name: secrets.token_urlsafe(32) for name in ("registry_password", "grafana_password", "portal_token")}
    yield from made.items()
    for name in ("master_key", "evidence_key"):
        yield name, base64.b64encode(secrets.token_bytes(32)).decode()
    safe = f"sslmode=verify-full&sslrootcert={_MOUNTED}/ca"
    yield "database", f"postgresql+psycopg://placehub:{made['database_password']}@postgres:5432/placehub?{safe}"
    # The registry reads no password from a file, but settings; the ordinal puts them before its own.
    yield "registry_settings", f"config_ordinal=500\napicurio.datasource.password={made['registry_password']}\n"


def _files_of(server: str, pair: Pair) -> Iterator[tuple[str, str]]:
    if server.startswith("kafka"):  # one file, as Kafka's PEM key store wants it
        yield f"{server}_certificate", pair.key + pair.certificate
    else:
        yield f"{server}_certificate", pair.certificate
        yield f"{server}_key", pair.key


def _names(server: str, host: str) -> list[str]:
    outside = [host] if server.startswith("kafka") else []
    return [server.replace("_", "-"), *outside, "localhost", "127.0.0.1"]


def _environment(folder: Path, host: str, owner: int, group: int) -> str:
    controllers = ",".join(f"{number}@kafka-{number}:{CONTROLLER_PORT}:{_kafka_id()}" for number in BROKERS)
    values = {
        "DEPLOY_FOLDER": folder,
        "DEPLOY_USER": f"{owner}:{group}",
        "DEPLOY_HOST": host,
        "DEPLOY_CLUSTER_ID": _kafka_id(),
        "DEPLOY_CONTROLLERS": controllers,
    }
    return "".join(f"{name}='{value}'\n" for name, value in values.items())


def _kafka_id() -> str:
    # 16 random bytes as Kafka writes them; a leading dash would be taken for an option.
    while (drawn := secrets.token_urlsafe(16)).startswith("-"):
        pass
    return drawn


def _own(path: Path, owner: int, group: int) -> None:
    if os.geteuid() == 0:
        os.chown(path, owner, group, follow_symlinks=False)
