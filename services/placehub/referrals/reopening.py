"""The new early notice when a placement ends, made of the last referral's bands and codes only. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from placehub.errors import NotFound
from placehub.placements.events import (
    NoticeGiven,
    PlacementAgreed,
    PlacementEnded,
    PlacementStarted,
    VerbalAgreementRecorded,
)
from placehub.referrals.child import NotedChild
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade, ReferralRevised

_FACTS = (EarlyNoticeGiven, ReferralMade, ReferralRevised)
_PLACED = (PlacementAgreed, VerbalAgreementRecorded, PlacementStarted)


def notice_again(events: Iterable[Any], referral_id: UUID, placement_id: UUID, now: datetime) -> EarlyNoticeGiven:
    """Return the notice for the child whose placement ends, from what its authority has received of the case so far.

    NotFound when the referral or the placement is not among it. The home is needed on the day the placement ends,
    where that is told and lies ahead; what else was planned for the last search says nothing of this one.
    """
    last: EarlyNoticeGiven | ReferralMade | ReferralRevised | None = None
    child_id: UUID | None = None
    ends_on: date | None = None
    for event in events:
        if isinstance(event, _FACTS) and event.referral_id == referral_id:
            last = event
        elif isinstance(event, _PLACED) and event.placement_id == placement_id and event.referral_id == referral_id:
            child_id = event.child_id
        elif isinstance(event, NoticeGiven) and event.placement_id == placement_id:
            ends_on = event.ends_on
        elif isinstance(event, PlacementEnded) and event.placement_id == placement_id:
            ends_on = None
    if last is None or child_id is None:
        raise NotFound("No referral with that placement is in this inbox. Name both as they stand there, and whose.")
    start = ends_on if ends_on is not None and ends_on > now.date() else None
    return EarlyNoticeGiven(
        referral_id=referral_id,
        authority=last.authority,
        agreement_id=last.agreement_id,
        need_known_at=now,
        lawful_basis=last.lawful_basis,
        wanted=replace(last.wanted, needed_by=None, planned_start=start, planned_end=None),
        children=tuple(
            _noted(child) for child in last.children if child.child_id == child_id or child.role == "parent"
        ),
        previous_placement=placement_id,
    )


def _noted(child: NotedChild) -> NotedChild:
    return NotedChild(**{one.name: getattr(child, one.name) for one in fields(NotedChild)})
