"""A provider's office takes each invitation once, opens what it may, answers, and purges when it is told to."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from runpy import run_path
from uuid import UUID

import pytest

from placehub.errors import Conflict, Rejected
from placehub.mailboxes.events import DataUseEnded, EventRejected
from placehub.offers.events import ClarificationAsked, InterestExpressed, InvitationDeclined, OfferMade
from placehub.referrals.events import ReferralWithdrawn
from placehub.search.events import EventSetAside
from placehub.vacancies.events import VacancyOpened, VacancyRevised
from placehub_connectors.subscriber import AsyncProvider, Invitation, Provider

from ..integration.story import FEES, Case, Desk, HubUnderTest, Town, desk
from .test_vacancies import ROWS, homes

pytestmark = pytest.mark.broker
EXAMPLE = Path(__file__).parents[2] / "examples" / "provider_office.py"


@pytest.fixture(scope="module")
def authority(hub: HubUnderTest) -> Iterator[Desk]:
    """An authority."""
    one = desk(hub, "authority")
    yield one
    one.mailbox.close()


@pytest.fixture
def provider(hub: HubUnderTest) -> Iterator[Desk]:
    """A provider that is new to the hub."""
    one = desk(hub, "provider")
    yield one
    one.mailbox.close()


@pytest.fixture
def town(hub: HubUnderTest, authority: Desk, provider: Desk) -> Iterator[Town]:
    """An agreement of the two, and a home of the provider's."""
    made = Town(hub, authority, (provider,))
    made.begin()
    made.open_home(provider)
    hub.settle()
    yield made
    made.end()


def invited(town: Town) -> Case:
    """Refer a child for whom the home fits."""
    case = town.case()
    case.refer()
    town.hub.settle()
    return case


def office(one: Desk, folder: Path, purged: list[UUID] | None = None) -> Provider:
    """Open a provider's office, its memory in a folder."""
    gone = purged if purged is not None else []
    return Provider(one.access, folder / "memory.sqlite", gone.append, now=lambda: one.hub.now)


def of(cases: Iterable[Case], invitations: Iterable[Invitation]) -> Iterator[Invitation]:
    """Yield the invitations of these cases: others of the same hub search the new home too, under no agreement."""
    wanted = {case.id for case in cases}
    return (one for one in invitations if one.referral_id in wanted)


def taken(one: Desk, folder: Path, *cases: Case) -> list[Invitation]:
    """Take every invitation there is, and return those of these cases."""
    with office(one, folder) as mine:
        return list(of(cases, mine.invitations(to_end=True)))


def test_an_invitation_and_its_answers(town: Town, provider: Desk, tmp_path: Path) -> None:
    """An invitation holds the opened need; each answer is one call, and reaches the authority once, sent twice."""
    case = invited(town)
    (child,), (home,) = case.children, town.homes
    with office(provider, tmp_path) as mine:
        for invitation in of([case], mine.invitations(to_end=True)):
            assert invitation.needs[child].age_years == 9
            for _ in range(2):
                mine.ask(invitation, child, "children.pets", "Does the dog matter? (made up)")
                mine.express_interest(invitation)
                until = town.hub.now + timedelta(days=20)
                offered = mine.offer(invitation, fee_lines=FEES, available_from=town.hub.now.date(), valid_until=until)
            break
        else:
            raise AssertionError("no invitation came")
    town.hub.settle()
    (asked,) = town.authority.got(ClarificationAsked, case.id)
    assert town.authority.mailbox.open_words(asked.question) == "Does the dog matter? (made up)"
    (interested,) = town.authority.got(InterestExpressed, case.id)
    assert interested.vacancy_id == home
    (made,) = town.authority.got(OfferMade, case.id)
    assert (made.offer_id, made.vacancy_id, made.children, made.referral_version) == (offered, home, case.children, 1)


