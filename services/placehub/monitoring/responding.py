"""How long each sector takes to answer the other: what an event changes in who was asked what, and the views of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    Numeric,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from placehub.agreements.events import ConsultationAnswered, ConsultationOpened, ProviderJoined, ProviderLeft
from placehub.contracts.headers import Attributes
from placehub.monitoring.entitlement import party_s
from placehub.monitoring.fold import Fold, Row
from placehub.monitoring.tables import AGREEMENT, SEARCH
from placehub.monitoring.trust import HIDING, OWNER, Told, once, quantile, quantile_of, sector, share_parts
from placehub.monitoring.trust_tables import (
    CLARIFICATION,
    CONSULTATION,
    CONSULTATION_ANSWER,
    INVITATION,
    JOINED,
    OFFER_ANSWER,
)
from placehub.monitoring.view import OPERATORS_OWN, View, hours, named, week
from placehub.offers import events as offers
from placehub.referrals.events import ClarificationAnswered, OfferQueried, OfferSelected
from placehub.search import events as search


def _invited(row: Row, event: search.ProviderInvited, attributes: Attributes) -> dict[str, Any]:
    if row.get("released_at"):  # the case was opened again: the first invitation is the one that is measured
        return {}
    changed = event.basis is not None and bool(event.basis.changed)
    return {"released_at": event.released_at, "of_changed_home": changed}


def _answered(answer: str) -> Fold:
    def fold(row: Row, event: Any, attributes: Attributes) -> dict[str, Any]:
        return {} if row.get("answer") else {"answer": answer, "answered_at": attributes.taken_at}

    return fold


INVITATIONS: Final[Mapping[type, Fold]] = {
    search.ProviderInvited: _invited,
    offers.InterestExpressed: _answered("interest"),
    offers.OfferMade: _answered("offer"),
    offers.InvitationDeclined: _answered("decline"),
    search.InvitationClosed: once("closed_at"),
}
"""Events of the `referral` stream, in their one order, and what each changes in the row of a provider's invitation."""


def _asked(row: Row, event: offers.ClarificationAsked, attributes: Attributes) -> dict[str, Any]:
    if row.get("asked_at"):  # a question belongs to whoever asked it first
        return {}
    return {"referral_id": event.referral_id, "provider": event.provider, "asked_at": attributes.taken_at}


CLARIFICATIONS: Final[Mapping[type, Fold]] = {
    offers.ClarificationAsked: _asked,
    ClarificationAnswered: once("answered_at"),
}
"""The same of the row of a question about a referral."""


def _made(row: Row, event: offers.OfferMade, attributes: Attributes) -> dict[str, Any]:
    if row.get("made_at"):  # an offer belongs to whoever made it first
        return {}
    return {"referral_id": event.referral_id, "provider": event.provider, "made_at": attributes.taken_at}


def _selected(row: Row, event: OfferSelected, attributes: Attributes) -> dict[str, Any]:
    """Count what was agreed by telephone from then on; one that stood again is not one that was not selected."""
    told = event.recorded_for or attributes.taken_at
    return {"decided_at": row.get("decided_at") or told, "not_selected_at": None, "feedback": None}


def _not_selected(row: Row, event: search.OfferNotSelected, attributes: Attributes) -> dict[str, Any]:
    told = attributes.taken_at
    return {"decided_at": row.get("decided_at") or told, "not_selected_at": told, "feedback": event.feedback}


def _said(row: Row, attributes: Attributes) -> dict[str, Any]:
    """Answer what the offer's provider was asked, if it was and has not answered."""
    of = {"queried_at": "query_answered_at", "reconfirmation_asked_at": "reconfirmed_at"}
    return {
        answered: row.get(answered) or attributes.taken_at
        for asked, answered in of.items()
        if row.get(asked) is not None
    }


