"""The map between the hub's events and the states of a FHIR Task, ServiceRequest and HealthcareService; data alone.

The statuses are those of HL7 FHIR R4 (`task-status`, `request-status`); the capacities are what the field's booking and
referral profiles call them. Silence is never a decline: an invitation nobody answered stays `requested`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from placehub.offers.events import (
    InterestExpressed,
    InvitationDeclined,
    OfferMade,
    OfferReconfirmed,
    OfferRevised,
    OfferWithdrawn,
)
from placehub.placements.events import PlacementAgreed, PlacementStarted
from placehub.referrals.events import (
    EarlyNoticeGiven,
    EarlyNoticeWithdrawn,
    OfferQueried,
    OfferSelected,
    ReferralMade,
    ReferralRevised,
    ReferralWithdrawn,
    SelectionWithdrawn,
)
from placehub.search.events import (
    InvitationClosed,
    InvitationLapsed,
    OfferExpired,
    OfferNotSelected,
    ProviderInvited,
    ReconfirmationAsked,
    SearchClosed,
    SearchReopened,
    SelectionRefused,
)


class TaskState(NamedTuple):
    """What a Task is after an event: its status, and what the field calls that."""

    status: str
    business: str


INVITED: Final = TaskState("requested", "invited")
LAPSED: Final = TaskState("requested", "not answered in time")
TASK: Final[dict[type, TaskState]] = {
    ProviderInvited: INVITED,
    InvitationLapsed: LAPSED,
    InterestExpressed: TaskState("on-hold", "asking carer"),
    OfferMade: TaskState("accepted", "offered"),
    OfferRevised: TaskState("accepted", "offered"),
    OfferReconfirmed: TaskState("accepted", "offered"),
    ReconfirmationAsked: TaskState("accepted", "to reconfirm"),
    OfferQueried: TaskState("accepted", "queried"),
    OfferExpired: TaskState("requested", "offer expired"),
    OfferWithdrawn: TaskState("cancelled", "offer withdrawn"),
    InvitationDeclined: TaskState("rejected", "declined"),
    InvitationClosed: TaskState("cancelled", "invitation closed"),
    OfferSelected: TaskState("in-progress", "selected"),
    SelectionRefused: TaskState("accepted", "the place has gone"),
    SelectionWithdrawn: TaskState("accepted", "selection withdrawn"),
    OfferNotSelected: TaskState("cancelled", "not selected"),
    PlacementAgreed: TaskState("in-progress", "agreed"),
    PlacementStarted: TaskState("completed", "placed"),
}
"""Event of the case -> the Task of the provider it is about."""
FAILED: Final = TaskState("failed", "ended before it started")
"""A selection that is withdrawn once a placement was agreed."""
IN_ERROR: Final = "entered-in-error"
"""Task and ServiceRequest alike, when what made them is corrected."""

REQUEST: Final[dict[type, str]] = {
    EarlyNoticeGiven: "active",
    ReferralMade: "active",
    ReferralRevised: "active",
    SearchReopened: "active",
    EarlyNoticeWithdrawn: "revoked",
    ReferralWithdrawn: "revoked",
    SearchClosed: "completed",
}
"""Event of the case -> the ServiceRequest of its search. A search that was revoked is not completed by being closed."""
OVER: Final = ("placed elsewhere", "search closed")
"""Reasons of InvitationClosed (list `invitation_closed_reason`) by which a provider is told that the search is over."""

CAPACITY: Final = {"now": "capacity", "coming": "waitlist", "ask carer": "additional-assessment-required"}
"""State of a vacancy (list `vacancy_state`) -> the capacity of its HealthcareService, while it has a place."""
NO_CAPACITY: Final = "no-capacity"
"""Of a vacancy that has no place left, is paused or is closed."""
