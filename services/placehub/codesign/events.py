"""Events of co-design, on the `agreement` stream."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from placehub.contracts.fields import Code, Doc, OpenWords, event, record
from placehub.contracts.parts import AgreementId, DocumentId, Organisation
from placehub.search.policy import Policy

Party = Annotated[Organisation, Doc("The lead, a named member or a provider that joined")]
Version = Annotated[int, Doc("1, and one more for each new version of the document")]
TenderId = Annotated[UUID, Doc("The tender; chosen by the lead")]
ClauseId = Annotated[str, OpenWords(), Doc("As the document numbers it; of a policy also `policy.<field>`")]


@record
class Clause:
    """One clause of a document; a long one is split."""

    clause_id: Annotated[str, OpenWords(), Doc("Its number in the document, the same in every version")]
    about: Annotated[str, Code("clause_subject"), Doc("By this, clauses of different agreements are counted together")]
    text: Annotated[str, OpenWords()]


@event
class RepresentativeNamed:
    """A post that speaks for its sector when documents are agreed, for a term.

    The lead names the commissioners' representatives; a provider names its own post. Named again, an organisation's
    seat is replaced. Who speaks while seats are not held: see `placehub.codesign.agreeing`.
    """

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    sender: Party
    sector: Annotated[str, Code("agreement_sector")]
    seat: Annotated[str, Code("representative_seat")]
    representative: Annotated[Organisation, Doc("The organisation whose post it is")]
    post: Annotated[str, OpenWords(), Doc("The post's title; never a named person")]
    term_from: date
    term_until: Annotated[date, Doc("Last day of the term")]


@event
class DocumentProposed:
    """A party proposes a version of a document; who proposes it has agreed to it.

    A matching policy comes with its numbers, every other document with its clauses. When it comes into force: see
    `placehub.codesign.documents`.
    """

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    document_id: DocumentId
    document_version: Version
    sender: Party
    kind: Annotated[str, Code("document_kind")]
    title: Annotated[str, OpenWords()]
    policy: Annotated[Policy | None, Doc("The whole policy, where the document is one")] = None
    clauses: Annotated[tuple[Clause, ...], Doc("The whole text, clause by clause")] = ()
    in_force_from: Annotated[datetime, Doc("Never before: it also has to be agreed")]


@event
class DocumentCommented:
    """A party says what it thinks of one clause of a version; every party reads it."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    document_id: DocumentId
    document_version: Version
    sender: Party
    clause_id: ClauseId
    says: Annotated[str, Code("clause_comment")]
    words: Annotated[str | None, OpenWords()] = None
    instead: Annotated[str | None, OpenWords(), Doc("The clause as the sender would word it")] = None


@event
class DocumentAgreed:
    """A representative says yes to a version that was proposed."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    document_id: DocumentId
    document_version: Version
    sender: Party
    concludes: Annotated[
        bool, Doc("The sender says that with its yes both sectors have agreed; refused where one has not")
    ] = False


@event
class TenderOpened:
    """Bids are asked for, under an agreement that runs or is to come; the clauses that bids are bound to are in it.

    Never refused because flagged clauses of an earlier tender have no answer: it is taken and marked `out_of_policy`.
    """

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    lead: Organisation
    tender_id: TenderId
    title: Annotated[str, OpenWords()]
    to: Annotated[
        tuple[Organisation, ...], Doc("Providers that are told, beside those that joined; none is told of the others")
    ] = ()
    document_id: Annotated[UUID | None, Doc("The agreed contract terms that the clauses are; absent: none")] = None
    document_version: Annotated[int | None, Doc("Its version, which both sectors have agreed")] = None
    clauses: Annotated[tuple[Clause, ...], Doc("At least one; those of the document as they stand there")]
    opened_on: date
    closes_on: Annotated[date, Doc("Last day for bids")]


@event
class BidDeclined:
    """A provider does not bid, because of the risk in these clauses. Nobody is told who it is, but for its own choice.

    The commissioners learn, after the tender has closed, which clauses were flagged (ClauseFlagged).
    """

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    sender: Annotated[Organisation, Doc("A provider that was told of the tender")]
    tender_id: TenderId
    clause_ids: Annotated[tuple[str, ...], OpenWords(), Doc("Clauses of the tender that carried the risk")]
    named: Annotated[bool, Doc("True: the lead gets this event, and so reads who did not bid")] = False


@event
class ClauseFlagged:
    """A clause kept somebody from bidding: said once for a clause, with no word of who, when, or how many."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    tender_id: TenderId
    clause_id: ClauseId


@event
class ClauseAnswered:
    """What the lead does about a clause that was flagged; due before its next tender."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    lead: Organisation
    tender_id: TenderId
    clause_id: ClauseId
    answer: Annotated[str, Code("clause_answer")]
    words: Annotated[str, OpenWords(), Doc("Why; what the clause says from now")]
