"""What the views say of searches: how far each has come, how long telling took, and how many are asked."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Numeric, Select, Subquery, and_, case, cast, func, or_, select

from placehub.monitoring.entitlement import Entitlement, own
from placehub.monitoring.tables import PLACEMENT, SEARCH, STORY
from placehub.monitoring.view import OPERATORS_OWN, View, hours, named, yes

_TOLD: Final = {
    "authority": "Name of the authority that looks for a home, from OrganisationRegistered",
    "referral_id": "The case",
    "kind": "Kind of placement wanted, from the latest EarlyNoticeGiven, ReferralMade or ReferralRevised",
    "area": "Authority whose area the search is centred on, by its postcode sector, from the same",
    "children": "How many children, parents not counted, from the same",
    "state": "closed, placed (a child has moved in), selected, offers, searching or noted",
    "need_known_at": "When the authority knew that a home may be needed, as it says",
    "began_with": "Event the search began with, from SearchStarted",
    "search_started_at": "When the independent sector was searched first, from SearchStarted",
    "continues": "The older case of the same child that this one goes on from, from ReferralContinued",
    "invitations": "ProviderInvited events",
    "declines": "InvitationDeclined events",
    "lapses": "InvitationLapsed events; silence is never a decline",
    "offers": "OfferMade events",
    "selections_refused": "SelectionRefused events: the place had just gone",
    "placed_at": "The first PlacementStarted",
    "outcome": "How the search ended, from SearchClosed",
    "closed_at": "When it ended, from SearchClosed",
}


def _searches(as_of: ColumnElement[Any]) -> Select[Any]:
    own = (SEARCH.c[name] for name in _TOLD if name != "authority")
    known = SEARCH.c.authority.is_not(None)
    return select(named(SEARCH.c.authority), *own).where(known).order_by(SEARCH.c.need_known_at, SEARCH.c.referral_id)


def _made_waits() -> Subquery:
    known = SEARCH.c.need_known_at
    return (
        select(
            SEARCH.c.authority,
            case((SEARCH.c.began_with == "EarlyNoticeGiven", "early notice"), else_="formal referral").label(
                "began_with"
            ),
            yes(SEARCH.c.in_house_started_at < SEARCH.c.search_started_at).label("in_house_first"),
            hours(known, SEARCH.c.search_started_at).label("told"),
            hours(known, SEARCH.c.first_invited_at).label("invited"),
            hours(known, SEARCH.c.first_offer_at).label("offered"),
        )
        .where(SEARCH.c.authority.is_not(None), SEARCH.c.search_started_at.is_not(None))
        .subquery()
    )


_WAITS: Final = _made_waits()
_STARTED: Final = (
    select(PLACEMENT.c.authority, func.count().label("placements"))
    .where(PLACEMENT.c.started_at.is_not(None))
    .group_by(PLACEMENT.c.authority)
    .subquery()
)
_SEARCHED: Final = (
    select(SEARCH.c.authority, func.count().label("searches"), func.sum(SEARCH.c.invitations).label("deliveries"))
    .where(SEARCH.c.authority.is_not(None))
    .group_by(SEARCH.c.authority)
    .subquery()
)


def _share(hours: ColumnElement[Any], share: float) -> ColumnElement[Any]:
    return func.round(cast(func.percentile_cont(share).within_group(hours.asc()), Numeric), 1)


def _time_to_tell(as_of: ColumnElement[Any]) -> Select[Any]:
    waits = _WAITS
    grouped = (waits.c.authority, waits.c.began_with, waits.c.in_house_first)
    shares: list[ColumnElement[Any]] = [
        _share(waits.c[what], share).label(f"{what}_{label}")
        for what in ("told", "invited", "offered")
        for share, label in ((0.5, "median"), (0.9, "p90"))
    ]
    first: list[ColumnElement[Any]] = [named(waits.c.authority), *grouped[1:]]
    return select(*first, func.count().label("searches"), *shares).group_by(*grouped).order_by(*grouped)


def _deliveries_per_placement(as_of: ColumnElement[Any]) -> Select[Any]:
    started, searches = _STARTED, _SEARCHED
    placements = func.coalesce(started.c.placements, 0)
    return (
        select(
            named(searches.c.authority),
            searches.c.searches,
            searches.c.deliveries,
            placements.label("placements"),
            func.round(cast(searches.c.deliveries, Numeric) / func.nullif(placements, 0), 1).label("per_placement"),
        )
        .outerjoin_from(searches, started, started.c.authority == searches.c.authority)
        .order_by(searches.c.authority)
    )


_WAIT_COLUMNS: Final = {
    f"{what}_{label}": f"Hours from the need being known to {words}: {share}"
    for what, words in (
        ("told", "the independent sector being told, which is SearchStarted"),
        ("invited", "the first ProviderInvited"),
        ("offered", "the first OfferMade"),
    )
    for label, share in (("median", "half the searches took no longer"), ("p90", "nine in ten took no longer"))
}


def _of_authority(column: ColumnElement[Any], instead: str) -> Entitlement:
    return own("an authority sees its own", instead, authority=lambda authority: column == authority)


SEARCHES: Final = View(
    name="searches",
    title="Searches and how far each has come" + OPERATORS_OWN,
    says="One row for each case.",
    columns=_TOLD,
    select=_searches,
    entitled=_of_authority(
        SEARCH.c.authority,
        "A provider has the searches it was invited to in its inbox; others it counts in not_invited.",
    ),
)


TIME_TO_TELL: Final = View(
    name="time_to_tell",
    title="Time from need known to the independent sector being told" + OPERATORS_OWN,
    says="Searches that have started, by authority and by what they began with. Events' own times are used.",
    columns={
        "authority": "Name of the authority",
        "began_with": "early notice or formal referral, whichever SearchStarted names",
        "in_house_first": "yes: InHouseSearchStarted came before SearchStarted",
        "searches": "Searches counted in this row",
        **_WAIT_COLUMNS,
    },
    select=_time_to_tell,
    entitled=_of_authority(_WAITS.c.authority, "See the shared view referral_quality."),
)


DELIVERIES_PER_PLACEMENT: Final = View(
    name="deliveries_per_placement",
    title="Invitations sent for each placement made" + OPERATORS_OWN,
    says="How many providers are asked for one child to be placed.",
    columns={
        "authority": "Name of the authority",
        "searches": "Its cases",
        "deliveries": "ProviderInvited events of its cases, also of those still open",
        "placements": "Its placements with PlacementStarted, one for each child",
        "per_placement": "Deliveries divided by placements; empty while there is none",
    },
    select=_deliveries_per_placement,
    entitled=_of_authority(_SEARCHED.c.authority, "A provider counts what it was not invited to in not_invited."),
)


def search_story(connection: Connection, referral_id: UUID) -> list[dict[str, Any]]:
    """Return what happened in one case, a sentence an event, oldest first; empty when nothing is known of it."""
    placed = select(PLACEMENT.c.placement_id).where(PLACEMENT.c.referral_id == referral_id)
    later = and_(STORY.c.referral_id.is_(None), STORY.c.placement_id.in_(placed))
    columns = (STORY.c.at, STORY.c.event, STORY.c.organisation, STORY.c.sentence, STORY.c.stream, STORY.c.sequence)
    told = select(*columns).where(or_(STORY.c.referral_id == referral_id, later))
    ordered = told.order_by(STORY.c.at, STORY.c.stream, STORY.c.sequence)
    return [dict(row) for row in connection.execute(ordered).mappings()]
