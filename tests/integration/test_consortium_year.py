"""A year of a consortium over real mailboxes, with time moved: what each side was told, and what the views show."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from dateutil.relativedelta import relativedelta
from sqlalchemy import Connection, Engine, Table, delete, select

from placehub.agreements.events import (
    ConsultationAnswered,
    ConsultationOpened,
    ContractManagerAway,
    ExtensionDecided,
    ProviderSuspended,
    Reply,
    SuspensionLifted,
)
from placehub.codesign.events import DocumentAgreed, DocumentProposed
from placehub.contracts.codec import Codec, Registry
from placehub.database import connect
from placehub.drivers.reading import read_streams
from placehub.drivers.records import Partition
from placehub.drivers.step import Step
from placehub.governance.events import DecisionAssessed, ReminderRaised
from placehub.monitoring.performance import own_performance
from placehub.monitoring.processor import FOLDED, Monitoring
from placehub.monitoring.tables import PLACEMENT, STORY
from placehub.monitoring.views import VIEWS
from placehub.placements.events import MissingEpisodeRecorded, PlacementEnded, PlacementPlanAgreed, PlacementReviewed
from placehub.postcodes import Postcodes
from placehub.returns.events import MeetingHeld, ReturnConfirmed, ReturnProduced
from placehub.returns.publishing import run
from placehub.search.policy import DEFAULT
from placehub.streams import DEADLETTER

from .consortium import Consortium, Dispute, Meeting, post_of
from .story import reminded

pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]


def test_a_year_of_a_consortium(hub: Any, engine: Engine) -> None:
    """Sixty children are placed under two agreements, five disputes settled, a policy agreed, an end decided late.

    Every organisation's views show what it was told and no more, and made again from the streams they are the same.
    """
    year = Consortium.met(hub)
    began = hub.now
    without = year.lead.post(replace(year.terms()[0], agreement_id=uuid4(), deputies=()))
    year.begin()
    assert year.lead.refusal_of(without).field == "deputies"
    first = year.place(0)
    propose_policy(year, began + timedelta(weeks=26))
    forums = plan_forums(year, began + timedelta(weeks=11))
    disputes = autumn(year)
    pass_to(year, began + timedelta(weeks=9))
    balance(year, forums)
    answer = consult(year)
    pass_to(year, began + timedelta(weeks=14))
    for forum in forums:
        forum.hold(60, 30)
    year.place(1)
    care(year)
    returns(year)
    pass_to(year, began + timedelta(weeks=21))
    decide_late(year, began, answer)
    suspended = year.of_framework[5]
    about: dict[str, Any] = {"agreement_id": year.framework, "lead": year.lead.code, "provider": suspended.code}
    today = hub.now.date()
    year.lead.post(ProviderSuspended(**about, suspended_on=today, reason="insurance"))
    hub.settle()
    pass_to(year, began + timedelta(weeks=27))
    third = year.place(2)
    assert not year.invited(third, suspended)
    year.lead.post(SuspensionLifted(**about, lifted_on=hub.now.date()))
    pass_to(year, began + timedelta(weeks=39))
    year.place(3)
    waits = [
        {one.respond_by - one.released_at for one in year.invited(some, year.of_framework[0])}
        for some in (first, third)
    ]
    assert waits == [{timedelta(hours=20)}, {timedelta(hours=48)}], "the agreed policy decides from its date"
    pass_to(year, began + timedelta(weeks=52))
    clocks(year)
    with connect(hub.settings.database.get_secret_value()).connect() as live:
        shown(year, live, disputes)
        shown_of_forums(year, live, forums)
        with engine.connect() as again:
            made_again(hub, live, again)
    for one in year.everyone():
        one.mailbox.close()


def pass_to(year: Consortium, moment: datetime) -> None:
    """Move the clock on, never more than four weeks at once."""
    while year.hub.now < moment:
        year.hub.pass_time(seconds=min((moment - year.hub.now).total_seconds(), 28 * 86_400))
    year.hub.settle()


def propose_policy(year: Consortium, in_force_from: datetime) -> None:
    """Co-design a longer response window: the lead alone cannot conclude it, five of the eight providers can."""
    document: dict[str, Any] = {"agreement_id": year.framework, "document_id": uuid4(), "document_version": 1}
    policy = replace(DEFAULT, response_hours=48)
    proposed: dict[str, Any] = {"kind": "matching policy", "title": "Longer to answer", "policy": policy}
    year.lead.post(DocumentProposed(**document, **proposed, sender=year.lead.code, in_force_from=in_force_from))
    year.hub.settle()
    alone = year.lead.post(DocumentAgreed(**document, sender=year.lead.code, concludes=True))
    year.hub.settle()
    assert year.lead.refusal_of(alone).field == "concludes"
    year.lead.post(DocumentAgreed(**document, sender=year.lead.code))
    for one in year.of_framework[:5]:
        one.post(DocumentAgreed(**document, sender=one.code))
    year.hub.settle()


def autumn(year: Consortium) -> list[Dispute]:
    """Settle five disputes: by the manager, by deputy and lead while it is away, and twice by the neutral."""
    framework, system, (first, second, third, fourth) = year.framework, year.system, year.authorities
    placement = year.placed[1].parties["placement_id"]
    present = Dispute(year, framework, year.providers[1], second, placement_id=placement)
    another_provider = Dispute(year, framework, year.providers[2], second, placement_id=placement)
    stranger = Dispute(year, framework, year.providers[11], second)
    refused, not_theirs = stranger.raise_it(), another_provider.raise_it()
    present.raise_it()
    year.hub.settle()
    assert stranger.sender.refusal_of(refused).field == "sender"
    assert another_provider.sender.refusal_of(not_theirs).field == "placement_id"
    assert present.routed() == (year.lead.code, "manager", "in line")
    present.settle()
    today = year.hub.now.date()
    away: dict[str, Any] = {"away_from": today, "away_until": today + timedelta(days=6)}
    deputy = post_of(first, "deputy")
    year.lead.post(ContractManagerAway(agreement_id=framework, sender=year.lead.code, **away, deputy=deputy))
    year.hub.settle()
    covered = Dispute(year, framework, year.providers[2], third)
    of_deputy = Dispute(year, framework, year.providers[3], first)
    of_lead = [Dispute(year, system, fourth, year.providers[8]), Dispute(year, system, year.providers[9], fourth)]
    raised = [covered, of_deputy, *of_lead]
    for one in raised:
        one.raise_it()
    year.hub.settle()
    routes = [one.routed()[:2] for one in raised]
    assert routes == [(first.code, "deputy"), (year.lead.code, "lead"), *[(year.lead.code, "neutral")] * 2]
    for one in raised:
        one.settle()
    return [present, *raised]


def plan_forums(year: Consortium, day: datetime) -> list[Meeting]:
    """Plan a forum of each agreement: that of the framework has little time for providers, the other is balanced."""
    of_framework = Meeting(year, year.framework, year.authorities[1], year.of_framework[0], day.date())
    of_system = Meeting(year, year.system, year.authorities[3], year.providers[8], day.date())
    of_framework.plan(year.lead)
    of_framework.propose(60, 20)
    of_system.plan(year.providers[9])
    of_system.propose(60, 60)
    assert of_framework.told(year.lead) == [[]], "it is ten weeks and more to go"
    return [of_framework, of_system]


def balance(year: Consortium, forums: list[Meeting]) -> None:
    """Two weeks before, every party of the framework is told of the agenda, and of its change; of the other nobody."""
    unbalanced, balanced = forums
    parties = (year.lead, *year.authorities[:3], *year.of_framework)
    assert unbalanced.told(*parties) == [[2]] * len(parties)
    unbalanced.propose(60, 45)
    assert unbalanced.told(*parties) == [[2, "cleared"]] * len(parties)
    assert unbalanced.told(*year.providers[8:]) == [[]] * 4
    assert balanced.told(year.authorities[3], *year.of_system) == [[]] * 7


def consult(year: Consortium) -> UUID:
    """Open the consultation after the reminders, and let a provider answer; return the answer's id."""
    for desk in (year.lead, year.authorities[0]):
        assert reminded(desk, year.framework, "consult by") == [12, 8, 4]
    today, consultation, answer = year.hub.now.date(), uuid4(), uuid4()
    about: dict[str, Any] = {"agreement_id": year.framework, "consultation_id": consultation}
    year.lead.post(
        ConsultationOpened(
            **about,
            lead=year.lead.code,
            about="extension",
            question="Shall it go on for a year?",
            opened_on=today,
            closes_on=today + timedelta(weeks=4),
        )
    )
    year.hub.settle()
    one = year.of_framework[0]
    one.post(ConsultationAnswered(**about, sender=one.code, answer_id=answer, answer="agrees"))
    year.hub.settle()
    assert reminded(year.lead, year.framework, "consult by")[-1] == "cleared"
    return answer


