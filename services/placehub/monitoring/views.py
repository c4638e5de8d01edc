"""The published views: each a SELECT with its definition in plain words.

The operator's show small numbers as they are; one that may be shared beyond the parties hides them (`suppression`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    DateTime,
    Numeric,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    distinct,
    extract,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from placehub.monitoring.fairness import hide_homes_we_lack, homes_we_lack, not_invited
from placehub.monitoring.quality import FOUND, column, shared
from placehub.monitoring.tables import (
    DEAD_LETTER,
    OFFER,
    ORGANISATION,
    PLACEMENT,
    QUALITY,
    SEARCH,
    STORY,
    SUPPORT_AGREED,
    SUPPORT_REFUSED,
    VACANCY,
)
from placehub.placements.lifecycle import EARLY

_UNSUPPRESSED: Final = " (the operator's: small numbers are shown)"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One published view: what it is called, what it says, what each column means, and how it is read."""

    name: str
    title: str
    says: str
    columns: Mapping[str, str]
    select: Callable[[ColumnElement[Any]], Select[Any]]
    share: Callable[[Iterable[Mapping[str, Any]]], list[dict[str, Any]]] | None = None
    """Makes of the rows what may be passed on beyond the parties; None: they are the operator's as they are."""

    @property
    def definition(self) -> str:
        """The view in plain words, column by column."""
        return "\n".join([self.says, *(f"- {name}: {meaning}" for name, meaning in self.columns.items())])

    def rows(self, connection: Connection, now: datetime | None = None) -> list[dict[str, Any]]:
        """Return the view's rows as of `now`; without it, as of the last event that was taken in."""
        as_of = literal(now, DateTime(timezone=True)) if now else _last_change()
        rows = [dict(row) for row in connection.execute(self.select(as_of)).mappings()]
        return self.share(rows) if self.share else rows


def _last_change() -> ColumnElement[Any]:
    every = union_all(*(select(func.max(table.c.changed_at).label("at")) for table in (SEARCH, VACANCY, PLACEMENT)))
    return select(func.max(every.subquery().c.at)).scalar_subquery()


def _name(code: ColumnElement[Any]) -> ColumnElement[Any]:
    named = select(ORGANISATION.c.name).where(ORGANISATION.c.organisation == code).scalar_subquery()
    return func.coalesce(named, code)


def _hours(since: ColumnElement[Any], until: ColumnElement[Any]) -> ColumnElement[Decimal]:
    return func.round(cast(extract("epoch", until - since) / 3600, Numeric), 1)


def _share(hours: ColumnElement[Any], share: float) -> ColumnElement[Any]:
    return func.round(cast(func.percentile_cont(share).within_group(hours.asc()), Numeric), 1)


def _searches(as_of: ColumnElement[Any]) -> Select[Any]:
    own = ("referral_id", "kind", "area", "children", "state", "need_known_at", "began_with", "search_started_at")
    counts = (
        "continues",
        "invitations",
        "declines",
        "lapses",
        "offers",
        "selections_refused",
        "placed_at",
        "outcome",
        "closed_at",
    )
    authority = _name(SEARCH.c.authority).label("authority")
    columns = (*(SEARCH.c[name] for name in own), *(SEARCH.c[name] for name in counts))
    known = SEARCH.c.authority.is_not(None)
    return select(authority, *columns).where(known).order_by(SEARCH.c.need_known_at, SEARCH.c.referral_id)


def _vacancy_board(as_of: ColumnElement[Any]) -> Select[Any]:
    kinds = func.unnest(VACANCY.c.kinds).table_valued("kind").render_derived()
    stale = VACANCY.c.willing_until < as_of
    state = case((stale, "stale"), else_=VACANCY.c.state)

    def places(which: str) -> ColumnElement[Any]:
        return func.coalesce(func.sum(VACANCY.c.places).filter(state == which), 0)

    return (
        select(
            VACANCY.c.area,
            kinds.c.kind,
            func.count(distinct(VACANCY.c.vacancy_id)).label("homes"),
            places("now").label("open"),
            places("coming").label("coming"),
            places("ask carer").label("ask_carer"),
            places("stale").label("stale"),
        )
        .select_from(VACANCY)
        .join(kinds, literal(True))
        .where(VACANCY.c.state.in_(("now", "coming", "ask carer")), VACANCY.c.places > 0)
        .group_by(VACANCY.c.area, kinds.c.kind)
        .order_by(VACANCY.c.area, kinds.c.kind)
    )


