"""Events an authority publishes about its own case, on the `referral` stream."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar

from placehub.contracts.fields import IN_REFERRAL, PII, SENSITIVE, Code, Doc, OpenWords, Seals, Sector, event, record
from placehub.contracts.parts import (
    AgreementId,
    ChildId,
    OfferId,
    OfficerRole,
    Organisation,
    PlacementId,
    ReferralId,
    VacancyId,
)
from placehub.keys.sealed import Sealed
from placehub.referrals.child import Child, ChildIdentity, NotedChild


@record
class FreeText:
    """What the words of a message hold once opened."""

    text: Annotated[str, SENSITIVE]


Words = Annotated[
    Sealed | None,
    SENSITIVE,
    Seals(FreeText, "child", "need"),
    Doc("Free text, sealed under the need key of `child_id`"),
]


@record
class LawfulBasis:
    """Why this child's data may be used. A parent's agreement to care is not data-protection consent."""

    basis: Annotated[str, Code("lawful_basis")]
    condition: Annotated[str, Code("special_category_condition")]
    purpose: Annotated[str, OpenWords(), Doc("`find a foster home`, or as the sharing agreement words it")]
    authorised_by: OfficerRole


@record
class Wanted:
    """The home that is looked for, in bands and codes. Absent = unknown."""

    kind: Annotated[str | None, Code("placement_kind")] = None
    needed_by: Annotated[str | None, Code("needed_by")] = None
    planned_start: date | None = None
    planned_end: date | None = None
    siblings_plan: Annotated[str | None, Code("siblings_plan")] = None
    siblings_preference: Annotated[
        tuple[tuple[ChildId, ...], ...],
        Doc("Who should stay together if not all of them can, the most important first"),
    ] = ()
    near_sector: Annotated[str | None, Sector(), Doc("Postcode sector the search is centred on, as `LS6 2`")] = None
    within_miles: Annotated[int | None, Doc("How far the search reaches; absent: the policy's radius")] = None
    foster_suitability: Annotated[str | None, Code("suitability")] = None
    residential_suitability: Annotated[str | None, Code("suitability")] = None
    supported_accommodation_suitability: Annotated[str | None, Code("suitability")] = None
    invite_again: Annotated[
        tuple[VacancyId, ...],
        Doc("Homes where a placement of this case ended early that may be asked again; without this they are not"),
    ] = ()


@event
class EarlyNoticeGiven:
    """A child may need a home: told before the referral is written, so that the search starts now.

    With `previous_placement`, a closed case is searched for again: that placement has a notice or has ended.
    """

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    authority: Organisation
    agreement_id: AgreementId | None = None
    need_known_at: Annotated[datetime, Doc("When the authority knew that a home may be needed")]
    lawful_basis: LawfulBasis
    wanted: Wanted
    children: tuple[NotedChild, ...]
    previous_placement: Annotated[PlacementId | None, Doc("The placement that ends, where the case was closed")] = None


@event
class EarlyNoticeWithdrawn:
    """The home noted early is not needed after all."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    authority: Organisation
    reason: Annotated[str, Code("search_outcome")]


@event
class ReferralMade:
    """The formal referral, version 1."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    authority: Organisation
    agreement_id: AgreementId | None = None
    version: Annotated[int, Doc("1")] = 1
    need_known_at: datetime
    lawful_basis: LawfulBasis
    wanted: Wanted
    children: tuple[Child, ...]
    out_of_hours_contact: Annotated[str | None, Doc("Telephone of a duty desk, never of a person")] = None


@event
class ReferralRevised:
    """The whole referral as it now stands; the version counts up by one."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    authority: Organisation
    agreement_id: AgreementId | None = None
    version: Annotated[int, Doc("2 and up")]
    need_known_at: datetime
    lawful_basis: LawfulBasis
    wanted: Wanted
    children: tuple[Child, ...]
    out_of_hours_contact: Annotated[str | None, Doc("Telephone of a duty desk, never of a person")] = None


