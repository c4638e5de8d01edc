"""Events on the `placement` stream, published by the two parties."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar, Final

from placehub.contracts.fields import SENSITIVE, Code, Doc, MonthAhead, OpenWords, Seals, event
from placehub.contracts.parts import (
    ChildId,
    FeeLine,
    OfferId,
    OfficerRole,
    Organisation,
    PlacementId,
    ReferralId,
    VacancyId,
)
from placehub.keys.sealed import Sealed
from placehub.referrals.events import FreeText

Words = Annotated[
    Sealed | None,
    SENSITIVE,
    Seals(FreeText, "child", "need"),
    Doc("Free text, sealed under the child's need key"),
]
MONTHS_BEFORE_18: Final = 12
"""How long before it the month of an 18th birthday may be told."""
MonthOf18thBirthday = Annotated[
    date | None,
    MonthAhead(MONTHS_BEFORE_18),
    Doc("First day of the month in which the child turns 18, never the birthday; in the 12 months before it only"),
]
"""What the clock of the placement knows of the 18th birthday.

Why the month, and why so late: a date of birth is personal and stays sealed under the child's identity key, which the
hub is never given; but `ReminderRaised` has to name a day that both the hub and who is reminded can read. A month is
enough for a reminder of weeks, a year is soon enough for one of 12 weeks where a child is reviewed every six months,
and so a younger child's month of birth never travels open. Only the two parties are sent it.
"""


@event
class PlacementAgreed:
    """One side's statement of the terms; in force once both sides have posted the same."""

    STREAM: ClassVar[str] = "placement"
    placement_id: PlacementId
    referral_id: ReferralId
    offer_id: OfferId
    vacancy_id: VacancyId
    child_id: ChildId
    authority: Organisation
    provider: Organisation
    starts_on: date
    planned_end: date | None = None
    fee_lines: tuple[FeeLine, ...]


@event
class VerbalAgreementRecorded:
    """The placement was agreed by word of mouth, at night say; the authority records it first, the paperwork follows.

    The child may move in on it. It replaces no `PlacementAgreed`: both sides post the terms afterwards.
    """

    STREAM: ClassVar[str] = "placement"
    placement_id: PlacementId
    referral_id: ReferralId
    offer_id: OfferId
    vacancy_id: VacancyId
    child_id: ChildId
    authority: Organisation
    provider: Organisation
    agreed_at: Annotated[datetime, Doc("When it was agreed, by telephone or face to face")]
    starts_on: date
    fee_lines: Annotated[tuple[FeeLine, ...], Doc("Base fee and each extra support, as agreed by word of mouth")]
    by: OfficerRole


@event
class FeeChanged:
    """One side's statement of a changed fee; in force once both have posted the same."""

    STREAM: ClassVar[str] = "placement"
    placement_id: PlacementId
    authority: Organisation
    provider: Organisation
    fee_lines: tuple[FeeLine, ...]
    changes_on: date
    reason: Annotated[str, Code("fee_change_reason")]
    by: OfficerRole


@event
class NoticeGiven:
    """One side says the placement will end."""

    STREAM: ClassVar[str] = "placement"
    placement_id: PlacementId
    referral_id: ReferralId
    authority: Organisation
    provider: Organisation
    given_by: Annotated[str, Code("organisation_kind")]
    ends_on: date
    reason: Annotated[str, Code("reason_place_change")]


@event
class PlacementStarted:
    """The child has moved in."""

    STREAM: ClassVar[str] = "placement"
    placement_id: PlacementId
    referral_id: ReferralId
    vacancy_id: VacancyId
    child_id: ChildId
    authority: Organisation
    provider: Organisation
    started_on: date
    distance_miles: Annotated[int | None, Doc("From home to placement, as the 903 return asks")] = None
    school_kept: bool | None = None
    siblings_placed_together: int | None = None
    month_of_18th_birthday: MonthOf18thBirthday = None


@event
class PlacementPlanAgreed:
    """The placement plan has been prepared, and agreed with and signed by who cares for the child.

    What it says stays with the two parties. England: Care Planning, Placement and Case Review (England) Regulations
    2010, reg 9; Wales: Care Planning, Placement and Case Review (Wales) Regulations 2015, reg 10. By when it is to be
    agreed: see `placehub.governance.placements`.
    """

    STREAM: ClassVar[str] = "placement"
    placement_id: PlacementId
    authority: Organisation
    provider: Organisation
    agreed_on: Annotated[date, Doc("Day it was signed; may be before the child moves in")]


@event
class SupportRequested:
    """The provider asks for support that the placement turned out to need."""

    STREAM: ClassVar[str] = "placement"
    placement_id: PlacementId
    authority: Organisation
    provider: Organisation
    support: FeeLine
    evidence: Words = None


@event
class SupportAgreed:
    """The authority agrees to pay for a support."""

    STREAM: ClassVar[str] = "placement"
    placement_id: PlacementId
    authority: Organisation
    provider: Organisation
    support: FeeLine
    by: OfficerRole


@event
class SupportRefused:
    """The authority does not pay for a support, and who decided."""

    STREAM: ClassVar[str] = "placement"
    placement_id: PlacementId
    authority: Organisation
    provider: Organisation
    what: Annotated[str, OpenWords()]
    reason: Annotated[str, Code("support_refused_reason")]
    by: OfficerRole


@event
class PlacementReviewed:
    """A statutory review of the placement, shared with the provider."""

    STREAM: ClassVar[str] = "placement"
    placement_id: PlacementId
    authority: Organisation
    provider: Organisation
    reviewed_on: date
    participation: Annotated[str, Code("review_participation")]
    plan_changed: Annotated[bool | None, Doc("Absent: not told, as in a 903 return")] = None
    actions: Annotated[int, Doc("Actions agreed")] = 0
    found: Words = None
    month_of_18th_birthday: MonthOf18thBirthday = None


@event
class PlacementEndPlanned:
    """When and how the placement is to end."""

    STREAM: ClassVar[str] = "placement"
    placement_id: PlacementId
    authority: Organisation
    provider: Organisation
    ends_on: date
    moves_to: Annotated[str | None, Code("placement_type")] = None


@event
class PlacementEnded:
    """The child has moved on. It reopens no vacancy: the provider does."""

    STREAM: ClassVar[str] = "placement"
    placement_id: PlacementId
    referral_id: ReferralId
    authority: Organisation
    provider: Organisation
    ended_on: date
    planned: bool
    reason: Annotated[str | None, Code("reason_place_change")] = None
    ceased: Annotated[str | None, Code("reason_episode_ceased")] = None


@event
class MissingEpisodeRecorded:
    """The child was missing, or away without authorisation."""

    STREAM: ClassVar[str] = "placement"
    placement_id: PlacementId
    authority: Organisation
    provider: Organisation
    kind: Annotated[str, Code("missing")]
    began_at: datetime
    ended_at: datetime | None = None
