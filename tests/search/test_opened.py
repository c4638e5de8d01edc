"""Households that come sealed with vacancies are opened once, all in one go, and never stop the search."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import pytest

from placehub.contracts.headers import Attributes
from placehub.drivers.records import Record
from placehub.errors import Unavailable
from placehub.keys.sealed import Sealed
from placehub.postcodes import Postcodes
from placehub.search.row import OpenedHousehold
from placehub.search.surroundings import Surroundings
from placehub.vacancies.events import VacancyClosed, VacancyConfirmed, VacancyOpened, VacancyRevised

from .worlds import NOW, a_home

KNOWN = OpenedHousehold(faiths=frozenset({"sikh"}), ethnicities=None)
FIRST, SECOND, THIRD = (UUID(int=number) for number in (1, 2, 3))


class Opener:
    """Opens every household but those whose key is destroyed, and notes what it was asked for in each call."""

    def __init__(self, *destroyed: str) -> None:
        self.destroyed = destroyed
        self.asked: list[list[str]] = []
        self.away = False

    def of(self, sealed: Mapping[UUID, Sealed]) -> Mapping[UUID, OpenedHousehold]:
        """Open what is asked for."""
        self.asked.append(sorted(one.key_id for one in sealed.values()))
        if self.away:
            raise Unavailable("The key service does not answer.", server="api")
        return {one: KNOWN for one, part in sealed.items() if part.key_id not in self.destroyed}


@pytest.fixture(scope="module")
def postcodes() -> Postcodes:
    """Return the postcodes, opened once."""
    return Postcodes.open()


def sealed(key_id: str) -> Sealed:
    """Return a sealed part under that key."""
    return Sealed(key_id=key_id, nonce=bytes(12), ciphertext=bytes(16))


def told(around: Surroundings, *events: object) -> None:
    """Let the events be learned, each at an offset of its own."""
    about = Attributes(id=UUID(int=1), source="/x", type="", subject="x", time=NOW, recorded_at=NOW)
    records = [Record("vacancy", 0, at, "x", about, one, b"", []) for at, one in enumerate(events)]
    around.learn(records, {"vacancy": [len(records)]})


def opened(vacancy_id: UUID, key_id: str | None) -> VacancyOpened:
    """Return a home that opens, its household sealed under that key."""
    part = sealed(key_id) if key_id else None
    return VacancyOpened(vacancy_id=vacancy_id, provider="P", household_ref=vacancy_id, home=a_home(), household=part)


def household_of(around: Surroundings, vacancy_id: UUID) -> OpenedHousehold | None:
    """Return what is known of a home's household."""
    row = around.homes.row(vacancy_id)
    assert row is not None
    return row.household


def test_all_that_stand_are_opened_in_one_go(postcodes: Postcodes) -> None:
    """Of everything learned at the start only what still stands is opened, once, and nothing twice."""
    opener = Opener()
    around = Surroundings(postcodes, households=opener)
    told(
        around,
        opened(FIRST, "old"),
        opened(SECOND, "b"),
        opened(THIRD, "c"),
        VacancyRevised(
            vacancy_id=FIRST, provider="P", household_ref=FIRST, version=2, home=a_home(), household=sealed("a")
        ),
        VacancyClosed(vacancy_id=THIRD, provider="P"),
    )
    around.open()
    around.open()
    assert opener.asked == [["a", "b"]]
    assert household_of(around, FIRST) == household_of(around, SECOND) == KNOWN


def test_only_a_household_that_comes_anew_is_opened_again(postcodes: Postcodes) -> None:
    """A word that confirms opens nothing; a revision opens its own household, and one without any has none."""
    opener = Opener()
    around = Surroundings(postcodes, households=opener)
    told(around, opened(FIRST, "a"), opened(SECOND, "b"))
    around.open()
    told(around, VacancyConfirmed(vacancy_id=FIRST, provider="P", willing_until=NOW + timedelta(days=30)))
    around.open()
    assert len(opener.asked) == 1
    told(
        around,
        VacancyRevised(
            vacancy_id=FIRST, provider="P", household_ref=FIRST, version=2, home=a_home(), household=sealed("a")
        ),
        VacancyRevised(vacancy_id=SECOND, provider="P", household_ref=SECOND, version=2, home=a_home()),
    )
    around.open()
    assert opener.asked[1:] == [["a"]]
    assert (household_of(around, FIRST), household_of(around, SECOND)) == (KNOWN, None)


def test_a_destroyed_key_leaves_it_unknown(postcodes: Postcodes) -> None:
    """A household whose key is destroyed stays unknown, is not asked for again, and is named as unopened."""
    opener = Opener("b")
    around = Surroundings(postcodes, households=opener)
    told(around, opened(FIRST, "a"), opened(SECOND, "b"), opened(THIRD, None))
    around.open()
    around.open()
    assert household_of(around, SECOND) is None
    assert (around.unopened, len(opener.asked)) == ({SECOND}, 1)
    told(around, VacancyClosed(vacancy_id=SECOND, provider="P"))
    assert around.unopened == set()


def test_while_the_key_service_is_away_nothing_is_lost(postcodes: Postcodes) -> None:
    """What could not be asked for is asked for again, with what came meanwhile."""
    opener = Opener()
    around = Surroundings(postcodes, households=opener)
    told(around, opened(FIRST, "a"))
    opener.away = True
    with pytest.raises(Unavailable):
        around.open()
    opener.away = False
    told(around, opened(SECOND, "b"))
    around.open()
    assert opener.asked[-1] == ["a", "b"]
    assert household_of(around, FIRST) == KNOWN


def test_nothing_is_opened_without_an_opener(postcodes: Postcodes) -> None:
    """A world that may open nothing has no household, and none is called unopened."""
    around = Surroundings(postcodes)
    told(around, opened(FIRST, "a"))
    around.open()
    assert (household_of(around, FIRST), around.unopened) == (None, set())
