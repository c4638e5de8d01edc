"""The single writer of a vacancy: whatever comes in whatever order, no place is given twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placehub.placements.events import PlacementStarted
from placehub.vacancies import events
from placehub.vacancies.lifecycle import STATES
from placehub.vacancies.reserving import Vacancy, decide, moved_in, placement_id

HOME, CASE = UUID(int=1), UUID(int=2)
PROVIDER, AUTHORITY = "P1", "A1"
TODAY = date(2026, 3, 2)


def opened(places: int, cls: type = events.VacancyOpened) -> Any:
    """Return what the provider says of the home."""
    home = events.Home(
        postcode_sector="LS6 2",
        places=places,
        kinds=("short term",),
        min_age=0,
        max_age=17,
        sex="any",
        state="now",
        available_from=TODAY,
        willing_until=datetime(2026, 4, 1, tzinfo=UTC),
    )
    return cls(vacancy_id=HOME, provider=PROVIDER, household_ref=UUID(int=3), version=1, home=home)


def asked(offer: int, children: int = 1, **other: Any) -> events.ReservationRequested:
    """Return a request for places for so many children."""
    wanted: dict[str, Any] = {
        "vacancy_id": HOME,
        "referral_id": CASE,
        "offer_id": UUID(int=100 + offer),
        "authority": AUTHORITY,
        "provider": PROVIDER,
        "children": tuple(UUID(int=1000 * (offer + 1) + one) for one in range(children)),
    }
    return events.ReservationRequested(**(wanted | other))


def given_back(offer: int) -> events.ReservationWithdrawn:
    """Return the withdrawal of a request."""
    return events.ReservationWithdrawn(
        vacancy_id=HOME,
        referral_id=CASE,
        offer_id=UUID(int=100 + offer),
        authority=AUTHORITY,
        provider=PROVIDER,
    )


def started(child_id: UUID) -> PlacementStarted:
    """Return a child's start."""
    return PlacementStarted(
        placement_id=UUID(int=4),
        referral_id=CASE,
        vacancy_id=HOME,
        child_id=child_id,
        authority=AUTHORITY,
        provider=PROVIDER,
        started_on=TODAY,
    )


def a_vacancy(state: str = "open", places: int = 1) -> Vacancy:
    """Return a vacancy in that state."""
    vacancy, _ = decide(None, opened(places))
    assert vacancy is not None
    return replace(vacancy, state=state)


@pytest.mark.parametrize("state", STATES)
def test_a_request_in_every_state(state: str) -> None:
    """Only an open vacancy is reserved; that it is paused is told to nobody, since a reason could betray why."""
    _, (answer,) = decide(None if state == "none" else a_vacancy(state), asked(0))
    if state == "open":
        assert isinstance(answer, events.VacancyReserved)
        assert [one.placement_id for one in answer.placements] == [placement_id(UUID(int=100), UUID(int=1000))]
        assert answer.places_left == 0
    else:
        assert isinstance(answer, events.ReservationRefused)
        assert answer.reason == {"none": "not known", "paused": "place gone"}.get(state, state)


@pytest.mark.parametrize("what", ["paused", "confirmed"])
def test_what_is_said_of_a_closed_home(what: str) -> None:
    """A home that was closed is not opened by a pause or a carer's word."""
    closed = a_vacancy("closed")
    assert _step(closed, "say", what, None) == (closed, ())


def test_too_many_children() -> None:
    """Siblings get all their places or none."""
    vacancy, (answer,) = decide(a_vacancy(places=2), asked(0, children=3))
    assert answer.reason == "place gone"
    assert vacancy == a_vacancy(places=2)


def test_another_providers_vacancy() -> None:
    """An offer of somebody else's home reserves nothing."""
    _, (answer,) = decide(a_vacancy(), asked(0, provider="P2"))
    assert answer.reason == "not known"


def test_asked_again() -> None:
    """A request is answered once."""
    vacancy, _ = decide(a_vacancy(places=2), asked(0))
    assert decide(vacancy, asked(0)) == (vacancy, ())


