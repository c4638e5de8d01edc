"""Events on the `vacancy` stream: the owning provider's, and the hub's reservations."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar

from placehub.contracts.fields import IN_VACANCY, PII, SENSITIVE, Code, Doc, Seals, Sector, event, record
from placehub.contracts.parts import (
    ChildId,
    HouseholdRef,
    Money,
    OfferId,
    Organisation,
    PlacementId,
    ReferralId,
    Risk,
    VacancyId,
)
from placehub.keys.sealed import Sealed
from placehub.search.events import ReservedPlacement


@record
class Exclusion:
    """A risk the household cannot take; the conditions narrow it and all must hold."""

    risk: Risk
    younger_child: Annotated[bool, Doc("Only if a younger child lives there")] = False
    same_sex: Annotated[bool, Doc("Only towards a child of the same sex")] = False
    within_months: Annotated[int | None, Doc("Only if it happened in the last so many months")] = None


@record
class ChildAtHome:
    """A child who lives in the household already."""

    age_band: Annotated[str | None, Code("age_band")] = None
    sex: Annotated[str | None, Code("sex")] = None


@record
class Household:
    """The *household* compartment: who and where the home is."""

    carers: Annotated[str | None, PII] = None
    address: Annotated[str | None, PII] = None
    postcode: Annotated[str | None, PII] = None
    phone: Annotated[str | None, PII] = None
    faiths: Annotated[tuple[str, ...] | None, SENSITIVE] = None
    ethnicities: Annotated[tuple[str, ...] | None, Code("ethnicity"), SENSITIVE] = None
    notes: Annotated[str | None, SENSITIVE] = None


@record
class Home:
    """What a home can take and what is known of it. Absent = unknown, never "no"."""

    postcode_sector: Annotated[str, Sector(), Doc("As `LS6 2`; the full postcode is sealed")]
    places: Annotated[int, Doc("Places free now or from `available_from`")]
    kinds: Annotated[tuple[str, ...], Code("placement_kind")]
    min_age: Annotated[int, Doc("Youngest approved age in years")]
    max_age: Annotated[int, Doc("Oldest approved age in years")]
    sex: Annotated[str, Code("household_sex")]
    sibling_places: Annotated[int | None, Doc("Most siblings taken together; absent: not said")] = None
    languages: Annotated[tuple[str, ...] | None, Code("language")] = None
    children_at_home: tuple[ChildAtHome, ...] | None = None
    pets: Annotated[tuple[str, ...] | None, Code("household_pet")] = None
    smoking: bool | None = None
    adapted: Annotated[bool | None, Doc("Adapted for a wheelchair or the like")] = None
    skills: Annotated[tuple[str, ...] | None, Code("skill")] = None
    school_run_miles: int | None = None
    exclusions: tuple[Exclusion, ...] = ()
    state: Annotated[str, Code("vacancy_state")]
    children_placed: Annotated[int | None, Doc("Foster children there now")] = None
    approved_places: Annotated[int | None, Doc("Places under the terms of approval")] = None
    exemption: Annotated[bool | None, Doc("Exempt from the usual fostering limit (Children Act 1989, Sch 7)")] = None
    available_from: date
    willing_until: Annotated[datetime, Doc("After this the carer must be asked again: the vacancy is stale")]
    weekly_fee: Annotated[Money | None, Doc("Standard fee per week")] = None


Sealing = Annotated[Sealed | None, PII, Seals(Household, "household", "household")]


@event
class VacancyOpened:
    """A home has, or will have, room."""

    STREAM: ClassVar[str] = "vacancy"
    vacancy_id: VacancyId
    provider: Organisation
    household_ref: HouseholdRef
    version: int = 1
    home: Home
    household: Sealing = None


@event
class VacancyRevised:
    """The whole vacancy as it now stands."""

    STREAM: ClassVar[str] = "vacancy"
    vacancy_id: VacancyId
    provider: Organisation
    household_ref: HouseholdRef
    version: int
    home: Home
    household: Sealing = None


@event
class VacancyConfirmed:
    """The carer is still willing."""

    STREAM: ClassVar[str] = "vacancy"
    vacancy_id: VacancyId
    provider: Organisation
    willing_until: datetime


@event
class VacancyPaused:
    """Not to be matched for now. There is no reason field: an allegation must not leak, so the why stays at home."""

    STREAM: ClassVar[str] = "vacancy"
    vacancy_id: VacancyId
    provider: Organisation


@event
class VacancyClosed:
    """The home has no room any more."""

    STREAM: ClassVar[str] = "vacancy"
    vacancy_id: VacancyId
    provider: Organisation
    reason: Annotated[str | None, Code("vacancy_close_reason")] = None


@event
class ReservationRequested:
    """A valid selection asks the vacancy's single writer for places."""

    STREAM: ClassVar[str] = "vacancy"
    vacancy_id: VacancyId
    referral_id: ReferralId
    offer_id: OfferId
    authority: Organisation
    provider: Organisation
    children: tuple[ChildId, ...]