def decide_late(year: Consortium, began: datetime, answer: UUID) -> None:
    """Decide on the extension a week late: taken, marked, and told to lead, member and provider."""
    opened = [one for one in year.lead.got(ConsultationOpened) if one.agreement_id == year.framework]
    decided = year.lead.post(
        ExtensionDecided(
            agreement_id=year.framework,
            lead=year.lead.code,
            consultation_id=opened[-1].consultation_id,
            decided_on=year.hub.now.date(),
            extended_until=(began + timedelta(weeks=92)).date(),
            replies=(Reply(answer_id=answer, reply="Noted, with thanks."),),
        )
    )
    year.hub.settle()
    for desk in (year.lead, year.authorities[2], year.of_framework[7]):
        (found,) = [one for one in desk.got(DecisionAssessed) if one.decision_id == decided]
        assert (found.late_days, found.not_consulted, found.unanswered) == (7, False, ())


def care(year: Consortium) -> None:
    """Review every placement so far; six end, two of them not as planned, after a missing episode each.

    The last child's review tells the month of its 18th birthday; the first gets its placement plan at last.
    """
    today = year.hub.now.date()
    month = today.replace(day=1) + relativedelta(months=4)
    year.placed[0].case.authority.post(PlacementPlanAgreed(**year.placed[0].parties, agreed_on=today))
    for one in year.placed:
        review: dict[str, Any] = {"participation": "PN1", "plan_changed": False, "actions": 1}
        told = month if one is year.placed[-1] else None
        one.case.authority.post(
            PlacementReviewed(**one.parties, **review, reviewed_on=today, month_of_18th_birthday=told)
        )
    for number, one in enumerate(year.placed[:6]):
        planned = number >= 2
        if not planned:
            missing = MissingEpisodeRecorded(**one.parties, kind="M", began_at=year.hub.now)
            one.case.authority.post(missing)
        reason: dict[str, Any] = {} if planned else {"reason": "CARPL"}
        ended = PlacementEnded(**one.parties, referral_id=one.case.id, ended_on=today, planned=planned, **reason)
        one.case.authority.post(ended)
    year.hub.settle()


