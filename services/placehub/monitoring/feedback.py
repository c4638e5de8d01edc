"""Feedback that each sector owes the other, and how much of it is given: on offers and on referrals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    Subquery,
    Text,
    and_,
    cast,
    column,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
    values,
)

from placehub.contracts.headers import Attributes
from placehub.monitoring.entitlement import party_s
from placehub.monitoring.fold import Fold, Row
from placehub.monitoring.tables import PLACEMENT, SEARCH
from placehub.monitoring.trust import HIDING, OWNER, sector, share_parts
from placehub.monitoring.trust_tables import OFFER_ANSWER, REFERRAL_FEEDBACK
from placehub.monitoring.view import OPERATORS_OWN, View, last_change, named, week
from placehub.offers.events import ReferralFeedbackGiven
from placehub.referrals.events import FeedbackAnswered
from placehub.search.feedback import AFTER_DAYS

ON_OFFERS, ON_REFERRALS, ON_FEEDBACK = "an offer that was not selected", "a referral", "feedback on a referral"


def _given(row: Row, event: ReferralFeedbackGiven, attributes: Attributes) -> dict[str, Any]:
    """Take the fields that were not as described; the latest feedback stands."""
    if event.after_days not in AFTER_DAYS:  # the search refused it
        return {}
    other = sorted({one.field for one in event.fields if one.found != "described"})
    answered = _both(row.get("answered"), other)
    told = {"to_answer": other, "answered": answered, "answered_on": _days(row, answered)}
    return {**told, "given_at": attributes.taken_at}


def _answered(row: Row, event: FeedbackAnswered, attributes: Attributes) -> dict[str, Any]:
    known = (*(row.get("answered") or ()), event.field)
    answered = _both(known, row.get("to_answer"))
    on = {event.field: attributes.taken_at.date().isoformat()}
    return {"answered": answered, "answered_on": _days({"answered_on": {**on, **_known(row)}}, answered)}


def _known(row: Row) -> dict[str, str]:
    return row.get("answered_on") or {}


def _days(row: Row, answered: Iterable[str]) -> dict[str, str]:
    """Return the day of the first answer to each of these fields."""
    known = _known(row)
    return {field: known[field] for field in answered if field in known}


def _both(some: Iterable[str] | None, others: Iterable[str] | None) -> list[str]:
    return sorted(set(some or ()) & set(others or ()))


FEEDBACK: Final[Mapping[type, Fold]] = {ReferralFeedbackGiven: _given, FeedbackAnswered: _answered}
"""Events of the `referral` stream, in their one order, and what each changes in the row of a provider's feedback."""


def _on_offers() -> Select[Any]:
    """Return offers that were not selected, and whether their providers were told why."""
    offer = OFFER_ANSWER.c
    return (
        select(
            literal(ON_OFFERS, Text).label("about"),
            SEARCH.c.authority.label("organisation"),
            offer.provider.label("to"),
            literal(1, Integer).label("owed"),
            func.num_nonnulls(offer.feedback).label("given"),
            week(offer.not_selected_at).label("owed_in"),
            week(offer.not_selected_at).label("given_in"),
        )
        .join_from(OFFER_ANSWER, SEARCH, SEARCH.c.referral_id == offer.referral_id)
        .where(offer.not_selected_at.is_not(None), SEARCH.c.authority.is_not(None))
    )


def _on_referrals() -> Select[Any]:
    """Return what providers were to say of a referral 14 and 42 days after the start, and whether they did."""
    day = values(column("after_days", Integer), name="day").data([(one,) for one in AFTER_DAYS])
    lived, said = PLACEMENT.c, REFERRAL_FEEDBACK.c
    until = func.least(lived.ended_on, cast(last_change(), Date))
    of_case = (lived.referral_id, lived.authority, lived.provider, day.c.after_days)
    due = (
        select(*of_case, func.min(lived.started_on + day.c.after_days, type_=Date).label("due_on"))
        .join_from(PLACEMENT, day, lived.started_on + day.c.after_days <= until)
        .group_by(*of_case)
        .subquery("due")
    )
    same = [said[name] == due.c[name] for name in ("referral_id", "provider", "after_days")]
    owed_in = week(due.c.due_on)
    return select(
        literal(ON_REFERRALS, Text),
        due.c.provider,
        due.c.authority,
        literal(1, Integer),
        func.num_nonnulls(said.given_at),
        owed_in,
        func.greatest(owed_in, week(said.given_at), type_=Date),
    ).outerjoin_from(due, REFERRAL_FEEDBACK, and_(*same))