@event
class ReservationWithdrawn:
    """A selection was taken back: its places may be released."""

    STREAM: ClassVar[str] = "vacancy"
    vacancy_id: VacancyId
    referral_id: ReferralId
    offer_id: OfferId
    authority: Organisation
    provider: Organisation


@event
class VacancyReserved:
    """The places are held for the selected offer; both sides may now post PlacementAgreed."""

    STREAM: ClassVar[str] = "vacancy"
    vacancy_id: VacancyId
    referral_id: ReferralId
    offer_id: OfferId
    authority: Organisation
    provider: Organisation
    placements: tuple[ReservedPlacement, ...]
    places_left: int | None = None


@event
class ReservationRefused:
    """The places were not to be had; the search tells the authority (SelectionRefused)."""

    STREAM: ClassVar[str] = "vacancy"
    vacancy_id: VacancyId
    referral_id: ReferralId
    offer_id: OfferId
    authority: Organisation
    provider: Organisation
    reason: Annotated[str, Code("reservation_refused_reason")]


@event
class VacancyReleased:
    """Reserved places are free again."""

    STREAM: ClassVar[str] = "vacancy"
    vacancy_id: VacancyId
    referral_id: ReferralId
    offer_id: OfferId
    authority: Organisation
    provider: Organisation
    places_left: int | None = None


@event
class VacancyFilled:
    """A child has moved in."""

    STREAM: ClassVar[str] = "vacancy"
    vacancy_id: VacancyId
    placement_id: PlacementId
    referral_id: ReferralId
    authority: Organisation
    provider: Organisation
    places_left: int | None = None


@event
class VacancyFactQuestioned:
    """A fact of the home was contradicted: it is read as unknown, and asked, until its provider says it again.

    Answered by VacancyRevised, restating or correcting it; where it is the carer's willingness, by VacancyConfirmed.
    """

    STREAM: ClassVar[str] = "vacancy"
    vacancy_id: VacancyId
    provider: Organisation
    fact: Annotated[str, IN_VACANCY, Doc("The vacancy's field, as `home.skills`")]
    because: Annotated[str, Code("questioned_because"), Doc("What contradicts it")]
    count: Annotated[int, Doc("In how many searches; 1 where the provider itself contradicted the fact")]


@event
class VacancyNotOffered:
    """An invitation that meant the home was declined, or ran out unanswered; read by the vacancy's writer alone."""

    STREAM: ClassVar[str] = "vacancy"
    vacancy_id: VacancyId
    referral_id: ReferralId
    provider: Organisation
    because: Annotated[str, Code("questioned_because")]


@event
class VacancyOffered:
    """The home is on offer in one case; read by the search alone, which so knows what else it is offered to."""

    STREAM: ClassVar[str] = "vacancy"
    vacancy_id: VacancyId
    referral_id: ReferralId
    offer_id: OfferId
    provider: Organisation


@event
class VacancyOfferEnded:
    """The offer of the home does not stand any more; read by the search alone."""

    STREAM: ClassVar[str] = "vacancy"
    vacancy_id: VacancyId
    referral_id: ReferralId
    offer_id: OfferId
    provider: Organisation
