"""The views of trust: how each side answers, gives feedback, keeps fees and funds support; small numbers are hidden."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from placehub.agreements.events import AgreementRegistered, ConsultationAnswered, ConsultationOpened, ProviderJoined
from placehub.contracts.corrections import PlacementEventCorrected
from placehub.contracts.parts import FeeLine
from placehub.monitoring.feedback import ON_FEEDBACK, ON_OFFERS, ON_REFERRALS
from placehub.monitoring.processor import Monitoring
from placehub.monitoring.responding import ASKED, CONSULTED, INVITED, OFFERED, QUERIED, REVISED
from placehub.monitoring.trust_tables import REFERRAL_FEEDBACK
from placehub.monitoring.views import VIEWS
from placehub.offers.events import (
    ClarificationAsked,
    FieldFeedback,
    InterestExpressed,
    InvitationDeclined,
    OfferMade,
    OfferReconfirmed,
    OfferRevised,
    OfferWithdrawn,
    ReferralFeedbackGiven,
)
from placehub.organisations.events import OrganisationRegistered
from placehub.placements.events import (
    FeeChanged,
    PlacementAgreed,
    PlacementStarted,
    SupportAgreed,
    SupportRefused,
    SupportRequested,
)
from placehub.postcodes import Postcodes
from placehub.referrals.events import (
    ClarificationAnswered,
    FeedbackAnswered,
    OfferQueried,
    OfferSelected,
    ReferralMade,
    SupportLineRefused,
    Wanted,
)
from placehub.search.events import (
    InvitationClosed,
    OfferAssessed,
    OfferNotSelected,
    ProviderInvited,
    ReconfirmationAsked,
    SearchClosed,
)

from ..delivery.making import whole
from .telling import basis, record
from .test_views import _handle

pytestmark = pytest.mark.broker
HUB = "/hub/search/referral/0"
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
Say = Callable[..., None]


@pytest.fixture
def say(engine: Engine) -> Say:
    """Fold events of one stream: each with its source and the hours after the beginning."""
    processor = Monitoring(Postcodes.open())

    def fold(*told: tuple[Any, str, float]) -> None:
        records = [record((event, who, AT + timedelta(hours=at)), n) for n, (event, who, at) in enumerate(told)]
        with engine.begin() as connection:
            _handle(processor, connection, records)

    return fold


def newcomer(say: Say, kind: str) -> str:
    """Register an organisation that no other test knows, called by its code; return the code."""
    code = f"T{uuid4().hex[:8]}"
    joined = OrganisationRegistered(organisation=code, scheme="ofsted", kind=kind, name=code, nation="England")
    say((joined, "/hub/organisations", 0))
    return code


@pytest.fixture
def parties(say: Say) -> tuple[str, str]:
    """An authority and a provider that no other test knows."""
    return newcomer(say, "authority"), newcomer(say, "provider")


def rows_of(engine: Engine, name: str, organisation: str) -> list[dict[str, Any]]:
    """Return what an organisation sees of a view."""
    with engine.connect() as connection:
        return VIEWS[name].rows(connection, organisation=organisation)


def referral(case: UUID, authority: str, agreement: UUID | None = None) -> ReferralMade:
    """Return a referral of that authority."""
    wanted = Wanted(kind="short term", near_sector="LS6 2")
    return whole(ReferralMade, referral_id=case, authority=authority, agreement_id=agreement, wanted=wanted)


def invited(case: UUID, provider: str, at: float, changed: Sequence[UUID] = ()) -> tuple[Any, str, float]:
    """Return an invitation released at that hour, of homes that changed or of all."""
    told = {"referral_id": case, "provider": provider, "released_at": AT + timedelta(hours=at)}
    return whole(ProviderInvited, **told, basis=replace(basis(AT), changed=tuple(changed))), HUB, at


def test_both_sides_see_how_long_the_other_takes(engine: Engine, parties: tuple[str, str], say: Say) -> None:
    """Each question runs from the hub's taking it in to its first answer; one taken back before it is not counted."""
    (authority, provider), (case, offer, second, question) = parties, (uuid4() for _ in range(4))
    of: dict[str, Any] = {"referral_id": case, "authority": authority}
    by: dict[str, Any] = {"referral_id": case, "provider": provider}
    say(
        (referral(case, authority), authority, 0),
        invited(case, provider, 1),
        invited(case, "another", 1),
        (whole(InvitationClosed, referral_id=case, provider="another"), HUB, 2),
        (whole(ClarificationAsked, **by, clarification_id=question), provider, 2),
        (whole(InterestExpressed, **by), provider, 3),
        (whole(InvitationDeclined, **by), provider, 4),
        (whole(ClarificationAnswered, **of, clarification_id=question), authority, 10),
        (whole(OfferMade, **by, offer_id=offer), provider, 11),
        (whole(OfferAssessed, **by, offer_id=offer), HUB, 11),
        (whole(OfferMade, **by, offer_id=second), provider, 11),
        (whole(OfferAssessed, **by, offer_id=second), HUB, 11),
        (whole(OfferMade, **by, offer_id=uuid4()), provider, 11),
        (whole(OfferRevised, **by, offer_id=offer), provider, 12),
        (whole(OfferQueried, **of, offer_id=offer), authority, 13),
        (whole(OfferRevised, **by, offer_id=offer), provider, 16),
        (whole(ReconfirmationAsked, **by, offer_id=offer), HUB, 17),
        (whole(OfferReconfirmed, **by, offer_id=offer), provider, 19),
        (whole(OfferSelected, **of, offer_id=offer, recorded_for=AT + timedelta(hours=20)), authority, 30),
        (whole(SearchClosed, referral_id=case), HUB, 41),
        (whole(OfferWithdrawn, **by, offer_id=second), provider, 50),
    )
    seen = rows_of(engine, "responses", provider)
    assert seen == rows_of(engine, "responses", authority)
    assert not rows_of(engine, "responses", newcomer(say, "provider"))
    told = {(row["organisation"], row["question"]): (row["asked"], row["answered"], row["hours_p90"]) for row in seen}
    assert told == {
        (provider, INVITED): (1, 1, Decimal("2.0")),
        (authority, ASKED): (1, 1, Decimal("8.0")),
        (authority, OFFERED): (1, 1, Decimal("9.0")),
        (provider, QUERIED): (1, 1, Decimal("3.0")),
        (provider, REVISED): (1, 1, Decimal("2.0")),
    }