def clocks(year: Consortium) -> None:
    """A late plan is told to both sides, an 18th birthday to its authority alone, with the authority's own posts."""
    without, planned, turning = year.placed[0], year.placed[1], year.placed[29]
    for desk in (without.case.authority, without.provider):
        assert reminded(desk, without.parties["placement_id"], "placement plan")[-2:] == ["overdue", "cleared"]
    assert reminded(planned.case.authority, planned.parties["placement_id"], "placement plan") == []
    subject, authority = turning.parties["placement_id"], turning.case.authority
    assert reminded(authority, subject, "18th birthday") == [12, 8, 4]
    assert reminded(turning.provider, subject, "18th birthday") == []
    raised = [one for one in authority.got(ReminderRaised) if one.subject_id == subject]
    posts = [one.posts for one in raised if one.kind == "18th birthday"]
    assert posts == [(post_of(authority, "manager"), post_of(authority, "deputy"))] * 3


def returns(year: Consortium) -> None:
    """Produce the quarter's returns: nobody types one; a confirmed one is reminded of until the meeting is held."""
    for agreement in (year.framework, year.system):
        assert all(one.is_new for one in run(year.hub.settings, year.hub.now, agreement))
    year.hub.settle()
    provider, today = year.of_framework[0], year.hub.now.date()
    mine = [one for one in provider.got(ReturnProduced) if one.agreement_id == year.framework]
    (seen,) = mine
    assert seen.of_organisation == provider.code
    assert not [one for one in year.of_framework[1].got(ReturnProduced) if one.return_id == seen.return_id]
    sides: dict[str, Any] = {
        "agreement_id": year.framework,
        "lead": year.lead.code,
        "of_organisation": provider.code,
        "return_id": seen.return_id,
    }
    for desk in (year.lead, provider):
        desk.post(ReturnConfirmed(**sides, return_version=1, sender=desk.code, confirmed_on=today))
    year.hub.settle()
    assert len(reminded(provider, year.framework, "meeting")) == 1
    year.lead.post(MeetingHeld(**sides, sender=year.lead.code, meeting_id=uuid4(), held_on=today))
    year.hub.settle()
    assert reminded(provider, year.framework, "meeting")[-1] == "cleared"


