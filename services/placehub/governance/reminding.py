"""From what is due to who is reminded, and when a reminder is cleared: one rule for everything that has a day; pure.

Whoever has something with a day makes a `Due` of it, and keeps the `Raised` that comes back with its own state. A due
that is left out the next time is cleared. So what is due is always computed anew from the facts, and nothing has to be
unscheduled.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from placehub.agreements.events import ContractManager
from placehub.contracts.fields import record
from placehub.governance.events import ReminderCleared, ReminderRaised

OVERDUE: Final = -1
"""The stage of a reminder whose day has passed; the others are the days that were left."""
Reminder = ReminderRaised | ReminderCleared


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One thing with a day.

    `leads`: days before it at which is reminded, most first. `to`: who is told; `seen_by`: who is told too once it is
    overdue. `passes`: its day may pass, nobody is late then.
    """

    kind: str
    due_on: date
    leads: tuple[int, ...]
    to: tuple[str, ...]
    seen_by: tuple[str, ...] = ()
    posts: tuple[ContractManager, ...] = ()
    covered_by: ContractManager | None = None
    passes: bool = False


@record
class Raised:
    """The last reminder of one thing: its stage, and everyone who was told of it."""

    kind: str
    due_on: date
    stage: int
    to: tuple[str, ...]


def stage_of(due: Due, today: date) -> int | None:
    """Return the stage that a due has reached; None while it is too early to remind."""
    left = (due.due_on - today).days
    if left < 0 and not due.passes:
        return OVERDUE
    return min((lead for lead in due.leads if left <= lead), default=None)


def remind(
    subject_id: UUID, about: str, dues: Sequence[Due], raised: Iterable[Raised], today: date
) -> tuple[tuple[Raised, ...], tuple[Reminder, ...]]:
    """Return what has been raised by now, and the reminders that follow.

    Of several stages passed at once only the last is raised. Who comes to be responsible meanwhile is told alone.
    """
    known = {(one.kind, one.due_on): one for one in raised}
    events: list[Reminder] = []
    kept: dict[tuple[str, date], Raised] = {}
    for due in dues:
        before = known.get((due.kind, due.due_on))
        stage = stage_of(due, today)
        if stage is None or not (told := _told(due, stage, before)):
            kept |= {(due.kind, due.due_on): before} if before else {}
            continue
        events.append(_raise(subject_id, about, due, stage, told))
        everyone = tuple(sorted({*told, *(before.to if before else ())}))
        lowest = min(stage, before.stage) if before else stage
        kept[due.kind, due.due_on] = Raised(kind=due.kind, due_on=due.due_on, stage=lowest, to=everyone)
    gone = [one for place, one in known.items() if place not in kept]
    return tuple(kept.values()), (*_cleared(subject_id, about, gone, {due.kind for due in dues}), *events)


def _told(due: Due, stage: int, before: Raised | None) -> tuple[str, ...]:
    to = (*due.to, *(due.seen_by if stage == OVERDUE else ()))
    if before is None or stage < before.stage:
        return tuple(sorted(set(to)))
    return tuple(sorted(set(due.to) - set(before.to)))


def _raise(subject_id: UUID, about: str, due: Due, stage: int, told: tuple[str, ...]) -> ReminderRaised:
    return ReminderRaised(
        subject_id=subject_id,
        about=about,
        kind=due.kind,
        due_on=due.due_on,
        weeks_left=None if stage == OVERDUE else stage // 7,
        overdue=stage == OVERDUE,
        to=told,
        posts=due.posts,
        covered_by=due.covered_by,
    )


def _cleared(
    subject_id: UUID, about: str, gone: Iterable[Raised], still: Collection[str]
) -> tuple[ReminderCleared, ...]:
    return tuple(
        ReminderCleared(
            subject_id=subject_id,
            about=about,
            kind=one.kind,
            due_on=one.due_on,
            because="moved" if one.kind in still else "done",
            to=one.to,
        )
        for one in gone
    )
