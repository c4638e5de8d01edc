"""Settings given by the name of a file, as a container has its secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from placehub.errors import Misconfigured
from placehub.settings import Settings

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
    for name in (*NEEDED, "PLACEHUB_MASTER_KEY"):
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)


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
