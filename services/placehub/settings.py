"""The hub's settings: read once at the start, frozen, a wrong value stops the start with a plain sentence."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, Literal, cast, get_args
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from placehub.contracts.wording import UNKNOWN, rule_of
from placehub.errors import Misconfigured, NotFound

HUB_FILE = "hub.json"
_LISTEN: Final = r"^(|[^:/\s]+:[0-9]{1,5})$"
_BROKERS: Final = r"^[^/,\s]+:[0-9]{1,5}(,[^/,\s]+:[0-9]{1,5})*$"
_BROKERS_OR_NONE: Final = rf"^$|{_BROKERS}"
_ROOT: Final = r"^https?://[^/\s]"
_ROOT_OR_NONE: Final = rf"^$|{_ROOT}"
_FORMS: Final = {
    _LISTEN: "must be host:port, or empty",
    _BROKERS: "must be host:port, several with commas between",
    _BROKERS_OR_NONE: "must be host:port, several with commas between, or empty",
    _ROOT: "must begin with http:// or https:// and a host",
    _ROOT_OR_NONE: "must begin with http:// or https:// and a host, or be empty",
}
"""What a value of each form must be, in words."""
TUNED = ("mailbox_days", "rest_seconds", "stamp_authority", "stamp_roots", "traces", "tree_head_seconds")
"""Settings that do not say where anything is: a hub that knows that itself takes them from the environment."""
BEYOND = (
    *("smtp", "smtp_sender", "smtp_user", "smtp_password", "smtp_ca", "notify_key", "notify_template"),
    *("oidc", "oidc_client", "oidc_secret", "oidc_organisations"),
)
"""Settings of what is not the hub's own and no hub knows itself: what takes its mails, and who proves its people."""


LogLevel = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Origin:
    """One setting as it is here. `value` is `set` or None for a secret; `origin` where the value is from."""

    name: str
    value: object
    origin: Literal["environment", "file", "folder", "default", "not set"]
    secret: bool


