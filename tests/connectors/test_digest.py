"""A provider with e-mail alone is told what waits, and confirms its homes by one link: real hub, real mail server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from placehub.errors import Misconfigured, Unavailable
from placehub.mail import AddressRefused
from placehub.mail.smtp import Post
from placehub.organisations.events import OUT_OF_HOURS, ProfileFact, ProfilePublished
from placehub.organisations.rota import read_rota
from placehub.search.events import OutOfHoursContactTold, ProviderInvited
from placehub.vacancies.events import VacancyClosed, VacancyConfirmed
from placehub_connectors.digest.links import make_token
from placehub_connectors.digest.memory import Memory
from placehub_connectors.digest.office import Office, Wanted
from placehub_connectors.digest.serving import HEADERS, make_app, served
from placehub_connectors.digest.trying import FIRST
from placehub_connectors.digest.wording import quiet_words

from ..integration.story import SECTOR, Case, Desk, HubUnderTest, Town, desk, living_town
from .mailserver import Server

# All made up.
ROTA = (
    'deputy = "deputy"\n[people]\ndeputy = "deputy@office.example"\n[[cover]]\nwho = "deputy"\nbank_holidays = true\n'
)
CARERS = {"carers": "Mr and Mrs Made-Up", "postcode": "LS6 2AB"}
NEVER = ("kafka", "topic", "credential", "ls6", "made-up", "made up")


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
    """An agreement of a new authority with the provider, and a home whose carer's word ends in three days."""
    with living_town(
        hub, provider, household=CARERS, kinds=["long term", "emergency"], willing_until=_in_days(hub, 3)
    ) as made:
        yield made


def _in_days(hub: HubUnderTest, days: int) -> str:
    return (hub.now + timedelta(days=days)).isoformat()


def office(one: Desk, post: Post, memory: Path, *, later: timedelta = timedelta(), always: bool = False) -> Office:
    """Open a provider's desk, some time after the hub's."""
    wanted = Wanted(base="https://office.example", hour=0, always=always)
    return Office(one.access, memory, read_rota(ROTA), post, wanted, lambda: one.hub.now + later)


def looked(one: Desk, server: Server, memory: Path, *, later: timedelta = timedelta()) -> None:
    """Let a desk that has just been opened look once."""
    with closing(office(one, server.post(), memory, later=later)) as mine:
        mine.look()


def referred(town: Town, needed_by: str = "in more than 5 days") -> Case:
    """Refer a child for whom the home fits."""
    case = town.case()
    document = case.referral()
    document["wanted"] |= {"kind": "emergency" if needed_by == "Today" else "long term", "needed_by": needed_by}
    town.authority.tell("ReferralMade", document)
    town.hub.settle()
    return case


def token_in(server: Server) -> str:
    """Return the token of the one link that was sent."""
    (text,) = server.texts("Confirm all")
    return str(re.findall(r"https://office\.example/confirm/(\S+)", text)[0])


@pytest.mark.broker
def test_the_digest_counts_and_tells_nothing_of_a_case(
    town: Town, provider: Desk, server: Server, tmp_path: Path
) -> None:
    """A mail says how many answers and homes wait and by when, once a day over restarts, and nothing of any case."""
    case = referred(town)
    invited = provider.got(ProviderInvited)
    for _ in range(2):
        looked(provider, server, tmp_path / "memory")
    (text,) = server.texts("What waits")
    assert f"{len(invited)} search" in text
    assert "1 home: the carer's word ends within the week" in text
    secret = {str(one) for one in (case.id, *case.children, *town.homes, town.authority.code)}
    told = "".join(str(one) for mail in server.mails for one in mail.values()) + text
    told += "".join(server.texts("Confirm all")).replace(token_in(server), "")
    assert not [one for one in (*secret, *NEVER) if one.lower() in told.lower()]
    looked(provider, server, tmp_path / "memory", later=timedelta(days=1))
    assert (len(server.texts("What waits")), len(server.texts("Confirm all"))) == (2, 1)