def test_an_invitation_that_changes_is_answered_once(town: Town, provider: Desk, tmp_path: Path) -> None:
    """Whoever answers each time the invitation comes tells the authority of its interest in a home once."""
    case = invited(town)
    (home,) = town.homes
    town.open_home(provider)
    town.hub.settle()
    with office(provider, tmp_path) as mine:
        came = [mine.express_interest(one, home) for one in of([case], mine.invitations(to_end=True))]
    assert len(came) > 1
    assert len(set(came)) == 1
    town.hub.settle()
    assert len(town.authority.got(InterestExpressed, case.id)) == 1


def test_a_decline(town: Town, provider: Desk, tmp_path: Path) -> None:
    """A decline says why, once; an unknown reason is refused before it is sent, another set aside and told to both."""
    case = invited(town)
    with office(provider, tmp_path) as mine:
        for invitation in of([case], mine.invitations(to_end=True)):
            with pytest.raises(Rejected):
                mine.decline(invitation, "no such reason")
            ids = [mine.decline(invitation, "carer unavailable") for _ in range(2)]
            ids.append(mine.decline(invitation, "capacity"))
            break
    town.hub.settle()
    assert ids[0] == ids[1]
    assert [one.reason for one in town.authority.got(InvitationDeclined, case.id)] == ["carer unavailable", "capacity"]
    assert [one.set_aside for one in town.authority.got(EventSetAside, case.id)] == [ids[2]]
    assert provider.refusal_of(ids[2]).remedy


def test_early_notice_then_referral(town: Town, provider: Desk, tmp_path: Path) -> None:
    """A notice allows interest only; when the referral comes the invitation comes again, and can be offered for."""
    case = town.case()
    case.notice()
    town.hub.settle()
    with office(provider, tmp_path) as mine:
        first, *_ = list(of([case], mine.invitations(to_end=True)))
        assert (first.interest_only, first.referral_version, first.needs) == (True, 0, {})
        with pytest.raises(Rejected):
            mine.offer(first, fee_lines=FEES, available_from=town.hub.now.date(), valid_until=town.hub.now)
        case.refer()
        town.hub.settle()
        last = list(of([case], mine.invitations(to_end=True)))[-1]
    assert (last.referral_id, last.referral_version, len(last.needs)) == (case.id, 1, 1)


def test_leaving_the_loop_acknowledges_nothing(town: Town, provider: Desk, tmp_path: Path) -> None:
    """What was being worked on comes again to the next process; what was done does not."""
    case = invited(town)
    with office(provider, tmp_path) as mine:
        left = next(of([case], mine.invitations(to_end=True)))
    again = taken(provider, tmp_path, case)
    assert left.attributes.id in {one.attributes.id for one in again}
    assert taken(provider, tmp_path, case) == []


def test_replay(town: Town, provider: Desk, tmp_path: Path) -> None:
    """What came since a time is given again, and what came before it is not."""
    first = invited(town)
    assert {one.referral_id for one in taken(provider, tmp_path, first)} == {first.id}
    since = datetime.now(UTC)
    second = invited(town)
    both = first, second
    assert {one.referral_id for one in taken(provider, tmp_path, *both)} == {second.id}
    with office(provider, tmp_path) as mine:
        mine.replay(since)
        assert {one.referral_id for one in of(both, mine.invitations(to_end=True))} == {second.id}
        mine.replay(since - timedelta(days=1))
        assert {one.referral_id for one in of(both, mine.invitations(to_end=True))} == {first.id, second.id}


def test_data_use_ends(town: Town, provider: Desk, tmp_path: Path) -> None:
    """When the use of data ends the provider's purge runs before that is noted, and nothing of the case is left."""
    case = invited(town)
    taken(provider, tmp_path)
    code = town.authority.code
    town.authority.post(ReferralWithdrawn(referral_id=case.id, authority=code, reason="home"))
    town.hub.settle()

    def fails(referral_id: UUID) -> None:
        raise OSError("the office's own database is away")

    with (
        Provider(provider.access, tmp_path / "memory.sqlite", fails, now=lambda: town.hub.now) as broken,
        pytest.raises(OSError, match="away"),
    ):
        list(broken.events(to_end=True))
    purged: list[UUID] = []
    with office(provider, tmp_path, purged) as mine:
        found = [one.event for one in mine.events(to_end=True)]
        assert purged == [case.id] == list(mine.purged())
    assert [one.referral_id for one in found if isinstance(one, DataUseEnded)] == [case.id]
    with sqlite3.connect(tmp_path / "memory.sqlite") as memory:
        for table in ("told", "invited"):
            of_case = f"SELECT count(*) FROM {table} WHERE referral_id = ?"
            assert memory.execute(of_case, [str(case.id)]).fetchone() == (0,)