class Settings(BaseModel):
    """Where the hub's parts are and how it runs; every field may be given as `PLACEHUB_<NAME>`.

    Or, so that a secret is in no environment, as `PLACEHUB_<NAME>_FILE`: the name of a file that holds the value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bootstrap: Annotated[str, Field(pattern=_BROKERS)]
    """Kafka bootstrap servers, `host:port[,host:port]`."""
    bootstrap_outside: Annotated[str, Field(pattern=_BROKERS_OR_NONE)] = ""
    """What organisations are told instead of `bootstrap`, where they reach the brokers under other names."""
    kafka_user: str = "hub"
    """SCRAM user the hub's own services log in as."""
    kafka_password: SecretStr
    """Password of `kafka_user`."""
    kafka_tls_ca: str | None = None
    """Path of the CA certificate; set, the broker is reached by SASL_SSL instead of SASL_PLAINTEXT."""
    registry: Annotated[str, Field(pattern=_ROOT)]
    """Schema registry, the Confluent API's root: `http://host:port/apis/ccompat/v7`."""
    database: SecretStr
    """SQLAlchemy URL, `postgresql+psycopg://user:password@host:port/placehub`."""
    api: Annotated[str, Field(pattern=_ROOT)]
    """Root of the hub's own HTTP API (keys, schemas): `http://host:port`."""
    api_outside: Annotated[str, Field(pattern=_ROOT_OR_NONE)] = ""
    """What organisations are told instead of `api`: the address of the proxy that gives the API its TLS."""
    api_listen: Annotated[str, Field(pattern=_LISTEN)] = ""
    """What the `api` process binds, `host:port`; empty: host and port of `api`."""
    api_token: SecretStr
    """The hub's own token for the API."""
    master_key: SecretStr | None = None
    """Base64 of 32 bytes that wrap every organisation's key; only the `api` process needs it."""
    evidence_key: SecretStr | None = None
    """Base64 of 32 bytes that sign the evidence log; only the `evidence` process and `case bundle` need it."""
    portal: Annotated[str, Field(pattern=_ROOT_OR_NONE)] = ""
    """Root of the portal as people's browsers know it; with https:// its cookies are sent by TLS only."""
    portal_listen: Annotated[str, Field(pattern=_LISTEN)] = ""
    """What the `portal` process binds, `host:port`; empty: host and port of `portal`."""
    portal_token: SecretStr | None = None
    """With it the portal asks the API for keys as its users' organisations; only `portal` and `api` need it."""
    smtp: Annotated[str, Field(pattern=_LISTEN)] = ""
    """Mail server that the portal hands its mails to, `host:port` with STARTTLS; empty: it sends none by SMTP."""
    smtp_sender: str = ""
    """The address mails come from."""
    smtp_user: str = ""
    """Who the portal logs in to the mail server as; empty: it does not."""
    smtp_password: SecretStr | None = None
    """Password of `smtp_user`; only `portal` needs it."""
    smtp_ca: str | None = None
    """Path of the authorities the mail server's certificate is checked with; not set: those of the machine."""
    notify_key: SecretStr | None = None
    """Key of a GOV.UK Notify service that takes the portal's mails, in place of `smtp`; only `portal` needs it."""
    notify_template: str = ""
    """Id of the template in that service; it holds ((subject)) and ((text))."""
    oidc: Annotated[str, Field(pattern=_ROOT_OR_NONE)] = ""
    """OpenID Connect provider for sign-in to the portal, by the issuer's own name; empty: by password alone."""
    oidc_client: str = ""
    """Who the portal is to that provider."""
    oidc_secret: SecretStr | None = None
    """The portal's secret there; only `portal` needs it."""
    oidc_organisations: str = ""
    """Codes of the organisations whose people that provider proves, with commas between."""
    clock: Literal["wall", "stream"] = "wall"
    """`wall`: the machine's clock. `stream`: ticks on the `clock` topic (demo, tests, what-if)."""
    partitions: Annotated[int, Field(ge=1)] = 6
    """Partitions of each stream; fixed when the stream is created."""
    replication: Annotated[int, Field(ge=1)] = 1
    """Replication factor of each topic."""
    mailbox_days: Annotated[int, Field(ge=1)] = 90
    """Days a mailbox and the dead letters keep their records."""
    rest_seconds: Annotated[int, Field(ge=0)] = 30
    """Seconds for which an outbox is not read once most of it is rejected."""
    tree_head_seconds: Annotated[int, Field(ge=1)] = 86_400
    """Seconds after which the evidence log is signed again if it has grown; each head goes to every inbox."""
    stamp_authority: Annotated[str, Field(pattern=_ROOT_OR_NONE)] = ""
    """Address of a time-stamping authority (RFC 3161) that is asked to stamp each tree head; empty: none is."""
    stamp_roots: str = ""
    """File with the authority's root certificates, PEM; needed where `stamp_authority` is set."""
    log_level: LogLevel = "info"
    """What is logged."""
    traces: Annotated[str, Field(pattern=_ROOT_OR_NONE)] = ""
    """Where spans are sent by OTLP over HTTP, as `http://host:4318/v1/traces` (extra `traces`); empty: nowhere."""
    observe: Annotated[str, Field(pattern=_LISTEN)] = ""
    """`host:port` where each process serves `/live`, `/ready` and `/metrics`; port 0: any free one; empty: nowhere."""

    @classmethod
    def load(cls, folder: Path | None = None, given: Mapping[str, str | None] = MappingProxyType({})) -> Settings:
        """Read what is given, then the environment, and what both leave open from `<folder>/hub.json`.

        That file is written by `placehub up`. Raises NotFound when none of them names a hub, Misconfigured when a
        value is wrong.
        """
        saved, environment = _saved(folder), cls._of_environment()
        told = {name: value for name, value in given.items() if value is not None}
        return cls._checked({**saved, **environment, **told}, told)

    @classmethod
    def here(cls, values: Mapping[str, object]) -> Settings:
        """Return the settings of a hub that knows itself where its parts are.

        `TUNED` and `BEYOND` may be given by the environment; Misconfigured when one of those is wrong.
        """
        environment = cls._of_environment()
        return cls._checked(
            {name: environment[name] for name in (*TUNED, *BEYOND) if name in environment} | dict(values)
        )

    @classmethod
    def _checked(cls, values: Mapping[str, object], options: Collection[str] = ()) -> Settings:
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            found = error.errors(include_input=False, include_url=False)
            missing = [str(one["loc"][0]) for one in found if one["type"] == "missing"]
            if missing:
                raise NotFound(
                    f"No hub found here ({', '.join(missing)} not set). Start one with 'placehub up', "
                    "name its folder with --dir, or set PLACEHUB_BOOTSTRAP and friends."
                ) from None
            raise Misconfigured(" ".join(_wrong(one, options) for one in found)) from None

    @classmethod
    def origins(cls, folder: Path | None = None) -> list[Origin]:
        """Return every setting with the value it has here and where that is from, secrets hidden; nothing is checked.

        Misconfigured when the folder's file is not readable as settings.
        """
        saved, environment = _saved(folder), cls._of_environment()
        return [_origin(name, field, saved, environment) for name, field in cls.model_fields.items()]

    @classmethod
    def _of_environment(cls) -> dict[str, object]:
        return {name: value for name in cls.model_fields if (value := _given(name)) is not None}

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

    def secrets(self) -> tuple[str, ...]:
        """Return every secret in these settings, and the password in each address, for those who must not tell them."""
        hidden = [value.get_secret_value() for _, value in self if isinstance(value, SecretStr)]
        shown = [value for _, value in self if isinstance(value, str) and "://" in value]
        passwords = [unquote(urlsplit(one).password or "") for one in (*hidden, *shown) if "://" in one]
        return tuple(one for one in (*hidden, *passwords) if one)

    def environment(self) -> dict[str, str]:
        """These settings as environment variables for a child process."""
        return {
            f"PLACEHUB_{name.upper()}": str(value.get_secret_value() if isinstance(value, SecretStr) else value)
            for name, value in self
            if value is not None
        }


