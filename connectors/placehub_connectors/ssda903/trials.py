"""What the shared suite tries of the 903 return: the sample, and rows that are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Final

from placehub_connectors.connector import Outcome, Trial
from placehub_connectors.pseudonyms import SECRET_BYTES, Pseudonyms
from placehub_connectors.ssda903.reading import events_of
from placehub_connectors.ssda903.tables import read_return

AUTHORITY: Final = "E10000016"


def sample_return() -> dict[str, bytes]:
    """Return the files of a made-up return of the collection year 2026 in which no rule fails; nobody in it is real."""
    folder = files("placehub_connectors.ssda903") / "sample"
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.name.endswith(".csv")}


def trials() -> Sequence[Trial]:
    """Return the trials; none asks the validator."""
    return [
        Trial("a return of three children", lambda _: _outcome(sample_return())),
        Trial("rows that are wrong", lambda _: _outcome(_spoilt()), ("canary-",)),
    ]


def _spoilt() -> dict[str, bytes]:
    spoilt = sample_return()
    spoilt["episodes.csv"] = spoilt["episodes.csv"].replace(b"CREQB", b"canary-reason").replace(b"SC012345", b"")
    spoilt["reviews.csv"] = spoilt["reviews.csv"].replace(b"30/06/2025", b"canary-day")
    return spoilt


def _outcome(handed_in: dict[str, bytes]) -> Outcome:
    given = read_return(handed_in)
    letters = events_of(given, Pseudonyms(AUTHORITY, bytes(SECRET_BYTES)), {}, {})
    return Outcome(tuple(letters), tuple(given.problems))
