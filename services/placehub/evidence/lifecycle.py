"""The life of the evidence log, as far as it tells of it: every event of the `treehead` stream."""

from __future__ import annotations

from typing import Final

from placehub.lifecycle import Act

STATES: Final = {"none": "nothing was signed yet", "signed": "signed, and it goes on growing"}

ACTS: Final[tuple[Act, ...]] = (
    Act(
        event="treehead.TreeHeadSigned",
        by=("hub",),
        party="hub",
        before=("none", "signed"),
        after="signed",
        then=("signed again when it has grown, once the time set has passed",),
    ),
)
