"""Where a command finds an organisation's credentials."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from placehub.errors import Misconfigured, NotFound
from placehub.mailboxes.access import Access
from placehub.organisations.joining import check_code
from placehub.settings import Settings


def kept_at(folder: Path, code: str) -> Path:
    """Return the file in which `org add --keep` puts an organisation's credentials."""
    return folder / "credentials" / f"{code}.json"


def trust_kept(folder: Path, tls_ca: str) -> None:
    """Let the credentials kept in a hub's folder, given perhaps before it had TLS, name its authority."""
    for file in (folder / "credentials").glob("*.json"):
        # whoever uses a file that holds none is told; the hub comes up all the same
        with suppress(Misconfigured):
            access = Access.load(file)
            if access.tls_ca != tls_ca:
                replace(access, tls_ca=tls_ca).save(file)


def find_access(code: str, folder: Path, file: Path | None) -> Access:
    """Return the credentials from the file named, the environment, or the hub's folder; NotFound when nowhere."""
    check_code(code, "--as")
    if file is not None:
        return _of(code, Access.load(file), file)
    if "PLACEHUB_ORG_PASSWORD" in os.environ and "PLACEHUB_ORG_TOKEN" in os.environ:
        return _from_environment(code, folder)
    if kept_at(folder, code).exists():
        return _of(code, Access.load(kept_at(folder, code)), kept_at(folder, code))
    raise NotFound(
        f"No credentials of {code} here. Name their file with --credentials, set PLACEHUB_ORG_PASSWORD and "
        f"PLACEHUB_ORG_TOKEN, or register it with 'placehub org add {code} --keep'."
    )


def _of(code: str, access: Access, file: Path) -> Access:
    if access.organisation != code:
        raise NotFound(f"{file} holds the credentials of {access.organisation}, not of {code}. Name another file.")
    return access


def _from_environment(code: str, folder: Path) -> Access:
    # An organisation elsewhere has no settings of the hub, only its addresses.
    addresses = {name: os.environ.get(f"PLACEHUB_{name}") for name in ("BOOTSTRAP", "API")}
    tls_ca = os.environ.get("PLACEHUB_KAFKA_TLS_CA")
    if None in addresses.values():
        settings = Settings.load(folder)
        addresses, tls_ca = {"BOOTSTRAP": settings.bootstrap, "API": settings.api}, settings.kafka_tls_ca
    return Access(
        organisation=code,
        bootstrap=str(addresses["BOOTSTRAP"]),
        kafka_password=os.environ["PLACEHUB_ORG_PASSWORD"],
        api=str(addresses["API"]),
        api_token=os.environ["PLACEHUB_ORG_TOKEN"],
        tls_ca=tls_ca,
    )
