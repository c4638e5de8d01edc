"""Events of a dispute, on the `agreement` stream: its order among the changes of managers is never in doubt."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from placehub.agreements.events import ContractManager
from placehub.contracts.fields import Code, Doc, OpenWords, event, record
from placehub.contracts.parts import AgreementId, Organisation, PlacementId

DisputeId = Annotated[UUID, Doc("The dispute; chosen by whoever raises it")]
Words = Annotated[str, OpenWords(), Doc("In the organisation's own words; no child's data")]


@record
class ConcernedPost:
    """A post that has a part in a dispute, whichever organisation it is of: it does not settle it."""

    organisation: Organisation
    post: Annotated[str, Doc("The post's title, as the agreement names it")]


@event
class DisputeRaised:
    """A party disputes something with another. It changes nothing of who is searched, invited or ranked.

    One of the two sides is the lead or a named member: providers of an agreement do not know each other.
    """

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    dispute_id: DisputeId
    sender: Organisation
    against: Annotated[Organisation, Doc("The other side, a party to the agreement too")]
    about: Annotated[str, Code("dispute_about")]
    placement_id: Annotated[PlacementId | None, Doc("Where it is about a placement, or a line of its fee")] = None
    fee_line: Annotated[str | None, OpenWords(), Doc("The line as the parties call it")] = None
    concerns: Annotated[tuple[ConcernedPost, ...], Doc("Posts that have a part in it, of whatever organisation")] = ()
    statement: Words
    raised_on: date


@event
class DisputeRouted:
    """Who is to settle it, and by when; anew whenever that changes. Whoever it goes to is sent all that was said."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    dispute_id: DisputeId
    to: Annotated[ContractManager | None, Doc("Absent: nobody without a part in it; agree on a neutral")] = None
    role: Annotated[str, Code("dispute_role")]
    because: Annotated[str, Code("dispute_routed_because")]
    answer_by: Annotated[date, Doc("By when each side gives its statement")]
    resolve_by: Annotated[date, Doc("By when it is to be resolved; after that day it goes to the next in line")]


@event
class StatementGiven:
    """A side's statement, of the same standing as the other's: whoever settles it reads both beside each other."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    dispute_id: DisputeId
    statement_id: Annotated[UUID, Doc("The statement; chosen by whoever gives it")]
    sender: Annotated[Organisation, Doc("One of the two sides")]
    statement: Words


@event
class DisputeEscalated:
    """A side asks for the next in line, an outcome in hand or not; or whoever it was routed to has a part in it."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    dispute_id: DisputeId
    sender: Annotated[Organisation, Doc("One of the two sides, or whoever it is routed to")]
    reason: Annotated[str, Code("dispute_escalation_reason")]


@event
class DisputeResolved:
    """Whoever it is routed to says what comes of it; each side then says whether it accepts."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    dispute_id: DisputeId
    sender: Annotated[Organisation, Doc("The organisation of the post it is routed to")]
    outcome: Annotated[str, Code("dispute_outcome")]
    finding: Words
    resolved_on: date


@event
class DisputeOutcomeAnswered:
    """A side accepts the outcome, or does not. Said again it replaces what it said before."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    dispute_id: DisputeId
    sender: Annotated[Organisation, Doc("One of the two sides")]
    accepted: bool
    words: Annotated[str | None, OpenWords()] = None
