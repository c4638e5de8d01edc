"""Events an invited provider publishes about a case, on the `referral` stream."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar

from placehub.contracts.fields import IN_REFERRAL, IN_REFERRAL_OR_VACANCY, Code, Doc, event, record
from placehub.contracts.parts import ChildId, FeeLine, OfferId, Organisation, ReferralId, VacancyId
from placehub.referrals.events import Words


@event
class ClarificationAsked:
    """An invited provider asks; the answer goes to every invited provider."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    provider: Organisation
    clarification_id: OfferId
    child_id: ChildId
    about: Annotated[str, IN_REFERRAL, Doc("The referral's field the question is about")]
    question: Words = None


@event
class InterestExpressed:
    """The provider is asking the carer."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    provider: Organisation
    vacancy_id: VacancyId


@event
class OfferMade:
    """A home is offered, all-in, for named children of a named referral version."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    provider: Organisation
    offer_id: OfferId
    vacancy_id: VacancyId
    referral_version: int
    children: tuple[ChildId, ...]
    fee_lines: Annotated[tuple[FeeLine, ...], Doc("Base fee and each extra support, itemised")]
    available_from: date
    valid_until: datetime


@event
class OfferRevised:
    """The whole offer as it now stands."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    provider: Organisation
    offer_id: OfferId
    vacancy_id: VacancyId
    referral_version: int
    children: tuple[ChildId, ...]
    fee_lines: tuple[FeeLine, ...]
    available_from: date
    valid_until: datetime


@event
class OfferReconfirmed:
    """The offer stands although a hard fact of the referral was revised."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    provider: Organisation
    offer_id: OfferId
    referral_version: int


@event
class OfferWithdrawn:
    """The provider takes its offer back."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    provider: Organisation
    offer_id: OfferId
    reason: Annotated[str, Code("decline_reason")]


@event
class InvitationDeclined:
    """The provider will not offer, and says why."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    provider: Organisation
    reason: Annotated[str, Code("decline_reason")]
    fact: Annotated[str | None, IN_REFERRAL_OR_VACANCY, Doc("The vacancy's or referral's field that was decisive")] = (
        None
    )
    vacancy_id: Annotated[VacancyId | None, Doc("The home meant, where the invitation names several")] = None


@record
class FieldFeedback:
    """How one fact of the referral turned out."""

    field: Annotated[str, IN_REFERRAL]
    found: Annotated[str, Code("referral_feedback")]


@event
class ReferralFeedbackGiven:
    """14 and 42 days after the start: was the child as described? Sent by the provider the child lives with."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    provider: Organisation
    after_days: Annotated[int, Doc("14 or 42; it may come late")]
    fields: tuple[FieldFeedback, ...]
