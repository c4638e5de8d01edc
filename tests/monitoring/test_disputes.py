"""Where each dispute stands, for who is concerned; how long they take, for everybody, small numbers hidden."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy.engine import Engine

from placehub.agreements.events import ContractManager
from placehub.disputes.events import DisputeOutcomeAnswered, DisputeRaised, DisputeResolved, DisputeRouted
from placehub.monitoring.disputes import DISPUTE_TIMES
from placehub.monitoring.processor import Monitoring
from placehub.monitoring.views import VIEWS
from placehub.postcodes import Postcodes

from ..delivery.making import whole
from .telling import record, registered
from .test_views import _handle

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
WEEK = date(2026, 3, 2)
HUB = "/hub/governance/agreement/0"


def test_a_dispute_is_shown_to_who_is_concerned(engine: Engine) -> None:
    """Both sides and whoever it is routed to see how it stands; whoever had no right to resolve it did not."""
    ids: dict[str, Any] = {"agreement_id": uuid4(), "dispute_id": uuid4()}
    side, other, settles, stranger = (f"X{uuid4().hex[:8]}" for _ in range(4))
    to = ContractManager(organisation=settles, post="deputy", contact="deputy@example.org")
    told: dict[str, Any] = {"answer_by": date(2026, 3, 16), "resolve_by": date(2026, 3, 30)}
    resolved = whole(DisputeResolved, **ids, sender=settles, outcome="upheld")
    events = (
        (whole(DisputeRaised, **ids, sender=side, against=other, about="payment"), side, AT),
        (whole(DisputeRouted, **ids, to=to, role="deputy", because="manager away", **told), HUB, AT),
        (whole(DisputeResolved, **ids, sender=stranger, outcome="not upheld"), stranger, AT + timedelta(days=1)),
        (resolved, settles, AT + timedelta(days=4)),
        (whole(DisputeOutcomeAnswered, **ids, sender=side, accepted=True), side, AT + timedelta(days=5)),
        (whole(DisputeOutcomeAnswered, **ids, sender=other, accepted=True), other, AT + timedelta(days=6)),
    )
    with engine.begin() as connection:
        _handle(Monitoring(Postcodes.open()), connection, [record(one, number) for number, one in enumerate(events)])
        joined = [registered(who) for who in (side, other, settles, stranger)]
        _handle(Monitoring(Postcodes.open()), connection, [record(one, number) for number, one in enumerate(joined)])
        seen = {who: VIEWS["disputes"].rows(connection, AT, who) for who in (side, other, settles, stranger)}
    assert not seen[stranger]
    assert seen[side] == seen[other] == seen[settles]
    (row,) = seen[side]
    assert (row["raised_by"], row["against"], row["routed_to"]) == (side, other, settles)
    assert (row["role"], row["because"], row["outcome"], row["accepted"]) == ("deputy", "manager away", "upheld", True)
    assert (row["days"], row["statements"], row["routings"]) == (4, 1, 1)
    assert "word" not in str(row), "what was said is in no view"


def test_few_disputes_are_not_told_of_beyond_the_parties() -> None:
    """Neither how many nor how long; where few of many do not accept, how many do is hidden too."""
    assert DISPUTE_TIMES.share is not None
    few, many, most = (
        {
            "about": about,
            "outcome": "upheld",
            "disputes": count,
            "accepted": accepted,
            "took": [9] * count,
            "week": WEEK,
        }
        for about, count, accepted in (("payment", 3, 2), ("conduct", 41, 30), ("fee line", 22, 20))
    )
    shared = {row["about"]: row for row in DISPUTE_TIMES.share([few, many, most])}
    hidden = {"disputes": None, "accepted": None, "days_median": None}
    assert hidden.items() <= shared["payment"].items()
    assert shared["conduct"] == {
        "about": "conduct",
        "outcome": "upheld",
        "disputes": 40,
        "accepted": 30,
        "days_median": 9,
    }
    assert shared["fee line"]["accepted"] is None