def shown(year: Consortium, live: Connection, disputes: list[Dispute]) -> None:
    """Hold the views against the year: each organisation sees its own, what is shared hides small numbers."""
    cases = [one.case.id for one in year.placed]
    started = select(PLACEMENT.c.placement_id).where(
        PLACEMENT.c.referral_id.in_(cases), PLACEMENT.c.started_on.is_not(None)
    )
    assert len(live.execute(started).all()) == len(cases) == 60
    of_first = [one for one in year.placed if one.provider is year.providers[0]]
    (own,) = own_performance(live, year.providers[0].code)
    early = [one for one in year.placed[:30] if one.provider is year.providers[0]]
    assert (own["started"], own["reviews"]) == (len(of_first), len(early))
    assert (own["ended"], own["unplanned"], own["missing"]) == (1, 1, 1)
    codes = {one.code for one in year.providers}
    shared = [row for row in VIEWS["provider_performance"].rows(live) if row["provider"] in codes]
    assert {row["unplanned"] for row in shared} <= {None, 0}, "one ending would be somebody's"
    ids = {one.id for one in disputes}
    for desk in year.everyone():
        part = {one.id for one in disputes if desk.code in {one.sender.code, one.against.code, one.routed()[0]}}
        seen = {row["dispute_id"] for row in VIEWS["disputes"].rows(live, organisation=desk.code)}
        assert seen & ids == part
    calendar = VIEWS["agreement_calendar"].rows(live, organisation=year.of_framework[0].code)
    (late,) = {row["late_days"] for row in calendar if row["agreement_id"] == year.framework}
    assert late == 7
    assert not [row for row in calendar if row["agreement_id"] == year.system]


def shown_of_forums(year: Consortium, live: Connection, forums: list[Meeting]) -> None:
    """Each party sees the partnership events of its agreements: balanced as planned, not as held."""
    parties = {
        year.framework: {one.code for one in (year.lead, *year.authorities[:3], *year.of_framework)},
        year.system: {one.code for one in (year.authorities[3], *year.of_system)},
    }
    for desk in year.everyone():
        rows = VIEWS["partnership_events"].rows(live, organisation=desk.code)
        own = {one.id for one in forums if desk.code in parties[one.agreement_id]}
        assert {row["partnership_event_id"] for row in rows} == own
        assert {(row["planned"], row["held_providers"], row["held"]) for row in rows} <= {
            ("balanced", 30, "providers short")
        }


def made_again(hub: Any, live: Connection, again: Connection) -> None:
    """Fold every stream from its beginning into empty tables, and hold each row of each table against the live one."""
    tables: tuple[Table, ...] = (*FOLDED, STORY)
    for table in tables:
        again.execute(delete(table))
    monitoring = Monitoring(Postcodes.open())
    topics = tuple(one for one in Monitoring.streams if one != DEADLETTER)
    for topic, records in read_streams(hub.settings, topics).items():
        codec = Codec(Registry(hub.settings.registry))
        step = Step(again, processor="monitoring", partition=Partition(topic, 0), now=hub.now, codec=codec)
        monitoring.handle([(step, records)])
    for table in tables:
        assert rows_of(again, table) == rows_of(live, table), table.name
    again.rollback()


def rows_of(connection: Connection, table: Table) -> list[dict[str, Any]]:
    """Return a table's rows in the order of its key."""
    return [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
