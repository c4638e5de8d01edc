"""The life of a case: every event of the `referral` stream."""

from __future__ import annotations

from typing import Final

from placehub.lifecycle import Act

STATES: Final = {
    "none": "no notice and no referral yet",
    "noticed": "an early notice is being searched for; interest only",
    "referred": "the formal referral is being searched for; offers may be made",
    "reserving": "an offer is selected; the vacancy's writer is asked for the place",
    "reserved": "the place is held; both sides may agree the placement",
    "closed": "the search is over",
}
INVITATION_STATES: Final = ("invited", "interested", "offered", "declined", "lapsed", "closed")
OFFER_STATES: Final = (
    "open",
    "queried",
    "to reconfirm",
    "expired",
    "withdrawn",
    "selected",
    "reserved",
    "refused",
    "not selected",
    "ended",
)

_LIVE: Final = ("noticed", "referred", "reserving", "reserved")
_REFERRED: Final = ("referred", "reserving", "reserved")
_ANSWERING: Final = ("invited", "interested", "offered", "lapsed")
_SELECTABLE: Final = ("open", "queried")
_STANDING: Final = (*_SELECTABLE, "to reconfirm")
_AUTHORITY: Final = ("authority",)
_PROVIDER: Final = ("provider",)
_HUB: Final = ("hub",)
_END: Final = ("InvitationClosed", "ReservationWithdrawn if reserved", "SearchClosed", "DataUseEnded")


def _own(event: str, before: tuple[str, ...], **more: object) -> Act:
    return Act(event=f"referral.{event}", by=_AUTHORITY, party="owner", before=before, **more)  # type: ignore[arg-type]  # Act's own fields


def _answer(event: str, before: tuple[str, ...], **more: object) -> Act:
    return Act(event=f"referral.{event}", by=_PROVIDER, party="invited provider", before=before, **more)  # type: ignore[arg-type]  # as above


def _hub(event: str, before: tuple[str, ...] = _LIVE, **more: object) -> Act:
    return Act(event=f"referral.{event}", by=_HUB, party="hub", before=before, **more)  # type: ignore[arg-type]  # as above


