"""Credentials in a file: private, whole, and refused in plain words when they are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from placehub.errors import Misconfigured, NotFound
from placehub.mailboxes.access import Access

ACCESS = Access(
    organisation="SC1", bootstrap="127.0.0.1:9", kafka_password="pw", api="http://127.0.0.1:9", api_token="tk"
)


def test_saved_and_loaded(tmp_path: Path) -> None:
    """What is saved is loaded again, from a file only its user can read."""
    path = ACCESS.save(tmp_path / "new" / "sc1.json")
    assert Access.load(path) == ACCESS
    assert path.stat().st_mode & 0o077 == 0
    assert [one.name for one in path.parent.iterdir()] == ["sc1.json"]


def test_nothing_there(tmp_path: Path) -> None:
    """A file that is not there is not found."""
    with pytest.raises(NotFound):
        Access.load(tmp_path / "none.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"organisation": 1, "canary": 2}'])
def test_no_credentials(tmp_path: Path, text: str) -> None:
    """A file that holds something else is refused without repeating it."""
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(Misconfigured) as refused:
        Access.load(path)
    assert "canary" not in str(refused.value)


def test_secrets_are_not_shown() -> None:
    """Credentials that end in a log line show no secret."""
    assert "pw" not in repr(ACCESS)
    assert "tk" not in repr(ACCESS)
