"""How good referrals are, told of many: folded from each case's events, small numbers hidden."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from placehub.monitoring.quality import shared
from placehub.monitoring.suppression import hidden, shared_share
from placehub.monitoring.views import VIEWS
from placehub.offers.events import ClarificationAsked, FieldFeedback, ReferralFeedbackGiven
from placehub.referrals.doubts import Contradiction
from placehub.referrals.events import FeedbackAnswered, ReferralMade, Wanted
from placehub.search.events import ReferralAssessed

from .telling import LAWFUL, START, Told
from .test_views import Feed, feed, monitoring

__all__ = ["feed", "monitoring"]
SOON, LATER = START + timedelta(days=31), START + timedelta(days=200)


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, None), (5, None), (6, 5), (7, 5), (8, 10), (102, 100)])
def test_small_numbers_are_hidden(count: int, shown: int | None) -> None:
    """1 to 5 are hidden, others rounded to 5; none at all is told."""
    assert hidden(count) == shown


@given(st.integers(0, 60), st.integers(0, 60))
def test_a_share_gives_no_small_number_away(part: int, rest: int) -> None:
    """A share is told only where part, rest and whole may be told, and it follows from the rounded counts alone."""
    told = shared_share(part, part + rest)
    if told is None:
        assert part + rest == 0 or None in (hidden(part), hidden(rest), hidden(part + rest))
    else:
        assert 0 <= told <= 1
        again = shared_share(hidden(part) or 0, hidden(part + rest) or 0)
        assert again in (told, None)


def referral(authority: str, month: int, *, contradictory: bool, asked: int = 0) -> list[Told]:
    """Return what the stream says of one referral: assessed twice, asked about, judged after the start, answered."""
    case, at, hub = uuid4(), START + timedelta(days=31 * month), "/hub/search/referral/0"
    made = ReferralMade(
        referral_id=case,
        authority=authority,
        need_known_at=at,
        lawful_basis=LAWFUL,
        wanted=Wanted(),
        children=(),
    )
    doubts = (Contradiction(code="age outside its band", fields=("children.age_band",)),) if contradictory else ()
    assessed = [
        ReferralAssessed(
            referral_id=case, version=number, completeness=Decimal(score), contradictions=doubts, questions=()
        )
        for number, score in ((1, "0.40"), (2, "0.60"))
    ]
    question = ClarificationAsked(
        referral_id=case, provider="P", clarification_id=uuid4(), child_id=UUID(int=1), about="children.pets"
    )
    given = ReferralFeedbackGiven(
        referral_id=case,
        provider="P",
        after_days=14,
        fields=(
            FieldFeedback(field="children.pets", found="described"),
            FieldFeedback(field="children.sex", found="described"),
            FieldFeedback(field="children.need.health", found="not told"),
        ),
    )
    answer = FeedbackAnswered(
        referral_id=case,
        authority=authority,
        provider="P",
        after_days=14,
        field="children.need.health",
        answer="not known then",
    )
    return [
        (made, authority, at),
        *((one, hub, at) for one in assessed),
        *((question, "P", at) for _ in range(asked)),
        (given, "P", at + timedelta(days=60)),
        (answer, authority, at + timedelta(days=61)),
    ]


def test_the_trend_of_an_authority(engine: Engine, feed: Feed) -> None:
    """A month of eight referrals is told in rounded numbers; one of three tells hardly more than that it was."""
    code = f"LA{uuid4().hex[:8]}"
    feed([told for number in range(8) for told in referral(code, 0, contradictory=number < 2, asked=1)])
    feed([told for _ in range(3) for told in referral(code, 1, contradictory=True)])
    with engine.connect() as connection:
        running = [row for row in VIEWS["referral_quality"].rows(connection, START) if row["authority"] == code]
        over = [row for row in VIEWS["referral_quality"].rows(connection, SOON) if row["authority"] == code]
        rows = [row for row in VIEWS["referral_quality"].rows(connection, LATER) if row["authority"] == code]
    first, second = rows
    assert running == [], "a month that is not over would change from day to day"
    told = {"referrals": 10, "described": None, "answered": None}
    assert [{name: row[name] for name in told} for row in over] == [told], "feedback is still to come"
    assert first == {
        "authority": code,
        "month": "2026-03",
        "referrals": 10,
        "first_completeness": Decimal("0.40"),
        "completeness": Decimal("0.60"),
        "contradictory": None,
        "asked_per_referral": Decimal("1.0"),
        "described": 15,
        "different": 0,
        "not_told": 10,
        "answered": 10,
    }
    hidden_ones = {"referrals", "first_completeness", "completeness", "contradictory", "not_told", "answered"}
    assert {name for name, value in second.items() if value is None} == hidden_ones | {"asked_per_referral"}


def test_nothing_is_shared_of_nothing() -> None:
    """Without a referral there is no row."""
    assert shared(()) == []
