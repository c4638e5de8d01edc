"""What reviews and endings say of providers: with case-mix, as intervals, and nobody counted out of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert

from placehub.contracts.headers import Attributes
from placehub.monitoring import fold
from placehub.monitoring.performance import (
    PLACEMENT_CHANGES,
    PROVIDER_PERFORMANCE,
    interval,
    own_performance,
)
from placehub.monitoring.tables import PLACEMENT, SEARCH
from placehub.placements.events import MissingEpisodeRecorded, PlacementReviewed

from .telling import START

DAY = date(2026, 3, 2)
LATER = datetime(2030, 1, 1, tzinfo=UTC)


def attributes() -> Attributes:
    """Attributes of no interest here."""
    return Attributes(id=uuid4(), source="/organisations/A1", type="-", subject="-", time=START)


def test_reviews_and_missing_episodes_are_counted() -> None:
    """A review counts with the child's part in it; missing and away without authorisation are told apart."""
    ids: dict[str, Any] = {"placement_id": uuid4(), "authority": "A1", "provider": "P1"}
    events = [
        PlacementReviewed(**ids, reviewed_on=DAY, participation="PN6", plan_changed=True, actions=3),
        PlacementReviewed(**ids, reviewed_on=DAY, participation="PN7", actions=1),
        MissingEpisodeRecorded(**ids, kind="M", began_at=START),
        MissingEpisodeRecorded(**ids, kind="A", began_at=START),
    ]
    row: dict[str, Any] = {}
    for one in events:
        row = fold.by(fold.PLACEMENT)(row, one, attributes())
    counts = ("reviews", "took_part", "plans_changed", "actions", "missing", "away")
    assert [row[name] for name in counts] == [2, 1, 1, 4, 1, 1]


@given(whole=st.integers(1, 400), data=st.data())
def test_an_interval_holds_its_point(whole: int, data: st.DataObject) -> None:
    """The share that was seen lies within the interval, which narrows as there is more to go by."""
    part = data.draw(st.integers(0, whole))
    low, high = (int(one) for one in str(interval(part, whole)).removesuffix("%").split("-"))
    assert low - 1 <= 100 * part / whole <= high + 1
    wide = [int(one) for one in str(interval(part * 100, whole * 100)).removesuffix("%").split("-")]
    assert wide[1] - wide[0] <= high - low + 1


def test_nothing_has_no_interval() -> None:
    """Of no placements there is no share."""
    assert interval(0, 0) is None


def place(connection: Connection, provider: str, count: int, unplanned: int, **case: Any) -> None:
    """Let so many of a provider's placements have started and ended, the first of them unplanned."""
    for number in range(count):
        referral_id = uuid4()
        connection.execute(
            insert(SEARCH).values(
                referral_id=referral_id, **({"kind": "long term", "children": 1, "age_bands": ["5-7"]} | case)
            )
        )
        connection.execute(
            insert(PLACEMENT).values(
                placement_id=uuid4(),
                referral_id=referral_id,
                authority="PERF-A",
                provider=provider,
                started_on=DAY,
                ended_on=DAY + timedelta(days=40),
                planned_end=number >= unplanned,
                reason="CARPL" if number >= unplanned else "CREQB",
                reviews=1,
                took_part=1,
            )
        )


@pytest.mark.broker
def test_a_commissioner_sees_intervals_and_a_provider_its_own(engine: Engine) -> None:
    """Small numbers are hidden in what is shared, and a rest that would tell them; a provider reads its own."""
    with engine.connect() as connection:
        place(connection, "PERF-A-FEW", 4, 2)
        place(connection, "PERF-B-MANY", 20, 8, kind="emergency", age_bands=["14-15"])
        place(connection, "PERF-C-REST", 20, 17)
        rows = {
            row["provider"]: row for row in PROVIDER_PERFORMANCE.rows(connection, LATER) if "PERF-" in row["provider"]
        }
        own = own_performance(connection, "PERF-A-FEW")
        endings = [row for row in PLACEMENT_CHANGES.rows(connection, LATER) if row["authority"] == "PERF-A"]
        connection.rollback()
    assert list(rows) == ["PERF-A-FEW", "PERF-B-MANY", "PERF-C-REST"]
    few, many, rest = rows.values()
    assert {few[name] for name in ("started", "ended", "unplanned", "unplanned_share")} == {None}
    assert (many["started"], many["unplanned"], many["emergency_share"]) == (20, 10, interval(20, 20))
    assert many["unplanned_share"] == interval(10, 20)
    assert (rest["unplanned"], rest["unplanned_share"], rest["ended"]) == (None, None, 20)
    assert (own[0]["started"], own[0]["unplanned"], own[0]["unplanned_share"]) == (4, 2, interval(2, 4))
    assert {row["reason"]: row["endings"] for row in endings} == {"CARPL": 15, "CREQB": 25}
