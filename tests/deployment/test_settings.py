"""Settings given by the name of a file, as a container has its secrets; a wrong value is told in plain words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from placehub.errors import Misconfigured
from placehub.settings import HUB_FILE, TUNED, Settings, given_log_level

NEEDED = {
    "PLACEHUB_BOOTSTRAP": "kafka:9092",
    "PLACEHUB_KAFKA_PASSWORD": "made up",
    "PLACEHUB_REGISTRY": "https://registry",
    "PLACEHUB_DATABASE": "postgresql+psycopg://postgres/placehub",
    "PLACEHUB_API": "http://api:8080",
    "PLACEHUB_API_TOKEN": "made up",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment with all that is needed, and nothing else of ours."""
    for name in (*NEEDED, "PLACEHUB_MASTER_KEY", "PLACEHUB_EVIDENCE_KEY", "PLACEHUB_PORTAL_TOKEN"):
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)


TEXT: Final = (17, "must be text")
BROKERS: Final = "must be host:port, several with commas between"
ROOT: Final = "must begin with http:// or https:// and a host"
WRONG: Final[dict[str, tuple[tuple[Any, str], ...]]] = {
    "bootstrap": (TEXT, ("canary", BROKERS), ("SASL_SSL://canary:9092", BROKERS), ("a:1,canary", BROKERS)),
    "bootstrap_outside": (TEXT, ("canary", f"{BROKERS}, or empty")),
    "kafka_user": (TEXT,),
    "kafka_password": (TEXT,),
    "kafka_tls_ca": (TEXT,),
    "registry": (TEXT, ("canary:8080", ROOT), ("http://", ROOT)),
    "database": (TEXT,),
    "api": (TEXT, ("canary:8080", ROOT)),
    "api_outside": (TEXT, ("canary", f"{ROOT}, or be empty")),
    "api_listen": (TEXT, ("canary", "must be host:port, or empty")),
    "api_token": (TEXT,),
    "master_key": (TEXT,),
    "evidence_key": (TEXT,),
    "portal": (TEXT, ("canary", f"{ROOT}, or be empty")),
    "portal_listen": (TEXT, ("canary", "must be host:port, or empty")),
    "portal_token": (TEXT,),
    "smtp": (TEXT, ("canary", "must be host:port, or empty")),
    "smtp_sender": (TEXT,),
    "smtp_user": (TEXT,),
    "smtp_password": (TEXT,),
    "smtp_ca": (TEXT,),
    "notify_key": (TEXT,),
    "notify_template": (TEXT,),
    "oidc": (TEXT, ("canary", f"{ROOT}, or be empty")),
    "oidc_client": (TEXT,),
    "oidc_secret": (TEXT,),
    "oidc_organisations": (TEXT,),
    "clock": (("canary", "must be 'wall' or 'stream'"),),
    "partitions": (("canary", "must be a whole number"), ("0", "must be 1 or more")),
    "replication": (("canary", "must be a whole number"), ("0", "must be 1 or more")),
    "mailbox_days": (("canary", "must be a whole number"), ("0", "must be 1 or more")),
    "rest_seconds": (("canary", "must be a whole number"), ("-1", "must be 0 or more")),
    "tree_head_seconds": (("canary", "must be a whole number"), ("0", "must be 1 or more")),
    "stamp_authority": (TEXT, ("canary", f"{ROOT}, or be empty")),
    "stamp_roots": (TEXT,),
    "log_level": (("canary", "must be 'debug', 'info', 'warning' or 'error'"),),
    "traces": (TEXT, ("canary:4318", f"{ROOT}, or be empty")),
    "observe": (TEXT, ("canary", "must be host:port, or empty")),
}
"""Setting -> its wrong values, each with the rule told. A number where text belongs can stand in a file alone."""


@pytest.mark.parametrize(
    ("name", "value", "rule"), [(name, value, rule) for name, wrong in WRONG.items() for value, rule in wrong]
)
def test_a_wrong_value(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: Any, rule: str) -> None:
    """Setting, rule and remedy are told in words, without the value, wherever the value stood."""
    monkeypatch.delenv(f"PLACEHUB_{name.upper()}", raising=False)
    (tmp_path / HUB_FILE).write_text(json.dumps({name: value}))
    with pytest.raises(Misconfigured) as wrong:
        Settings.load(tmp_path)
    assert str(wrong.value) == f"Setting {name} is wrong: {rule}. Correct {name} in {HUB_FILE} and start again."
    if isinstance(value, str):
        monkeypatch.setenv(f"PLACEHUB_{name.upper()}", value)
        with pytest.raises(Misconfigured) as wrong:
            Settings.load()
        place = f"PLACEHUB_{name.upper()}"
        assert str(wrong.value) == f"Setting {name} is wrong: {rule}. Correct {place} and start again."


