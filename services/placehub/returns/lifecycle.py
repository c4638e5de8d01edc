"""What is said under an agreement of returns, meetings, figures and partnership events: the `partnership` stream."""

from __future__ import annotations

from typing import Final

from placehub.lifecycle import Act

STATES: Final = {"in force": "the agreement is, as the `agreement` stream says"}
_BOTH: Final = ("consortium", "authority", "provider")
_IN_FORCE: Final = ("in force",)

ACTS: Final[tuple[Act, ...]] = (
    Act(
        event="partnership.ReturnProduced",
        by=("hub",),
        party="hub",
        before=_IN_FORCE,
        then=("both sides query and confirm it",),
    ),
    *(
        Act(event=f"partnership.{name}", by=by, party="party to the agreement", before=_IN_FORCE, then=then)
        for name, by, then in (
            ("ReturnQueried", _BOTH, ("it stands in the pack of the meeting until it is settled",)),
            ("ReturnConfirmed", _BOTH, ("confirmed by both without a meeting, a reminder is raised",)),
            ("MeetingHeld", _BOTH, ("the reminder of the meeting is cleared",)),
            ("ProviderContextAdded", ("provider",), ("it stands beside the figure in the views",)),
            ("PartnershipEventPlanned", _BOTH, ("every party reads it", "its agenda is looked at two weeks before")),
            ("AgendaItemProposed", _BOTH, ("within two weeks of the day an unbalanced agenda is reminded of at once",)),
            ("PartnershipEventHeld", _BOTH, ("a reminder of its agenda is cleared",)),
            ("EventCorrected", _BOTH, ()),
        )
    ),
)
