"""The vacancies in memory."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placehub.errors import Misconfigured
from placehub.search.homes import Bits, Homes, is_after

from .worlds import NOW, Vacancy, a_home, fill, vacancies, world

ONE = UUID(int=1)
acts = st.tuples(
    st.sampled_from(("put", "put", "put", "close", "pause", "confirm", "places")), st.integers(1, 8), vacancies
)


def _act(homes: Homes, act: str, vacancy: Vacancy) -> None:
    one = vacancy.vacancy_id
    if act == "put":
        fill(homes, vacancy)
    elif act == "close":
        homes.close(one)
    elif act == "pause":
        homes.pause(one, (0, 1))
    elif act == "confirm":
        homes.confirm(one, NOW, (0, 1), NOW)
    else:
        homes.places_left(one, 1, (0, 1))


@settings(max_examples=200)
@given(st.lists(acts, max_size=30))
def test_columns_say_what_the_rows_say(history: list[tuple[str, int, Vacancy]]) -> None:
    """After any history, the columns are those of the rows put afresh, whatever was moved or overwritten."""
    homes = Homes()
    for act, number, vacancy in history:
        _act(homes, act, Vacancy(UUID(int=number), vacancy.provider, vacancy.home, vacancy.east, vacancy.north))
    _told_alike(homes)


def _told_alike(homes: Homes) -> None:
    rows = list(homes)
    assert len({row.vacancy_id for row in rows}) == len(rows) == len(homes)
    columns = homes.columns
    for at, row in enumerate(rows):
        assert homes.row(row.vacancy_id) is row is homes.rows_at([at])[0]
        assert (columns.live[at], columns.places[at]) == (row.live, row.places_left)
        assert columns.min_age[at] == row.home.min_age
        assert homes.providers[columns.provider[at]] == row.provider == homes.provider(row.vacancy_id)
        assert columns.kinds[at] == homes.kinds.mask(row.home.kinds)
        assert bool(np.isnan(columns.east[at])) == (row.east is None)


def test_homes_nearby_lie_together() -> None:
    """Thousands of homes, of which some close and move meanwhile, are put in order of their places, and stay theirs."""
    homes, chance = Homes(), np.random.default_rng(1)
    for number in range(4000):
        east, north = (float(metres) for metres in chance.uniform(0, 200_000, 2))
        fill(homes, Vacancy(UUID(int=number), f"P{number % 7}", a_home(), east, north))
        if number % 9 == 0:
            homes.close(UUID(int=number // 2))
    _told_alike(homes)
    for number, (name, alike) in enumerate(homes.alike.items()):
        of = homes.number(number, np.arange(len(homes))).tolist()
        assert of == [alike.number(row) for row in homes], name
    near = np.sort(homes.around((100_000.0, 100_000.0), 20_000.0))
    assert near.size > 100
    assert np.count_nonzero(np.diff(near) > 1) < near.size / 4  # those that came since are at the end


def test_it_grows_and_shrinks() -> None:
    """A thousand vacancies are kept, and those closed again leave no trace."""
    homes = world(*(Vacancy(UUID(int=2 * number), "P1", a_home(), float(number), 0.0) for number in range(1000)))
    for number in range(0, 1000, 2):
        assert homes.close(UUID(int=2 * number))
    assert sorted(homes.columns.east.tolist()) == [float(number) for number in range(1, 1000, 2)]
    assert {len(getattr(homes.columns, column.name)) for column in fields(homes.columns)} == {500}


def test_an_unknown_vacancy_is_said_to_be_unknown() -> None:
    """What comes for a vacancy that is closed or was never seen changes nothing."""
    homes = Homes()
    known = [
        homes.pause(ONE, (0, 1)),
        homes.confirm(ONE, NOW, (0, 1), NOW),
        homes.places_left(ONE, 2, (0, 1)),
        homes.close(ONE),
    ]
    assert not any(known)
    assert homes.row(ONE) is None
    assert homes.provider(ONE) is None


def test_a_pause_ends_when_the_carer_is_willing_again() -> None:
    """A paused vacancy is not live; a confirmation makes it so, until the new day."""
    homes = world(Vacancy(ONE, "P1", a_home(), 0.0, 0.0, paused=True))
    assert not homes.columns.live[0]
    homes.confirm(ONE, NOW + timedelta(days=30), (0, 1), NOW)
    row = homes.row(ONE)
    assert row is not None
    assert (row.live, row.willing_until) == (True, NOW + timedelta(days=30))


def test_a_home_without_places_left_is_not_live() -> None:
    """Reserved places are gone until they are released."""
    homes = world(Vacancy(ONE, "P1", a_home(), 0.0, 0.0))
    homes.places_left(ONE, 0, (0, 1))
    assert not homes.columns.live[0]
    homes.places_left(ONE, 1, (0, 2))
    assert homes.columns.live[0]


def test_what_brings_a_home_in_sight() -> None:
    """A word given again while the last one stood brings nothing new; after it ran out, or a pause, or a place back."""
    homes = world(Vacancy(ONE, "P1", a_home(), 0.0, 0.0))

    def since() -> tuple[int, int]:
        row = homes.row(ONE)
        assert row is not None
        return row.since

    def changed() -> tuple[int, int]:
        row = homes.row(ONE)
        assert row is not None
        return row.changed

    stood = homes.row(ONE)
    assert stood is not None
    homes.confirm(ONE, NOW + timedelta(days=30), (0, 1), stood.willing_until)
    assert since() == changed() == (0, 0)
    homes.confirm(ONE, NOW + timedelta(days=60), (0, 2), NOW + timedelta(days=31))
    assert since() == (0, 2)
    homes.pause(ONE, (0, 1))
    homes.confirm(ONE, NOW + timedelta(days=60), (0, 3), NOW + timedelta(days=31))
    assert since() == (0, 3)
    homes.places_left(ONE, 0, (0, 4))
    assert (since(), changed()) == ((0, 3), (0, 4))
    homes.places_left(ONE, 0, (0, 5))
    assert (since(), changed()) == ((0, 3), (0, 4))
    homes.places_left(ONE, 1, (0, 5))
    assert since() == changed() == (0, 5)
    assert (is_after((0, 5), [5]), is_after((0, 5), [6]), is_after((3, 0), [6])) == (True, False, True)


def test_numbers_beyond_a_column_do_no_harm() -> None:
    """An absurd number of places is taken for a very large one."""
    homes = world(Vacancy(ONE, "P1", a_home(places=10**15, max_age=10**12), 0.0, 0.0))
    assert homes.columns.places[0] > 1000


def test_a_list_that_outgrows_its_column_is_said_plainly() -> None:
    """The 65th code of a list does not silently share a bit."""
    bits = Bits("risk")
    with pytest.raises(Misconfigured):
        bits.learn(str(number) for number in range(65))
