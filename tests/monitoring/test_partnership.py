"""Returns in the views, for their two sides alone, and a provider's context beside its own figures."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.engine import Engine

from placehub.monitoring.performance import PROVIDER_PERFORMANCE, own_performance
from placehub.monitoring.processor import Monitoring
from placehub.monitoring.views import VIEWS
from placehub.placements.events import PlacementReviewed
from placehub.postcodes import Postcodes
from placehub.returns.events import (
    MeetingHeld,
    ProviderContextAdded,
    ReturnConfirmed,
    ReturnProduced,
    ReturnQueried,
)

from ..delivery.making import whole
from .telling import record, registered
from .test_views import _handle

pytestmark = pytest.mark.broker
AT = datetime(2026, 4, 2, 9, tzinfo=UTC)


def test_a_return_and_a_provider_s_context(engine: Engine) -> None:
    """A new version asks both sides anew; only they see it; the latest words stand beside the figure for both."""
    lead, provider, stranger = (f"X{uuid4().hex[:8]}" for _ in range(3))
    sides: dict[str, Any] = {"agreement_id": uuid4(), "lead": lead, "of_organisation": provider}
    one: dict[str, Any] = {**sides, "return_id": uuid4()}
    period = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 3, 31)}
    events = (
        whole(ReturnProduced, **one, **period, return_version=1),
        whole(ReturnConfirmed, **one, sender=lead, return_version=1),
        whole(ReturnProduced, **one, **period, return_version=2),
        whole(ReturnQueried, **one, sender=provider, return_version=2),
        whole(ReturnConfirmed, **one, sender=provider, return_version=1),
        whole(ReturnConfirmed, **one, sender=provider, return_version=2),
        whole(ProviderContextAdded, **sides, sender=provider, figure="unplanned", words="a first word"),
        whole(ProviderContextAdded, **sides, sender=provider, figure="unplanned", words="a carer's illness"),
        whole(PlacementReviewed, placement_id=uuid4(), authority=lead, provider=provider),
    )
    more = (
        whole(MeetingHeld, **sides, sender=lead, held_on=date(2026, 2, 9)),
        whole(ReturnConfirmed, **one, sender=lead, return_version=2),
    )
    processor = Monitoring(Postcodes.open())
    joined = [registered(lead), registered(stranger), registered(provider, kind="provider")]
    with engine.begin() as connection:
        _handle(processor, connection, [record(one, number) for number, one in enumerate(joined)])
        _handle(processor, connection, [record((event, lead, AT), number) for number, event in enumerate(events)])
        (before,) = VIEWS["returns"].rows(connection, organisation=provider)
        _handle(processor, connection, [record((event, lead, AT), 100 + number) for number, event in enumerate(more)])
        (after,) = VIEWS["returns"].rows(connection, organisation=lead)
        others = VIEWS["returns"].rows(connection, organisation=stranger)
        (own,) = own_performance(connection, provider)
        shared = [row for row in PROVIDER_PERFORMANCE.rows(connection) if row["provider"] == provider]
        connection.rollback()
    told = ("version", "state", "queries", "met")
    assert [before[name] for name in told] == [2, "confirmed by one", 1, "no"]
    assert [after[name] for name in told] == [2, "confirmed", 1, "yes"]
    assert others == []
    assert {row["context"] for row in (own, *shared)} == {"unplanned: a carer's illness"}