def _withdrawn(row: Row, event: offers.OfferWithdrawn, attributes: Attributes) -> dict[str, Any]:
    return {**_said(row, attributes), "withdrawn_at": row.get("withdrawn_at") or attributes.taken_at}


def _reconfirmed(row: Row, event: offers.OfferReconfirmed, attributes: Attributes) -> dict[str, Any]:
    said = _said(row, attributes)
    return {"reconfirmed_at": said["reconfirmed_at"]} if "reconfirmed_at" in said else {}


OFFERS: Final[Mapping[type, Fold]] = {
    offers.OfferMade: _made,
    search.OfferAssessed: once("assessed_at"),
    OfferSelected: _selected,
    search.OfferNotSelected: _not_selected,
    OfferQueried: once("queried_at"),
    search.ReconfirmationAsked: once("reconfirmation_asked_at"),
    offers.OfferRevised: lambda row, event, attributes: _said(row, attributes),
    offers.OfferReconfirmed: _reconfirmed,
    offers.OfferWithdrawn: _withdrawn,
}
"""The same of the row of what was asked about an offer."""


def _opened(row: Row, event: ConsultationOpened, attributes: Attributes) -> dict[str, Any]:
    told = {name: getattr(event, name) for name in ("agreement_id", "lead", "opened_on")}
    return {**told, "opened_at": row.get("opened_at") or attributes.taken_at}


CONSULTATIONS: Final[Mapping[type, Fold]] = {ConsultationOpened: _opened}
"""Events of the `agreement` stream, in their one order, and what each changes in the consultation's row."""
CONSULTATION_ANSWERS: Final[Mapping[type, Fold]] = {ConsultationAnswered: once("answered_at")}
"""The same of the row of a party's answer."""


def _joined(row: Row, event: ProviderJoined, attributes: Attributes) -> dict[str, Any]:
    """Take the tier it is in from now; who says it anew joined when it first did."""
    stays = row.get("joined_on") if row.get("left_on") is None else None
    return {"tier": event.tier, "joined_on": stays or event.joined_on, "left_on": None}


JOINING: Final[Mapping[type, Fold]] = {
    ProviderJoined: _joined,
    ProviderLeft: lambda row, event, attributes: {"left_on": event.left_on},
}
"""The same of the row of a provider under an agreement."""

INVITED, ASKED, OFFERED = "an invitation", "a question about a referral", "an offer"
QUERIED, REVISED, CONSULTED = "a query about an offer", "a revised referral", "a consultation"


def _question(
    name: str,
    by: ColumnElement[Any],
    of: ColumnElement[Any],
    at: ColumnElement[Any],
    until: ColumnElement[Any],
    left: ColumnElement[Any] | None = None,
) -> Select[Any]:
    """Return one question: who asks whom, and the hours until it is answered; null: it is not yet.

    Beside it the weeks in which it was asked and answered; and `left_in`: nobody asked it any more, unanswered.
    """
    gone: ColumnElement[Any] = cast(null(), Date) if left is None else week(left)
    answered = and_(until.is_not(None), gone.is_(None))
    last = func.greatest(until, at, type_=at.type)
    return select(
        literal(name, Text).label("question"),
        by.label("asked_by"),
        of.label("organisation"),
        case((answered, hours(at, last))).label("took"),
        week(at).label("asked_in"),
        case((answered, week(last))).label("answered_in"),
        gone.label("left_in"),
    ).where(by.is_not(None), of.is_not(None), at.is_not(None))


def _of_referrals() -> list[Select[Any]]:
    """Return invitations and questions; an invitation taken back before it was answered asks nothing any more."""
    invited, asked, authority = INVITATION.c, CLARIFICATION.c, SEARCH.c.authority
    closed = case((invited.answered_at.is_(None), invited.closed_at))
    invitations = _question(INVITED, authority, invited.provider, invited.released_at, invited.answered_at, closed)
    questions = _question(ASKED, asked.provider, authority, asked.asked_at, asked.answered_at)
    return [
        invitations.join_from(INVITATION, SEARCH, SEARCH.c.referral_id == invited.referral_id),
        questions.join_from(CLARIFICATION, SEARCH, SEARCH.c.referral_id == asked.referral_id),
    ]


