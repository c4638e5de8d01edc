"""The map between the hub's events and the states of a FHIR Task and ServiceRequest; data, and nothing else.

The statuses are those of HL7 FHIR R4 (`task-status`, `request-status`). Silence is never a decline: an invitation
nobody answered stays `requested`.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class TaskState(NamedTuple):
    """What a Task is after an event: its status, and what the field calls that."""

    status: str
    business: str


TASK: Final[dict[str, TaskState]] = {
    "ProviderInvited": TaskState("requested", "invited"),
    "InvitationLapsed": TaskState("requested", "not answered in time"),
    "InterestExpressed": TaskState("on-hold", "asking carer"),
    "OfferMade": TaskState("accepted", "offered"),
    "OfferRevised": TaskState("accepted", "offered"),
    "OfferReconfirmed": TaskState("accepted", "offered"),
    "ReconfirmationAsked": TaskState("accepted", "to reconfirm"),
    "OfferQueried": TaskState("accepted", "queried"),
    "OfferExpired": TaskState("requested", "offer expired"),
    "OfferWithdrawn": TaskState("cancelled", "offer withdrawn"),
    "InvitationDeclined": TaskState("rejected", "declined"),
    "InvitationClosed": TaskState("cancelled", "invitation closed"),
    "OfferSelected": TaskState("in-progress", "selected"),
    "SelectionRefused": TaskState("accepted", "the place has gone"),
    "SelectionWithdrawn": TaskState("accepted", "selection withdrawn"),
    "OfferNotSelected": TaskState("cancelled", "not selected"),
    "PlacementAgreed": TaskState("in-progress", "agreed"),
    "PlacementStarted": TaskState("completed", "placed"),
}
"""Event of the case -> the Task of the provider it is about."""
FAILED: Final = TaskState("failed", "ended before it started")
"""A selection that is withdrawn once a placement was agreed."""
IN_ERROR: Final = "entered-in-error"
"""Task and ServiceRequest alike, when what made them is corrected."""

REQUEST: Final[dict[str, str]] = {
    "EarlyNoticeGiven": "active",
    "ReferralMade": "active",
    "ReferralRevised": "active",
    "SearchReopened": "active",
    "EarlyNoticeWithdrawn": "revoked",
    "ReferralWithdrawn": "revoked",
    "SearchClosed": "completed",
}
"""Event of the case -> the ServiceRequest of its search. A search that was revoked is not completed by being closed."""
