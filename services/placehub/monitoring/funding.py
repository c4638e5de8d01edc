"""Support that was asked for and what came of it: in the placement, and before it in an offer.

What follows one refusal in one case is in `support`; here it is counted, by authority and by what was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, Text, Uuid, case, func, literal, null, or_, select, union_all
from sqlalchemy.dialects.postgresql import aggregate_order_by

from placehub.monitoring.entitlement import party_s
from placehub.monitoring.suppression import SMALL
from placehub.monitoring.tables import OFFER, PLACEMENT, SUPPORT_AGREED, SUPPORT_REFUSED
from placehub.monitoring.trust import HIDING, OWNER, share_parts
from placehub.monitoring.trust_tables import FEE_SAID
from placehub.monitoring.view import OPERATORS_OWN, View, named

IN_OFFER, IN_PLACEMENT = "before the placement", "in the placement"
OTHER: Final = "other support"
"""What support is called that few asked for: the parties' own words for it could point at a child."""
_ANSWERS: Final = {"SupportAgreed": "agreed", "SupportRefused": "refused"}


def _in_placements() -> Select[Any]:
    """Return each support that was asked for in a placement; its last answer counts."""
    of = FEE_SAID.c
    what, answer = func.lower(of.what), case(_ANSWERS, value=of.event)

    def last(of_what: ColumnElement[Any]) -> ColumnElement[Any]:
        ordered = aggregate_order_by(of_what, of.said_at.desc(), of.event)
        return func.array_agg(ordered).filter(of.event.in_(_ANSWERS))[1]

    requested = func.min(of.said_at).filter(of.event == "SupportRequested")
    return (
        select(
            literal(IN_PLACEMENT, Text).label("stage"),
            func.min(of.authority).label("authority"),
            func.min(of.provider).label("provider"),
            of.placement_id,
            func.min(of.what).label("what"),
            requested.label("requested_at"),
            last(answer).label("answer"),
            last(of.reason).label("reason"),
            last(of.by).label("role"),
            last(of.said_at).label("answered_at"),
        )
        .where(of.what.is_not(None), of.corrected_at.is_(None))
        .group_by(of.placement_id, what)
        .having(requested.is_not(None))
    )


def _in_offers() -> Select[Any]:
    """Return each line of an offer that was refused; it is agreed if the same words were, later, with that provider."""
    refused, agreed, placed, offer = SUPPORT_REFUSED.c, SUPPORT_AGREED.c, PLACEMENT.c, OFFER.c
    later = (
        select(agreed.by, agreed.agreed_at)
        .join(PLACEMENT, placed.placement_id == agreed.placement_id)
        .where(
            placed.referral_id == refused.referral_id,
            placed.provider == offer.provider,
            func.lower(agreed.what) == func.lower(refused.what),
            agreed.agreed_at >= refused.refused_at,
        )
        .order_by(agreed.agreed_at)
        .limit(1)
        .lateral("later")
    )
    was = later.c.agreed_at
    return (
        select(
            literal(IN_OFFER, Text),
            refused.authority,
            offer.provider,
            null().cast(Uuid),
            refused.what,
            offer.made_at,
            case((was.is_not(None), "agreed"), else_="refused"),
            case((was.is_(None), refused.reason)),
            func.coalesce(later.c.by, refused.by),
            func.coalesce(was, refused.refused_at),
        )
        .join_from(SUPPORT_REFUSED, OFFER, offer.offer_id == refused.offer_id)
        .outerjoin(later, literal(True))
    )


_ASKED: Final[Subquery] = union_all(_in_placements(), _in_offers()).subquery("requested")
_SAYS: Final = (
    "In a placement, support is asked for by SupportRequested and answered, in the same words, by SupportAgreed or "
    "SupportRefused; the last answer counts, and none that its sender corrected (EventCorrected). Before it, a line of "
    "an offer is counted if it was refused (SupportLineRefused); it was agreed after all if SupportAgreed said so "
    "later in the same words, in a placement of the case with that provider. "
)


def _support_requested(as_of: ColumnElement[Any]) -> Select[Any]:
    of = _ASKED.c
    columns = (of.stage, named(of.authority), named(of.provider), of.placement_id, of.what, of.requested_at)
    answer = (func.coalesce(of.answer, "none yet").label("answer"), of.reason, of.role, of.answered_at)
    return select(*columns, *answer).order_by(of.requested_at, of.stage, of.placement_id, of.what)


def _party(organisation: str) -> ColumnElement[bool]:
    return or_(_ASKED.c.authority == organisation, _ASKED.c.provider == organisation)


SUPPORT_REQUESTED: Final = View(
    name="support_requested",
    title="Support that was asked for, and the answer" + OPERATORS_OWN,
    says=f"One row for each support in a placement, and each line of an offer that was refused. {_SAYS}{OWNER}",
    columns={
        "stage": "before the placement (a line of an offer) or in the placement",
        "authority": "Name of the authority that is asked",
        "provider": "Name of the provider that asks",
        "placement_id": "The placement; empty: before it",
        "what": "The support, in the words of the request or the line",
        "requested_at": "When the hub took the request in; of a line, when the offer was made",
        "answer": "agreed, refused or none yet",
        "reason": "Why it was refused (list `support_refused_reason`)",
        "role": "Role of who decided",
        "answered_at": "When",
    },
    select=_support_requested,
    entitled=party_s("an organisation sees what it asked for or was asked for", _party),
)


def _not_funded(as_of: ColumnElement[Any]) -> Select[Any]:
    of = _ASKED.c
    what = func.lower(of.what).label("what")
    count = func.count()
    counts = (
        count.label("requested"),
        count.filter(of.answer == "agreed").label("agreed"),
        count.filter(of.answer == "refused").label("refused"),
        count.filter(of.answer.is_(None)).label("no_answer"),
    )
    grouped = (of.authority, of.stage, what)
    return select(named(of.authority), of.stage, what, *counts).group_by(*grouped).order_by(*grouped)


COUNTS: Final = ("requested", "agreed", "refused", "no_answer")


def _share(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    margins: list[tuple[str, ...]] = [("authority", "stage"), ("stage", "what")]
    return share_parts(_pooled(rows), "requested", COUNTS[1:], margins)


def _pooled(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Put together, for each authority and stage, the support that few asked for."""
    found: list[dict[str, Any]] = []
    for (authority, stage), some in groupby(rows, lambda row: (row["authority"], row["stage"])):
        those = list(some)
        found += [dict(row) for row in those if row["requested"] > SMALL]
        few = [row for row in those if row["requested"] <= SMALL]
        if few:
            sums = {name: sum(row[name] for row in few) for name in COUNTS}
            found.append({"authority": authority, "stage": stage, "what": OTHER, **sums})
    return found


SUPPORT_NOT_FUNDED: Final = View(
    name="support_not_funded",
    title="Support that was asked for and not funded, by authority and what it is (small numbers are hidden)",
    says="One row for each authority and support, in the words in which it was asked for. What 5 or fewer asked for is "
    f"counted together as other support. {HIDING}{_SAYS}{OWNER}",
    columns={
        "authority": "Name of the authority",
        "stage": "before the placement (a line of an offer that was refused) or in the placement",
        "what": "The support",
        "requested": "How often it was asked for; empty: hidden",
        "agreed": "... and agreed to; empty: hidden",
        "refused": "... and refused: not funded; empty: hidden",
        "no_answer": "... and not answered yet: not funded so far; empty: hidden",
    },
    select=_not_funded,
    share=_share,
)
