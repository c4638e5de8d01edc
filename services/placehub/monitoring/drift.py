"""Fees that changed after they were agreed, and by whom: what each event says of a fee, and the views of the drift."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    Numeric,
    Select,
    Subquery,
    Text,
    case,
    cast,
    column,
    distinct,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
    values,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from placehub.contracts.corrections import PlacementEventCorrected
from placehub.contracts.headers import Attributes
from placehub.contracts.parts import FeeLine
from placehub.monitoring.entitlement import party_s
from placehub.monitoring.fold import A_WEEK, Fold, Key, Row
from placehub.monitoring.trust import HIDING, OWNER, Told, quantile_of, sector, share_parts
from placehub.monitoring.trust_tables import FEE_SAID
from placehub.monitoring.view import OPERATORS_OWN, View, named, week
from placehub.placements import events as placements
from placehub.streams import event_name

SIDES: Final = ("authority", "provider")


def _said(row: Row, event: Any, attributes: Attributes) -> dict[str, Any]:
    side = SIDES[0] if attributes.source.endswith(f"/{event.authority}") else SIDES[1]
    parties = {name: getattr(event, name) for name in ("placement_id", *SIDES)}
    said = {"event": event_name(type(event)), "side": side, "said_at": attributes.taken_at}
    return {**parties, **said, "reason": getattr(event, "reason", None), "by": getattr(event, "by", None)}


def _fee(row: Row, event: placements.PlacementAgreed | placements.FeeChanged, attributes: Attributes) -> dict[str, Any]:
    since = event.starts_on if isinstance(event, placements.PlacementAgreed) else event.changes_on
    terms = sha256(repr(event.fee_lines).encode()).hexdigest()
    whole = {"holds_from": since, "terms": terms, "weekly": weekly(event.fee_lines)}
    return {**_said(row, event, attributes), **whole}


def weekly(lines: Iterable[FeeLine]) -> Decimal:
    """Return what the lines that run come to in pounds a week; hours and single sums are left out."""
    return sum((one.amount * A_WEEK[one.unit] for one in lines if one.unit in A_WEEK), Decimal(0))


def _support(row: Row, event: Any, attributes: Attributes) -> dict[str, Any]:
    what = event.what if isinstance(event, placements.SupportRefused) else event.support.what
    return {**_said(row, event, attributes), "what": what}


def _corrected(row: Row, event: PlacementEventCorrected, attributes: Attributes) -> dict[str, Any]:
    return {"corrected_at": attributes.taken_at}


SAID: Final[Mapping[type, Fold]] = {
    placements.PlacementAgreed: _fee,
    placements.FeeChanged: _fee,
    placements.SupportRequested: _support,
    placements.SupportAgreed: _support,
    placements.SupportRefused: _support,
    PlacementEventCorrected: _corrected,
}
"""Events of the `placement` stream about money, each a row of its own, and corrections of any."""


def said_by(event: Any, attributes: Attributes) -> Key:
    """Return which statement it is, or corrects: its sender's, for nobody corrects another's."""
    return attributes.source, getattr(event, "corrects", attributes.id)


def _fees() -> Subquery:
    """Return each whole fee that was said of a placement, by whom first, and the fee in force before it."""
    of = FEE_SAID.c
    grouped = (of.placement_id, of.event, of.holds_from, of.terms)

    def first(of_what: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.array_agg(aggregate_order_by(of_what, of.said_at, of.side))[1]

    said = (
        select(
            *grouped,
            func.min(of.authority).label("authority"),
            func.min(of.provider).label("provider"),
            func.min(of.weekly).label("weekly"),
            first(of.side).label("changed_by"),
            first(of.reason).label("reason"),
            first(of.by).label("role"),
            func.min(of.said_at).label("said_at"),
            case((func.count(distinct(of.side)) == len(SIDES), func.max(of.said_at))).label("agreed_at"),
        )
        .where(of.terms.is_not(None), of.corrected_at.is_(None))
        .group_by(*grouped)
        .subquery()
    )
    alike = (said.c.placement_id, said.c.agreed_at.is_(None))
    before = func.lag(said.c.weekly).over(partition_by=alike, order_by=(said.c.holds_from, said.c.agreed_at))
    agreed = case((said.c.agreed_at.is_not(None), before))
    return select(*said.c, agreed.label("weekly_before")).subquery("fees")


_FEES: Final = _fees()
_CHANGED: Final = _FEES.c.event == "FeeChanged"
_PERCENT: Final = func.round(
    cast((_FEES.c.weekly - _FEES.c.weekly_before) * 100 / func.nullif(_FEES.c.weekly_before, 0), Numeric), 1
)


def _fee_changes(as_of: ColumnElement[Any]) -> Select[Any]:
    of = _FEES.c
    columns = (of.placement_id, named(of.authority), named(of.provider), of.changed_by, of.role, of.reason)
    amounts = (of.holds_from, of.weekly_before, of.weekly, _PERCENT.label("percent"), of.said_at, of.agreed_at)
    ordered = (of.said_at, of.placement_id, of.terms)
    return select(*columns, *amounts).where(_CHANGED, of.authority.is_not(None)).order_by(*ordered)


def _party(organisation: str) -> ColumnElement[bool]:
    return or_(_FEES.c.authority == organisation, _FEES.c.provider == organisation)


_SAYS: Final = (
    "A fee has changed once both sides have posted the same lines for the same day (FeeChanged), after both had posted "
    "the same terms (PlacementAgreed); whoever posted first changed it. A statement that its sender corrected "
    "(EventCorrected) does not count. "
)

FEE_CHANGES: Final = View(
    name="fee_changes",
    title="Fees that were to change after they were agreed, and by whom" + OPERATORS_OWN,
    says=f"One row for each change. {_SAYS}{OWNER}",
    columns={
        "placement_id": "The placement",
        "authority": "Name of the authority",
        "provider": "Name of the provider",
        "changed_by": "authority or provider: who posted the change first",
        "role": "Role of who decided there, from FeeChanged",
        "reason": "Why, from the same (list `fee_change_reason`)",
        "holds_from": "Day from which it holds",
        "weekly_before": "The fee in force before, in pounds a week: all lines that run; empty: none was agreed",
        "weekly": "The fee after the change, in pounds a week",
        "percent": "By how much of the fee before it rose; less than 0: it fell",
        "said_at": "When the hub took the first side's statement in",
        "agreed_at": "When it took the other side's in; empty: one side alone has said it, and it is not in force",
    },
    select=_fee_changes,
    entitled=party_s("an organisation sees those of its own placements", _party),
)


def _drift_index(as_of: ColumnElement[Any]) -> Select[Any]:
    """Return, for each organisation and side, its placements and the changes that the side brought, week by week."""
    one = union_all(*_placed_and_changed()).subquery("came").c
    grouped = (one.organisation, one.changed_by, one.week)
    counts = (func.sum(one[name]).label(name) for name in ("placements", "changes", "rises"))
    percents = func.array_agg(one.percent).filter(one.percent.is_not(None)).label("percents")
    columns = (one.organisation.label("code"), named(one.organisation), sector(one.organisation), *grouped[1:])
    weekly_counts = select(*columns, *counts, percents).where(one.week < week(as_of))
    return weekly_counts.group_by(*grouped).order_by(*grouped)


def _placed_and_changed() -> tuple[Select[Any], Select[Any]]:
    """Return each agreed placement of each organisation, once for each side, and each agreed change of its fee."""
    fees, by = _FEES, values(column("changed_by", Text), name="by").data([(one,) for one in SIDES])
    agreed = fees.c.agreed_at.is_not(None)
    parties = (fees.c.placement_id, *(fees.c[side] for side in SIDES))
    placed = (
        select(*parties, func.min(fees.c.agreed_at).label("at"))
        .where(~_CHANGED, agreed)
        .group_by(*parties)
        .subquery("placed")
    )
    columns = (placed.c.placement_id, placed.c.at)
    of = union_all(*(select(placed.c[side].label("organisation"), *columns) for side in SIDES)).subquery("of")
    none, rose = literal(0, Integer), case((fees.c.weekly > fees.c.weekly_before, 1), else_=0)
    changed_in = week(func.greatest(fees.c.agreed_at, of.c.at, type_=of.c.at.type))
    changes = (changed_in, none, literal(1, Integer), rose, _PERCENT)
    placements = (
        week(of.c.at).label("week"),
        literal(1, Integer).label("placements"),
        none.label("changes"),
        none.label("rises"),
        cast(null(), Numeric).label("percent"),
    )
    return (
        select(of.c.organisation, by.c.changed_by, *placements).join_from(of, by, true()),
        select(of.c.organisation, fees.c.changed_by, *changes)
        .join_from(of, fees, fees.c.placement_id == of.c.placement_id)
        .where(_CHANGED, agreed),
    )


def drift(changes: int | None, placements: int | None) -> Decimal | None:
    """Return the drift index: 100 times the changes, divided by the placements agreed; None where either is hidden."""
    return None if changes is None or not placements else round(Decimal(100 * changes) / placements, 1)


def _share(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    given = list(rows)
    key, margins = ("code", "organisation", "sector", "changed_by"), (("sector", "changed_by"),)
    of = share_parts(given, key=key, whole="placements", margins=margins)
    changed = share_parts(given, key=key, whole="changes", parts=("rises",), margins=margins)
    return [_shown(*both) for both in zip(of, changed, strict=True)]


def _shown(of: Told, changed: Told) -> dict[str, Any]:
    """Return a row as it may be shared: its figures follow from the counts as they are shown."""
    placed = of.counts["placements"]
    counts = dict.fromkeys(changed.counts) if placed is None else changed.counts
    percents = changed.lists("changes", "percents") if counts["changes"] else []
    told = {"placements": placed, **counts, "drift": drift(counts["changes"], placed)}
    names = ("organisation", "sector", "changed_by")
    return {**{name: of.key[name] for name in names}, **told, "percent_median": quantile_of(percents, "0.5")}


DRIFT_INDEX: Final = View(
    name="drift_index",
    title="How often fees changed after they were agreed, and by whom (small numbers are hidden)",
    says="One row for each organisation and each side that may have brought a change: an authority's rows tell of its "
    "placements, a provider's of its own. The drift index is 100 x changes / placements: fee changes for each 100 "
    f"placements agreed. {HIDING}{_SAYS}{OWNER}",
    columns={
        "organisation": "Name of the organisation whose placements they are",
        "sector": "authority or provider, from OrganisationRegistered",
        "changed_by": "authority or provider: which side posted the change first",
        "placements": "Its placements on which both sides agreed; empty: hidden",
        "changes": "Changes of their fees that this side brought and the other agreed to; empty: hidden",
        "drift": "The drift index, from the two counts as they are shown",
        "rises": "... of the changes by which the fee rose; empty: hidden",
        "percent_median": "Half of the changes were of no more than this per cent of the fee before",
    },
    select=_drift_index,
    share=_share,
)
