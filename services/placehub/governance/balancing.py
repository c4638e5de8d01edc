"""The shell of agendas: who is told that one is out of balance, and when that is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID, uuid5

from placehub.drivers.step import HUB, Step
from placehub.governance.agendas import dues
from placehub.governance.agreements import AgreementClock, BalanceClock
from placehub.governance.reminding import remind
from placehub.partnership.agendas import DEFAULT_SHARES, Agenda, Agendas

ABOUT: Final = "partnership event"
"""Its word in the code list `reminder_subject`."""


def look(step: Step, clock: AgreementClock, known: Agendas) -> AgreementClock:
    """Tell what is to be told by now of the agendas under an agreement."""
    seen: Mapping[UUID, BalanceClock] = {
        event_id: _look(step, clock, event_id, agenda) for event_id, agenda in known.events.items()
    }
    after = {**clock.balances, **{key: one for key, one in seen.items() if one != BalanceClock()}}
    return clock if after == clock.balances else replace(clock, balances=after)


def _look(step: Step, clock: AgreementClock, event_id: UUID, agenda: Agenda) -> BalanceClock:
    before, today = clock.balances.get(event_id, BalanceClock()), step.now.date()
    due = dues(agenda, clock.agenda_shares or DEFAULT_SHARES, clock.parties, today)
    raised, reminders = remind(event_id, ABOUT, due, before.raised, today)
    for number, one in enumerate(reminders, start=before.told):
        # it may be raised, cleared and raised again on one day, so the day alone does not tell them apart
        step.emit(one, because=uuid5(HUB, f"balance|{event_id}|{number}"))
    return BalanceClock(raised=raised, told=before.told + len(reminders))
