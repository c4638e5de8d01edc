"""One placement as its organisation was told of it: folded from its inbox and from nothing else. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from placehub.contracts.parts import FeeLine
from placehub.placements.events import (
    FeeChanged,
    MissingEpisodeRecorded,
    NoticeGiven,
    PlacementAgreed,
    PlacementEnded,
    PlacementEndPlanned,
    PlacementPlanAgreed,
    PlacementReviewed,
    PlacementStarted,
    SupportAgreed,
    SupportRefused,
    SupportRequested,
    VerbalAgreementRecorded,
)
from placehub.portal.case import Step
from placehub.portal.case_parts import is_agreed
from placehub.portal.told import Told


@dataclass(slots=True)
class Support:
    """Support that was asked for, and what came of it."""

    line: FeeLine
    answer: SupportAgreed | SupportRefused | None = None


@dataclass(slots=True)
class Placement:
    """A placement as one of its parties knows it."""

    placement_id: UUID
    authority: str
    provider: str
    referral_id: UUID | None = None
    child_id: UUID | None = None
    terms: dict[str, PlacementAgreed] = field(default_factory=dict)
    """Organisation -> the terms it has posted."""
    verbal: VerbalAgreementRecorded | None = None
    """What was agreed by word of mouth, where that came first."""
    fees: tuple[FeeLine, ...] = ()
    """Those in force: of the terms, or of the last change that both sides have posted."""
    fees_wanted: dict[str, FeeChanged] = field(default_factory=dict)
    """Organisation -> the change it has posted, while the other side has not posted the same."""
    started_on: date | None = None
    ends_on: date | None = None
    """The day for which notice was given, or on which it is planned to end."""
    ended: PlacementEnded | None = None
    supports: list[Support] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    @property
    def short(self) -> str:
        """The first characters of its id, by which people speak of it."""
        return str(self.placement_id)[:8]

    @property
    def paperwork(self) -> bool:
        """Whether both sides have still to post the terms of what was agreed by word of mouth."""
        return self.verbal is not None and not is_agreed(self.terms.values())

    @property
    def waiting(self) -> list[Support]:
        """Support that was asked for and not answered yet."""
        return [one for one in self.supports if one.answer is None]


def fold_placement(told: Iterable[Told]) -> Placement | None:
    """Return the placement these events tell of; None when they tell of none."""
    placement: Placement | None = None
    for one in told:
        act = _FOLDS.get(type(one.event))
        if act is None:
            continue
        event = one.event
        placement = placement or Placement(event.placement_id, event.authority, event.provider)
        placement.referral_id = getattr(event, "referral_id", None) or placement.referral_id
        placement.child_id = getattr(event, "child_id", None) or placement.child_id
        act(placement, one)
        placement.steps.append(Step(one.happened_at, event, one.source))
    return placement


def _agree(placement: Placement, one: Told) -> None:
    placement.terms[one.source.rpartition("/")[2]] = one.event
    placement.fees = one.event.fee_lines


def _change_fees(placement: Placement, one: Told) -> None:
    wanted = placement.fees_wanted
    wanted[one.source.rpartition("/")[2]] = one.event
    if len(wanted) == 2 and len({(each.fee_lines, each.changes_on) for each in wanted.values()}) == 1:
        placement.fees = one.event.fee_lines
        wanted.clear()


def _agree_verbally(placement: Placement, one: Told) -> None:
    placement.verbal = one.event
    placement.fees = placement.fees or one.event.fee_lines


def _start(placement: Placement, one: Told) -> None:
    placement.started_on = one.event.started_on


def _will_end(placement: Placement, one: Told) -> None:
    placement.ends_on = one.event.ends_on


def _end(placement: Placement, one: Told) -> None:
    placement.ended = one.event


def _ask(placement: Placement, one: Told) -> None:
    placement.supports.append(Support(one.event.support))


def _answer(placement: Placement, one: Told) -> None:
    event: SupportAgreed | SupportRefused = one.event
    what = event.support.what if isinstance(event, SupportAgreed) else event.what
    asked = next((one for one in placement.waiting if one.line.what == what), None)
    if asked is not None:
        asked.answer = event


def _nothing(placement: Placement, one: Told) -> None:
    """It stands in the time line only."""


_FOLDS: Final[Mapping[type, Callable[[Placement, Told], None]]] = {
    PlacementAgreed: _agree,
    VerbalAgreementRecorded: _agree_verbally,
    PlacementStarted: _start,
    PlacementPlanAgreed: _nothing,
    FeeChanged: _change_fees,
    NoticeGiven: _will_end,
    PlacementEndPlanned: _will_end,
    PlacementEnded: _end,
    SupportRequested: _ask,
    SupportAgreed: _answer,
    SupportRefused: _answer,
    PlacementReviewed: _nothing,
    MissingEpisodeRecorded: _nothing,
}