@pytest.mark.broker
def test_a_quiet_day(provider: Desk, server: Server, tmp_path: Path) -> None:
    """With nothing to say nothing is sent, unless it was asked for; a mail that was refused is sent later."""
    looked(provider, server, tmp_path / "memory")
    assert server.mails == []
    server.when_given = lambda: "451 not now"
    with closing(office(provider, server.post(), tmp_path / "other", always=True)) as mine:
        (told,) = mine.look()
        assert "took no mail" in told
        server.when_given = lambda: "250 taken"
        assert mine.look() == (), "not at once: the mail server has just refused it"
    server.mails.clear()
    for _ in range(2):
        with closing(office(provider, server.post(), tmp_path / "other", always=True)) as again:
            assert again.look() == ()
    assert len(server.texts("Nothing waits")) == 1


@pytest.mark.broker
def test_broken_off_while_it_is_handed_in(provider: Desk, server: Server, tmp_path: Path) -> None:
    """A mail whose taking is not known is sent again the same day, after a pause and under the same id, and no more."""
    now = provider.hub.now
    wanted = Wanted(base="https://office.example", hour=0, always=True)
    server.when_given = lambda: "421 going away"
    post, rota = server.post(), read_rota(ROTA)
    with closing(Office(provider.access, tmp_path / "memory", rota, post, wanted, lambda: now)) as mine:
        assert len(mine.look()) == 1
        server.when_given = lambda: "250 taken"
        mine.look()
        assert len(server.mails) == 1
        now += FIRST
        for _ in range(2):
            assert mine.look() == ()
    first, second = (str(one["Message-ID"]) for one in server.mails)
    assert first == second
    assert str(now.date()) in first


@pytest.mark.broker
def test_an_address_that_is_refused_for_good(provider: Desk, server: Server, tmp_path: Path) -> None:
    """The deputy is told in place of an address the mail server does not know, and the result names whose it is."""
    people = '[people]\nduty = "nobody@office.example"'
    rota = read_rota(ROTA.replace("[people]", people).replace('who = "deputy"', 'who = "duty"'))
    wanted = Wanted(base="https://office.example", hour=0, always=True)
    args = provider.access, tmp_path / "memory", rota, server.post(), wanted, lambda: provider.hub.now
    with closing(Office(*args)) as mine:
        (told,) = mine.look()
        assert told.startswith("deputy was told in place of duty.")
        assert "Correct it" in told
        assert "@" not in told
        assert mine.look() == ()
        assert mine.rota.nation == "England"
    (mail,) = server.mails
    assert mail["To"] == "deputy@office.example"
    alone = rota.model_copy(update={"people": {**rota.people, "deputy": "nobody@office.example"}})
    with closing(Office(provider.access, tmp_path / "other", alone, *args[3:])) as mine:
        (told,) = mine.look()
        assert "refuses the address" in told


@pytest.mark.broker
def test_the_weekly_link(town: Town, provider: Desk, server: Server, tmp_path: Path) -> None:
    """Opening the link does nothing; its button confirms once what still can be, and says how many could not."""
    (stays,) = town.homes
    closed = town.open_home(provider, willing_until=_in_days(town.hub, 5))
    long = town.open_home(provider)  # its carer's word stands longer than a confirmation would
    town.hub.settle()
    with ThreadPoolExecutor(1) as thread:
        desk_of = thread.submit(office, provider, server.post(), tmp_path / "memory").result()
        thread.submit(desk_of.look).result()
        web, path = TestClient(make_app(lambda: desk_of, thread)), f"/confirm/{token_in(server)}"
        shown = web.get(path)
        assert (shown.status_code, shown.text.count("<li>")) == (200, 2)
        assert dict(shown.headers).items() >= {name.lower(): value for name, value in HEADERS.items()}.items()
        assert not [one for one in (*NEVER[:3], "made-up", "2AB", str(stays)) if one.lower() in shown.text.lower()]
        assert SECTOR in shown.text
        provider.post(VacancyClosed(vacancy_id=closed, provider=provider.code))
        town.hub.settle()
        assert provider.got(VacancyConfirmed) == []
        pages = [web.post(path).text for _ in range(2)] + [web.get(path).text]
        assert all("1 home was confirmed" in one and "1 home was not: closed" in one for one in pages)
        town.hub.settle()
        thread.submit(desk_of.close).result()
    (confirmed,) = provider.got(VacancyConfirmed)
    assert (confirmed.vacancy_id, confirmed.willing_until) == (stays, town.hub.now + timedelta(days=28))
    assert long != confirmed.vacancy_id