def test_given_back_once() -> None:
    """A reservation taken back is released once, and one never made is not."""
    vacancy, _ = decide(a_vacancy(), asked(0))
    free, (released,) = decide(vacancy, given_back(0))
    assert isinstance(released, events.VacancyReleased)
    assert released.places_left == 1
    assert decide(free, given_back(0)) == (free, ())


def test_moved_in_and_counted_anew() -> None:
    """A place filled stays taken until its provider counts again; a place held meanwhile stays held."""
    vacancy, _ = decide(a_vacancy(places=2), asked(0))
    vacancy, _ = decide(vacancy, asked(1))
    assert vacancy is not None
    vacancy, (filled,) = moved_in(vacancy, started(UUID(int=1000)))
    assert (filled.places_left, vacancy.left) == (0, 0)
    assert moved_in(vacancy, started(UUID(int=1000))) == (vacancy, ())
    assert moved_in(vacancy, started(UUID(int=77))) == (vacancy, ())
    revised, _ = decide(vacancy, opened(1, events.VacancyRevised))
    assert revised is not None
    assert list(revised.reservations) == [UUID(int=101)]
    assert revised.left == 0


offers = st.integers(0, 5)
steps = st.one_of(
    st.tuples(st.just("ask"), offers, st.integers(1, 3)),
    st.tuples(st.just("back"), offers, st.none()),
    st.tuples(st.just("in"), offers, st.integers(0, 2)),
    st.tuples(st.just("say"), st.sampled_from(("paused", "confirmed", "closed")), st.none()),
)
SAID = {"paused": events.VacancyPaused, "confirmed": events.VacancyConfirmed, "closed": events.VacancyClosed}


@given(st.integers(0, 4), st.lists(steps, max_size=30))
def test_never_oversold(places: int, story: list[tuple[str, Any, Any]]) -> None:
    """In any interleaving the places held never exceed the places told, and every new request has one answer."""
    vacancy: Vacancy | None = a_vacancy(places=places)
    for what, which, how in story:
        assert vacancy is not None
        known = set(vacancy.reservations)
        vacancy, answers = _step(vacancy, what, which, how)
        assert vacancy is not None
        held = sum(len(one.children) for one in vacancy.reservations.values())
        assert held <= places
        assert vacancy.left == places - held
        if what == "ask":
            assert len(answers) == (0 if UUID(int=100 + which) in known else 1)
        assert all(answer.places_left == vacancy.left for answer in answers if hasattr(answer, "places_left"))


@given(st.lists(st.tuples(st.just("told"), st.integers(0, 3), st.none()) | steps, max_size=30))
def test_a_count_that_changes_gives_nothing_away(story: list[tuple[str, Any, Any]]) -> None:
    """However the provider's count changes, a place is only given when one is left, and held places stay held."""
    vacancy: Vacancy | None = a_vacancy(places=2)
    for what, which, how in story:
        assert vacancy is not None
        before = vacancy
        vacancy, answers = _step(vacancy, what, which, how)
        assert vacancy is not None
        for answer in answers:
            if isinstance(answer, events.VacancyReserved):
                assert before.state == "open"
                assert before.left >= len(answer.placements)
        if what == "told":
            waiting = {key for key, one in before.reservations.items() if set(one.children) - set(one.filled)}
            assert set(vacancy.reservations) == waiting


def _step(vacancy: Vacancy, what: str, which: Any, how: Any) -> tuple[Vacancy | None, tuple[Any, ...]]:
    if what == "ask":
        return decide(vacancy, asked(which, how))
    if what == "back":
        return decide(vacancy, given_back(which))
    if what == "in":
        return moved_in(vacancy, started(UUID(int=1000 * (which + 1) + how)))
    if what == "told":
        return decide(vacancy, opened(which, events.VacancyRevised))
    more = {"willing_until": datetime(2026, 4, 1, tzinfo=UTC)} if which == "confirmed" else {}
    return decide(vacancy, SAID[which](vacancy_id=HOME, provider=PROVIDER, **more))
