"""The life of the evidence log, as far as it tells of it: every event of the `treehead` and `evidence` streams."""

from __future__ import annotations

from typing import Final

from placehub.lifecycle import Act

STATES: Final = {"none": "nothing was signed yet", "signed": "signed, and it goes on growing"}

NOTED: Final = {"none": "nothing was opened or read yet", "noted": "who opened or read it is noted"}
"""States of the `evidence` stream's subjects: a child, a household or a case."""

ACTS: Final[tuple[Act, ...]] = (
    Act(
        event="treehead.TreeHeadSigned",
        by=("hub",),
        party="hub",
        before=("none", "signed"),
        after="signed",
        then=("signed again when it has grown, once the time set has passed",),
    ),
    Act(
        event="treehead.TreeHeadStamped",
        by=("hub",),
        party="hub",
        before=("signed",),
        after="signed",
        then=("only where a time-stamping authority is set",),
    ),
    *(
        Act(event=f"evidence.{name}", by=("hub",), party="hub", before=("none", "noted"), after="noted")
        for name in ("SealedOpened", "RecordRead")
    ),
)
