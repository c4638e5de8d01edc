"""What governance watches on one stream: how an event changes a clock, and what is due by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from placehub.drivers.aggregates import Aggregates
from placehub.drivers.step import HUB, Step
from placehub.governance.reminding import Due, Reminder, remind


@dataclass(frozen=True, slots=True)
class Watch:
    """One kind of subject.

    `about`: its word in the code list `reminder_subject`; `key`: the field of its id; `clocks`: what is known of each;
    `follow`: its clock after an event, None while there is none; `dues`: what is due by a clock on a day.
    """

    about: str
    key: str
    clocks: Aggregates[Any]
    follow: Callable[[Any, Any], Any]
    dues: Callable[[Any, date], tuple[Due, ...]]

    def tell(self, step: Step, subject_id: UUID, clock: Any) -> None:
        """Raise and clear what is to be by now, and keep the clock; the same state and day give the same ids."""
        today = step.now.date()
        raised, reminders = remind(subject_id, self.about, self.dues(clock, today), clock.raised, today)
        self.clocks.put(subject_id, clock if raised == clock.raised else replace(clock, raised=raised))
        emit(step, subject_id, reminders)


def emit(step: Step, subject_id: UUID, reminders: Iterable[Reminder]) -> None:
    """Publish reminders of one subject; the same ones on the same day have the same ids."""
    today = step.now.date()
    for one in reminders:
        told = f"{one.kind}|{one.due_on}|{getattr(one, 'overdue', 'cleared')}|{','.join(one.to)}"
        step.emit(one, because=uuid5(HUB, f"remind|{subject_id}|{today.isoformat()}|{told}"))