def test_a_consultation_is_of_those_who_were_party_then(engine: Engine, parties: tuple[str, str], say: Say) -> None:
    """Whoever joined later was not asked; whoever has not answered was."""
    (authority, provider), agreement, consultation = parties, uuid4(), uuid4()
    lead, late = newcomer(say, "consortium"), newcomer(say, "provider")
    of: dict[str, Any] = {"agreement_id": agreement, "lead": lead}
    opened = whole(ConsultationOpened, **of, consultation_id=consultation, opened_on=date(2026, 3, 2))
    say(
        (whole(AgreementRegistered, **of, authorities=(authority, lead)), lead, 0),
        (whole(ProviderJoined, **of, provider=provider, joined_on=date(2026, 1, 1)), lead, 0),
        (opened, lead, 1),
        (whole(ProviderJoined, **of, provider=late, joined_on=date(2026, 4, 1)), lead, 2),
        (
            whole(ConsultationAnswered, agreement_id=agreement, consultation_id=consultation, sender=provider),
            provider,
            25,
        ),
    )
    told = {row["organisation"]: (row["asked"], row["answered"]) for row in rows_of(engine, "responses", lead)}
    assert told == {provider: (1, 1), authority: (1, 0)}
    assert [row["question"] for row in rows_of(engine, "responses", provider)] == [CONSULTED]


