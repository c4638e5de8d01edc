"""Events the hub publishes about a case, on the `referral` stream."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, ClassVar, Final
from uuid import UUID

from placehub.contracts.fields import IN_REFERRAL, Code, Doc, event, record
from placehub.contracts.parts import (
    AgreementId,
    Basis,
    ChildId,
    HomeFit,
    OfferId,
    Organisation,
    PlacementId,
    ReferralId,
    VacancyId,
)
from placehub.referrals.doubts import Contradiction, StaleFact
from placehub.referrals.quality import SectionScore


@record
class Question:
    """A missing fact whose answer would change the result, found by trying every plausible answer."""

    field: Annotated[str, IN_REFERRAL]
    risk: Annotated[str | None, Code("risk"), Doc("The risk it is about, where the field holds several")] = None
    matters: Annotated[
        Decimal, Doc("Share of the homes in reach whose verdict the most telling answer changes, 0 to 1")
    ]


@event
class ReferralAssessed:
    """The quality of a referral or early notice: what is told, old, contradictory or missing, and what to ask first."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    version: Annotated[int, Doc("Version of the referral; 0 for an early notice")]
    completeness: Annotated[Decimal, Doc("Mean of the sections, 0 to 1")]
    sections: tuple[SectionScore, ...] = ()
    stale: tuple[StaleFact, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    blocking: Annotated[
        tuple[str, ...], IN_REFERRAL, Doc("Fields that are not told and that a hard criterion asks the authority for")
    ] = ()
    questions: Annotated[tuple[Question, ...], Doc("Three at most, that which matters most first")]
    basis: Basis | None = None


@event
class SearchStarted:
    """The independent sector is searched from now."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    because: Annotated[str, Doc("`EarlyNoticeGiven` or `ReferralMade`")]
    homes_considered: int
    homes_fitting: int
    basis: Basis | None = None


@event
class ProviderInvited:
    """One provider is invited, with the homes that fit and why; once per provider and case."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    provider: Organisation
    interest_only: Annotated[bool, Doc("After an early notice: no offer yet")]
    band: Annotated[str, Code("band"), Doc("The best band among its homes")]
    released_at: Annotated[datetime, Doc("The same for all invitations of one decision")]
    respond_by: datetime
    basis: Basis | None = None
    homes: tuple[HomeFit, ...] = ()  # stands last: whoever only counts them reads no further


@event
class OutOfHoursContactTold:
    """A home is needed today, and the provider's duty desk is to be told so: without a word about the case.

    Whoever calls the desk (a telephone or text service of the provider's) needs nothing but this.
    """

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    provider: Organisation
    contact: Annotated[str, Doc("The provider's own `out-of-hours contact`: a duty desk, never a person")]
    respond_by: datetime


@event
class InvitationUpdated:
    """The homes that fit, or how they fit, have changed; the whole invitation as it now stands."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    provider: Organisation
    interest_only: bool
    band: Annotated[str, Code("band")]
    released_at: datetime
    respond_by: datetime
    basis: Basis | None = None
    homes: tuple[HomeFit, ...] = ()  # stands last: whoever only counts them reads no further


@event
class InvitationClosed:
    """The invitation is over, and why."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    provider: Organisation
    reason: Annotated[str, Code("invitation_closed_reason")]
    basis: Annotated[Basis | None, Doc("Where it follows from what fits now")] = None


@event
class InvitationLapsed:
    """No answer came in time. Silence is never a decline."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    provider: Organisation
    respond_by: datetime


@event
class SearchWidened:
    """Too few providers had a home that fits: a step of the policy made the search reach further."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    step: Annotated[int, Doc("1 for the policy's first step")]
    within_miles: int
    homes_fitting: Annotated[int, Doc("Homes that fit within the new reach")]
    basis: Basis | None = None


@event
class ReleaseDelayed:
    """Invitations wait because a policy insists on it; a wait never changes who is invited, nor the order."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    until: datetime
    cause: Annotated[str, Code("release_delay_cause")]
    tier: Annotated[int | None, Doc("The tier that waits; absent: all of them")] = None
    providers: Annotated[int, Doc("How many providers wait")]


@event
class SearchAnnounced:
    """Every party without an invitation is told of a search in bands: fair notice, and no part in the case."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    providers: Annotated[tuple[Organisation, ...], Doc("Who is told; nobody is told of the others")] = ()
    told: Annotated[int, Doc("How many are told")]
    kind: Annotated[str | None, Code("placement_kind")] = None
    age_bands: Annotated[tuple[str, ...], Code("age_band")] = ()
    number_of_children: int
    district: Annotated[str | None, Doc("Postcode district the search is centred on, as `LS6`")] = None
    needed_by: Annotated[str | None, Code("needed_by")] = None


@record
class Withheld:
    """One provider that was not invited, and what kept its best home out."""

    provider: Organisation
    criterion: Annotated[str, Doc("The criterion, or that others fitted better, or that it has no open vacancy")]
    homes: Annotated[int, Doc("Open homes of the provider that were looked at")]


@event
class InvitationsWithheld:
    """Every home was looked at: providers under the agreement that were not invited, and why. Sent to nobody.

    Each provider can see its own part, counted over its searches.
    """

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    withheld: tuple[Withheld, ...]
    basis: Basis | None = None


@record
class Removed:
    """How many homes one rule removed."""

    criterion: str
    homes: int


@record
class Relaxation:
    """How many homes would fit if one rule alone were relaxed: left out, or, for the distance, the reach doubled."""

    criterion: str
    homes: int


@event
class NoFitFound:
    """No home fits now; the search stays open for vacancies that come."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    removed: tuple[Removed, ...]
    relaxations: Annotated[tuple[Relaxation, ...], Doc("What one relaxation would bring, as tried; most first")] = ()
    basis: Basis | None = None


@event
class NoSplitFound:
    """Siblings whom no home takes together cannot be parted either: some have no home even alone, or all but one do.

    Told anew whenever that becomes other children.
    """

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    without_a_home: Annotated[
        tuple[ChildId, ...], Doc("Whom no home takes even alone; none: each has one, but there are too few for all")
    ] = ()
    basis: Basis | None = None


@record
class ProposedGroup:
    """Siblings who would stay together, and what there is for them."""

    children: tuple[ChildId, ...]
    homes_fitting: Annotated[int, Doc("Homes that fit this group now")]
    band: Annotated[str, Code("band"), Doc("Band of the home the proposal rests on")]


@event
class SplitProposed:
    """No home takes the siblings together; the best split, and what of the plan it breaks. Only a proposal."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    groups: tuple[ProposedGroup, ...]
    breach: Annotated[str, Code("split_breach"), Doc("The part of the plan that is not kept")]
    basis: Basis | None = None


@event
class OfferAssessed:
    """How the home of a standing offer fits, as it now stands: an authority sees a household only inside an offer.

    Told again whenever the fit changes, or whether the home is offered in another case too: never in whose.
    """

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    provider: Organisation
    offer_id: OfferId
    vacancy_id: VacancyId
    home: Annotated[HomeFit | None, Doc("Absent: it does not fit as told, or is not matched now; ask the provider")] = (
        None
    )
    also_offered_elsewhere: Annotated[bool, Doc("An offer of the same home stands in another case")] = False
    basis: Basis | None = None


@event
class ReconfirmationAsked:
    """A hard fact of the referral was revised after the offer: it is reconfirmed or revised before it is selected."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    provider: Organisation
    offer_id: OfferId
    referral_version: Annotated[int, Doc("The version to reconfirm")]
    fields: Annotated[tuple[str, ...], IN_REFERRAL, Doc("The fields that were revised")]


@event
class OfferExpired:
    """An offer's time ran out."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    provider: Organisation
    offer_id: OfferId


@event
class OfferFlagged:
    """An offer stands whose provider has been suspended under the agreement that is searched; why is not told.

    The offer stays what it is: the authority decides.
    """

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    provider: Organisation
    offer_id: OfferId
    agreement_id: AgreementId
    suspended_on: date


@record
class ReservedPlacement:
    """The placement one child will have in the reserved place."""

    placement_id: PlacementId
    child_id: ChildId


@event
class SelectionRefused:
    """The place has just gone; the next offers stand as listed."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    provider: Organisation
    offer_id: OfferId
    vacancy_id: VacancyId
    reason: Annotated[str, Code("reservation_refused_reason")]
    next_offers: Annotated[tuple[OfferId, ...], Doc("Offers still open, best fit first")] = ()
    basis: Basis | None = None


@event
class OfferNotSelected:
    """Another home was selected; with the authority's feedback."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    provider: Organisation
    offer_id: OfferId
    feedback: Annotated[str | None, Code("offer_feedback")] = None


@event
class SearchResumed:
    """A selection was withdrawn or an agreed placement fell through: the search goes on."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    because: Annotated[str, Doc("`SelectionWithdrawn` or `OfferWithdrawn`")]
    next_offers: Annotated[tuple[OfferId, ...], Doc("Offers that stand again, checked anew, best fit first")] = ()
    basis: Basis | None = None


@event
class SearchReopened:
    """A placement is ending: a new search from the last referral, with what was learned."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    previous_placement: PlacementId
    because: Annotated[str, Doc("`NoticeGiven` or `PlacementEnded`")]
    ended_early: Annotated[
        tuple[VacancyId, ...],
        Doc("A question to the authority: homes where a placement ended within 7 days, not asked again unless it says"),
    ] = ()


@event
class EventSetAside:
    """What a party said of a case does not stand: it was rejected. Whoever received it is told to disregard it.

    Why it was rejected is its sender's alone to know (`EventRejected`).
    """

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    sender: Annotated[Organisation, Doc("Who said it")]
    set_aside: Annotated[UUID, Doc("ce_id of the event that does not stand")]
    event: Annotated[str, Doc("The event, as `OfferSelected`")]
    basis: Basis | None = None


@event
class SearchClosed:
    """The search is over, and how it ended."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    outcome: Annotated[str, Code("search_outcome")]
    placed_with: Annotated[tuple[Organisation, ...], Doc("Providers the children have moved in with")] = ()


BULKY: Final[Mapping[type, tuple[str, ...]]] = {ProviderInvited: ("homes",), InvitationUpdated: ("homes",)}
"""Lists that hold nearly all bytes of the stream: who only counts their items, or hands them on, need not read them."""
