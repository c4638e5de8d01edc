"""The embedded broker's certificate, and the hub's own authority that issued it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from placehub.deployment.certificates import Pair, issue, make_authority
from placehub.embedded.ownership import own_folder, write_private
from placehub.embedded.ports import LOOPBACK
from placehub.errors import Misconfigured

FOLDER: Final = "tls"
NAMES: Final = (LOOPBACK, "localhost")
"""What the broker is reached by; a certificate for anything else is refused by its clients."""


def authority_file(folder: Path) -> Path:
    """Return where the authority's certificate lies: the one file that who joins a hub with TLS needs of it."""
    return folder / FOLDER / "authority.pem"


def prepare_certificate(folder: Path, home: Path, now: datetime) -> None:
    """Write the broker's certificate with its key into `home`, issued anew at each start by the folder's authority.

    The authority is made once; Misconfigured when one of its two files is gone, or it has ended. Clients that know it
    need nothing new when the broker is started again.
    """
    authority = _authority(folder, now)
    made = issue(authority, NAMES, now)
    write_private(home / "broker.pem", made.key + made.certificate)
    write_private(home / "authority.pem", authority.certificate)


def _authority(folder: Path, now: datetime) -> Pair:
    own_folder(folder / FOLDER, 0o700)
    certificate, key = authority_file(folder), folder / FOLDER / "authority.key"
    if certificate.exists() != key.exists():
        gone = key if certificate.exists() else certificate
        raise Misconfigured(f"{gone} is gone. Restore it from a copy, or remove {gone.parent} for a new authority.")
    if not key.exists():
        made = make_authority("placehub embedded", now)
        write_private(certificate, made.certificate)
        write_private(key, made.key)
    return Pair(certificate.read_text(), key.read_text())
