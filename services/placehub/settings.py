"""The hub's settings: read once at the start, frozen, a wrong value stops the start with a plain sentence."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from placehub.errors import Misconfigured, NotFound

HUB_FILE = "hub.json"


class Settings(BaseModel):
    """Where the hub's parts are and how it runs; every field may be given as `PLACEHUB_<NAME>`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bootstrap: str
    """Kafka bootstrap servers, `host:port[,host:port]`."""
    kafka_user: str = "hub"
    """SCRAM user the hub's own services log in as."""
    kafka_password: SecretStr
    """Password of `kafka_user`."""
    kafka_tls_ca: str | None = None
    """Path of the CA certificate; set, the broker is reached by SASL_SSL instead of SASL_PLAINTEXT."""
    registry: str
    """Schema registry, the Confluent API's root: `http://host:port/apis/ccompat/v7`."""
    database: SecretStr
    """SQLAlchemy URL, `postgresql+psycopg://user:password@host:port/placehub`."""
    api: str
    """Root of the hub's own HTTP API (keys, schemas): `http://host:port`."""
    api_token: SecretStr
    """The hub's own token for the API."""
    master_key: SecretStr | None = None
    """Base64 of 32 bytes that wrap every organisation's key; only the `api` process needs it."""
    clock: Literal["wall", "stream"] = "wall"
    """`wall`: the machine's clock. `stream`: ticks on the `clock` topic (demo, tests, what-if)."""
    partitions: int = 6
    """Partitions of each stream; fixed when the stream is created."""
    replication: int = 1
    """Replication factor of each topic."""
    mailbox_days: int = 90
    """Days a mailbox and the dead letters keep their records."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What is logged."""

    @classmethod
    def load(cls, folder: Path | None = None) -> Settings:
        """Read the environment, and what it leaves open from `<folder>/hub.json` (written by `placehub up`).

        Raises NotFound when neither names a hub, Misconfigured when a value is wrong.
        """
        saved: dict[str, object] = {}
        if folder is not None and (folder / HUB_FILE).exists():
            saved = json.loads((folder / HUB_FILE).read_text())
        try:
            environment = {
                name: os.environ[key] for name in cls.model_fields if (key := f"PLACEHUB_{name.upper()}") in os.environ
            }
            return cls.model_validate({**saved, **environment})
        except ValidationError as error:
            missing = [str(e["loc"][0]) for e in error.errors() if e["type"] == "missing"]
            if missing:
                raise NotFound(
                    f"No hub found here ({', '.join(missing)} not set). Start one with 'placehub up', "
                    "name its folder with --dir, or set PLACEHUB_BOOTSTRAP and friends."
                ) from None
            first = error.errors()[0]
            raise Misconfigured(
                f"Setting {first['loc'][0]} is wrong: {first['msg']}. Correct it and start again."
            ) from None

    def save(self, folder: Path) -> Path:
        """Write the settings, secrets included, to `<folder>/hub.json`, readable by this user alone."""
        values = {
            name: value.get_secret_value() if isinstance(value, SecretStr) else value
            for name, value in self
            if value is not None
        }
        path = folder / HUB_FILE
        path.touch(mode=0o600)
        path.write_text(json.dumps(values, indent=1))
        return path

    def environment(self) -> dict[str, str]:
        """These settings as environment variables for a child process."""
        return {
            f"PLACEHUB_{name.upper()}": str(value.get_secret_value() if isinstance(value, SecretStr) else value)
            for name, value in self
            if value is not None
        }