def _waits() -> Subquery:
    known = SEARCH.c.need_known_at
    return (
        select(
            SEARCH.c.authority,
            case((SEARCH.c.began_with == "EarlyNoticeGiven", "early notice"), else_="formal referral").label(
                "began_with"
            ),
            case((SEARCH.c.in_house_started_at < SEARCH.c.search_started_at, "yes"), else_="no").label(
                "in_house_first"
            ),
            _hours(known, SEARCH.c.search_started_at).label("told"),
            _hours(known, SEARCH.c.first_invited_at).label("invited"),
            _hours(known, SEARCH.c.first_offer_at).label("offered"),
        )
        .where(SEARCH.c.authority.is_not(None), SEARCH.c.search_started_at.is_not(None))
        .subquery()
    )


def _time_to_tell(as_of: ColumnElement[Any]) -> Select[Any]:
    waits = _waits()
    grouped = (waits.c.authority, waits.c.began_with, waits.c.in_house_first)
    shares: list[ColumnElement[Any]] = [
        _share(waits.c[what], share).label(f"{what}_{label}")
        for what in ("told", "invited", "offered")
        for share, label in ((0.5, "median"), (0.9, "p90"))
    ]
    first: list[ColumnElement[Any]] = [_name(waits.c.authority).label("authority"), *grouped[1:]]
    return select(*first, func.count().label("searches"), *shares).group_by(*grouped).order_by(*grouped)


def _deliveries_per_placement(as_of: ColumnElement[Any]) -> Select[Any]:
    started = (
        select(PLACEMENT.c.authority, func.count().label("placements"))
        .where(PLACEMENT.c.started_at.is_not(None))
        .group_by(PLACEMENT.c.authority)
        .subquery()
    )
    searches = (
        select(
            SEARCH.c.authority,
            func.count().label("searches"),
            func.sum(SEARCH.c.invitations).label("deliveries"),
        )
        .where(SEARCH.c.authority.is_not(None))
        .group_by(SEARCH.c.authority)
        .subquery()
    )
    placements = func.coalesce(started.c.placements, 0)
    return (
        select(
            _name(searches.c.authority).label("authority"),
            searches.c.searches,
            searches.c.deliveries,
            placements.label("placements"),
            func.round(cast(searches.c.deliveries, Numeric) / func.nullif(placements, 0), 1).label("per_placement"),
        )
        .outerjoin_from(searches, started, started.c.authority == searches.c.authority)
        .order_by(searches.c.authority)
    )


def _rejected_events(as_of: ColumnElement[Any]) -> Select[Any]:
    letter = DEAD_LETTER.c
    grouped = (letter.sender, letter.type, letter.field, letter.reason, letter.state)
    # a remedy may name an id, so it is no part of what is counted together: the latest is shown
    remedies = func.array_agg(aggregate_order_by(letter.remedy, letter.rejected_at.desc()), type_=ARRAY(Text))
    count = func.count().label("count")
    return (
        select(
            _name(letter.sender).label("sender"),
            *grouped[1:4],
            remedies[1].label("remedy"),
            letter.state,
            count,
            func.max(letter.rejected_at).label("last_at"),
        )
        .group_by(*grouped)
        .order_by(letter.sender, count.desc(), *grouped[1:])
    )


def _referral_quality(as_of: ColumnElement[Any]) -> Select[Any]:
    row = QUALITY.c
    month = func.to_char(func.timezone("UTC", row.made_at), "YYYY-MM")
    sums = [func.sum(row[name]).label(name) for name in ("asked", *map(column, FOUND), "answered")]
    return (
        select(
            _name(row.authority).label("authority"),
            month.label("month"),
            func.count().label("referrals"),
            func.avg(row.first_completeness).label("first_completeness"),
            func.avg(row.completeness).label("completeness"),
            func.count().filter(row.contradictions > 0).label("contradictory"),
            *sums,
        )
        .where(row.authority.is_not(None))
        .group_by(row.authority, month)
        .order_by(row.authority, month)
    )


