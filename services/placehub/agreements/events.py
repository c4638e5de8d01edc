"""Events on the `agreement` stream."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar

from placehub.contracts.fields import Code, Doc, OpenWords, event, record
from placehub.contracts.parts import AgreementId, DocumentId, Organisation
from placehub.search.policy import Policy


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


@event
class DocumentProposed:
    """A party proposes a version of a document; who proposes it has agreed to it.

    A matching policy comes with its numbers. When it comes into force: see `placehub.agreements.agreed`.
    """

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    document_id: DocumentId
    document_version: Annotated[int, Doc("1, and one more for each new version of the document")]
    sender: Annotated[Organisation, Doc("The lead, a named member or a provider that joined")]
    kind: Annotated[str, Code("document_kind")]
    title: Annotated[str, OpenWords()]
    policy: Annotated[Policy | None, Doc("The whole policy, where the document is one")] = None
    in_force_from: Annotated[datetime, Doc("Never before: it also has to be agreed")]


@event
class DocumentAgreed:
    """A party agrees to a version that was proposed."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    document_id: DocumentId
    document_version: int
    sender: Annotated[Organisation, Doc("The lead, a named member or a provider that joined")]
