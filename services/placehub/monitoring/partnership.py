"""What the views say of returns and the meetings that go with them, and what providers add to their own figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, ScalarSelect, Select, case, func, literal, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from placehub.contracts.headers import Attributes
from placehub.monitoring.entitlement import party_s
from placehub.monitoring.fold import Fold, Row
from placehub.monitoring.tables import AGREEMENT, MEETING, PROVIDER_CONTEXT, RETURN
from placehub.monitoring.view import OPERATORS_OWN, View, named, yes
from placehub.returns.events import (
    MeetingHeld,
    ProviderContextAdded,
    ReturnConfirmed,
    ReturnProduced,
    ReturnQueried,
)

_SIDES: Final = ("agreement_id", "lead", "of_organisation")


def _produced(row: Row, event: ReturnProduced, attributes: Attributes) -> dict[str, Any]:
    if event.return_version <= (row.get("version") or 0):  # produced twice at once: the first of them stands
        return {}
    told = {name: getattr(event, name) for name in (*_SIDES, "kind", "template", "starts_on", "ends_on")}
    return {**told, "version": event.return_version, "produced_at": attributes.time, "confirmed_by": []}


def _queried(row: Row, event: ReturnQueried, attributes: Attributes) -> dict[str, Any]:
    return {"queries": (row.get("queries") or 0) + 1}


def _confirmed(row: Row, event: ReturnConfirmed, attributes: Attributes) -> dict[str, Any]:
    if event.return_version != row.get("version"):  # another version was produced at that very moment
        return {}
    return {"confirmed_by": sorted({*(row.get("confirmed_by") or ()), event.sender})}


RETURNS: Final[Mapping[type, Fold]] = {
    ReturnProduced: _produced,
    ReturnQueried: _queried,
    ReturnConfirmed: _confirmed,
}
"""Events of the `partnership` stream, in their one order, and what each changes in the return's row."""


def _held(row: Row, event: MeetingHeld, attributes: Attributes) -> dict[str, Any]:
    told = {name: getattr(event, name) for name in (*_SIDES, "held_on")}
    return {**told, "actions": len(event.actions)}


MEETINGS: Final[Mapping[type, Fold]] = {MeetingHeld: _held}
"""The same of the meeting's row."""
CONTEXT: Final[Mapping[type, Fold]] = {
    ProviderContextAdded: lambda row, event, attributes: {"words": event.words, "added_at": attributes.time}
}
"""The same of what a provider says of one figure; the latest stands."""


def context_of(provider: ColumnElement[Any]) -> ScalarSelect[Any]:
    """Return what the provider has said of its figures, each as `figure: words`; null where nothing."""
    of = PROVIDER_CONTEXT.c
    said = func.concat(of.figure, ": ", of.words)
    return (
        select(func.string_agg(said, aggregate_order_by(literal("; "), of.figure)))
        .where(of.of_organisation == provider)
        .scalar_subquery()
    )


def _returns(as_of: ColumnElement[Any]) -> Select[Any]:
    of, met = RETURN.c, MEETING.c
    sides = case((of.lead == of.of_organisation, 1), else_=2)
    by = func.cardinality(of.confirmed_by)
    state = case((by >= sides, "confirmed"), (by > 0, "confirmed by one"), else_="produced")
    held = select(func.max(met.held_on)).where(
        met.agreement_id == of.agreement_id, met.of_organisation == of.of_organisation, met.held_on >= of.starts_on
    )
    return (
        select(
            of.return_id,
            AGREEMENT.c.name.label("agreement"),
            named(of.lead),
            named(of.of_organisation),
            of.kind,
            of.template,
            of.starts_on,
            of.ends_on,
            of.version,
            state.label("state"),
            func.array_to_string(of.confirmed_by, ", ").label("confirmed_by"),
            of.queries,
            yes(held.scalar_subquery().is_not(None)).label("met"),
        )
        .select_from(RETURN.outerjoin(AGREEMENT, AGREEMENT.c.agreement_id == of.agreement_id))
        .where(of.version.is_not(None))
        .order_by(of.ends_on.desc(), AGREEMENT.c.name, of.kind, named(of.of_organisation), of.return_id)
    )


def _side(organisation: str) -> ColumnElement[bool]:
    return or_(RETURN.c.lead == organisation, RETURN.c.of_organisation == organisation)


RETURNS_VIEW: Final = View(
    name="returns",
    title="Returns, how far each is confirmed, and whether the two sides have met" + OPERATORS_OWN,
    says="One row for each return, the latest period first.",
    columns={
        "return_id": "The return, in all its versions",
        "agreement": "Name of the agreement it is produced under, from AgreementRegistered",
        "lead": "Name of the lead commissioner's organisation",
        "of_organisation": "Name of the organisation whose return it is",
        "kind": "monitoring (of a provider) or sufficiency (of an authority), from ReturnProduced",
        "template": "The form it is produced in, from the same",
        "starts_on": "First day of its period",
        "ends_on": "Last day of its period",
        "version": "Its latest version, from ReturnProduced",
        "state": "produced, confirmed by one, or confirmed (by both sides, in this version), from ReturnConfirmed",
        "confirmed_by": "Codes of the sides that have confirmed this version",
        "queries": "Queries of any version, from ReturnQueried",
        "met": "yes: the two have met since its period began, from MeetingHeld",
    },
    select=_returns,
    entitled=party_s(
        "an organisation sees those of which it is one of the two sides: the lead, or whose return it is", _side
    ),
)
