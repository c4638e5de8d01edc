"""`placehub prepare`: what is done once before the processes of a hub with servers of its own."""

from __future__ import annotations

from .conftest import Run


def test_a_hub_that_is_prepared(placehub: Run) -> None:
    """On a hub that is of this version already nothing changes, and it says so."""
    for _ in range(2):
        ended = placehub("prepare")
        assert (ended.code, ended.out) == (0, "")
        assert "are those of this version" in ended.err


def test_no_hub_to_prepare(nowhere: Run) -> None:
    """Where no hub is known there is nothing to prepare."""
    assert nowhere("prepare").code == 3


def test_a_database_that_is_away(placehub: Run) -> None:
    """A database that does not answer is one plain line, and the same may be tried again."""
    away = "postgresql+psycopg://nobody:unsaid@127.0.0.1:1/placehub"
    ended = placehub("prepare", PLACEHUB_DATABASE=away)
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert "database" in ended.err
    assert "unsaid" not in ended.err