def test_feedback_both_ways(engine: Engine, parties: tuple[str, str], say: Say) -> None:
    """Two offers were not selected and one was told why; of two fields that were different one was answered."""
    (authority, provider), case = parties, uuid4()
    by: dict[str, Any] = {"referral_id": case, "provider": provider}
    found = [
        FieldFeedback(field=one, found=how) for one, how in (("a", "described"), ("b", "different"), ("c", "not told"))
    ]
    of: dict[str, Any] = {**by, "authority": authority, "after_days": 14}
    lived = whole(PlacementStarted, placement_id=uuid4(), **by, authority=authority, started_on=date(2026, 3, 2))
    say((lived, authority, 0))
    for feedback in ("another home fitted better", None):
        offer: dict[str, Any] = {**by, "offer_id": uuid4()}
        say(
            (referral(case, authority), authority, 0),
            (whole(OfferMade, **offer), provider, 1),
            (whole(OfferNotSelected, **offer, feedback=feedback), HUB, 2),
        )
    say(
        (whole(ReferralFeedbackGiven, **by, after_days=14, fields=tuple(found)), provider, 400),
        (whole(FeedbackAnswered, **of, field="b"), authority, 401),
        (whole(FeedbackAnswered, **of, field="a"), authority, 402),
        (whole(SearchClosed, referral_id=case), HUB, 24 * 43),
    )
    seen = rows_of(engine, "feedback_owed", provider)
    assert seen == rows_of(engine, "feedback_owed", authority)
    with engine.connect() as connection:
        days = connection.scalars(select(REFERRAL_FEEDBACK.c.answered_on).filter_by(referral_id=case)).all()
    assert days == [{"b": (AT + timedelta(hours=401)).date().isoformat()}]
    told = {(row["organisation"], row["about"]): (row["owed"], row["given"]) for row in seen}
    assert told == {(authority, ON_OFFERS): (2, 1), (authority, ON_FEEDBACK): (2, 1), (provider, ON_REFERRALS): (2, 1)}


def test_a_fee_has_changed_when_both_have_said_so(engine: Engine, parties: tuple[str, str], say: Say) -> None:
    """Whoever posted first changed it; what one side alone has said, or has corrected, is not in force."""
    (authority, provider), placement = parties, uuid4()
    sides: dict[str, Any] = {"placement_id": placement, "authority": authority, "provider": provider}

    def fee(pounds: int) -> tuple[FeeLine, ...]:
        return (FeeLine(what="base fee", amount=Decimal(pounds), unit="week"),)

    agreed = whole(PlacementAgreed, **sides, starts_on=date(2026, 3, 2), fee_lines=fee(800))
    changes = [
        whole(FeeChanged, **sides, changes_on=date(2026, month, 1), fee_lines=fee(pounds), reason=reason, by="manager")
        for month, pounds, reason in ((4, 880, "needs changed"), (5, 840, "support ended"), (6, 900, "annual uplift"))
    ]
    both = (authority, provider)
    say(*((agreed, who, 1) for who in both), *((changes[0], who, 2 + n) for n, who in enumerate(both)))
    say(*((changes[1], who, 5 + n) for n, who in enumerate(reversed(both))), (changes[2], provider, 8))
    seen = rows_of(engine, "fee_changes", provider)
    assert seen == rows_of(engine, "fee_changes", authority)
    told = [tuple(row[name] for name in ("changed_by", "reason", "weekly_before", "weekly", "percent")) for row in seen]
    assert told == [
        ("authority", "needs changed", 800, 880, Decimal("10.0")),
        ("provider", "support ended", 880, 840, Decimal("-4.5")),
        ("provider", "annual uplift", None, 900, None),
    ]
    assert [row["agreed_at"] is None for row in seen] == [False, False, True]
    wrong = record((changes[2], authority, AT + timedelta(hours=9)), 9)
    corrected = whole(PlacementEventCorrected, placement_id=placement, sender=authority, corrects=wrong.attributes.id)
    with engine.begin() as connection:
        processor = Monitoring(Postcodes.open())
        _handle(processor, connection, [wrong])
        assert VIEWS["fee_changes"].rows(connection, organisation=authority)[-1]["agreed_at"]
        for who in (provider, authority):  # nobody corrects another's
            _handle(processor, connection, [record((corrected, who, AT + timedelta(hours=10)), 10)])
            last = VIEWS["fee_changes"].rows(connection, organisation=authority)[-1]
            assert (last["agreed_at"] is None) == (who == authority)