def _of_offers() -> list[Select[Any]]:
    """Return offers that the search took in, queries about them and what was to be reconfirmed."""
    of, authority = OFFER_ANSWER.c, SEARCH.c.authority
    closed = case((and_(of.withdrawn_at.is_(None), SEARCH.c.closed_at > of.made_at), SEARCH.c.closed_at))
    decided = func.coalesce(of.decided_at, closed)
    gone = case((or_(of.decided_at.is_(None), of.decided_at > of.withdrawn_at), of.withdrawn_at))
    asked = (
        _question(OFFERED, of.provider, authority, of.made_at, decided, gone),
        _question(QUERIED, authority, of.provider, of.queried_at, of.query_answered_at),
        _question(REVISED, authority, of.provider, of.reconfirmation_asked_at, of.reconfirmed_at),
    )
    case_of = SEARCH.c.referral_id == of.referral_id
    return [one.join_from(OFFER_ANSWER, SEARCH, case_of).where(of.assessed_at.is_not(None)) for one in asked]


def _of_agreements() -> list[Select[Any]]:
    """Return consultations, of every party there was when each was opened."""
    of, joined = CONSULTATION.c, JOINED.c
    named_ones = func.unnest(AGREEMENT.c.authorities).table_valued("party").render_derived()
    since = and_(joined.joined_on <= of.opened_on, or_(joined.left_on.is_(None), joined.left_on > of.opened_on))
    providers = select(of.consultation_id, joined.provider.label("party")).join_from(
        CONSULTATION, JOINED, and_(joined.agreement_id == of.agreement_id, since)
    )
    authorities = (
        select(of.consultation_id, named_ones.c.party)
        .join_from(CONSULTATION, AGREEMENT, AGREEMENT.c.agreement_id == of.agreement_id)
        .join(named_ones, named_ones.c.party != of.lead)
    )
    parties, told = union_all(providers, authorities).subquery(), CONSULTATION_ANSWER.c
    answer = and_(told.consultation_id == of.consultation_id, told.sender == parties.c.party)
    return [
        _question(CONSULTED, of.lead, parties.c.party, of.opened_at, told.answered_at)
        .join_from(CONSULTATION, parties, parties.c.consultation_id == of.consultation_id)
        .outerjoin(CONSULTATION_ANSWER, answer)
    ]


_QUESTIONS: Final[Subquery] = union_all(*_of_referrals(), *_of_offers(), *_of_agreements()).subquery("asked")
_FIGURES: Final = {
    "asked": "How many were asked, those still open among them",
    "answered": "... of which have been answered, however late",
    "hours_median": "Hours until the answer: half of the answers took no longer",
    "hours_p90": "Hours until the answer: nine in ten took no longer",
}
_HOURS: Final = (
    "Hours run on by night and at weekends, from when the hub took the question in to when it took the answer in; a "
    "selection that was agreed by telephone counts from then. Answers: to an invitation (ProviderInvited) "
    "InterestExpressed, OfferMade or InvitationDeclined; to a question about a referral (ClarificationAsked) "
    "ClarificationAnswered; to an offer (OfferMade) OfferSelected, OfferNotSelected or SearchClosed; to a query about "
    "an offer (OfferQueried) or a revised referral (ReconfirmationAsked) OfferRevised, OfferReconfirmed or "
    "OfferWithdrawn; to a consultation (ConsultationOpened) ConsultationAnswered. The first of each counts: of a "
    "provider's invitations in a case, of the queries about an offer. An invitation closed and an offer withdrawn "
    "before the answer are not counted. An answer that was corrected was given. "
)


