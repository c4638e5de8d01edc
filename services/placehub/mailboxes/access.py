"""What an organisation needs to reach its mailboxes, and the file it may be kept in."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from placehub.errors import Misconfigured, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where the hub is and what the organisation logs in with."""

    organisation: str
    bootstrap: str
    """Kafka bootstrap servers, `host:port[,host:port]`."""
    kafka_password: str = field(repr=False)
    api: str
    """Root of the hub's HTTP API."""
    api_token: str = field(repr=False)
    tls_ca: str | None = None
    """Path of the CA certificate; set, the broker is reached by SASL_SSL."""

    def facts(self) -> dict[str, str]:
        """Return everything that is set, secrets included."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def save(self, path: Path) -> Path:
        """Write it to a file readable by this user alone; one that is there is replaced."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made private before a secret is in it, and put in place whole.
        part = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(self.facts(), file, indent=1)
        part.replace(path)
        return path

    @classmethod
    def load(cls, path: Path) -> Access:
        """Read a saved file; NotFound when there is none, Misconfigured when it is not one."""
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            raise NotFound(f"There is no file {path}. Name the one your credentials were saved in.") from None
        except OSError as error:
            raise Misconfigured(f"{path} cannot be read: {error.strerror}.") from None
        except (TypeError, ValueError):
            raise Misconfigured(f"{path} holds no credentials. Name the file 'placehub org add' wrote.") from None
