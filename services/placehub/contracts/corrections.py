"""EventCorrected, which every stream has in its own name."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from placehub.contracts.fields import Code, Doc, event
from placehub.contracts.parts import AgreementId, OfficerRole, Organisation, PlacementId, ReferralId, VacancyId

Corrects = Annotated[UUID, Doc("ce_id of the event that was wrong")]
Why = Annotated[str, Code("correction_reason")]


@event
class ReferralEventCorrected:
    """An event of a case was wrong."""

    STREAM: ClassVar[str] = "referral"
    NAME: ClassVar[str] = "EventCorrected"
    referral_id: ReferralId
    sender: Organisation
    corrects: Corrects
    reason: Why
    by: OfficerRole


@event
class VacancyEventCorrected:
    """An event of a vacancy was wrong."""

    STREAM: ClassVar[str] = "vacancy"
    NAME: ClassVar[str] = "EventCorrected"
    vacancy_id: VacancyId
    sender: Organisation
    corrects: Corrects
    reason: Why
    by: OfficerRole


@event
class PlacementEventCorrected:
    """An event of a placement was wrong."""

    STREAM: ClassVar[str] = "placement"
    NAME: ClassVar[str] = "EventCorrected"
    placement_id: PlacementId
    sender: Organisation
    corrects: Corrects
    reason: Why
    by: OfficerRole


@event
class AgreementEventCorrected:
    """An event of an agreement was wrong."""

    STREAM: ClassVar[str] = "agreement"
    NAME: ClassVar[str] = "EventCorrected"
    agreement_id: AgreementId
    sender: Organisation
    corrects: Corrects
    reason: Why
    by: OfficerRole


@event
class PartnershipEventCorrected:
    """An event of a partnership was wrong."""

    STREAM: ClassVar[str] = "partnership"
    NAME: ClassVar[str] = "EventCorrected"
    agreement_id: AgreementId
    sender: Organisation
    corrects: Corrects
    reason: Why
    by: OfficerRole


@event
class OrganisationEventCorrected:
    """An event of an organisation was wrong."""

    STREAM: ClassVar[str] = "organisation"
    NAME: ClassVar[str] = "EventCorrected"
    organisation: Organisation
    corrects: Corrects
    reason: Why
    by: OfficerRole