ACTS: Final[tuple[Act, ...]] = (
    _own(
        "EarlyNoticeGiven",
        ("none", "closed"),
        after="noticed",
        then=(
            "SearchReopened if it was closed, and its placement has a notice or an end",
            "SearchStarted",
            "ProviderInvited",
            "NoFitFound if none",
            "ReferralAssessed",
        ),
    ),
    _own("EarlyNoticeWithdrawn", ("noticed",), after="closed", then=_END),
    _own(
        "ReferralMade",
        ("none", "noticed"),
        after="referred",
        then=(
            "SearchStarted if new",
            "ProviderInvited",
            "InvitationUpdated",
            "InvitationClosed",
            "NoFitFound if none",
            "ReferralAssessed",
        ),
    ),
    _own(
        "ReferralRevised",
        _REFERRED,
        then=(
            "ProviderInvited",
            "InvitationUpdated",
            "InvitationClosed",
            "ReconfirmationAsked for each offer that stands, if a hard fact is another",
            "OfferAssessed where a fit is another",
            "a split ends when children come or leave",
            "ReferralAssessed",
        ),
    ),
    _own("ReferralWithdrawn", _LIVE, after="closed", then=_END),
    _own("ReferralContinued", _LIVE),
    _own("InHouseSearchStarted", _LIVE),
    _own("InHouseSearchConcluded", _LIVE, then=("SearchClosed(in-house) if found", *_END[:2])),
    _own("ClarificationAnswered", _LIVE, then=("delivered to every invited provider, also later ones",)),
    _own("OfferQueried", _REFERRED, offer=_STANDING),
    _own("SupportLineRefused", _REFERRED, offer=_STANDING),
    _own(
        "DisclosureGranted",
        _REFERRED,
        then=("delivered to the provider it names, if that is invited", "the identity's key is open to it"),
    ),
    _own(
        "SplitConfirmed",
        ("noticed", "referred"),
        then=("each group is searched for", "ProviderInvited", "InvitationUpdated", "InvitationClosed"),
    ),
    _own(
        "OfferSelected",
        ("referred",),
        after="reserving, or referred while somebody of a confirmed split has no place",
        offer=_SELECTABLE,
        then=(
            "ReservationRequested",
            "taken in `closed` too, marked out_of_policy, when a child has moved in with that provider by word",
        ),
    ),
    _own(
        "SelectionWithdrawn",
        _REFERRED,
        after="referred",
        offer=("selected", "reserved"),
        then=("ReservationWithdrawn", "SearchResumed"),
    ),
    _answer("ClarificationAsked", _LIVE, invitation=_ANSWERING),
    _answer("InterestExpressed", _LIVE, invitation=_ANSWERING),
    _answer(
        "OfferMade",
        _REFERRED,
        invitation=_ANSWERING,
        then=("OfferAssessed", "VacancyOffered", "ReconfirmationAsked if a hard fact was revised since its version"),
    ),
    _answer(
        "OfferRevised",
        _REFERRED,
        invitation=_ANSWERING,
        offer=_STANDING,
        then=("OfferAssessed", "ReconfirmationAsked if a hard fact was revised since its version"),
    ),
    _answer("OfferReconfirmed", _REFERRED, invitation=_ANSWERING, offer=_STANDING),
    _answer(
        "OfferWithdrawn",
        _REFERRED,
        offer=(*_STANDING, "not selected", "selected", "reserved"),
        then=("ReservationWithdrawn if selected", "SearchResumed if selected"),
    ),
    _answer(
        "InvitationDeclined",
        _LIVE,
        invitation=_ANSWERING,
        then=("VacancyFactQuestioned to its sender, if it cites a fact of its home",),
    ),
    Act(
        event="referral.ReferralFeedbackGiven",
        by=_PROVIDER,
        party="provider with whom a child of the case has lived",
        before=(*_LIVE, "closed"),
    ),
    _own("FeedbackAnswered", (*_LIVE, "closed")),
    _hub("ReferralAssessed"),
    _hub("SearchStarted", ("noticed", "referred")),
    _hub("ProviderInvited", ("noticed", "referred"), then=("OutOfHoursContactTold if a home is needed today",)),
    _hub("OutOfHoursContactTold", ("noticed", "referred")),
    _hub("InvitationUpdated", ("noticed", "referred")),
    _hub("InvitationClosed", (*_LIVE, "closed")),
    _hub("InvitationLapsed", _LIVE),
    _hub("SearchWidened", ("noticed", "referred")),
    _hub("ReleaseDelayed", ("noticed", "referred"), then=("ProviderInvited when the wait is over",)),
    _hub("SearchAnnounced", ("noticed", "referred")),
    _hub("InvitationsWithheld", ("noticed", "referred")),
    _hub("NoFitFound", ("noticed", "referred")),
    _hub("SplitProposed", ("noticed", "referred")),
    _hub("NoSplitFound", ("noticed", "referred")),
    _hub("OfferAssessed", (*_REFERRED, "closed")),
    _hub("ReconfirmationAsked", _REFERRED),
    _hub("OfferExpired", _REFERRED, offer=_STANDING),
    _hub("OfferFlagged", _LIVE, offer=(*_STANDING, "selected", "reserved")),
    _hub("SelectionRefused", ("referred", "reserving"), after="referred"),
    _hub("OfferNotSelected", ("referred", "reserved", "closed")),
    _hub("SearchResumed", _REFERRED, after="referred"),
    _hub("SearchReopened", ("closed",), after="noticed"),
    _hub("EventSetAside", (*_LIVE, "closed")),
    _hub("SearchClosed", _LIVE, after="closed"),
    Act(
        event="referral.EventCorrected",
        by=("authority", "provider"),
        party="party",
        before=(*_LIVE, "closed"),
        happened=True,
    ),
)
