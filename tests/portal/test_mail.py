"""People are told by mail that something waits: once, without a word about a case; real broker and mail server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Engine

from placehub.app import READS, quiet, replaying
from placehub.clock import WallClock
from placehub.contracts.codec import Codec, Registry
from placehub.drivers.brokers import reader
from placehub.errors import Misconfigured, Unavailable
from placehub.operating import Operating
from placehub.portal.bell import Bell
from placehub.portal.listening import Listening
from placehub.portal.mailing import MOST_AN_HOUR, Mailing, sender
from placehub.portal.mails import AT_ONCE, DAILY, NONE, due_at
from placehub.portal.shell import Portal
from placehub.portal.tables import MAIL, MEMBER, PASSED, PERSON, PLACE, TOLD
from placehub.portal.told import listened_to

from ..connectors.mailserver import Server
from ..integration.story import Desk, HubUnderTest, Town, desk, living_town
from .visiting import Visitor, join

ROOT = "https://portal.example"


def london(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a time of June 2026, an hour ahead of UTC, by London's clock."""
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC) - timedelta(hours=1)


@pytest.mark.parametrize(
    ("choice", "now", "due"),
    [
        (AT_ONCE, london(1, 23), london(1, 23)),
        (DAILY, london(1, 7, 59), london(1, 8)),
        (DAILY, london(1, 8), london(2, 8)),
        (DAILY, london(30, 12), london(31 - 1, 8) + timedelta(days=1)),
    ],
)
def test_when_a_mail_goes(choice: str, now: datetime, due: datetime) -> None:
    """At once, or at the next eight in the morning of London."""
    assert due_at(choice, now) == due


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"smtp": "mail.example:587"}, "PLACEHUB_SMTP_SENDER"),
        ({"notify_key": SecretStr("x" * 80)}, "PLACEHUB_NOTIFY_TEMPLATE"),
        ({"smtp": "mail.example:587", "notify_key": SecretStr("x" * 80)}, "both set"),
    ],
)
@pytest.mark.broker
def test_half_of_a_setting(hub: Any, given: dict[str, Any], told: str) -> None:
    """What takes mails is named whole and once, or the portal says so at its start."""
    with pytest.raises(Misconfigured, match=told):
        sender(hub.settings.model_copy(update=given))
    assert sender(hub.settings) is None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A mail server."""
    one = Server(tmp_path)
    yield one
    one.stop()


@pytest.fixture
def provider(hub: HubUnderTest) -> Iterator[Desk]:
    """A provider that is new to the hub."""
    one = desk(hub, "provider")
    yield one
    one.mailbox.close()


@pytest.fixture
def town(hub: HubUnderTest, provider: Desk) -> Iterator[Town]:
    """A new authority with the provider and one home of its."""
    with living_town(hub, provider, kinds=["long term"]) as made:
        yield made


def add_people(engine: Engine, organisation: str, role: str, *choices: str) -> dict[str, str]:
    """Let somebody act for an organisation from now on for each choice; return choice -> address."""
    found = {}
    for choice in choices:
        person, email = uuid4(), f"{uuid4()}@office.example"
        facts = {"password": "", "totp_key": "", "totp_used": 0, "made_at": WallClock().now(), "mail": choice}
        member = {"role": role, "administrator": False, "since": WallClock().now()}
        with engine.begin() as connection:
            connection.execute(insert(PERSON).values(person_id=person, name="Made Up", email=email, **facts))
            connection.execute(insert(MEMBER).values(person_id=person, organisation=organisation, **member))
        found[choice] = email
    return found


def listen(hub: Any, engine: Engine, town: Town, provider: Desk) -> None:
    """Read the two inboxes to their end, as the portal does; the bell knows then that they were."""
    bell = Bell()
    codec = Codec(Registry(hub.settings.registry))
    one = Listening(engine, codec, bell, lambda: reader(hub.settings), WallClock().now, None, WallClock().now)
    codes = (provider.code, town.authority.code)

    def has_read() -> bool:
        with engine.connect() as connection:
            places = listened_to(connection)
        kept = all(places.get(code, ends[code]) >= ends[code] for code in codes)
        return kept and bell.has_read(provider.code)  # the other has nobody whose inbox it would be

    ends = {code: end_of(hub, code) for code in codes}
    assert not bell.has_read(provider.code)
    one.start()
    try:
        assert bell.wait_for(has_read, 60)
    finally:
        one.end()


def end_of(hub: Any, code: str) -> int:
    """Return how many records an inbox holds."""
    from kafka import TopicPartition

    from placehub.streams import inbox

    with reader(hub.settings) as consumer:
        place = TopicPartition(inbox(code), 0)
        return int(consumer.end_offsets([place])[place])


def refer(town: Town) -> str:
    """Refer a child for whom the home fits."""
    case = town.case()
    document = case.referral()
    document["wanted"] |= {"kind": "long term", "needed_by": "in more than 5 days"}
    town.authority.tell("ReferralMade", document)
    town.hub.settle()
    return str(case.id)


def waiting(engine: Engine, *emails: str) -> list[str]:
    """Return the kinds of mails that wait for these people."""
    rows = select(MAIL.c.kind).join(PERSON, PERSON.c.person_id == MAIL.c.person_id)
    with engine.connect() as connection:
        return list(connection.execute(rows.where(PERSON.c.email.in_(emails), MAIL.c.handed_in_at.is_(None))).scalars())


@pytest.mark.broker
def test_an_invitation_is_told_once_to_whoever_wants_it(
    hub: Any, engine: Engine, town: Town, provider: Desk, server: Server
) -> None:
    """By one mail with a sentence and a link; not what came before they joined, and not again when it is read again."""
    refer(town)
    people = add_people(engine, provider.code, "referral manager", AT_ONCE, DAILY, NONE)
    case = refer(town)
    listen(hub, engine, town, provider)
    assert waiting(engine, people[AT_ONCE]) == ["invitation"], "only of what came after they had joined"
    assert (waiting(engine, people[DAILY]), waiting(engine, people[NONE])) == (["invitation"], [])
    mailing = Mailing(engine, server.post(), ROOT, WallClock().now)
    while mailing.hand_in():
        pass
    (mail,) = [one for one in server.mails if one["To"] == people[AT_ONCE]]
    assert not [one for one in server.mails if one["To"] in (people[DAILY], people[NONE])]
    text = str(mail.get_payload())
    assert f"{ROOT}/searches" in text
    assert "An invitation waits for your answer." in text
    told = " ".join(str(one) for one in mail.values()) + text
    assert not [one for one in (case, town.authority.code, provider.code, *map(str, town.homes)) if one in told]
    with engine.begin() as connection:
        for table in (PLACE, PASSED, TOLD):
            connection.execute(delete(table).where(table.c.organisation == provider.code))
    listen(hub, engine, town, provider)
    assert waiting(engine, people[AT_ONCE]) == []
    morning = Mailing(engine, server.post(), ROOT, lambda: WallClock().now() + timedelta(days=1))
    assert morning.hand_in()
    assert [one["To"] for one in server.mails].count(people[DAILY]) == 1


@pytest.mark.broker
def test_a_mail_server_that_is_away_loses_nothing(
    hub: Any, engine: Engine, town: Town, provider: Desk, server: Server
) -> None:
    """What it did not take waits a minute, under the same id; who is removed meanwhile is told nothing."""
    people = add_people(engine, provider.code, "referral manager", AT_ONCE)
    gone = add_people(engine, provider.code, "out of hours", AT_ONCE)
    refer(town)
    listen(hub, engine, town, provider)
    with engine.begin() as connection:
        connection.execute(
            delete(MEMBER).where(MEMBER.c.organisation == provider.code, MEMBER.c.role == "out of hours")
        )
    ids: list[Any] = []

    def refuse() -> str:
        ids.append(server.mails[-1]["Message-ID"])
        return "451 not now"

    server.when_given = refuse
    with pytest.raises(Unavailable, match="tried again"):
        Mailing(engine, server.post(), ROOT, WallClock().now).hand_in()
    assert not Mailing(engine, server.post(), ROOT, WallClock().now).hand_in(), "it rests"
    server.when_given, server.mails = lambda: "250 taken", []
    later = Mailing(engine, server.post(), ROOT, lambda: WallClock().now() + timedelta(minutes=2))
    while later.hand_in():
        pass
    (mail,) = [one for one in server.mails if one["To"] == people[AT_ONCE]]
    assert [mail["Message-ID"]] == ids
    assert not [one for one in server.mails if one["To"] == gone[AT_ONCE]]


def test_many_events_are_not_many_mails(engine: Engine, server: Server) -> None:
    """Whoever has had six mails within an hour gets the rest as one, once it is over; that a home is needed at once."""
    now, organisation = WallClock().now(), f"T{uuid4()}"
    email = add_people(engine, organisation, "referral manager", AT_ONCE)[AT_ONCE]

    def add(kind: str, **times: datetime) -> None:
        row = {"mail_id": uuid4(), "organisation": organisation, "kind": kind, "noted_at": now, "due_at": now}
        with engine.begin() as connection:
            person = connection.execute(select(PERSON.c.person_id).where(PERSON.c.email == email)).scalar_one()
            connection.execute(insert(MAIL).values(**row, person_id=person, **times))

    def hand_in(at: datetime) -> list[str]:
        server.mails = []
        mailing = Mailing(engine, server.post(), ROOT, lambda: at)
        while mailing.hand_in():
            pass
        return [str(one["Subject"]) for one in server.mails if one["To"] == email]

    for minutes in range(MOST_AN_HOUR):
        add("invitation", handed_in_at=now - timedelta(minutes=50 - minutes))
    for kind in ("invitation", "answer", "home"):
        add(kind)
    assert hand_in(now) == []
    add("urgent")
    assert hand_in(now) == ["A home is needed today"]
    assert hand_in(now + timedelta(minutes=20)) == ["Several things wait for you"]
    assert hand_in(now + timedelta(hours=2)) == []


@pytest.fixture
def invited(hub: Any, server: Server) -> Iterator[Visitor]:
    """An administrator who visits a portal that sends mail."""
    mailing = {"smtp": f"localhost:{server.port}", "smtp_sender": "placehub@hub.example", "smtp_ca": server.ca}
    settings = hub.settings.model_copy(update=mailing)
    operating = Operating(
        settings, WallClock().now, READS, lambda: quiet(settings), lambda wanted: replaying(settings, wanted)
    )
    one = Portal.of(operating, WallClock(), lambda: None, lambda: None)
    visitor = join(
        hub.settings, hub.add("authority").code, f"{uuid4()}@example.org", "team manager", administrator=True
    )
    theirs = visitor.http.cookies
    with TestClient(one.app(), base_url=hub.settings.portal, cookies=dict(theirs)) as client:
        visitor.http = client  # type: ignore[assignment]
        yield visitor


@pytest.mark.broker
def test_an_invitation_to_join_goes_by_mail(invited: Visitor, server: Server) -> None:
    """It holds the link; where the mail server takes nothing, the page says so and shows it."""
    invited.get("/people")
    seen = invited.send("/people/invite", email="new@office.example", role="placement officer")
    assert "An invitation was mailed to new@office.example" in seen.text
    (text,) = server.texts("invited to placehub")
    link = re.search(r"/join/[A-Za-z0-9_-]+", text)
    assert link
    assert "Join" in invited.get(link.group()).text
    server.when_given = lambda: "451 not now"
    invited.get("/people")
    seen = invited.send("/people/invite", email="other@office.example", role="placement officer")
    assert "It could not be mailed" in seen.text
    assert re.search(r"/join/[A-Za-z0-9_-]+", seen.text)


@pytest.mark.broker
def test_how_often_is_ones_own_choice(hub: Any) -> None:
    """At once until they say otherwise; what is none of the choices is refused beside the field."""
    visitor = join(hub.settings, hub.add("provider").code, f"{uuid4()}@example.org", "referral manager")
    assert visitor.get("/mail").form("/mail").values["mail"] == [AT_ONCE]
    assert "sends no mail yet" in visitor.page.text
    visitor.send("/mail", 422, mail="hourly")
    assert "Choose how often" in visitor.page.text
    assert "was kept" in visitor.send("/mail", mail=DAILY).text
    assert visitor.get("/mail").form("/mail").values["mail"] == [DAILY]
