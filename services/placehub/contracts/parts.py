"""Field types and records that events of several streams share, in the field's own words."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from placehub.contracts.fields import Code, Doc, OpenWords, record

Organisation = Annotated[str, Doc("Code of an organisation registered in the hub")]
ReferralId = Annotated[UUID, Doc("The case; chosen by the authority, never reused")]
VacancyId = Annotated[UUID, Doc("The vacancy; chosen by the provider")]
OfferId = Annotated[UUID, Doc("The offer; chosen by the provider")]
PlacementId = Annotated[UUID, Doc("The placement of one child; given by the hub when the place is reserved")]
AgreementId = Annotated[UUID, Doc("The agreement under which a provider is searched")]
DocumentId = Annotated[UUID, Doc("The document, in all its versions; chosen by whoever proposes it first")]
ChildId = Annotated[UUID, Doc("Pseudonym of one child (or of a parent placed with a child)")]
HouseholdRef = Annotated[UUID, Doc("Pseudonym of one fostering household")]
OfficerRole = Annotated[str, Code("officer_role"), Doc("Role of the person who decided")]
Money = Annotated[Decimal, Doc("Pounds sterling")]
Risk = Annotated[str, Code("risk")]


@record
class FeeLine:
    """One line of an all-in fee: the base fee, or one named support."""

    what: Annotated[str, OpenWords(), Doc("`base fee`, or the support as the parties call it; no child's data")]
    amount: Money
    unit: Annotated[str, Code("fee_unit")]
    starts_on: Annotated[date | None, Doc("First day it is paid; absent: from the start")] = None
    ends_on: Annotated[date | None, Doc("Last day it is paid; absent: to the end")] = None


@record
class Finding:
    """What one criterion says of one home: data; words are made when it is read."""

    criterion: Annotated[str, Doc("Name of the hard constraint or need criterion")]
    verdict: Annotated[str, Doc("`fits`, `lesser fit`, `needs support`, `needs variation`, `ask`, `not known`")]
    facts: Annotated[dict[str, str], Doc("The bands and codes it rests on")]


@record
class HomeFit:
    """How one home fits one search, and why."""

    vacancy_id: VacancyId
    household_ref: HouseholdRef
    band: Annotated[str, Code("band")]
    need: Annotated[int, Doc("Weighted share of the need criteria that are met, 0 to 1000; orders within a band")] = 500
    distance_miles: Annotated[Decimal | None, Doc("Between postcode sectors' centres; absent: not known")] = None
    available_from: Annotated[date | None, Doc("The day a child could come; not before the day it was decided")] = None
    findings: tuple[Finding, ...]
    questions: Annotated[tuple[str, ...], Doc("Criteria that are a question to the carer or the authority")]


@record
class Basis:
    """What the hub knew when it decided: enough to decide again and get the same."""

    decided_at: datetime
    case_offset: Annotated[int, Doc("Offset, in its partition, of the last of the parties' events taken into the case")]
    referral_version: Annotated[int, Doc("Version of the referral that was matched; 0 for an early notice")]
    vacancy_offsets: Annotated[tuple[int, ...], Doc("Next offset of the vacancy stream, per partition")]
    agreement_offsets: tuple[int, ...]
    organisation_offsets: tuple[int, ...]
    changed: Annotated[
        tuple[VacancyId, ...], Doc("Homes whose change was decided on; none: every home was looked at")
    ] = ()
    policy: Annotated[str, Doc("Version of the matching policy in force")]
    codes: Annotated[str, Doc("Version of the code lists")]
    postcodes: Annotated[str, Doc("Version of the postcode source")]
    rules: Annotated[str, Doc("Version of the hub's rules")]