def test_every_setting_is_tried_wrong() -> None:
    """A setting that is added has a wrong value among those that are tried."""
    assert list(WRONG) == list(Settings.model_fields)


def test_a_wrong_option() -> None:
    """What an option of the command line said is named by that option."""
    with pytest.raises(Misconfigured, match=r"^Setting registry is wrong: .* Correct --registry and start again\.$"):
        Settings.load(given={"registry": "canary", "api": None})


def test_several_that_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is told at once: nobody starts again for the next."""
    for name in ("PARTITIONS", "REPLICATION"):
        monkeypatch.setenv(f"PLACEHUB_{name}", "many")
    with pytest.raises(Misconfigured, match=r"partitions is wrong: .* Setting replication is wrong: "):
        Settings.load()


def test_a_setting_that_is_none(tmp_path: Path) -> None:
    """What the file holds beside settings is named, with where to take it out."""
    (tmp_path / HUB_FILE).write_text(json.dumps({"colour": "canary"}))
    with pytest.raises(Misconfigured) as wrong:
        Settings.load(tmp_path)
    assert str(wrong.value) == f"Setting colour is not known here. Take it out of {HUB_FILE}."


@pytest.mark.parametrize("name", [one for one in TUNED if one != "stamp_roots"])  # any text may name a file
def test_a_hub_that_knows_itself_where_it_is(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """What tunes it is told by the environment, and checked as well."""
    monkeypatch.setenv(f"PLACEHUB_{name.upper()}", "many")
    with pytest.raises(
        Misconfigured, match=f"Setting {name} is wrong: {next(rule for _, rule in WRONG[name] if rule != TEXT[1])}"
    ):
        Settings.here({one.removeprefix("PLACEHUB_").lower(): value for one, value in NEEDED.items()})


def test_a_level_to_start_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """The level of a hub that is about to be started is told in the same words."""
    monkeypatch.setenv("PLACEHUB_LOG_LEVEL", "canary")
    with pytest.raises(Misconfigured) as wrong:
        given_log_level()
    assert str(wrong.value) == (
        "Setting log_level is wrong: must be one of debug, info, warning, error. "
        "Correct PLACEHUB_LOG_LEVEL and start again."
    )


def _by_file(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    monkeypatch.delenv("PLACEHUB_API_TOKEN")
    monkeypatch.setenv("PLACEHUB_API_TOKEN_FILE", str(file))


@pytest.mark.parametrize("written", ["from a file", "from a file\n", "from a file\r\n"])
def test_a_setting_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: str) -> None:
    """The file's text is the value, without the end of its line."""
    (tmp_path / "token").write_text(written)
    _by_file(monkeypatch, tmp_path / "token")
    assert Settings.load().api_token.get_secret_value() == "from a file"


def test_both_ways_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A value and a file for one setting are refused, and both names are said."""
    (tmp_path / "token").write_text("from a file")
    monkeypatch.setenv("PLACEHUB_API_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(Misconfigured, match="PLACEHUB_API_TOKEN and PLACEHUB_API_TOKEN_FILE"):
        Settings.load()


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_file_that_gives_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None) -> None:
    """A file that is missing, empty or no text is named with its setting."""
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    _by_file(monkeypatch, tmp_path / "token")
    with pytest.raises(Misconfigured, match=r"PLACEHUB_API_TOKEN_FILE names .*token"):
        Settings.load()


@pytest.mark.parametrize("listen", ["8080", "localhost", "http://localhost:80", "localhost:port"])
def test_an_address_to_bind_that_is_none(monkeypatch: pytest.MonkeyPatch, listen: str) -> None:
    """What is no host and port is refused by the setting's name."""
    monkeypatch.setenv("PLACEHUB_API_LISTEN", listen)
    with pytest.raises(Misconfigured, match="api_listen"):
        Settings.load()
