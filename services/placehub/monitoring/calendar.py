"""What the views say of agreements: what is due, overdue and done under each, and how it was decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select

from placehub.agreements import events as agreements
from placehub.contracts.headers import Attributes
from placehub.governance.events import DecisionAssessed, ReminderCleared, ReminderRaised
from placehub.monitoring.entitlement import party_s
from placehub.monitoring.fold import Fold, Row
from placehub.monitoring.tables import AGREEMENT, REMINDER
from placehub.monitoring.view import OPERATORS_OWN, View, named


def _registered(row: Row, event: agreements.AgreementRegistered, attributes: Attributes) -> dict[str, Any]:
    told = ("lead", "name", "kind", "nation", "starts_on", "ends_on")
    shares = event.agenda_shares
    return {
        **{name: getattr(event, name) for name in told},
        "authorities": list(event.authorities),
        "least_commissioners": shares and shares.commissioners,
        "least_providers": shares and shares.providers,
        **_posts(event),
    }


def _posts(event: agreements.AgreementRegistered | agreements.ContractManagerChanged) -> dict[str, Any]:
    return {"manager": event.manager.post, "deputies": [one.post for one in event.deputies]}


def _managed(row: Row, event: agreements.ContractManagerChanged, attributes: Attributes) -> dict[str, Any]:
    return _posts(event)


def _members(column: str, field: str, *, joins: bool) -> Fold:
    def fold(row: Row, event: Any, attributes: Attributes) -> dict[str, Any]:
        others = {one for one in row.get(column) or () if one != getattr(event, field)}
        return {column: sorted(others | ({getattr(event, field)} if joins else set()))}

    return fold


def _assessed(row: Row, event: DecisionAssessed, attributes: Attributes) -> dict[str, Any]:
    return {name: getattr(event, name) for name in ("decision", "late_days", "not_consulted")}


AGREEMENTS: Final[Mapping[type, Fold]] = {
    agreements.AgreementRegistered: _registered,
    agreements.PartyNamed: _members("authorities", "authority", joins=True),
    agreements.ContractManagerChanged: _managed,
    agreements.ProviderJoined: _members("providers", "provider", joins=True),
    agreements.ProviderLeft: _members("providers", "provider", joins=False),
    agreements.ExtensionDecided: lambda row, event, attributes: {"ends_on": event.extended_until},
    agreements.TerminationDecided: lambda row, event, attributes: {"ends_on": event.ends_on},
    DecisionAssessed: _assessed,
}
"""Events of the `agreement` stream, in their one order, and what each changes in the agreement's row."""


def _raised(row: Row, event: ReminderRaised, attributes: Attributes) -> dict[str, Any]:
    told = {name: getattr(event, name) for name in ("about", "weeks_left", "overdue")}
    return {**told, "raised_at": attributes.time, "cleared_at": None, "because": None}


def _cleared(row: Row, event: ReminderCleared, attributes: Attributes) -> dict[str, Any]:
    return {"about": event.about, "cleared_at": attributes.time, "because": event.because}


REMINDERS: Final[Mapping[type, Fold]] = {ReminderRaised: _raised, ReminderCleared: _cleared}
"""Events of the `reminder` stream, in their one order, and what each changes in the reminder's row."""


def _calendar(as_of: ColumnElement[Any]) -> Select[Any]:
    of, due = AGREEMENT.c, REMINDER.c
    state = case(
        (due.cleared_at.is_not(None), due.because),
        (due.overdue, "overdue"),
        (due.raised_at.is_not(None), "due"),
        else_="nothing yet",
    )
    under = and_(due.subject_id == of.agreement_id, due.about == "agreement")
    posts = (of.manager, func.array_to_string(of.deputies, literal(", ")).label("deputies"))
    decided = (of.decision, of.late_days, of.not_consulted)
    columns = (
        of.agreement_id,
        of.name,
        named(of.lead),
        of.kind,
        of.ends_on,
        *posts,
        due.kind.label("what"),
        due.due_on,
    )
    return (
        select(*columns, state.label("state"), *decided)
        .select_from(AGREEMENT.outerjoin(REMINDER, under))
        .where(of.lead.is_not(None))
        .order_by(of.name, of.agreement_id, due.due_on, due.kind)
    )


def party(organisation: str) -> ColumnElement[bool]:
    """Return what holds for the agreements that an organisation is party to."""
    of, who = AGREEMENT.c, literal(organisation)
    return or_(of.lead == who, who == func.any(of.authorities), who == func.any(of.providers))


AGREEMENT_CALENDAR: Final = View(
    name="agreement_calendar",
    title="What is due and overdue under each agreement" + OPERATORS_OWN,
    says="One row for each thing that the manager and the deputies of an agreement were reminded of. No "
    "row names a provider.",
    columns={
        "agreement_id": "The agreement",
        "name": "What it is called",
        "lead": "Name of the lead commissioner's organisation",
        "kind": "Kind of agreement",
        "ends_on": "Its last day now, from AgreementRegistered, ExtensionDecided or TerminationDecided",
        "manager": "The post that manages it, from AgreementRegistered or ContractManagerChanged",
        "deputies": "The posts of its deputies, from the same",
        "what": "What is due, from ReminderRaised; empty: nobody was reminded of anything yet",
        "due_on": "By which day",
        "state": "due, overdue, or done or moved (ReminderCleared)",
        "decision": "extension or termination, the last, from DecisionAssessed",
        "late_days": "Days by which that decision was late; 0: in time",
        "not_consulted": "Whether it rests on no consultation of the agreed length",
    },
    select=_calendar,
    entitled=party_s("an organisation sees the agreements it is party to", party),
)
