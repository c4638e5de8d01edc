"""Partnership events in the view: minutes by sector as planned and as used, for the parties of the agreement alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.engine import Engine

from placehub.agreements.events import AgendaShares, AgreementRegistered, ProviderJoined
from placehub.monitoring.processor import Monitoring
from placehub.monitoring.views import VIEWS
from placehub.organisations.events import OrganisationRegistered
from placehub.postcodes import Postcodes

from ..delivery.making import whole
from ..partnership.test_agendas import DAY, HELD, OF_LEAD, OF_PROVIDER, PLANNED
from .telling import record
from .test_views import _handle

pytestmark = pytest.mark.broker
AT = datetime(2026, 4, 2, 9, tzinfo=UTC)
TOLD = ("shares_of", "planned_commissioners", "planned_providers", "planned", "held_on", "held_providers", "held")


def test_minutes_by_sector_and_who_sees_them(engine: Engine) -> None:
    """Its shares are the agreement's, or the hub's choice; a party of another agreement sees nothing of it."""
    lead, provider, stranger = (f"X{uuid4().hex[:8]}" for _ in range(3))
    ids: dict[str, Any] = {"agreement_id": uuid4(), "partnership_event_id": uuid4()}
    registered = whole(
        AgreementRegistered, agreement_id=ids["agreement_id"], lead=lead, authorities=(lead,), agenda_shares=None
    )
    joined = whole(ProviderJoined, agreement_id=ids["agreement_id"], lead=lead, provider=provider)
    made: tuple[Any, ...] = (PLANNED, OF_LEAD, OF_PROVIDER, HELD)
    planned, of_lead, of_provider, held = (replace(one, **ids) for one in made)
    known = [whole(OrganisationRegistered, organisation=one, kind="provider") for one in (provider, stranger)]
    steps: tuple[tuple[Any, ...], ...] = (
        (*known, registered, joined, planned),
        (of_lead,),
        (of_provider,),
        (replace(registered, agenda_shares=AgendaShares(commissioners=30, providers=50)),),
        (replace(of_lead, minutes=40), held),
    )
    processor, seen, number = Monitoring(Postcodes.open()), list[list[Any]](), 0
    with engine.begin() as connection:
        for events in steps:
            records = [record((event, lead, AT), number + nth) for nth, event in enumerate(events)]
            _handle(processor, connection, records)
            number += len(events)
            rows = VIEWS["partnership_events"].rows(connection, organisation=provider)
            seen += [[row[name] for name in TOLD] for row in rows]
        others = VIEWS["partnership_events"].rows(connection, organisation=stranger)
        connection.rollback()
    assert seen == [
        ["the hub's choice", 0, 0, "no minutes", None, 0, None],
        ["the hub's choice", 60, 0, "providers short", None, 0, None],
        ["the hub's choice", 60, 40, "balanced", None, 0, None],
        ["the agreement", 60, 40, "providers short", None, 0, None],
        ["the agreement", 40, 40, "balanced", DAY, 5, "providers short"],
    ]
    assert others == []
