"""Whether everybody was told at the same moment: when each provider of a tier was, beside the first of its tier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, distinct, func, or_, select

from placehub.monitoring.entitlement import party_s
from placehub.monitoring.tables import SEARCH
from placehub.monitoring.trust import HIDING, OWNER, Told, share_parts
from placehub.monitoring.trust_tables import INVITATION, JOINED
from placehub.monitoring.view import OPERATORS_OWN, View, hours, named, week


def _told() -> Subquery:
    """Return each invitation with the moment at which the first of its tier was told."""
    of, under = INVITATION.c, JOINED.c
    same = (of.referral_id, func.coalesce(under.tier, 0))
    joined = and_(under.agreement_id == SEARCH.c.agreement_id, under.provider == of.provider)
    first = func.min(of.released_at).over(partition_by=same)
    columns = (of.referral_id, SEARCH.c.authority, of.provider, under.tier, of.of_changed_home, of.released_at)
    return (
        select(*columns, first.label("first_at"))
        .join_from(INVITATION, SEARCH, SEARCH.c.referral_id == of.referral_id)
        .outerjoin(JOINED, joined)
        .where(of.released_at.is_not(None), SEARCH.c.authority.is_not(None))
        .subquery("told")
    )


_TOLD: Final = _told()
_TOGETHER: Final = _TOLD.c.released_at == _TOLD.c.first_at
_APART: Final = case((or_(_TOGETHER, ~_TOLD.c.of_changed_home), hours(_TOLD.c.first_at, _TOLD.c.released_at)))
PARTS: Final = ("together", "later_homes", "later_looks")
_COLUMNS: Final = {
    "told": "Providers that were invited",
    "together": "... at the same moment as the first of their tier",
    "later_homes": "... later, when a home of theirs opened or changed",
    "later_looks": "... later, when all homes were looked at again: the search was widened, the referral revised",
    "hours_apart": "Hours from the first of a tier being told to the last, later homes not counted; 0: all at once",
}
_SAYS: Final = (
    "From ProviderInvited: the moment of its release, the same for all invitations of one decision, and the homes "
    "whose change it follows from; a provider's first invitation in a case counts. Tiers as they now stand "
    "(ProviderJoined): an agreement's policy may let a tier wait, never a provider of one. "
)


def _figures() -> list[ColumnElement[Any]]:
    count, changed = func.count(), _TOLD.c.of_changed_home
    return [
        count.label("told"),
        count.filter(_TOGETHER).label("together"),
        count.filter(~_TOGETHER, changed).label("later_homes"),
        count.filter(~_TOGETHER, ~changed).label("later_looks"),
        func.max(_APART).label("hours_apart"),
    ]


def _releases(as_of: ColumnElement[Any]) -> Select[Any]:
    of = _TOLD.c
    grouped = (of.authority, of.referral_id, of.tier, of.first_at)
    columns = (named(of.authority), of.referral_id, of.tier, of.first_at)
    return select(*columns, *_figures()).group_by(*grouped).order_by(of.first_at, of.referral_id, of.tier)


def _concerned(organisation: str) -> ColumnElement[bool]:
    return or_(_TOLD.c.authority == organisation, _TOLD.c.provider == organisation)


RELEASES: Final = View(
    name="releases",
    title="When the providers of each tier were told of a search" + OPERATORS_OWN,
    says=f"One row for each search and tier. {_SAYS}{OWNER}",
    columns={
        "authority": "Name of the authority that searches",
        "referral_id": "The case",
        "tier": "The tier under the agreement; empty: none",
        "first_at": "When the first provider of the tier was told",
        **_COLUMNS,
    },
    select=_releases,
    entitled=party_s(
        "an authority sees its own searches; a provider those it was invited to, and in them counts itself alone, "
        "beside the first of its tier",
        _concerned,
    ),
)


def _equality(as_of: ColumnElement[Any]) -> Select[Any]:
    """Return who was told in each week that is over; a search counts in the week of the first of its tier."""
    of = _TOLD.c
    since = week(of.released_at)
    grouped = (of.authority, of.tier, since)
    searches = func.count(distinct(case((_TOGETHER, of.referral_id)))).label("searches")
    columns = (of.authority.label("code"), named(of.authority), of.tier, since.label("week"), searches)
    return select(*columns, *_figures()).where(since < week(as_of)).group_by(*grouped).order_by(*grouped)


def _share(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Hide small numbers; of few searches nothing is told."""
    given = list(rows)
    key, margins = ("code", "authority", "tier"), (("tier",),)
    of = share_parts(given, key=key, whole="searches", margins=margins)
    told = share_parts(given, key=key, whole="told", parts=PARTS, margins=margins)
    return [_shown(*both) for both in zip(of, told, strict=True)]


def _shown(of: Told, told: Told) -> dict[str, Any]:
    searches = of.counts["searches"]
    counts = dict.fromkeys(told.counts) if searches is None else told.counts
    apart = [] if searches is None else [one for one in told.of("told", "hours_apart") if one is not None]
    names = {name: of.key[name] for name in ("authority", "tier")}
    return {**names, "searches": searches, **counts, "hours_apart": max(apart, default=None)}


RELEASE_EQUALITY: Final = View(
    name="release_equality",
    title="Whether the providers of each tier were told at the same moment (small numbers are hidden)",
    says=f"One row for each authority and tier. {HIDING}Of 5 searches or fewer nothing is told. {_SAYS}{OWNER}",
    columns={
        "authority": "Name of the authority that searches",
        "tier": "The tier under the agreement; empty: none",
        "searches": "Its searches in which a provider of the tier was invited",
        **{name: f"{meaning}; empty: hidden" for name, meaning in _COLUMNS.items()},
    },
    select=_equality,
    share=_share,
)
