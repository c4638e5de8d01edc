"""The life of what is held of a child or household, as far as the evidence stream tells of it."""

from __future__ import annotations

from typing import Final

from placehub.lifecycle import Act

_NOTED: Final = ("none", "noted", "erased")
"""A hold is one on what is left too: bands and codes under a pseudonym."""

STATES: Final = {
    "erased": "the keys of a child or household are destroyed; that is noted for ever, and so is what comes after"
}

ACTS: Final[tuple[Act, ...]] = (
    *(
        Act(event=f"evidence.{name}", by=("hub",), party="hub", before=_NOTED, then=then)
        for name, then in (
            ("HoldPlaced", ("nothing of the child or household is erased while it stands",)),
            ("HoldLifted", ("what runs out by itself does so again",)),
        )
    ),
    Act(
        event="evidence.SubjectErased",
        by=("hub",),
        party="hub",
        before=_NOTED,
        after="erased",
        then=("the destroyed keys are wiped out of the database's files",),
    ),
)
