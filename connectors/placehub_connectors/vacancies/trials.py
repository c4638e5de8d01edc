"""What the shared suite tries of the vacancies: the sample as CSV, its second edition, and one that is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from placehub_connectors.connector import Outcome, Trial
from placehub_connectors.mapping.samples import sample
from placehub_connectors.mapping.shipped import shipped_mapping
from placehub_connectors.planning import plan_file
from placehub_connectors.pseudonyms import SECRET_BYTES, Pseudonyms
from placehub_connectors.vacancies import CLOSING, MAPPING

PROVIDER: Final = "SC012345"
NOW: Final = datetime(2026, 3, 4, 9, tzinfo=UTC)


def trials() -> Sequence[Trial]:
    """Return the trials; none needs more than the sample."""
    return [
        Trial("the list of homes, then a list that lacks one and changes the other", lambda _: _two_editions()),
        Trial("a row that is wrong", lambda _: _wrong(), ("canary-",)),
    ]


def _two_editions() -> Outcome:
    file, data = sample(MAPPING)
    mapping, names = shipped_mapping(MAPPING), Pseudonyms(PROVIDER, bytes(SECRET_BYTES))
    first = plan_file(mapping, file, "", data, {}, names, NOW)
    later = b"\n".join(data.replace(b"now,2,", b"now,1,").splitlines()[:2])
    second = plan_file(mapping, file, "", later, first.said or {}, names, NOW, full=True, closing=CLOSING)
    letters = tuple(one.letter for one in (*first.letters, *second.letters))
    return Outcome(letters, (*first.problems, *second.problems))


def _wrong() -> Outcome:
    file, data = sample(MAPPING)
    data = data.replace(b"LS6 2AB", b"canary-place").replace(b"APKN", b"canary-code").replace(b"boys", b"lads")
    names = Pseudonyms(PROVIDER, bytes(SECRET_BYTES))
    plan = plan_file(shipped_mapping(MAPPING), file, "", data, {}, names, NOW)
    return Outcome(tuple(one.letter for one in plan.letters), plan.problems)
