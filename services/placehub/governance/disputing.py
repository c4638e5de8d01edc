"""The shell of disputes: what may not be said of one, where each goes, and what is due in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, get_args
from uuid import UUID, uuid5

from placehub.disputes import standing
from placehub.drivers.step import HUB, Step
from placehub.errors import Rejected
from placehub.governance.agreements import AgreementClock
from placehub.governance.disputes import DisputeClock, dues, settle
from placehub.governance.reminding import remind
from placehub.governance.watching import emit

ABOUT: Final = "dispute"
"""Its word in the code list `reminder_subject`."""


def refused(clock: AgreementClock | None, event: Any) -> Rejected | None:
    """Return why a party may not say this of a dispute, which only its stream can tell; None where it may."""
    if not isinstance(event, get_args(standing.Event)):
        return None
    known = clock.disputes.get(event.dispute_id) if clock is not None else None
    return standing.objection(known.dispute if known else None, event)


def look(step: Step, clock: AgreementClock) -> AgreementClock:
    """Route each dispute of an agreement that is to go elsewhere, and remind of what is due in it."""
    seen = {dispute_id: _look(step, clock, dispute_id, one) for dispute_id, one in clock.disputes.items()}
    return clock if seen == clock.disputes else replace(clock, disputes=seen)


def _look(step: Step, clock: AgreementClock, dispute_id: UUID, one: DisputeClock) -> DisputeClock:
    today = step.now.date()
    office = clock.office(today)
    after, routed = settle(one, office, clock.agreement_id, dispute_id, today)
    if routed is not None:
        step.emit(routed, because=uuid5(HUB, f"route|{clock.agreement_id}|{dispute_id}|{after.times}"))
    raised, reminders = remind(dispute_id, ABOUT, dues(after, office), after.raised, today)
    emit(step, dispute_id, reminders)
    return replace(after, raised=raised)
