"""What a hub makes once and keeps in its folder: its secrets, its ports and where its database lies."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from placehub.embedded.ownership import MACHINE_FOLDER, others_may_enter, running_as_root, write_private
from placehub.embedded.ports import choose_ports
from placehub.errors import Misconfigured

IDENTITY_FILE = "identity.json"
PORTS = ["postgres", "kafka", "controller", "registry", "registry_management", "api", "portal"]


def _secret() -> str:
    return secrets.token_urlsafe(32)


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _cluster_id() -> str:
    # 16 random bytes as Kafka writes them; a leading dash would be taken for an option.
    while (drawn := secrets.token_urlsafe(16)).startswith("-"):
        pass
    return drawn


class Identity(BaseModel):
    """A hub's secrets and ports; written readable by its user alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cluster_id: str = Field(default_factory=_cluster_id)
    kafka_password: str = Field(default_factory=_secret, repr=False)
    controller_password: str = Field(default_factory=_secret, repr=False)
    postgres_password: str = Field(default_factory=_secret, repr=False)
    database_password: str = Field(default_factory=_secret, repr=False)
    registry_password: str = Field(default_factory=_secret, repr=False)
    api_token: str = Field(default_factory=_secret, repr=False)
    master_key: str = Field(default_factory=_key, repr=False)
    evidence_key: str = Field(default_factory=_key, repr=False)
    portal_token: str = Field(default_factory=_secret, repr=False)
    ports: dict[str, int] = {}
    behind: dict[str, int] = {}
    """Where a relay stands before a server: the port that server itself listens on; its in `ports` is the relay's."""
    database_elsewhere: str | None = None
    """Where the database lies when it cannot lie in the hub's folder (root's, closed to everybody else)."""
    tls: bool = False
    """Whether the broker is reached by TLS only; a hub that was started so once stays so."""

    def listens_on(self, server: str) -> int:
        """Return the port a server itself listens on; everybody reaches it by its port in `ports`."""
        return self.behind.get(server, self.ports[server])


def recall_identity(folder: Path, *, tls: bool = False) -> Identity:
    """Return the folder's identity, made at the first call, with ports that are free now: the former ones if possible.

    With `tls` its broker is reached by TLS from now on, and at every later start.
    Raises Misconfigured when the file is damaged, or gone while the data it opens is still there.
    """
    path = folder / IDENTITY_FILE
    if path.exists():
        try:
            identity = Identity.model_validate_json(path.read_text())
        except ValidationError:
            raise Misconfigured(
                f"{path} is damaged. Restore it from a copy, or remove {folder} to start anew."
            ) from None
    elif (folder / "kafka").exists():
        raise Misconfigured(f"{path} is gone, but data is still there. Restore it, or remove {folder} to start anew.")
    else:
        identity = Identity(database_elsewhere=_database_elsewhere(folder))
    relayed = {name: identity.ports[name] for name in identity.behind}  # taken, by the relay they are meant for
    ports = choose_ports([name for name in PORTS if name not in relayed], identity.ports) | relayed
    identity = identity.model_copy(update={"ports": ports, "tls": identity.tls or tls})
    write_private(path, json.dumps(identity.model_dump(), indent=1))
    return identity


def adopt_identity(folder: Path, master_key: str, evidence_key: str, ports: dict[str, int], *, tls: bool) -> None:
    """Write the identity of a new hub that has another one's keys, and its ports where they are free."""
    known = {"master_key": master_key, "evidence_key": evidence_key, "ports": ports, "tls": tls}
    identity = Identity(database_elsewhere=_database_elsewhere(folder), **known)  # type: ignore[arg-type]  # as named
    write_private(folder / IDENTITY_FILE, json.dumps(identity.model_dump(), indent=1))


def relay_identity(folder: Path, servers: list[str]) -> Identity:
    """Write the identity of a new hub before whose servers relays will stand, and return it."""
    ports = choose_ports([*servers, *(f"behind {name}" for name in servers)], {})
    fronts = {name: ports[name] for name in servers}
    behind = {name: ports[f"behind {name}"] for name in servers}
    identity = Identity(database_elsewhere=_database_elsewhere(folder), ports=fronts, behind=behind)
    write_private(folder / IDENTITY_FILE, json.dumps(identity.model_dump(), indent=1))
    return identity


def _database_elsewhere(folder: Path) -> str | None:
    # Chosen once: a folder opened or closed later must not make the data seem lost.
    if not running_as_root() or others_may_enter(folder):
        return None
    return str(MACHINE_FOLDER / "data" / secrets.token_hex(8))
