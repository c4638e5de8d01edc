"""What governance says: reminders on the `reminder` stream, and on `agreement` what it finds of a decision."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from placehub.agreements.events import AnswerId, ContractManager
from placehub.contracts.fields import Code, Doc, event
from placehub.contracts.parts import AgreementId, Organisation

SubjectId = Annotated[UUID, Doc("Id of the agreement, dispute, partnership event, placement or vacancy it is about")]


@event
class ReminderRaised:
    """Something is due. It is raised again, nearer to its day, until it is cleared."""

    STREAM: ClassVar[str] = "reminder"
    subject_id: SubjectId
    about: Annotated[str, Code("reminder_subject")]
    kind: Annotated[str, Code("reminder_kind")]
    due_on: date
    weeks_left: Annotated[int | None, Doc("Whole weeks until its day, as the policy spaces them; absent: overdue")] = (
        None
    )
    overdue: Annotated[
        bool, Doc("Its day has passed; both sides are told so of an agreement and of a placement plan")
    ] = False
    to: Annotated[tuple[Organisation, ...], Doc("Who is told")]
    posts: Annotated[
        tuple[ContractManager, ...],
        Doc("The contract manager, then the deputies; of a placement only those that are its authority's own"),
    ] = ()
    covered_by: Annotated[ContractManager | None, Doc("The deputy that covers while the manager is away")] = None


@event
class ReminderCleared:
    """What was due has been done, or is not due on that day any more."""

    STREAM: ClassVar[str] = "reminder"
    subject_id: SubjectId
    about: Annotated[str, Code("reminder_subject")]
    kind: Annotated[str, Code("reminder_kind")]
    due_on: Annotated[date, Doc("The day that was reminded of")]
    because: Annotated[str, Code("reminder_cleared")]
    to: Annotated[tuple[Organisation, ...], Doc("Everyone who was reminded")]


@event
class DecisionAssessed:
    """What the hub notes beside a decision, which it never refuses: both sides read whether it was late or unasked."""

    STREAM: ClassVar[str] = "agreement"
    agreement_id: AgreementId
    decision_id: Annotated[UUID, Doc("ce_id of ExtensionDecided or TerminationDecided")]
    decision: Annotated[str, Code("consultation_about")]
    late_days: Annotated[int, Doc("Days after the day by which it was to be decided; 0: in time")]
    not_consulted: Annotated[bool, Doc("It rests on no consultation of at least the agreed days")]
    unanswered: Annotated[tuple[AnswerId, ...], Doc("Answers received that it does not reply to")]
