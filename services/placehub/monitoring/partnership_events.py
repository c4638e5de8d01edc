"""What the views say of partnership events: minutes by sector as they were planned and used, and whether balanced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Label, Select, case, func, select

from placehub.codesign.agreeing import COMMISSIONERS, PROVIDERS
from placehub.contracts.headers import Attributes
from placehub.monitoring.calendar import party
from placehub.monitoring.entitlement import party_s
from placehub.monitoring.fold import Fold, Row
from placehub.monitoring.tables import AGREEMENT, PARTNERSHIP_EVENT
from placehub.monitoring.view import OPERATORS_OWN, View
from placehub.partnership.agendas import DEFAULT_SHARES, Agenda, Event, plan
from placehub.partnership.events import AgendaItemProposed, PartnershipEventHeld, PartnershipEventPlanned

_AGENDA: Final = TypeAdapter(Agenda)


def _follow(row: Row, event: Event) -> dict[str, Any]:
    before = _AGENDA.validate_python(row["agenda"]) if row.get("agenda") else None
    after = plan(before, event)
    if after is None:  # intake takes nothing of one that was not planned
        return {}
    planned, held = after.planned_minutes(), after.held_minutes()
    return {
        "agenda": _AGENDA.dump_python(after, mode="json"),
        "planned_for": after.planned_for,
        "held_on": after.held_on,
        **{f"planned_{one}": planned.get(one, 0) for one in (COMMISSIONERS, PROVIDERS)},
        **{f"held_{one}": held.get(one, 0) for one in (COMMISSIONERS, PROVIDERS)},
    }


def _planned(row: Row, event: PartnershipEventPlanned, attributes: Attributes) -> dict[str, Any]:
    return {**_follow(row, event), "kind": event.kind, "title": event.title}


PARTNERSHIP_EVENTS: Final[Mapping[type, Fold]] = {
    PartnershipEventPlanned: _planned,
    AgendaItemProposed: lambda row, event, attributes: _follow(row, event),
    PartnershipEventHeld: lambda row, event, attributes: _follow(row, event),
}
"""Events of the `partnership` stream, in their one order, and what each changes in the partnership event's row."""


def _least(sector: str) -> Label[Any]:
    column = AGREEMENT.c[f"least_{sector}"]
    return func.coalesce(column, getattr(DEFAULT_SHARES, sector)).label(column.key)


def _balance(of: str) -> ColumnElement[Any]:
    """Return who is short of its share, as `placehub.partnership.agendas.short_of` has it."""
    minutes = {one: PARTNERSHIP_EVENT.c[f"{of}_{one}"] for one in (COMMISSIONERS, PROVIDERS)}
    whole = minutes[COMMISSIONERS] + minutes[PROVIDERS]
    short = [(100 * some < _least(one).element * whole, f"{one} short") for one, some in minutes.items()]
    return case((whole == 0, "no minutes"), *short, else_="balanced")


def _events(as_of: ColumnElement[Any]) -> Select[Any]:
    of, agreed = PARTNERSHIP_EVENT.c, AGREEMENT.c
    held = case((of.held_on.is_not(None), _balance("held")))
    return (
        select(
            of.partnership_event_id,
            agreed.name.label("agreement"),
            of.kind,
            of.title,
            of.planned_for,
            of.held_on,
            _least(COMMISSIONERS),
            _least(PROVIDERS),
            case((agreed.least_providers.is_(None), "the hub's choice"), else_="the agreement").label("shares_of"),
            of.planned_commissioners,
            of.planned_providers,
            _balance("planned").label("planned"),
            of.held_commissioners,
            of.held_providers,
            held.label("held"),
        )
        .select_from(PARTNERSHIP_EVENT.join(AGREEMENT, agreed.agreement_id == of.agreement_id))
        .order_by(of.planned_for.desc(), agreed.name, of.partnership_event_id)
    )


PARTNERSHIP_EVENTS_VIEW: Final = View(
    name="partnership_events",
    title="Partnership events, and how their minutes are shared between the sectors" + OPERATORS_OWN,
    says="One row for each partnership event, the latest first. No row names who planned it or whose item is whose.",
    columns={
        "partnership_event_id": "The partnership event",
        "agreement": "Name of the agreement it is held under, from AgreementRegistered",
        "kind": "forum, provider day or workshop, from PartnershipEventPlanned",
        "title": "What it is called, from the same",
        "planned_for": "The day it is planned for, from the same",
        "held_on": "The day it was held, from PartnershipEventHeld",
        "least_commissioners": "Least share of the minutes that the commissioners are to have, in per cent, as the "
        "agreement says now (AgreementRegistered.agenda_shares)",
        "least_providers": "The same of the providers",
        "shares_of": "the agreement; or the hub's choice, where the agreement names no shares",
        "planned_commissioners": "Minutes of the commissioners' items on the agenda, from AgendaItemProposed",
        "planned_providers": "The same of the providers' items",
        "planned": "balanced, commissioners short, providers short, or no minutes",
        "held_commissioners": "Minutes that the commissioners' items took, from PartnershipEventHeld",
        "held_providers": "The same of the providers' items",
        "held": "The same as planned, of the minutes used; empty: it was not recorded as held",
    },
    select=_events,
    entitled=party_s("an organisation sees those of the agreements it is party to", party),
)