def given_log_level() -> LogLevel:
    """Return the level the environment names for a hub that is about to be started, else `info`."""
    level = _given("log_level") or "info"
    if level not in get_args(LogLevel):
        raise Misconfigured(_said("log_level", f"must be one of {', '.join(get_args(LogLevel))}"))
    return cast(LogLevel, level)


def _wrong(found: ErrorDetails, options: Collection[str]) -> str:
    """Return the setting, the rule and the remedy in one sentence or two, without the value: it may be a secret."""
    name = str(found["loc"][0])
    if found["type"] in UNKNOWN:
        return f"Setting {name} is not known here. Take it out of {HUB_FILE}."
    rule = _FORMS.get(found.get("ctx", {}).get("pattern", "")) or rule_of(found)
    return _said(name, rule, options)


def _said(name: str, rule: str, options: Collection[str] = ()) -> str:
    return f"Setting {name} is wrong: {rule}. Correct {_place(name, options)} and start again."


def _place(name: str, options: Collection[str]) -> str:
    """Return where a setting's value came from, in the order in which they go before each other."""
    if name in options:
        return f"--{name}"
    key = f"PLACEHUB_{name.upper()}"
    return next((one for one in (key, f"{key}_FILE") if one in os.environ), f"{name} in {HUB_FILE}")


def _given(name: str) -> str | None:
    """Return what the environment says of a setting, by itself or by the name of a file; None when it says nothing."""
    key = f"PLACEHUB_{name.upper()}"
    file = os.environ.get(f"{key}_FILE")
    if file is None:
        return os.environ.get(key)
    if key in os.environ:
        raise Misconfigured(f"{key} and {key}_FILE are both set, and only one may be. Unset one of them.")
    try:
        value = Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise Misconfigured(f"{key}_FILE names {file}, which cannot be read: {error.strerror}. Correct it.") from None
    except UnicodeDecodeError:
        raise Misconfigured(f"{key}_FILE names {file}, which is not UTF-8 text. Correct it.") from None
    if not value:
        raise Misconfigured(f"{key}_FILE names {file}, which is empty. Write the value into it.")
    return value


def _saved(folder: Path | None) -> dict[str, object]:
    if folder is None or not (folder / HUB_FILE).exists():
        return {}
    wrong = f"{folder / HUB_FILE} holds no settings. Put back what 'placehub up' wrote, or name another folder."
    try:
        saved = json.loads((folder / HUB_FILE).read_text())
    except ValueError:
        raise Misconfigured(wrong) from None
    except OSError as error:
        raise Misconfigured(f"{folder / HUB_FILE} cannot be read: {error.strerror}.") from None
    if not isinstance(saved, dict):
        raise Misconfigured(wrong)
    return saved


def _origin(name: str, field: FieldInfo, saved: Mapping[str, object], environment: Mapping[str, object]) -> Origin:
    secret = SecretStr in (field.annotation, *get_args(field.annotation))
    if name in environment:
        by_file = f"PLACEHUB_{name.upper()}_FILE" in os.environ
        return Origin(name, "set" if secret else environment[name], "file" if by_file else "environment", secret)
    if name in saved:
        return Origin(name, "set" if secret else saved[name], "folder", secret)
    if field.is_required() or field.default is None:
        return Origin(name, None, "not set", secret)
    return Origin(name, field.default, "default", secret)
