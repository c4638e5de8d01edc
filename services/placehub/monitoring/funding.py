"""Support that was asked for and what came of it: in the placement, and before it in an offer.

What follows one refusal in one case is in `support`; here it is counted, by authority and by what was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    Subquery,
    Text,
    Uuid,
    and_,
    case,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from placehub.monitoring.entitlement import party_s
from placehub.monitoring.suppression import SMALL
from placehub.monitoring.tables import OFFER, PLACEMENT, SUPPORT_AGREED, SUPPORT_REFUSED
from placehub.monitoring.trust import HIDING, OWNER, share_parts
from placehub.monitoring.trust_tables import FEE_SAID
from placehub.monitoring.view import OPERATORS_OWN, View, named, week

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
            requested.label("counted_at"),
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
            refused.refused_at,
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


COUNTS: Final = ("requested", "agreed", "refused", "no_answer")


def _counted() -> Subquery:
    """Return each support that was asked for, under its words from the week in which more than a few have used them.

    What was asked for before stays with the other support, and so do its answers: no count goes from one to the other.
    """
    of = _ASKED.c
    words, since = func.lower(of.what), week(of.counted_at)
    so_far = func.count().over(partition_by=(of.authority, of.stage, words), order_by=since)
    counted_as = case((so_far > SMALL, words), else_=OTHER)
    return select(_ASKED, words.label("words"), counted_as.label("counted_as")).subquery("counted")


_COUNTED: Final = _counted()


def _flow(since: ColumnElement[Any], **counts: ColumnElement[Any]) -> Select[Any]:
    """Return what comes to each count of a support in a week; what is taken off it is less than nought."""
    of = _COUNTED.c
    none: ColumnElement[Any] = literal(0)
    given = (counts.get(name, none).label(name) for name in COUNTS)
    return select(of.authority, of.stage, of.counted_as.label("what"), since.label("week"), *given)


def _answers() -> Select[Any]:
    """Return each answer given in a placement, in its week; it takes the place of the answer before."""
    of, said, known = _COUNTED.c, FEE_SAID.c, (FEE_SAID.c.placement_id, func.lower(FEE_SAID.c.what))
    answer = case(_ANSWERS, value=said.event)
    before = func.lag(answer).over(partition_by=known, order_by=(said.said_at, said.event.desc()))
    given = (
        select(known[0], known[1].label("what"), answer.label("answer"), before.label("before"), said.said_at)
        .where(said.what.is_not(None), said.corrected_at.is_(None), said.event.in_(_ANSWERS))
        .subquery("given")
    )

    def more(name: str) -> ColumnElement[Any]:
        return case((given.c.answer == name, 1), else_=0) - case((given.c.before == name, 1), else_=0)

    first = case((given.c.before.is_(None), -1), else_=0)
    counts = {**{name: more(name) for name in _ANSWERS.values()}, "no_answer": first}
    since = func.greatest(week(given.c.said_at), week(of.counted_at), type_=Date)
    same = and_(given.c.placement_id == of.placement_id, given.c.what == of.words)
    return _flow(since, **counts).join_from(_COUNTED, given, same).where(of.stage == IN_PLACEMENT)


def _not_funded(as_of: ColumnElement[Any]) -> Select[Any]:
    """Return what was asked for and what came of it, in each week that is over."""
    of, since = _COUNTED.c, week(_COUNTED.c.counted_at)
    before, one_more, one_less = of.stage == IN_OFFER, literal(1), literal(-1)
    flows = (
        _flow(since, requested=one_more, no_answer=one_more).where(of.stage == IN_PLACEMENT),
        _answers(),
        _flow(since, requested=one_more, refused=one_more).where(before),
        _flow(week(of.answered_at), agreed=one_more, refused=one_less).where(before, of.answer == "agreed"),
    )
    one = union_all(*flows).subquery("came").c
    grouped = (one.authority, one.stage, one.what, one.week)
    counts = (func.sum(one[name]).label(name) for name in COUNTS)
    columns = (one.authority.label("code"), named(one.authority), *grouped[1:])
    return select(*columns, *counts).where(one.week < week(as_of)).group_by(*grouped).order_by(*grouped)


def _share(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    key, margins = ("code", "authority", "stage", "what"), (("code", "stage"), ("stage", "what"))
    shared = share_parts(rows, key=key, whole="requested", parts=COUNTS[1:], margins=margins)
    return [{**{name: one.key[name] for name in key[1:]}, **one.counts} for one in shared]


SUPPORT_NOT_FUNDED: Final = View(
    name="support_not_funded",
    title="Support that was asked for and not funded, by authority and what it is (small numbers are hidden)",
    says="One row for each authority and support, in the words in which it was asked for. What 5 or fewer have "
    f"asked for so far is counted together as other support, and stays there. {HIDING}{_SAYS}{OWNER}",
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
