"""What a provider's system joins by is killed while it works: nothing is lost, and nothing takes effect twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from placehub.mailboxes.events import EventRejected
from placehub.offers.events import InterestExpressed
from placehub.organisations.events import OUT_OF_HOURS, ProfileFact, ProfilePublished
from placehub.search.events import OutOfHoursContactTold
from placehub.vacancies.events import VacancyClosed, VacancyConfirmed, VacancyOpened

from ...conftest import Hub
from ...integration.story import Desk, Town, desk, living_town
from ...waiting import until
from ..mailserver import Server
from ..test_digest import ROTA
from ..test_vacancies import ROWS, homes
from ..test_webhook import SECRET, receiving
from .killing import KILLS, kill_often, told, victims

pytestmark = pytest.mark.broker


@pytest.fixture
def provider(hub: Hub) -> Iterator[Desk]:
    """A provider that is new to the hub."""
    one = desk(hub, "provider")
    yield one
    one.mailbox.close()


@pytest.fixture
def town(hub: Hub, provider: Desk) -> Iterator[Town]:
    """An agreement of a new authority with the provider, and a home whose carer's word ends in three days."""
    soon = (hub.now + timedelta(days=3)).isoformat()
    with living_town(hub, provider, kinds=["long term", "emergency"], willing_until=soon) as made:
        yield made


def came(town: Town) -> list[str]:
    """Return the ids of all that has come to the provider's inbox by now."""
    town.hub.settle()
    (provider,) = town.providers
    provider.received += provider.mailbox.read_to_end()
    return [str(one.attributes.id) for one in provider.received]


@pytest.mark.parametrize("kind", ["subscriber", "async_subscriber"])
def test_subscriber(town: Town, provider: Desk, tmp_path: Path, kind: str) -> None:
    """Each invitation is worked on in order, twice only where a kill fell, and answered once."""
    log, access = tmp_path / "log", provider.access.save(tmp_path / "access.json")
    log.touch()
    cases: list[UUID] = []

    def refer() -> None:
        for _ in range(2):
            case = town.case()
            case.refer()
            cases.append(case.id)

    def worked() -> list[str]:
        return log.read_text().split()

    def whole() -> int:
        refer()  # else there may be nothing left to do
        town.hub.settle()
        return len(worked()) + 1

    given = access, tmp_path / "memory.sqlite", log, town.hub.now.isoformat(), town.authority.code
    with victims(kind, *given) as offices:
        kill_often(offices, refer, lambda: len(worked()), whole)
        offices.start()
        town.hub.settle()
        interested = _answers(town, cases)
    order = [one for one in came(town) if one in set(worked())]
    found = worked()
    assert list(dict.fromkeys(found)) == order, "in order"
    assert len(found) - len(order) <= KILLS + 1, "only what one was at when it was killed"
    assert interested == Counter(cases), "the authority hears each interest once"
    told(kind, {"invitations": len(order), "worked on again": len(found) - len(order), "answers": len(cases)})


def _answers(town: Town, cases: list[UUID]) -> Counter[UUID]:
    """Return how often the authority heard of an interest in each case, once it has heard of all."""

    def heard() -> Counter[UUID]:
        return Counter(one.referral_id for one in town.authority.got(InterestExpressed) if one.referral_id in cases)

    until(lambda: len(heard()) == len(cases), 180)
    town.hub.settle()
    return heard()


def test_webhook(town: Town, provider: Desk, tmp_path: Path) -> None:
    """All that comes is delivered, by case in order; twice only where a kill fell, under the same id."""
    access = provider.access.save(tmp_path / "access.json")
    with receiving(lambda call: 503 if call % 7 == 3 else 200) as receiver:
        given = access, receiver.url, SECRET, tmp_path / "hook.sqlite"
        with victims("webhook", *given) as hooks:
            kill_often(
                hooks,
                lambda: town.case().refer(),
                lambda: len({one["id"] for one in receiver.taken}),
                lambda: len(came(town)),
            )
    found, expected = [one["id"] for one in receiver.taken], came(town)
    assert sorted(set(found)) == sorted(expected)
    assert len(found) - len(expected) <= KILLS
    by_subject: dict[str, list[int]] = {}
    for one in receiver.taken:
        by_subject.setdefault(one["subject"], []).append(expected.index(one["id"]))
    assert all(numbers == sorted(numbers) for numbers in by_subject.values())
    told("webhook", {"deliveries": len(expected), "delivered again and known": len(found) - len(expected)})