@event
class ReferralWithdrawn:
    """The authority stops looking."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    authority: Organisation
    reason: Annotated[str, Code("search_outcome")]


@event
class ReferralContinued:
    """This case goes on from an older one of the same child."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    authority: Organisation
    continues: Annotated[ReferralId, Doc("The older case")]


@event
class InHouseSearchStarted:
    """The authority looks among its own carers, beside the independent search."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    authority: Organisation


@event
class InHouseSearchConcluded:
    """What the search among the authority's own carers came to."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    authority: Organisation
    found: Annotated[bool, Doc("A home of the authority's own was found; the independent search then ends")]


@event
class ClarificationAnswered:
    """An answer for every invited provider, also those invited later; the asker is not named."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    authority: Organisation
    clarification_id: OfferId
    child_id: ChildId
    about: Annotated[str, IN_REFERRAL, Doc("The referral's field the answer is about")]
    answer: Words = None


@event
class OfferQueried:
    """The authority asks about one offer."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    authority: Organisation
    offer_id: OfferId
    child_id: ChildId
    question: Words = None


@event
class SupportLineRefused:
    """A support line of an offer is refused; the refusal follows the case."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    authority: Organisation
    offer_id: OfferId
    what: Annotated[str, OpenWords(), Doc("The fee line's own words")]
    reason: Annotated[str, Code("support_refused_reason")]
    by: OfficerRole


@event
class SplitConfirmed:
    """A named role confirms that siblings may be placed apart, and how they will meet; one group takes it back."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    authority: Organisation
    groups: Annotated[tuple[tuple[ChildId, ...], ...], Doc("Who stays with whom: each child in one group")]
    by: OfficerRole
    child_id: ChildId
    reason: Words = None
    family_time_plan: Words = None


@record
class DisclosedChild:
    """One child's identity, as its authority sealed it."""

    child_id: ChildId
    identity: Annotated[Sealed | None, PII, Seals(ChildIdentity, "child", "identity")] = None


@event
class DisclosureGranted:
    """The authority opens the identity of children to one provider that is invited, for one purpose.

    It goes to that provider alone, and its key is open to it as long as it has a part in the case: it closes with
    `InvitationClosed` or `DataUseEnded`, and stays where the child has moved in. It stands in the case's own stream, in
    one order with what ends that part, so that none is opened that has been closed already.
    """

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    authority: Organisation
    provider: Annotated[Organisation, Doc("To whom")]
    children: Annotated[tuple[DisclosedChild, ...], Doc("Whose identity; each of this referral")]
    purpose: Annotated[str, Code("disclosure_purpose")]
    by: OfficerRole


@record
class OfferFeedback:
    """What a provider whose offer was not selected is told."""

    offer_id: OfferId
    feedback: Annotated[str, Code("offer_feedback")]


@event
class OfferSelected:
    """The authority asks for the place of one offer; the vacancy's single writer answers."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    authority: Organisation
    offer_id: OfferId
    by: OfficerRole
    reason: Annotated[str | None, Code("selection_reason"), Doc("Required when it is not the best fit")] = None
    feedback: tuple[OfferFeedback, ...] = ()
    recorded_for: Annotated[datetime | None, Doc("When it was agreed by telephone, if before it was typed")] = None


@event
class SelectionWithdrawn:
    """The authority takes a selection back before the placement starts."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    authority: Organisation
    offer_id: OfferId
    reason: Annotated[str, Code("selection_withdrawn_reason")]


@event
class FeedbackAnswered:
    """The authority answers what a provider found of one field of its referral, after the start."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    authority: Organisation
    provider: Annotated[Organisation, Doc("Whose feedback is answered")]
    after_days: Annotated[int, Doc("14 or 42, as in the feedback")]
    field: Annotated[str, IN_REFERRAL]
    answer: Annotated[str, Code("feedback_answer")]
    child_id: Annotated[ChildId | None, Doc("Whose key seals `words`; needed with them only")] = None
    words: Words = None
