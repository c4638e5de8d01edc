"""What the shared suite tries of the profile: published once, a fact changed, and a list that is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Final

from placehub_connectors.connector import Outcome, Trial
from placehub_connectors.profile.facts import plan_profile, read_facts
from placehub_connectors.pseudonyms import SECRET_BYTES, Pseudonyms

PROVIDER: Final = "SC012345"
NOW: Final = datetime(2026, 3, 4, 9, tzinfo=UTC)


def sample_profile() -> bytes:
    """Return the made-up profile."""
    return (files("placehub_connectors.profile") / "sample.csv").read_bytes()


def trials() -> Sequence[Trial]:
    """Return the trials."""
    spoilt = sample_profile().replace(b"2026-01-05", b"canary")
    return [
        Trial("a profile, then one fact of it changed", lambda _: _two_editions()),
        Trial("facts that are wrong", lambda _: _outcome(spoilt), ("canary",)),
    ]


def _outcome(data: bytes) -> Outcome:
    facts, problems = read_facts("profile.csv", data)
    letters, _ = plan_profile(facts, "", {}, Pseudonyms(PROVIDER, bytes(SECRET_BYTES)), NOW)
    return Outcome(tuple(one.letter for one in letters), problems)


def _two_editions() -> Outcome:
    names = Pseudonyms(PROVIDER, bytes(SECRET_BYTES))
    first, said = plan_profile(read_facts("profile.csv", sample_profile())[0], "", {}, names, NOW)
    changed = sample_profile().replace(b",96,", b",101,")
    later, _ = plan_profile(read_facts("profile.csv", changed)[0], "", said, names, NOW)
    return Outcome(tuple(one.letter for one in (*first, *later)))
