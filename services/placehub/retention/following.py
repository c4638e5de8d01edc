"""What retention notes of cases and placements as their streams tell of them; pure.

Every note only ever grows, so that a record read twice, or a case and its placement read in another order, changes
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from placehub.placements.events import PlacementAgreed, PlacementEnded, PlacementStarted, VerbalAgreementRecorded
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade, ReferralRevised
from placehub.search.events import SearchClosed, SearchReopened
from placehub.streams import full_name

READ: Final = frozenset(
    full_name(cls)
    for cls in (
        EarlyNoticeGiven,
        ReferralMade,
        ReferralRevised,
        SearchClosed,
        SearchReopened,
        PlacementAgreed,
        VerbalAgreementRecorded,
        PlacementStarted,
        PlacementEnded,
    )
)
"""Types of events that are opened; of any other in these streams only its time is noted."""
STREAMS: Final = ("referral", "placement")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case."""

    referral_id: UUID
    authority: str = ""
    children: frozenset[UUID] = frozenset()
    referred: bool = False
    """Whether a formal referral was ever made of it."""
    closed_at: datetime | None = None
    reopened_at: datetime | None = None
    last_event_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One child's placement."""

    placement_id: UUID
    referral_id: UUID | None = None
    child_id: UUID | None = None
    authority: str | None = None
    """Which says of which case and child it is."""
    vacancy_id: UUID | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    last_event_at: datetime


Known = Case | Stay


def counts(event: Any, source: str) -> bool:
    """Tell whether an event is more than its time: of which case and child a placement is its authority alone says.

    A provider may name any case it was invited to in terms of its own; that holds no child of it.
    """
    placed = isinstance(event, PlacementAgreed | VerbalAgreementRecorded | PlacementStarted | PlacementEnded)
    return not placed or source == f"/organisations/{event.authority}"


def follow(known: Mapping[UUID, Known], key: UUID, stream: str, event: Any, at: datetime) -> Known:
    """Return what is known of a case or placement after an event, None where it was not opened, that came then."""
    if stream == "referral":
        case = known.get(key)
        return _follow_case(case if isinstance(case, Case) else Case(referral_id=key, last_event_at=at), event, at)
    stay = known.get(key)
    return _follow_stay(stay if isinstance(stay, Stay) else Stay(placement_id=key, last_event_at=at), event, at)


def _follow_case(case: Case, event: Any, at: datetime) -> Case:
    case = replace(case, last_event_at=max(case.last_event_at, at))
    match event:
        case EarlyNoticeGiven() | ReferralMade() | ReferralRevised():
            children = case.children | {one.child_id for one in event.children}
            referred = case.referred or not isinstance(event, EarlyNoticeGiven)
            return replace(case, authority=event.authority, children=children, referred=referred)
        case SearchClosed():
            return replace(case, closed_at=_later(case.closed_at, at))
        case SearchReopened():
            return replace(case, reopened_at=_later(case.reopened_at, at))
        case _:
            return case


def _follow_stay(stay: Stay, event: Any, at: datetime) -> Stay:
    stay = replace(stay, last_event_at=max(stay.last_event_at, at))
    if event is None:
        return stay
    stay = replace(stay, referral_id=event.referral_id, authority=event.authority)
    match event:
        case PlacementAgreed() | VerbalAgreementRecorded():
            return replace(stay, child_id=event.child_id, vacancy_id=event.vacancy_id)
        case PlacementStarted():
            started = _later(stay.started_at, at)
            return replace(stay, child_id=event.child_id, vacancy_id=event.vacancy_id, started_at=started)
        case PlacementEnded():
            return replace(stay, ended_at=_later(stay.ended_at, at))
        case _:
            return stay


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)
