"""What the views say of disputes: where each stands, and how long they take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any, Final, get_args

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, func, literal, or_, select

from placehub.contracts.headers import Attributes
from placehub.disputes import standing
from placehub.disputes.events import DisputeResolved
from placehub.disputes.standing import Dispute
from placehub.monitoring.entitlement import EVERYONE, party_s
from placehub.monitoring.fold import Fold, Row
from placehub.monitoring.suppression import Cell, hidden, published
from placehub.monitoring.tables import AGREEMENT, DISPUTE
from placehub.monitoring.view import OPERATORS_OWN, PUBLISHED, View, days, named, week

_STATE: Final = TypeAdapter(Dispute)
_TOLD: Final = ("about", "role", "because", "raised_on", "answer_by", "resolve_by", "routings", "outcome", "accepted")


def _fold(row: Row, event: Any, attributes: Attributes) -> dict[str, Any]:
    known = _STATE.validate_python(row["state"]) if row.get("state") else None
    after = standing.follow(known, event)
    if after is None or after == known:
        return {}
    raised_at = attributes.time if known is None else row.get("raised_at")
    resolved_at = attributes.time if isinstance(event, DisputeResolved) else row.get("resolved_at")
    return {**_shown(after), "raised_at": raised_at, "resolved_at": resolved_at if after.outcome else None}


def _shown(one: Dispute) -> dict[str, Any]:
    raised_by, against = one.sides
    return {
        **{name: getattr(one, name) for name in _TOLD},
        "raised_by": raised_by,
        "against": against,
        "routed_to": one.routed_to,
        "statements": len(one.stated),
        "state": _STATE.dump_python(one, mode="json"),
    }


DISPUTES: Final[Mapping[type, Fold]] = dict.fromkeys(get_args(standing.Event), _fold)
"""Events of a dispute, in their one order, and what each changes in its row."""


def _disputes(as_of: ColumnElement[Any]) -> Select[Any]:
    of = DISPUTE.c
    return (
        select(
            of.dispute_id,
            of.agreement_id,
            AGREEMENT.c.name.label("agreement"),
            named(of.raised_by),
            named(of.against),
            of.about,
            of.raised_on,
            of.role,
            named(of.routed_to),
            of.because,
            of.routings,
            of.statements,
            of.answer_by,
            of.resolve_by,
            of.outcome,
            of.accepted,
            days(of.raised_at, of.resolved_at).label("days"),
        )
        .select_from(DISPUTE.outerjoin(AGREEMENT, AGREEMENT.c.agreement_id == of.agreement_id))
        .where(of.raised_by.is_not(None))
        .order_by(of.raised_at, of.dispute_id)
    )


def _concerned(organisation: str) -> ColumnElement[bool]:
    of, who = DISPUTE.c, literal(organisation)
    return or_(of.raised_by == who, of.against == who, of.routed_to == who)


DISPUTES_VIEW: Final = View(
    name="disputes",
    title="Where each dispute stands" + OPERATORS_OWN,
    says="One row for each dispute. Owner: the partnership's contract managers. What the sides said is in no view.",
    columns={
        "dispute_id": "The dispute",
        "agreement_id": "The agreement",
        "agreement": "What the agreement is called",
        "raised_by": "Name of the side that raised it, from DisputeRaised",
        "against": "Name of the other side, from the same",
        "about": "What it is about, from the same",
        "raised_on": "On which day, as its sender says",
        "role": "Role of whoever is to settle it, from the last DisputeRouted",
        "routed_to": "Name of that organisation; empty: nobody yet",
        "because": "Why it went there, from the same",
        "routings": "DisputeRouted events",
        "statements": "Sides that have given a statement, from DisputeRaised and StatementGiven",
        "answer_by": "By when each side speaks, from the last DisputeRouted",
        "resolve_by": "By when it is to be resolved, from the same",
        "outcome": "What came of it, from DisputeResolved; empty again once it has gone to the next in line",
        "accepted": "Whether both sides accept that, from DisputeOutcomeAnswered; empty: not said by both",
        "days": "Time to resolve: days from DisputeRaised to the last DisputeResolved",
    },
    select=_disputes,
    entitled=party_s("an organisation sees those of which it is a side, or which are routed to it", _concerned),
)


def _times(as_of: ColumnElement[Any]) -> Select[Any]:
    of = DISPUTE.c
    outcome = func.coalesce(of.outcome, "open").label("outcome")
    took = days(of.raised_at, of.resolved_at)
    since = week(func.coalesce(of.resolved_at, of.raised_at)).label("week")
    return (
        select(
            of.about,
            outcome,
            func.count().label("disputes"),
            func.count().filter(of.accepted).label("accepted"),
            func.array_agg(took).filter(took.is_not(None)).label("took"),
            since,
        )
        .where(of.raised_by.is_not(None), since < week(as_of))
        .group_by(of.about, outcome, since)
        .order_by(of.about, outcome, since)
    )


_CELLS: Final = ("about", "outcome")


def _share(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    given = list(rows)
    counted = published(given, cells=_CELLS, count="disputes", margins=(("about",), ("outcome",)))
    accepted = published(given, cells=_CELLS, count="accepted")
    return [_timed(one, two, given) for one, two in zip(counted, accepted, strict=True)]


def _timed(disputes: Cell, accepted: Cell, rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Hide the time with the count, and of those who accept what is small or whose rest is."""
    told = {**dict(zip(_CELLS, disputes.key, strict=True)), "disputes": disputes.shown}
    if not told["disputes"]:
        return {**told, "accepted": None, "days_median": None}
    rest = disputes.count - accepted.count
    is_told = rest >= 0 and hidden(rest) is not None
    return {**told, "accepted": accepted.shown if is_told else None, "days_median": _median(disputes, rows)}


def _median(of: Cell, rows: Iterable[Mapping[str, Any]]) -> Any:
    """Return the time half of those took at most that are in the count as it is told."""
    those = (row for row in rows if tuple(row[name] for name in _CELLS) == of.key and row["week"] <= of.until)
    took = sorted(one for row in those for one in row["took"] or ())
    return took[ceil(len(took) / 2) - 1] if took else None


DISPUTE_TIMES: Final = View(
    name="dispute_times",
    title="Time to resolve disputes, by what they are about and what came of them (small numbers are hidden)",
    says=f"All disputes that were raised. {PUBLISHED} Owner: the partnership's contract managers.",
    columns={
        "about": "What they are about, from DisputeRaised",
        "outcome": "What came of them, from DisputeResolved; `open`: nothing yet",
        "disputes": "How many, rounded to 5; empty: hidden",
        "accepted": "... of which both sides accept the outcome, from DisputeOutcomeAnswered",
        "days_median": "Days from DisputeRaised to DisputeResolved: half of them took no longer",
    },
    select=_times,
    share=_share,
    entitled=EVERYONE,
)