@pytest.mark.broker
def test_a_link_that_cannot_be_used(provider: Desk, server: Server, tmp_path: Path) -> None:
    """A link that has ended, was forged, or is of another office confirms nothing, and its page says what to do."""
    now = provider.hub.now
    with (
        closing(office(provider, server.post(), tmp_path / "memory")) as mine,
        closing(Memory(tmp_path / "memory", provider.code)) as kept,
    ):
        kept.make_link("made up", (UUID(int=1),))
        ended = make_token(kept.secret, "made up", now)
        good = make_token(kept.secret, "made up", now + timedelta(days=1))
        other = make_token("another secret", "made up", now + timedelta(days=1))
        for token, why in (
            (ended, "has ended"),
            (good[:-1], "not one that was sent"),
            (other, "not one that was sent"),
        ):
            for status, page in (mine.show(token), mine.use(token)):
                assert status == 410
                assert why in page
                assert "next weekly e-mail" in page
        assert mine.show(good)[0] == 200
        assert kept.half_used() == []


@pytest.mark.broker
def test_a_link_that_was_broken_off_is_finished(town: Town, provider: Desk, server: Server, tmp_path: Path) -> None:
    """Killed between the use of a link and its confirmations, the next process posts them, under the same ids."""
    (home,) = town.homes
    with closing(Memory(tmp_path / "memory", provider.code)) as kept:
        kept.make_link("made up", (home,))
        kept.use_link("made up", town.hub.now, (home,))
    for _ in range(2):
        looked(provider, server, tmp_path / "memory")
    town.hub.settle()
    assert [one.vacancy_id for one in provider.got(VacancyConfirmed)] == [home]


@pytest.mark.broker
def test_an_emergency(town: Town, provider: Desk, server: Server, tmp_path: Path) -> None:
    """Each emergency is told once, to whoever covers, with the time and nothing else; a late one is not told."""
    fact = ProfileFact(name=OUT_OF_HOURS, value="01632 960998", as_of=date(2026, 1, 1))
    provider.post(ProfilePublished(organisation=provider.code, facts=(fact,)))
    town.hub.settle()
    case = referred(town, "Today")
    told = provider.got(OutOfHoursContactTold)
    assert case.id in [one.referral_id for one in told]
    for _ in range(2):
        looked(provider, server, tmp_path / "memory")
    urgent = [one for one in server.mails if str(one["subject"]).startswith("Urgent")]
    assert [str(one["to"]) for one in urgent] == ["deputy@office.example"] * len(told)
    assert str(case.id) not in "".join(server.texts("Urgent"))
    server.mails.clear()
    looked(provider, server, tmp_path / "late", later=timedelta(days=2))
    assert server.texts("Urgent") == []


def test_mail_goes_over_tls_that_is_verified(server: Server) -> None:
    """A server whose authority is not trusted is given nothing; one that breaks off may have the mail."""
    server.post().send("a@office.example", quiet_words(), "made-up")
    assert len(server.mails) == 1
    with pytest.raises(Misconfigured, match=r"not trusted .* --smtp-ca"):
        server.post(ca=None).send("a@office.example", quiet_words(), "made-up")
    with pytest.raises(Unavailable):
        server.post(in_the_clear=True).send("a@office.example", quiet_words(), "made-up")
    with pytest.raises(Misconfigured, match="this machine only"):
        server.post(in_the_clear=True, host="mail.example")
    with pytest.raises(AddressRefused, match="Correct it"):
        server.post().send("nobody@office.example", quiet_words(), "made-up")
    with pytest.raises(Unavailable, match="not take mail for this address now"):
        server.post().send("busy@office.example", quiet_words(), "made-up")
    assert len(server.mails) == 1


def test_the_page_is_for_this_machine_alone() -> None:
    """The page is not served beyond loopback: TLS is a proxy's."""
    with ThreadPoolExecutor(1) as thread:
        app = make_app(lambda: pytest.fail("nobody asked"), thread)
        with pytest.raises(Misconfigured, match="on this machine"), served(app, "0.0.0.0:0"):
            pass
        with served(app, "127.0.0.1:0") as port:
            assert port