def _offers(as_of: ColumnElement[Any]) -> Select[Any]:
    offer = OFFER.c
    bands = {"fits": 0, "fits with named support": 1, "stretch": 2}
    fit = (
        case(bands, value=offer.band, else_=len(bands)),
        offer.need.desc().nulls_last(),
        offer.distance_miles.asc().nulls_last(),
        offer.offer_id,
    )
    standing = case((offer.state.in_(("open", "queried", "to reconfirm")), 0), else_=1)
    return (
        select(
            offer.referral_id,
            offer.offer_id,
            _name(offer.provider).label("provider"),
            func.coalesce(offer.band, "does not fit now").label("band"),
            offer.need,
            offer.distance_miles,
            case((offer.elsewhere, "yes"), else_="no").label("also_offered_elsewhere"),
            case((offer.reserved, "reserved"), else_=offer.state).label("state"),
            func.array_to_string(offer.to_reconfirm, ", ").label("to_reconfirm"),
            offer.children,
            offer.available_from,
            offer.valid_until,
            offer.base_weekly,
            offer.weekly,
            func.array_to_string(offer.support, "; ").label("support"),
            offer.feedback,
        )
        .where(offer.assessed_at.is_not(None), offer.referral_id.is_not(None))
        .order_by(offer.referral_id, standing, *fit)
    )


def _support_refused_then_agreed(as_of: ColumnElement[Any]) -> Select[Any]:
    refused, agreed, placed = SUPPORT_REFUSED.c, SUPPORT_AGREED.c, PLACEMENT.c
    same = func.lower(agreed.what) == func.lower(refused.what)
    later = (
        select(agreed.what, agreed.by, agreed.agreed_at)
        .join(PLACEMENT, placed.placement_id == agreed.placement_id)
        .where(placed.referral_id == refused.referral_id, agreed.agreed_at >= refused.refused_at)
        .order_by(same.desc(), agreed.agreed_at, agreed.what)
        .limit(1)
        .lateral("later")
    )
    ended = (
        select(func.min(placed.ended_on).label("ended_on"))
        .where(placed.referral_id == refused.referral_id, placed.planned_end.is_(False))
        .lateral("ended")
    )
    days = func.round(cast(extract("epoch", later.c.agreed_at - refused.refused_at) / 86400, Numeric), 1)
    return (
        select(
            _name(refused.authority).label("authority"),
            refused.referral_id,
            refused.what,
            refused.reason,
            refused.by.label("refused_by"),
            refused.refused_at,
            later.c.what.label("agreed_what"),
            later.c.by.label("agreed_by"),
            later.c.agreed_at,
            days.label("days_to_agree"),
            ended.c.ended_on.label("ended_unplanned_on"),
        )
        .outerjoin_from(SUPPORT_REFUSED, later, literal(True))
        .outerjoin(ended, literal(True))
        .order_by(refused.refused_at, refused.referral_id, refused.what)
    )


def _placements(as_of: ColumnElement[Any]) -> Select[Any]:
    row = PLACEMENT.c
    state = case(
        (row.ended_at.is_not(None), "ended"),
        (row.started_at.is_not(None), "started"),
        (row.authority_terms == row.provider_terms, "agreed"),
        else_="proposed",
    )
    days = row.ended_on - row.started_on
    names = (_name(row.authority).label("authority"), _name(row.provider).label("provider"))
    own = (row.starts_on, row.started_on, row.ended_on, row.planned_end, row.reason)
    early = case((days <= EARLY.days, "yes"), (days.is_not(None), "no"))
    columns = (row.placement_id, row.referral_id, *names, state.label("state"), *own, early.label("ended_early"))
    return select(*columns).where(row.authority.is_not(None)).order_by(row.starts_on, row.placement_id)


_WAIT_COLUMNS: Final = {
    f"{what}_{label}": f"Hours from the need being known to {words}: {share}"
    for what, words in (
        ("told", "the independent sector being told, which is SearchStarted"),
        ("invited", "the first ProviderInvited"),
        ("offered", "the first OfferMade"),
    )
    for label, share in (("median", "half the searches took no longer"), ("p90", "nine in ten took no longer"))
}

