"""Events on the `agreement` stream."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from placehub.contracts.fields import Code, Doc, event, record
from placehub.contracts.parts import AgreementId, Organisation


@record
class ContractManager:
    """A post, never a named person: the organisation keeps who holds it."""

    organisation: Organisation
    post: Annotated[str, Doc("The post's title")]
    contact: Annotated[str, Doc("A mailbox or telephone of the post")]


@event
class AgreementRegistered:
    """An agreement is in force between authorities and the providers that join it."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    lead: Annotated[Organisation, Doc("Code of the lead commissioner's organisation")]
    name: str
    kind: Annotated[str, Code("agreement_kind")]
    nation: Annotated[str, Code("nation")]
    authorities: Annotated[tuple[Organisation, ...], Doc("Named members on whose behalf the lead acts")]
    manager: ContractManager
    deputies: Annotated[tuple[ContractManager, ...], Doc("At least one")]
    starts_on: date
    ends_on: date | None = None
    response_hours: Annotated[int | None, Doc("Response window; absent: the policy's")] = None


@event
class ProviderJoined:
    """A provider may be searched under the agreement."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    lead: Organisation
    provider: Organisation
    tier: Annotated[int | None, Doc("May delay release, never order")] = None
    joined_on: date