def test_digest(town: Town, provider: Desk, tmp_path: Path) -> None:
    """Each emergency and the day's digest are told, a mail told again has the id it had, and a link confirms once."""
    hub = town.hub
    fact = ProfileFact(name=OUT_OF_HOURS, value="01632 960998", as_of=date(2026, 1, 1))
    provider.post(ProfilePublished(organisation=provider.code, facts=(fact,)))
    hub.settle()
    access = provider.access.save(tmp_path / "access.json")
    (tmp_path / "rota.toml").write_text(ROTA)
    server = Server(tmp_path)

    def emergency() -> None:
        case = town.case()
        document = case.referral()
        document["wanted"] |= {"kind": "emergency", "needed_by": "Today"}
        town.authority.tell("ReferralMade", document)

    def ids(subject: str) -> list[str]:
        return [str(one["Message-ID"]) for one in list(server.mails) if subject in str(one["Subject"])]

    def token() -> str:
        return next(iter(re.findall(r"/confirm/(\S+)", "".join(server.texts("Confirm all")))), "")

    def sent() -> int:
        return len({str(one["Message-ID"]) for one in list(server.mails)})

    def whole() -> int:
        hub.settle()
        return len(provider.got(OutOfHoursContactTold)) + 2

    given = access, tmp_path / "memory", tmp_path / "rota.toml", server.port, server.ca, hub.now.isoformat()
    try:
        with victims("digest", *given) as desks:
            kill_often(desks, emergency, sent, whole, token)
            desks.start(token())
            until(lambda: bool(provider.got(VacancyConfirmed)), 180)
    finally:
        server.stop()
    hub.settle()
    expected = {f"<{one.attributes.id}@hub.example>" for one in provider.letters(OutOfHoursContactTold)}
    assert set(ids("Urgent")) == expected
    assert [len(set(ids(one))) for one in ("What waits", "Confirm all")] == [1, 1]
    again = len(server.mails) - len(expected) - 2
    assert again <= KILLS, "only what one was at when it was killed"
    assert [one.vacancy_id for one in provider.got(VacancyConfirmed)] == list(town.homes)
    told("digest", {"mails": len(expected) + 2, "sent again and known": again, "homes confirmed": 1})


def test_vacancies(hub: Hub, provider: Desk, tmp_path: Path) -> None:
    """Every home of every list that is put into a watched folder is opened once."""
    folder, access = tmp_path / "drop", provider.access.save(tmp_path / "access.json")
    folder.mkdir()
    files: list[Path] = []

    def drop() -> None:
        for _ in range(2):
            numbers = [f"{len(files)}-{number}" for number in range(3)]
            # for remand, so that no search of another test is told of each of them
            rows = [
                ROWS[0] | {"Our reference": f"V-{one}", "Household": f"H-{one}", "Kinds": "remand"} for one in numbers
            ]
            files.append(folder / f"{len(files)}.csv")
            part = files[-1].with_suffix(".part")
            part.write_bytes(homes(*rows))
            part.rename(files[-1])

    with victims("vacancies", folder, access, hub.now.isoformat()) as watchers:
        kill_often(watchers, drop, lambda: len(list(folder.glob("done/*.results.csv"))), lambda: len(files))
    hub.settle()
    assert [one.rule for one in provider.got(EventRejected)] == []
    opened = Counter(one.vacancy_id for one in provider.got(VacancyOpened))
    assert len(opened) == 3 * len(files)
    assert set(opened.values()) == {1}
    told("vacancies", {"files": len(files), "homes": len(opened)})
    for vacancy_id in opened:
        provider.post(VacancyClosed(vacancy_id=vacancy_id, provider=provider.code))
    hub.settle()
