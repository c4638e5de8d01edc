"""What the shared suite tries of the folder drop: each shipped mapping's sample, whole and with a row spoilt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from placehub_connectors.connector import Outcome, Trial
from placehub_connectors.mapping.samples import sample
from placehub_connectors.mapping.shipped import shipped_mapping
from placehub_connectors.planning import plan_file
from placehub_connectors.pseudonyms import SECRET_BYTES, Pseudonyms

AUTHORITY: Final = "E08000035"
NOW: Final = datetime(2026, 3, 4, 9, tzinfo=UTC)
MAPPINGS: Final = ("placements-data-standard-v2", "northshire-family-request", "eastmere-early-notice")
_SPOILT: Final = {
    b"14/06/2016": b"canary-born",
    b";C2;": b";canary-status;",
    b"NE8 1": b"canary place",
}


def trials() -> Sequence[Trial]:
    """Return the trials; none needs more than the samples."""
    whole = [Trial(f"the sample of {name}", lambda _, name=name: _outcome(name, {})) for name in MAPPINGS]  # type: ignore[misc]  # one lambda for each
    return [
        *whole,
        Trial("rows that are wrong", lambda _: _outcome("northshire-family-request", _SPOILT), ("canary-",)),
    ]


def _outcome(name: str, spoilt: dict[bytes, bytes]) -> Outcome:
    file, data = sample(name)
    for right, wrong in spoilt.items():
        data = data.replace(right, wrong)
    names = Pseudonyms(AUTHORITY, bytes(SECRET_BYTES))
    plan = plan_file(shipped_mapping(name), file, "", data, {}, names, NOW)
    return Outcome(tuple(one.letter for one in plan.letters), plan.problems)
