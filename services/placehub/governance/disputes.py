"""The clock of a dispute: who is to settle it now, by when each side has spoken and it is resolved; pure.

- **dispute statement**: ten working days after it is routed first, for each side that has given none.
- **dispute resolve**: twenty working days after it was routed, for whoever it is routed to. When that day has passed it
  goes to the next in line, with a new day; where there is no next it stays, overdue, and both sides are told.
- **dispute outcome**: ten working days after it was resolved, for each side that has not said whether it accepts.
- **dispute uncovered**: at once, for the lead: nobody without a part in it is there, and no neutral is agreed.

An absence or a handover moves it, not its days. Working days are those of the agreement's nation.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from placehub.agreements.events import ContractManager
from placehub.contracts.fields import record
from placehub.disputes.events import ConcernedPost, DisputeRouted
from placehub.disputes.routing import ROLES, Office, Place, Route, line, route
from placehub.disputes.standing import NOBODY_FURTHER, Dispute, Event, follow
from placehub.governance.policy import DISPUTE_LEADS, ON_THE_DAY, RESOLVE_WORKING_DAYS, STATEMENT_WORKING_DAYS
from placehub.governance.reminding import Due, Raised
from placehub.governance.working_days import after


@record
class DisputeClock:
    """A dispute as its stream tells it, and what has been decided of where it goes."""

    dispute: Dispute
    role: str = ROLES[0]
    """The role it was routed to last; after an escalation nobody of an earlier one is asked."""
    post: ContractManager | None = None
    floor: str = ROLES[0]
    passed: tuple[ConcernedPost, ...] = ()
    times: int = 0
    """How often it has been routed; the stream tells of the last a moment later."""
    answer_by: date | None = None
    resolve_by: date | None = None
    routed_on: date | None = None
    raised: tuple[Raised, ...] = ()


def heard(clock: DisputeClock | None, event: Event) -> DisputeClock | None:
    """Return the clock after an event of its dispute; None while it has not been raised."""
    dispute = follow(clock.dispute if clock else None, event)
    if dispute is None:
        return None
    return DisputeClock(dispute=dispute) if clock is None else replace(clock, dispute=dispute)


def settle(
    clock: DisputeClock, office: Office, agreement_id: UUID, dispute_id: UUID, today: date
) -> tuple[DisputeClock, DisputeRouted | None]:
    """Return the clock after it was looked at that day, and where the dispute goes if that is news."""
    if clock.times != clock.dispute.routings:
        return clock, None  # what was decided last has not come by yet
    if clock.dispute.outcome is not None and not clock.dispute.escalated:
        return clock, None
    moved, found = _next(clock, office, today)
    if found is None:
        return clock, None
    answer_by = clock.answer_by or after(today, STATEMENT_WORKING_DAYS, office.nation)
    resolve_by = moved.resolve_by or after(today, RESOLVE_WORKING_DAYS, office.nation)
    place = found.place
    event = DisputeRouted(
        agreement_id=agreement_id,
        dispute_id=dispute_id,
        to=place.post if place else None,
        role=place.role if place else "nobody",
        because=found.because,
        answer_by=answer_by,
        resolve_by=resolve_by,
    )
    routed = replace(moved, role=event.role, post=event.to, times=clock.times + 1, routed_on=today)
    return replace(routed, answer_by=answer_by, resolve_by=resolve_by), event


def _next(clock: DisputeClock, office: Office, today: date) -> tuple[DisputeClock, Route | None]:
    """Return where it is to go now, and the clock if it goes past whoever has it; no route: it stays."""
    late = clock.resolve_by is not None and today > clock.resolve_by
    if clock.dispute.escalated or late:
        moved, found = _onward(clock, office)
        if found is not None:
            return moved, found
        if clock.dispute.escalated:
            return clock, Route(Place(clock.role, clock.post) if clock.post else None, NOBODY_FURTHER)
    return clock if clock.post else replace(clock, resolve_by=None), _now(clock, office)


def _onward(clock: DisputeClock, office: Office) -> tuple[DisputeClock, Route | None]:
    """Return where it goes past whoever has it; no route where there is nobody further."""
    if clock.post is None:
        return clock, None
    passed = (*clock.passed, ConcernedPost(organisation=clock.post.organisation, post=clock.post.post))
    found = route(office, clock.dispute.sides, clock.dispute.concerns, passed, clock.floor)
    if found.place is None:
        return clock, None
    moved = replace(clock, passed=passed, floor=found.place.role, resolve_by=None)
    return moved, Route(found.place, "escalated" if clock.dispute.escalated else "out of time")


def _now(clock: DisputeClock, office: Office) -> Route | None:
    """Return where it goes as things are; None where it is there already."""
    found = route(office, clock.dispute.sides, clock.dispute.concerns, clock.passed, clock.floor)
    place = found.place
    if clock.times and (place.post if place else None) == clock.post:
        return None
    known = {one.post for one in line(office)}
    left = clock.post is not None and clock.post not in known
    return Route(place, "handover") if left and place else found


def dues(clock: DisputeClock, office: Office) -> tuple[Due, ...]:
    """Return what is due in a dispute, and from whom."""
    one = clock.dispute
    if one.outcome is not None and one.resolved_on is not None:
        day = after(one.resolved_on, STATEMENT_WORKING_DAYS, office.nation)
        return _due("dispute outcome", day, tuple(side for side in one.sides if side not in one.answers), passes=True)
    if clock.answer_by is None or clock.resolve_by is None or clock.routed_on is None:
        return ()
    silent = tuple(side for side in one.sides if side not in one.stated)
    settles = (clock.post.organisation,) if clock.post else ()
    everyone = (*one.sides, *settles)
    uncovered = () if clock.post else (office.lead,)
    return (
        *_due("dispute statement", clock.answer_by, silent, seen_by=everyone),
        *_due("dispute resolve", clock.resolve_by, settles, seen_by=one.sides),
        *_due("dispute uncovered", clock.routed_on, uncovered, leads=ON_THE_DAY, passes=True),
    )


def _due(
    kind: str,
    day: date,
    to: tuple[str, ...],
    *,
    seen_by: tuple[str, ...] = (),
    leads: tuple[int, ...] = DISPUTE_LEADS,
    passes: bool = False,
) -> tuple[Due, ...]:
    if not to:
        return ()
    return (Due(kind=kind, due_on=day, leads=leads, to=to, seen_by=seen_by, passes=passes),)
