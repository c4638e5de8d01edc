"""The clock of an agreement over real mailboxes, with time moved: reminded, overdue, consulted, extended late."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from placehub.agreements.events import (
    AgreementRegistered,
    ConsultationAnswered,
    ConsultationOpened,
    ContractManager,
    ExtensionDecided,
    ProviderJoined,
    ProviderSuspended,
    Reply,
    SuspensionLifted,
)
from placehub.database import connect
from placehub.drivers.reading import read_streams
from placehub.governance.events import DecisionAssessed
from placehub.monitoring import calendar, fold
from placehub.monitoring.views import VIEWS
from placehub.search.events import OfferFlagged, ProviderInvited

from .story import Desk, HubUnderTest, Town, reminded

pytestmark = pytest.mark.broker


def registered(hub: HubUnderTest, lead: Desk, member: Desk) -> AgreementRegistered:
    """Return an agreement of a year: to be consulted on in 13 weeks and decided in 20."""
    today = hub.now.date()
    return AgreementRegistered(
        agreement_id=uuid4(),
        lead=lead.code,
        name="Test framework with an end (made up)",
        kind="framework",
        nation="England",
        authorities=(lead.code, member.code),
        manager=ContractManager(organisation=lead.code, post="manager", contact="manager@example.org"),
        deputies=(ContractManager(organisation=member.code, post="deputy", contact="deputy@example.org"),),
        starts_on=today,
        ends_on=today + timedelta(weeks=52),
        consult_by=today + timedelta(weeks=13),
        decide_by=today + timedelta(weeks=20),
    )


def kill_governance(hub: Any) -> None:
    """Kill -9 the processor; its supervisor starts it again."""
    child = hub.running.supervisor.services["governance"]
    os.kill(child.pid, signal.SIGKILL)


def test_an_agreement_s_clock(hub: HubUnderTest, authorities: tuple[Desk, Desk], providers: tuple[Desk, ...]) -> None:
    """Manager and deputy are reminded at 12, 8 and 4 weeks over a kill -9, both sides once it is overdue.

    Consulting clears it; the extension that is decided a week late is taken, and both sides are told that it was late.
    The calendar made again from the streams is the live one.
    """
    (lead, member), provider = authorities, providers[0]
    agreement = registered(hub, lead, member)
    without = lead.post(replace(agreement, agreement_id=uuid4(), deputies=()))
    lead.post(agreement)
    about: dict[str, Any] = {"agreement_id": agreement.agreement_id}
    lead.post(ProviderJoined(**about, lead=lead.code, provider=provider.code, joined_on=hub.now.date()))
    hub.settle()
    refused = lead.refusal_of(without)
    assert (refused.field, bool(refused.remedy)) == ("deputies", True)
    for weeks in (1, 4, 4):
        hub.pass_time(weeks=weeks)
        if weeks == 1:
            kill_governance(hub)
    assert reminded(lead, agreement.agreement_id, "consult by") == [12, 8, 4]
    assert reminded(member, agreement.agreement_id, "consult by") == [12, 8, 4]
    assert reminded(provider, agreement.agreement_id, "consult by") == []
    hub.pass_time(weeks=5)
    assert reminded(provider, agreement.agreement_id, "consult by") == ["overdue"]

    consultation = uuid4()
    today = hub.now.date()
    opened = ConsultationOpened(
        **about,
        lead=lead.code,
        consultation_id=consultation,
        about="extension",
        question="Shall it go on for a year?",
        opened_on=today,
        closes_on=today + timedelta(weeks=4),
    )
    lead.post(opened)
    hub.settle()
    assert reminded(lead, agreement.agreement_id, "consult by") == [12, 8, 4, "overdue", "cleared"]
    assert reminded(provider, agreement.agreement_id, "consult by") == ["overdue", "cleared"]
    answer = ConsultationAnswered(
        **about, sender=provider.code, consultation_id=consultation, answer_id=uuid4(), answer="agrees"
    )
    provider.post(answer)
    hub.pass_time(weeks=7)
    assert agreement.ends_on is not None
    extension = ExtensionDecided(
        **about,
        lead=lead.code,
        consultation_id=consultation,
        decided_on=hub.now.date(),
        extended_until=agreement.ends_on + timedelta(weeks=52),
        replies=(Reply(answer_id=answer.answer_id, reply="Noted, with thanks."),),
    )
    decided = lead.post(extension)
    hub.settle()
    for desk in (lead, member, provider):
        (found,) = [one for one in desk.got(DecisionAssessed) if one.decision_id == decided]
        assert (found.late_days, found.not_consulted, found.unanswered) == (7, False, ())
    assert reminded(member, agreement.agreement_id, "decide by")[-2:] == ["overdue", "cleared"]
    same_calendar(hub, agreement, provider)


def same_calendar(hub: HubUnderTest, agreement: AgreementRegistered, provider: Desk) -> None:
    """Hold the rows of an agreement's calendar against what its streams give, folded again from the beginning."""
    rows: dict[Any, dict[str, Any]] = {}
    for records in read_streams(hub.settings, ("agreement", "reminder")).values():
        for record in records:
            known = calendar.AGREEMENTS if record.topic == "agreement" else calendar.REMINDERS
            if type(record.event) in known and record.key == str(agreement.agreement_id):
                key = (getattr(record.event, "kind", None), getattr(record.event, "due_on", None))
                place = key if record.topic == "reminder" else None
                rows[place] = fold.by(known)(rows.get(place, {}), record.event, record.attributes)
    own = rows.pop(None)
    again = sorted(
        (str(what), due_on, row["because"] or ("overdue" if row["overdue"] else "due"))
        for (what, due_on), row in rows.items()
    )
    with connect(hub.settings.database.get_secret_value()).connect() as connection:
        live = VIEWS["agreement_calendar"].rows(connection, organisation=provider.code)
    mine = [row for row in live if row["agreement_id"] == agreement.agreement_id]
    assert sorted((row["what"], row["due_on"], row["state"]) for row in mine) == again
    names = ("name", "ends_on", "manager", "decision", "late_days", "not_consulted")
    assert {name: mine[0][name] for name in names} == {name: own[name] for name in names}


def test_a_suspended_provider_gets_no_invitation(town: Town) -> None:
    """No new search goes to it until that is lifted; its offer is flagged; it alone is told why."""
    first, second = town.providers[:2]
    home, _ = (town.open_home(provider) for provider in (first, second))
    town.hub.settle()
    earlier = town.case()
    earlier.refer()
    town.hub.settle()
    offer = earlier.offer(first, home)
    town.hub.settle()
    about: dict[str, Any] = {
        "agreement_id": town.agreement_id,
        "lead": town.authority.code,
        "provider": first.code,
    }
    today = town.hub.now.date()
    town.authority.post(ProviderSuspended(**about, suspended_on=today, reason="insurance"))
    town.hub.settle()
    (flagged,) = town.authority.got(OfferFlagged, earlier.id)
    assert (flagged.offer_id, flagged.provider) == (offer, first.code)
    assert not first.got(OfferFlagged), "it has ProviderSuspended itself"
    case = town.case()
    case.notice()
    town.hub.settle()
    assert not first.got(ProviderInvited, case.id)
    assert len(second.got(ProviderInvited, case.id)) == 1
    assert [one.reason for one in first.got(ProviderSuspended)] == ["insurance"]
    assert not second.got(ProviderSuspended)
    town.authority.post(SuspensionLifted(**about, lifted_on=today))
    town.hub.settle()
    assert len(first.got(ProviderInvited, case.id)) == 1