def _on_feedback() -> Select[Any]:
    """Return fields that a provider found not to be as described, and how many of them the authority answered."""
    found = REFERRAL_FEEDBACK.c
    counts = (func.cardinality(found.to_answer), func.cardinality(found.answered))
    none = cast(null(), Date)  # each of the answers has a week of its own
    return (
        select(literal(ON_FEEDBACK, Text), SEARCH.c.authority, found.provider, *counts, week(found.given_at), none)
        .join_from(REFERRAL_FEEDBACK, SEARCH, SEARCH.c.referral_id == found.referral_id)
        .where(counts[0] > 0, SEARCH.c.authority.is_not(None))
    )


_OWED: Final[Subquery] = union_all(_on_offers(), _on_referrals(), _on_feedback()).subquery("feedback")
_SAYS: Final = (
    "An offer that was not selected (OfferNotSelected) is owed a reason. Two weeks and six weeks after a child moved "
    "in (PlacementStarted), if it still lives there, its provider owes word of how the referral turned out "
    "(ReferralFeedbackGiven), once for each case. Each field that was not as described is owed an answer "
    "(FeedbackAnswered). "
)
_TOLD: Final = {
    "organisation": "Name of the organisation that owes it",
    "sector": "authority or provider, from OrganisationRegistered",
    "about": "What it is owed on",
    "owed": "How many are owed",
    "given": "... of which were given, however late",
}


def _figures() -> list[ColumnElement[Any]]:
    return [func.sum(_OWED.c[name]).label(name) for name in ("owed", "given")]


def _feedback_owed(as_of: ColumnElement[Any]) -> Select[Any]:
    of = _OWED.c
    grouped = (of.organisation, of.to, of.about)
    columns = (named(of.organisation), sector(of.organisation), named(of.to), of.about)
    return select(*columns, *_figures()).group_by(*grouped).order_by(*grouped)


def _side(organisation: str) -> ColumnElement[bool]:
    return or_(_OWED.c.organisation == organisation, _OWED.c.to == organisation)


FEEDBACK_OWED: Final = View(
    name="feedback_owed",
    title="Feedback that one organisation owes another, and gave" + OPERATORS_OWN,
    says=f"One row for each two organisations and what the one owes the other. {_SAYS}{OWNER}",
    columns={**_TOLD, "to": "Name of the organisation that it is owed to"},
    select=_feedback_owed,
    entitled=party_s("an organisation sees the rows of which it is one of the two", _side),
)


def _answers() -> Select[Any]:
    """Return each answer to a field that was not as described, in its week."""
    found = REFERRAL_FEEDBACK.c
    days = func.jsonb_each_text(found.answered_on).table_valued("key", "value").render_derived(name="answer")
    columns = (SEARCH.c.authority, literal(ON_FEEDBACK, Text), week(cast(days.c.value, Date)))
    return (
        select(*columns, literal(0, Integer), literal(1, Integer))
        .join_from(REFERRAL_FEEDBACK, SEARCH, SEARCH.c.referral_id == found.referral_id)
        .join(days, literal(True))
        .where(SEARCH.c.authority.is_not(None))
    )


def _feedback_given(as_of: ColumnElement[Any]) -> Select[Any]:
    """Return what came to be owed, and what was given, in each week that is over."""
    of = _OWED.c
    owed = select(of.organisation, of.about, of.owed_in.label("week"), of.owed, literal(0, Integer).label("given"))
    given = select(of.organisation, of.about, of.given_in, literal(0, Integer), of.given)
    flows = (owed, given.where(of.given_in.is_not(None)), _answers())
    one = union_all(*flows).subquery("came").c
    grouped = (one.organisation, one.about, one.week)
    columns = (one.organisation.label("code"), named(one.organisation), sector(one.organisation), *grouped[1:])
    counts = (func.sum(one[name]).label(name) for name in ("owed", "given"))
    return select(*columns, *counts).where(one.week < week(as_of)).group_by(*grouped).order_by(*grouped)


def _share(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    key, margins = ("code", "organisation", "sector", "about"), (("sector", "about"),)
    shared = share_parts(rows, key=key, whole="owed", parts=("given",), margins=margins)
    return [{**{name: one.key[name] for name in key[1:]}, **one.counts} for one in shared]


FEEDBACK_GIVEN: Final = View(
    name="feedback_given",
    title="Feedback on offers and referrals, by who owes it (small numbers are hidden)",
    says=f"One row for each organisation of either sector and what it owes feedback on. {HIDING}{_SAYS}{OWNER}",
    columns={
        name: f"{meaning}; empty: hidden" if name in ("owed", "given") else meaning for name, meaning in _TOLD.items()
    },
    select=_feedback_given,
    share=_share,
)