def test_support_that_was_asked_for(engine: Engine, parties: tuple[str, str], say: Say) -> None:
    """The last answer counts; a line refused in an offer was agreed if the same words were, with that provider."""
    (authority, provider), case, offer = parties, uuid4(), uuid4()
    sides: dict[str, Any] = {"placement_id": uuid4(), "authority": authority, "provider": provider}

    def line(what: str) -> FeeLine:
        return FeeLine(what=what, amount=Decimal(40), unit="week")

    refused = [
        whole(SupportLineRefused, referral_id=case, authority=authority, offer_id=offer, what=what, reason="cost")
        for what in ("Taxi to school", "Respite")
    ]
    say(
        (whole(OfferMade, referral_id=case, provider=provider, offer_id=offer), provider, 0),
        *((one, authority, 1) for one in refused),
    )
    say(
        (whole(PlacementStarted, **sides, referral_id=case), authority, 2),
        (whole(SupportRequested, **sides, support=line("Tutor")), provider, 3),
        (whole(SupportRefused, **sides, what="tutor", reason="not needed"), authority, 4),
        (whole(SupportRequested, **sides, support=line("Swimming")), provider, 5),
        (whole(SupportAgreed, **sides, support=line("Tutor")), authority, 6),
        (whole(SupportAgreed, **sides, support=line("taxi to school")), authority, 7),
    )
    seen = rows_of(engine, "support_requested", provider)
    assert seen == rows_of(engine, "support_requested", authority)
    assert {row["what"]: (row["answer"], row["reason"]) for row in seen} == {
        "Taxi to school": ("agreed", None),
        "Respite": ("refused", "cost"),
        "Tutor": ("agreed", None),
        "Swimming": ("none yet", None),
    }


def test_nobody_is_told_earlier(engine: Engine, parties: tuple[str, str], say: Say) -> None:
    """Two of a tier are told at once, one later for its home opened later; a tier that waits is measured by itself."""
    (authority, provider), case, agreement = parties, uuid4(), uuid4()
    later, widened, waits = (newcomer(say, "provider") for _ in range(3))
    joined: dict[str, Any] = {"agreement_id": agreement, "lead": authority, "joined_on": date(2026, 1, 1)}
    tiers = ((provider, 1), (later, 1), (widened, 1), (waits, 2))
    say(*((whole(ProviderJoined, **joined, provider=one, tier=tier), authority, 0) for one, tier in tiers))
    say(
        (referral(case, authority, agreement), authority, 0),
        invited(case, provider, 1),
        invited(case, later, 30, [uuid4()]),
        invited(case, widened, 5),
        invited(case, waits, 9),
        invited(case, provider, 50),
    )
    told = ("tier", "told", "together", "later_homes", "later_looks", "hours_apart")
    seen = [tuple(row[name] for name in told) for row in rows_of(engine, "releases", authority)]
    assert seen == [(1, 3, 1, 1, 1, Decimal("4.0")), (2, 1, 1, 0, 0, Decimal("0.0"))]
    (own,) = rows_of(engine, "releases", widened)
    assert (own["told"], own["later_looks"], own["hours_apart"]) == (1, 1, Decimal("4.0")), "it counts itself alone"