_ALL: Final = (
    View(
        name="searches",
        title="Searches and how far each has come" + _UNSUPPRESSED,
        says="One row for each case.",
        columns={
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
        },
        select=_searches,
    ),
    View(
        name="vacancy_board",
        title="Vacancies by area and kind of placement" + _UNSUPPRESSED,
        says="Homes with a place left, not paused or closed. A home that takes several kinds counts in each.",
        columns={
            "area": "Authority whose area the home is in, by its postcode sector, from VacancyOpened or VacancyRevised",
            "kind": "Kind of placement the home takes",
            "homes": "Homes counted in this row",
            "open": "Places free now; less those reserved or filled (VacancyReserved, VacancyReleased, VacancyFilled)",
            "coming": "Places that will be free on a date",
            "ask_carer": "Places for which the carer must be asked first",
            "stale": "Places whose willing_until has passed: the carer must be asked again (VacancyConfirmed)",
        },
        select=_vacancy_board,
    ),
    View(
        name="time_to_tell",
        title="Time from need known to the independent sector being told" + _UNSUPPRESSED,
        says="Searches that have started, by authority and by what they began with. Events' own times are used.",
        columns={
            "authority": "Name of the authority",
            "began_with": "early notice or formal referral, whichever SearchStarted names",
            "in_house_first": "yes: InHouseSearchStarted came before SearchStarted",
            "searches": "Searches counted in this row",
            **_WAIT_COLUMNS,
        },
        select=_time_to_tell,
    ),
    View(
        name="deliveries_per_placement",
        title="Invitations sent for each placement made" + _UNSUPPRESSED,
        says="How many providers are asked for one child to be placed.",
        columns={
            "authority": "Name of the authority",
            "searches": "Its cases",
            "deliveries": "ProviderInvited events of its cases, also of those still open",
            "placements": "Its placements with PlacementStarted, one for each child",
            "per_placement": "Deliveries divided by placements; empty while there is none",
        },
        select=_deliveries_per_placement,
    ),
    View(
        name="referral_quality",
        title="How good referrals are, by authority and month (small numbers are hidden)",
        says=(
            "Referrals by the month of ReferralMade. Counts are rounded to 5; where 1 to 5 would be told, the cell is "
            "empty, and so is what would give it away."
        ),
        columns={
            "authority": "Name of the authority",
            "month": "Month in which the referrals were made",
            "referrals": "ReferralMade events",
            "first_completeness": "Mean completeness of the first versions, from ReferralAssessed, 0 to 1",
            "completeness": "Mean completeness as the referrals now stand, from the latest ReferralAssessed",
            "contradictory": "Share of the referrals in which something cannot be true as they now stand",
            "asked_per_referral": "ClarificationAsked events for each referral",
            "described": "Fields that were as described, from ReferralFeedbackGiven",
            "different": "Fields that were different, from the same",
            "not_told": "Fields that mattered and were not told, from the same",
            "answered": "FeedbackAnswered events",
        },
        select=_referral_quality,
        share=shared,
    ),
    View(
        name="homes_we_lack",
        title="Homes that were looked for and not found (small numbers are hidden)",
        says="Searches in which nothing fitted, however far they reached (NoFitFound). Counts of 1 to 5 are left out, "
        "and others with them where one alone could be worked out; the rest are rounded to 5.",
        columns={
            "area": "Authority whose area the search was centred on",
            "kind": "Kind of placement wanted",
            "age_band": "Age band of a child; a search counts once in each band of its children",
            "lacking": "The one rule whose relaxation would have brought the most homes (the reach doubled, for the "
            "distance), as tried; several at once: none would do alone",
            "searches": "Searches counted in this row, rounded to 5; empty: hidden",
        },
        select=homes_we_lack,
        share=hide_homes_we_lack,
    ),
    View(
        name="not_invited",
        title="Searches a provider was not invited to, and why" + _UNSUPPRESSED,
        says="From InvitationsWithheld. Each provider reads its own rows (`GET /v1/not-invited`); they name no case "
        "and nobody else.",
        columns={
            "provider": "Code of the provider",
            "criterion": "What kept its best home out when every home was last looked at",
            "searches": "Searches under its agreements to which it was never invited",
        },
        select=not_invited,
    ),
    View(
        name="offers",
        title="Offers of each case by fit" + _UNSUPPRESSED,
        says="Offers that stand come first, best fit first: band, need, distance. Fees stand beside and never order.",
        columns={
            "referral_id": "The case",
            "offer_id": "The offer",
            "provider": "Name of the provider, from OrganisationRegistered",
            "band": "How its home fits, from the latest OfferAssessed",
            "need": "Share of the need criteria met, 0 to 1000, from the same",
            "distance_miles": "From the same; empty: not known",
            "also_offered_elsewhere": "yes: an offer of the home stands in another case, from the same",
            "state": "open, queried, to reconfirm, withdrawn, expired, refused, not selected or reserved",
            "to_reconfirm": "Fields of the referral that were revised after the offer, from ReconfirmationAsked",
            "children": "How many children it is for, from the latest OfferMade or OfferRevised",
            "available_from": "From the same",
            "valid_until": "From the same",
            "base_weekly": "Base fee in pounds a week, from the same",
            "weekly": "Base fee and support paid by the week or day, in pounds a week; other lines are left out",
            "support": "Each further line: what, amount, unit, from, until",
            "feedback": "What the provider was told, from OfferNotSelected",
        },
        select=_offers,
    ),
    View(
        name="support_refused_then_agreed",
        title="Support refused before a placement, and what came of it" + _UNSUPPRESSED,
        says="One row for each SupportLineRefused; the first later SupportAgreed counts, in the same words if any.",
        columns={
            "authority": "Name of the authority",
            "referral_id": "The case",
            "what": "The line, in the offer's words",
            "reason": "Why it was refused, from SupportLineRefused",
            "refused_by": "Role of who refused it",
            "refused_at": "When",
            "agreed_what": "The support that was agreed later, from SupportAgreed; empty: none",
            "agreed_by": "Role of who agreed to it",
            "agreed_at": "When",
            "days_to_agree": "Days from the refusal to it",
            "ended_unplanned_on": "The first day a placement of the case ended unplanned, from PlacementEnded",
        },
        select=_support_refused_then_agreed,
    ),
    View(
        name="placements",
        title="Placements and how far each has come" + _UNSUPPRESSED,
        says="One row for each child's placement. An ending within a week is shown apart.",
        columns={
            "placement_id": "The placement",
            "referral_id": "The case it came from",
            "authority": "Name of the authority",
            "provider": "Name of the provider",
            "state": "proposed (one side has posted terms, or they differ), agreed (both the same), started or ended",
            "starts_on": "Day it is to start, from the latest PlacementAgreed",
            "started_on": "Day the child moved in, from PlacementStarted",
            "ended_on": "Day the child moved on, from PlacementEnded",
            "planned_end": "Whether it ended as planned, from the same",
            "reason": "Why it ended, from the same",
            "ended_early": "yes: it ended within 7 days of its start; empty while it has not ended",
        },
        select=_placements,
    ),
    View(
        name="rejected_events",
        title="Rejected events by sender and reason" + _UNSUPPRESSED,
        says="Dead letters, counted. The rejected value itself is never kept.",
        columns={
            "sender": "Name of the organisation that posted",
            "type": "Type of the event, where it could be read",
            "field": "The field that was wrong",
            "reason": "The rule that it broke",
            "remedy": "What the sender was told to do, the last time",
            "state": "open, or retried or dropped by an operator",
            "count": "How many times",
            "last_at": "The last time",
        },
        select=_rejected_events,
    ),
)

VIEWS: Final[Mapping[str, View]] = {view.name: view for view in _ALL}
"""Every published view by its name."""


def search_offers(connection: Connection, referral_id: UUID) -> list[dict[str, Any]]:
    """Return the offers of one case, best fit first; empty when there is none."""
    return [row for row in VIEWS["offers"].rows(connection) if row["referral_id"] == referral_id]


def search_story(connection: Connection, referral_id: UUID) -> list[dict[str, Any]]:
    """Return what happened in one case, a sentence an event, oldest first; empty when nothing is known of it."""
    placed = select(PLACEMENT.c.placement_id).where(PLACEMENT.c.referral_id == referral_id)
    later = and_(STORY.c.referral_id.is_(None), STORY.c.placement_id.in_(placed))
    columns = (STORY.c.at, STORY.c.event, STORY.c.organisation, STORY.c.sentence, STORY.c.stream, STORY.c.sequence)
    told = select(*columns).where(or_(STORY.c.referral_id == referral_id, later))
    ordered = told.order_by(STORY.c.at, STORY.c.stream, STORY.c.sequence)
    return [dict(row) for row in connection.execute(ordered).mappings()]