def test_the_async_office(town: Town, provider: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The asynchronous office takes, opens, answers (as the example does) and purges as the plain one does."""
    example = run_path(str(EXAMPLE))
    case = invited(town)
    purged: list[UUID] = []

    async def purge(referral_id: UUID) -> None:
        purged.append(referral_id)

    async def work() -> list[Invitation]:
        found = []
        memory = tmp_path / "memory.sqlite"
        async with AsyncProvider(provider.access, memory, purge, now=lambda: town.hub.now) as mine:
            async for invitation in mine.invitations(to_end=True):
                if invitation.referral_id == case.id:
                    found.append(invitation)
                    await example["answer"](mine, invitation)
        return found

    found = asyncio.run(work())
    assert case.id in {one.referral_id for one in found if one.needs}
    town.hub.settle()
    assert f"{case.id}: " in capsys.readouterr().out
    assert len(town.authority.got(InterestExpressed, case.id)) == 1
    code = town.authority.code
    town.authority.post(ReferralWithdrawn(referral_id=case.id, authority=code, reason="home"))
    town.hub.settle()
    assert asyncio.run(work()) == []
    assert purged == [case.id]


def test_the_example_office(hub: HubUnderTest, authority: Desk, provider: Desk, tmp_path: Path) -> None:
    """The example posts the homes of its list, later what changed of them, and answers what it is invited to."""
    town, example = Town(hub, authority, (provider,)), run_path(str(EXAMPLE))
    town.begin()
    access, folder = provider.access.save(tmp_path / "office.json"), tmp_path / "homes"
    folder.mkdir()
    (folder / "homes.csv").write_bytes(homes(ROWS[0]))

    async def work() -> None:
        office = asyncio.create_task(example["main"](access, folder, lambda: hub.now))
        try:
            await until(lambda: len(list(folder.glob("done/homes.*.results.csv"))) == 1)
            await asyncio.to_thread(hub.settle)
            case = town.case()
            case.refer()
            await asyncio.to_thread(hub.settle)
            await until(lambda: bool(authority.got(InterestExpressed, case.id)))
            (folder / "homes.csv").write_bytes(homes(ROWS[0] | {"Places": "1"}))
            await until(lambda: len(list(folder.glob("done/homes.*.results.csv"))) == 2)
            await asyncio.to_thread(hub.settle)
        finally:
            office.cancel()
            await asyncio.wait([office])
            assert office.cancelled(), office.exception()

    asyncio.run(work())
    (opened,), (revised,) = provider.got(VacancyOpened), provider.got(VacancyRevised)
    assert (opened.home.places, revised.home.places) == (2, 1)
    assert {one.vacancy_id for one in authority.got(InterestExpressed)} >= {opened.vacancy_id}
    assert provider.got(EventRejected) == []
    town.homes[opened.vacancy_id] = provider
    town.end()


async def until(holds: Callable[[], bool], seconds: float = 90) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(holds):
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.1)


def test_a_second_office_puts_the_first_out(town: Town, provider: Desk, tmp_path: Path) -> None:
    """Two offices of one provider do not share its inbox by accident: the first is told."""
    (tmp_path / "second").mkdir()
    with office(provider, tmp_path) as first, office(provider, tmp_path / "second") as second:
        list(first.events(to_end=True))
        list(second.events(to_end=True))
        with pytest.raises(Conflict, match="Stop one"):
            list(first.events(to_end=True))
