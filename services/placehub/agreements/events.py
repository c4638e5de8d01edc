"""Events on the `agreement` stream."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar
from uuid import UUID

from placehub.contracts.fields import Code, Doc, OpenWords, event, record
from placehub.contracts.parts import AgreementId, FeeLine, Organisation


@record
class ContractManager:
    """A post, never a named person: the organisation keeps who holds it."""

    organisation: Organisation
    post: Annotated[str, Doc("The post's title")]
    contact: Annotated[str, Doc("A mailbox or telephone of the post")]


ConsultationId = Annotated[UUID, Doc("The consultation; chosen by the lead")]
AnswerId = Annotated[UUID, Doc("The answer; chosen by whoever answers, so that a reply need not name it")]


@record
class TierTerms:
    """What an agreement says of one tier."""

    tier: int
    says: Annotated[str, OpenWords(), Doc("How a provider comes to be in it, in the agreement's words")]


@record
class AgreedFee:
    """One line of an agreement's fee schedule."""

    line: FeeLine
    placement_kind: Annotated[str | None, Code("placement_kind"), Doc("Absent: every kind")] = None
    tier: Annotated[int | None, Doc("Absent: every tier")] = None
    uplift: Annotated[Decimal | None, Doc("Yearly uplift in per cent; absent: none is agreed")] = None


@record
class ReturnTerms:
    """How often returns are produced under an agreement, and in which form."""

    every_months: Annotated[int, Doc("Length of a period: 1, 2, 3, 4, 6 or 12; counted from April")]
    template: Annotated[str, Code("return_template"), Doc("Of the providers' monitoring returns")]
    confirm_days: Annotated[int, Doc("Days after a period's end by which both sides confirm its returns")] = 28


@record
class AgendaShares:
    """How the minutes of a partnership event are to be shared, in per cent: the least of them that each sector has."""

    commissioners: Annotated[int, Doc("Of the lead and the named members; both together are at most 100")]
    providers: Annotated[int, Doc("Of the providers that joined")]


@event
class AgreementRegistered:
    """An agreement is in force between authorities and the providers that join it.

    Registered again it is revised as a whole. Until when it is to be consulted on and decided: see
    `placehub.governance.agreements`, which also says what holds where the agreement names no day.
    """

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
    ends_on: Annotated[date | None, Doc("Its last day; absent: it runs until it is terminated")] = None
    response_hours: Annotated[int | None, Doc("Response window; absent: the policy's")] = None
    consult_by: Annotated[date | None, Doc("Day by which a consultation is opened; absent: the policy's")] = None
    decide_by: Annotated[date | None, Doc("Day by which extension or end is decided; absent: the policy's")] = None
    notice_weeks: Annotated[int | None, Doc("Notice to be given before it ends; absent: the policy's")] = None
    consultation_days: Annotated[
        int | None, Doc("Least days that a consultation is open, as agreed; absent: the policy's")
    ] = None
    tiers: Annotated[tuple[TierTerms, ...], Doc("What each tier means; none: it has no tiers")] = ()
    fee_schedule: tuple[AgreedFee, ...] = ()
    document_rule: Annotated[
        str, Code("document_rule"), Doc("By which documents are agreed that are proposed from now")
    ] = "majority of each sector"
    neutral: Annotated[
        ContractManager | None, Doc("Who settles a dispute in which everyone before has a part; of no party")
    ] = None
    returns: Annotated[ReturnTerms | None, Doc("Absent: no return is due; one may be produced")] = None
    agenda_shares: Annotated[AgendaShares | None, Doc("Absent: 40 per cent each, the hub's own choice")] = None


@event
class PartyNamed:
    """The lead acts for one more authority."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    lead: Organisation
    authority: Annotated[Organisation, Doc("The new named member")]
    named_on: date


@event
class ContractManagerChanged:
    """Another post manages the agreement from a day on; open disputes and reminders go along."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    lead: Organisation
    manager: ContractManager
    deputies: Annotated[tuple[ContractManager, ...], Doc("At least one, none of which is the manager")]
    changes_on: date


@event
class ContractManagerAway:
    """The contract manager is away; a deputy covers. Both days are within the absence."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    sender: Annotated[Organisation, Doc("The lead, or the organisation whose post it is")]
    away_from: date
    away_until: date
    deputy: Annotated[ContractManager, Doc("The deputy that covers")]


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
class ProviderLeft:
    """A provider is not searched under the agreement any more; the terms of its placements stay in force."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    sender: Annotated[Organisation, Doc("The lead, or the provider itself")]
    provider: Organisation
    left_on: date


@event
class ProviderSuspended:
    """No new invitation goes to a provider under the agreement; its placements and what it has offered stand.

    Its open offers are flagged (OfferFlagged) and whoever has placed with it is reminded. Why, only the provider
    is told: an allegation must not leak through a reason code.
    """

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    lead: Organisation
    provider: Organisation
    suspended_on: date
    reason: Annotated[str | None, Code("suspension_reason"), Doc("Only the lead and the provider get it")] = None


@event
class SuspensionLifted:
    """The provider is searched under the agreement again."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    lead: Organisation
    provider: Organisation
    lifted_on: date


@event
class ConsultationOpened:
    """The lead asks the parties before it decides; an early termination begins with it, too."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    lead: Organisation
    consultation_id: ConsultationId
    about: Annotated[str, Code("consultation_about")]
    question: Annotated[str, OpenWords()]
    proposed_end: Annotated[date | None, Doc("The last day that is proposed, of an extension or a termination")] = None
    opened_on: date
    closes_on: Annotated[date, Doc("Last day for answers")]


@event
class ConsultationAnswered:
    """A party's answer. The lead and the named members read it, other providers do not."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    sender: Annotated[Organisation, Doc("A named member or a provider that joined")]
    consultation_id: ConsultationId
    answer_id: AnswerId
    answer: Annotated[str, Code("consultation_answer")]
    words: Annotated[str | None, OpenWords()] = None


@record
class Reply:
    """What the decision says to one answer; it does not name who gave it."""

    answer_id: AnswerId
    reply: Annotated[str, OpenWords()]


@event
class ExtensionDecided:
    """The agreement goes on until another day. Never refused for being late or decided without a consultation."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    lead: Organisation
    consultation_id: Annotated[UUID | None, Doc("The consultation it rests on; absent: none")] = None
    decided_on: date
    extended_until: Annotated[date, Doc("The new last day")]
    replies: Annotated[tuple[Reply, ...], Doc("One for each answer received")] = ()


@event
class TerminationDecided:
    """The agreement ends, on its own last day or earlier. Never refused for being late or without a consultation."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    lead: Organisation
    consultation_id: Annotated[UUID | None, Doc("The consultation it rests on; absent: none")] = None
    decided_on: date
    ends_on: Annotated[date, Doc("The last day")]
    replies: Annotated[tuple[Reply, ...], Doc("One for each answer received")] = ()