def _figures() -> list[ColumnElement[Any]]:
    took = _QUESTIONS.c.took
    counts = [func.count().label("asked"), func.count(took).label("answered")]
    return [*counts, quantile(took, 0.5).label("hours_median"), quantile(took, 0.9).label("hours_p90")]


def _responses(as_of: ColumnElement[Any]) -> Select[Any]:
    of = _QUESTIONS.c
    grouped = (of.organisation, of.asked_by, of.question)
    columns = (named(of.organisation), sector(of.organisation), named(of.asked_by), of.question)
    stands = of.left_in.is_(None)
    return select(*columns, *_figures()).where(stands).group_by(*grouped).order_by(*grouped)


def _side(organisation: str) -> ColumnElement[bool]:
    return or_(_QUESTIONS.c.organisation == organisation, _QUESTIONS.c.asked_by == organisation)


RESPONSES: Final = View(
    name="responses",
    title="How long one organisation takes to answer another" + OPERATORS_OWN,
    says=f"One row for each two organisations and what one asks of the other. {_HOURS}{OWNER}",
    columns={
        "organisation": "Name of the organisation that is asked",
        "sector": "authority, provider or consortium, from OrganisationRegistered",
        "asked_by": "Name of the organisation that asks",
        "question": "What is to be answered",
        **_FIGURES,
    },
    select=_responses,
    entitled=party_s("an organisation sees the rows of which it is one of the two", _side),
)


def _response_times(as_of: ColumnElement[Any]) -> Select[Any]:
    """Return what was asked and answered in each week that is over; what is asked no more is taken off in its week."""
    of = _QUESTIONS.c

    def came(since: ColumnElement[Any], asked: int, answered: int) -> Select[Any]:
        took = of.took if answered else cast(null(), Numeric)
        counts = (literal(asked).label("asked"), literal(answered).label("answered"), took.label("took"))
        return select(of.organisation, of.question, since.label("week"), *counts).where(since.is_not(None))

    flows = (came(of.asked_in, 1, 0), came(of.left_in, -1, 0), came(of.answered_in, 0, 1))
    one = union_all(*flows).subquery("came").c
    grouped = (one.organisation, one.question, one.week)
    took = func.array_agg(one.took).filter(one.took.is_not(None)).label("took")
    counts = (func.sum(one.asked).label("asked"), func.sum(one.answered).label("answered"), took)
    columns = (one.organisation.label("code"), named(one.organisation), sector(one.organisation), *grouped[1:])
    return select(*columns, *counts).where(one.week < week(as_of)).group_by(*grouped).order_by(*grouped)


def _share(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Hide small numbers, and the times of few answers."""
    key, margins = ("code", "organisation", "sector", "question"), (("sector", "question"),)
    return [_timed(one) for one in share_parts(rows, key=key, whole="asked", parts=("answered",), margins=margins)]


def _timed(one: Told) -> dict[str, Any]:
    """Return a row; its times are of the answers that are in their count as it was told last."""
    enough = one.counts["asked"] is not None and one.cells["answered"].shown
    took = one.lists("answered", "took") if enough else []
    times = {"hours_median": quantile_of(took, "0.5"), "hours_p90": quantile_of(took, "0.9")}
    return {**{name: one.key[name] for name in ("organisation", "sector", "question")}, **one.counts, **times}


RESPONSE_TIMES: Final = View(
    name="response_times",
    title="How long each organisation of either sector takes to answer the other (small numbers are hidden)",
    says=f"One row for each organisation and what it is asked, whoever asks. {HIDING}Times of 5 answers or fewer are "
    f"left out, too. {_HOURS}{OWNER}",
    columns={
        "organisation": "Name of the organisation that is asked",
        "sector": "authority, provider or consortium, from OrganisationRegistered",
        "question": "What is to be answered",
        **{name: f"{meaning}; empty: hidden" for name, meaning in _FIGURES.items()},
    },
    select=_response_times,
    share=_share,
)
