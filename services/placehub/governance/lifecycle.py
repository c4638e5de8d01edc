"""The life of a reminder: every event of the `reminder` stream."""

from __future__ import annotations

from typing import Final

from placehub.lifecycle import Act

STATES: Final = {"none": "nobody was reminded", "raised": "is due", "cleared": "done, or not due any more"}

ACTS: Final[tuple[Act, ...]] = (
    Act(
        event="reminder.ReminderRaised",
        by=("hub",),
        party="hub",
        before=("none", "raised", "cleared"),
        after="raised",
        then=("raised again nearer to its day, until it is cleared",),
    ),
    Act(event="reminder.ReminderCleared", by=("hub",), party="hub", before=("raised",), after="cleared"),
)
