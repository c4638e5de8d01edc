"""`placehub audit recompute`: every decision made again from the streams alone, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from placehub.audit.comparing import OUTCOMES
from placehub.audit.log import Log, everywhere
from placehub.audit.replay import Compared, Replay
from placehub.audit.world import Past
from placehub.drivers.records import Record
from placehub.postcodes import Postcodes
from placehub.search.opened import Households
from placehub.search.processor import ANSWERS
from placehub.search.view import Needs
from placehub.streams import full_name

SHOWN: Final = 20
"""Decisions that came out otherwise and are told of in full; all are counted."""


@dataclass(slots=True)
class Recomputed:
    """What came of it: decisions by outcome, the hub's events in them by type, and those that came out otherwise."""

    outcomes: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    different: list[Compared] = field(default_factory=list)
    rewound: int = 0
    """How often the world had to be read again, because a decision lay behind an earlier one's."""

    @property
    def decisions(self) -> int:
        """Every decision that was made again."""
        return self.outcomes.total()

    @property
    def all_equal(self) -> bool:
        """Whether none came out otherwise."""
        return not self.outcomes["different"]

    def take(self, one: Compared) -> None:
        """Count one decision."""
        self.outcomes[one.outcome] += 1
        self.events.update(type(record.event).__name__ for record in one.decision.records)
        if one.outcome == "different" and len(self.different) < SHOWN:
            self.different.append(one)

    def document(self) -> dict[str, Any]:
        """Return all of it as data."""
        return {
            "decisions": self.decisions,
            **{name.replace(" ", "_"): self.outcomes[name] for name in OUTCOMES},
            "events": dict(self.events.most_common()),
            "rewound": self.rewound,
            "differences": [_told(one) for one in self.different],
        }


def recompute(
    log: Log,
    postcodes: Postcodes,
    needs: Needs,
    households: Households,
    *,
    since: datetime | None = None,
    case: UUID | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> Recomputed:
    """Make every decision (since a time, of one case) again and compare it with the one that stands in the stream."""
    found = Recomputed()
    partitions = log.partitions("referral")
    answers = answers_of(log)
    for number in range(partitions):
        only = cases_since(log, number, since, case)
        if only is not None and not only:
            continue
        past = Past(log, postcodes, households)
        replay = Replay(past, needs, partitions, number, answers)
        for one in replay.run(log.records("referral", number), only):
            if since is None or one.decision.at >= since:
                found.take(one)
        found.rewound += past.rewound
        tell(f"partition {number + 1} of {partitions}: {found.decisions} decisions so far")
    return found


def answers_of(log: Log) -> list[Record]:
    """Return the events of other streams that tell one case something."""
    types = {full_name(cls) for cls in ANSWERS}
    return [
        record
        for stream in sorted({name.partition(".")[0] for name in types})
        for record in everywhere(log, stream, types)
    ]


def cases_since(log: Log, number: int, since: datetime | None, case: UUID | None) -> Collection[UUID] | None:
    """Return the cases of a partition that are asked for; None: all of them."""
    if case is not None:
        return {case}
    if since is None:
        return None
    return set(_decided_since(log.records("referral", number), since))


def _decided_since(records: Iterator[Record], since: datetime) -> Iterator[UUID]:
    for record in records:
        if record.attributes.source.startswith("/hub/") and record.attributes.time >= since:
            yield record.event.referral_id


def _told(one: Compared) -> dict[str, Any]:
    decision = one.decision
    return {
        "referral_id": decision.referral_id,
        "at": decision.at,
        "position": decision.records[0].position,
        "events": [type(record.event).__name__ for record in decision.records],
        "differences": [
            {"event": each.event, "field": each.field, "was": each.was, "now": each.now} for each in one.differences
        ],
    }
