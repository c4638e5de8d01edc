"""A partnership event over real mailboxes, with time moved: planned, out of balance, told in time, changed and held."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from placehub.agreements.events import AgendaShares, AgreementRegistered
from placehub.contracts.headers import Attributes
from placehub.database import connect
from placehub.drivers.reading import read_streams
from placehub.monitoring.views import VIEWS
from placehub.partnership.events import AgendaItemProposed, MinutesUsed, PartnershipEventHeld, PartnershipEventPlanned

from .story import Desk, Town, registered, reminded
from .story import desk as desk_of

pytestmark = pytest.mark.broker
SHARES = AgendaShares(commissioners=30, providers=50)


def marks_of(town: Town, event: Any) -> Attributes:
    """Return how the hub noted an event in its stream."""
    found = [one for one in read_streams(town.hub.settings, ("partnership",))["partnership"] if one.event == event]
    return found[-1].attributes


def balance(desk: Desk, about: dict[str, Any]) -> list[int | str]:
    """Return what an organisation was told of the agenda's balance."""
    return reminded(desk, about["partnership_event_id"], "agenda balance")


def test_from_the_plan_to_the_minutes(town: Town) -> None:
    """Both sectors are told two weeks before, no earlier, and that it is balanced again; at once of a later item.

    Strangers and unknown events are refused; what comes late is taken and marked; each party sees its agreements' own,
    and who joins later is sent all of it.
    """
    hub, lead, (provider, other) = town.hub, town.authority, town.providers[:2]
    assert town.neighbour is not None
    hub.settle()
    terms = [one for one in lead.got(AgreementRegistered) if one.agreement_id == town.agreement_id][-1]
    lead.post(replace(terms, agenda_shares=SHARES))
    today = hub.now.date()
    day = today + timedelta(days=20)
    about: dict[str, Any] = {"agreement_id": town.agreement_id, "partnership_event_id": uuid4()}
    planned = PartnershipEventPlanned(
        **about, sender=provider.code, kind="workshop", title="Planning together (made up)", planned_for=day
    )
    provider.post(planned)
    hub.settle()
    words: dict[str, Any] = {"title": "Fees for extra support (made up)", "proposed_on": today}
    of_lead = AgendaItemProposed(
        **about, **words, sender=lead.code, item_id=uuid4(), sector="commissioners", minutes=50
    )
    of_provider = replace(of_lead, sender=provider.code, item_id=uuid4(), sector="providers", minutes=40)
    stranger = replace(of_provider, sender=town.neighbour.code, item_id=uuid4(), sector="commissioners")
    unknown = replace(of_provider, partnership_event_id=uuid4())
    wrong = (
        (town.neighbour, stranger, "sender"),
        (other, replace(unknown, sender=other.code), "partnership_event_id"),
        (lead, replace(of_lead, sector="providers"), "sector"),
    )
    refused = [(desk, desk.post(event), field) for desk, event, field in wrong]
    lead.post(of_lead)
    provider.post(of_provider)
    hub.settle()
    for desk, id, field in refused:
        why = desk.refusal_of(id)
        assert (why.field, bool(why.rule), bool(why.remedy)) == (field, True, True)
    parties = (lead, provider, other)
    for desk in parties:
        assert desk.got(PartnershipEventPlanned) == [planned]
        assert {one.item_id for one in desk.got(AgendaItemProposed)} == {of_lead.item_id, of_provider.item_id}
    assert town.neighbour.got(PartnershipEventPlanned) == []

    hub.pass_time(days=5)
    assert [balance(desk, about) for desk in parties] == [[]] * 3
    hub.pass_time(days=1)
    assert [balance(desk, about) for desk in parties] == [[2]] * 3
    provider.post(replace(of_provider, minutes=50))
    hub.settle()
    assert [balance(desk, about) for desk in parties] == [[2, "cleared"]] * 3
    lead.post(replace(of_lead, minutes=60))
    hub.settle()
    assert [balance(desk, about) for desk in parties] == [[2, 2, "cleared"]] * 3, "again, on the very same day"
    lead.post(replace(of_lead, minutes=0))
    shorter = replace(of_lead, item_id=uuid4(), minutes=45)
    lead.post(shorter)
    hub.settle()
    assert [balance(desk, about) for desk in parties] == [[2, 2, "cleared", "cleared"]] * 3

    hub.pass_time(days=16)
    used = tuple(MinutesUsed(item_id=one.item_id, minutes=some) for one, some in ((shorter, 80), (of_provider, 20)))
    held = PartnershipEventHeld(**about, sender=lead.code, held_on=day, used=used)
    lead.post(held)
    forgotten = replace(of_provider, sender=other.code, item_id=uuid4(), minutes=5)
    hub.settle()
    other.post(forgotten)
    too_late = provider.post(replace(of_provider, item_id=uuid4(), proposed_on=day + timedelta(days=1)))
    hub.settle()
    assert provider.refusal_of(too_late).field == "proposed_on"
    assert other.got(PartnershipEventHeld) == [held]
    assert marks_of(town, held).marks == marks_of(town, forgotten).marks == ("recorded_late",)
    assert marks_of(town, planned).marks == ()
    late = desk_of(hub, "provider")
    town.join(late)
    hub.settle()
    assert late.got(PartnershipEventPlanned) == [planned]
    last = {one.item_id: one for one in other.got(AgendaItemProposed)}
    assert {one.item_id: one for one in late.got(AgendaItemProposed)} == last
    assert late.got(PartnershipEventHeld) == [held]
    late.mailbox.close()
    with connect(hub.settings.database.get_secret_value()).connect() as connection:
        view = VIEWS["partnership_events"]
        (row,) = view.rows(connection, organisation=other.code)
        assert view.rows(connection, organisation=town.neighbour.code) == []
    assert (row["planned_commissioners"], row["planned_providers"], row["planned"]) == (45, 55, "balanced")
    assert (row["held_commissioners"], row["held_providers"], row["held"]) == (80, 20, "providers short")
    assert (row["least_commissioners"], row["least_providers"], row["shares_of"]) == (30, 50, "the agreement")


def test_none_is_lost_that_overtakes_its_agreement(hub: Any) -> None:
    """Many agreements at once, each with an event planned: what is read before its agreement is told after it."""
    lead, member = desk_of(hub, "consortium"), desk_of(hub, "authority")
    today = hub.now.date()
    planned = []
    for _ in range(60):
        agreement_id = uuid4()
        lead.post(registered(lead.code, member.code, agreement_id=agreement_id))
        planned.append(
            PartnershipEventPlanned(
                agreement_id=agreement_id,
                partnership_event_id=uuid4(),
                sender=lead.code,
                kind="forum",
                title="Forum (made up)",
                planned_for=today + timedelta(days=20),
            )
        )
        lead.post(planned[-1])
    hub.settle()
    told = {one.partnership_event_id for one in planned}
    for desk in (lead, member):
        assert {one.partnership_event_id for one in desk.got(PartnershipEventPlanned)} == told
        desk.mailbox.close()
