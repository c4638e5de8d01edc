"""What is said of a home in several searches, counted by the vacancy's single writer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from placehub.vacancies import events
from placehub.vacancies.questioning import ABOUT
from placehub.vacancies.reserving import Vacancy, decide

from .test_reserving import HOME, PROVIDER, opened

UNTIL = datetime(2026, 5, 1, tzinfo=UTC)
CONFIRMED = events.VacancyConfirmed(vacancy_id=HOME, provider=PROVIDER, willing_until=UNTIL)


def not_offered(case: int, because: str = "capacity", provider: str = PROVIDER) -> events.VacancyNotOffered:
    """Return that a search's invitation meant the home and brought no offer."""
    return events.VacancyNotOffered(vacancy_id=HOME, referral_id=UUID(int=case), provider=provider, because=because)


def told(*said: Any) -> list[tuple[str, str, int]]:
    """Return what comes into question when the home is opened and then told of all this."""
    vacancy: Vacancy | None = None
    found: list[tuple[str, str, int]] = []
    for event in (opened(2), *said):
        vacancy, answers = decide(vacancy, event)
        found += [(one.fact, one.because, one.count) for one in answers]
    return found


@pytest.mark.parametrize("reason", sorted(ABOUT))
def test_the_third_search_questions_the_fact_the_reason_is_about(reason: str) -> None:
    """Twice is chance; at the third time the fact is questioned, once, and a fourth says nothing new."""
    said = [not_offered(case, reason) for case in range(1, 5)]
    assert told(*said[:2]) == []
    assert told(*said[:3]) == told(*said) == [(ABOUT[reason], reason, 3)]


@pytest.mark.parametrize("reason", ["too far", "not the right match", "other"])
def test_what_speaks_of_the_search_never_counts(reason: str) -> None:
    """That a search was too far away, or no match, says nothing of the home."""
    assert told(*(not_offered(case, reason) for case in range(9))) == []


def test_a_search_counts_once_and_each_reason_for_itself() -> None:
    """Being silent three times in one search is one silence, and three reasons are not one."""
    assert told(*[not_offered(1, "silence")] * 3) == []
    assert told(not_offered(1), not_offered(2, "silence"), not_offered(3, "carer unavailable")) == []


def test_what_the_provider_says_anew_starts_the_count_again() -> None:
    """A revision answers everything that was said; after it three more are needed."""
    revised = opened(2, events.VacancyRevised)
    assert told(not_offered(1), not_offered(2), revised, not_offered(3), not_offered(4)) == []
    assert len(told(not_offered(1), not_offered(2), not_offered(3), revised, *map(not_offered, (4, 5, 6)))) == 2


def test_the_carer_s_word_answers_willingness_alone() -> None:
    """A carer who confirms is not silent any more; how many places there are it does not say."""
    silent = [not_offered(case, "silence") for case in (1, 2, 3)]
    assert told(*silent[:2], CONFIRMED, silent[2]) == []
    full = [not_offered(case) for case in (1, 2, 3)]
    assert told(*full[:2], CONFIRMED, full[2]) == [("home.places", "capacity", 3)]


def test_a_home_that_is_closed_or_another_s_is_not_questioned() -> None:
    """Nothing is held against a home that is no more, nor by what another provider said."""
    closed = events.VacancyClosed(vacancy_id=HOME, provider=PROVIDER)
    assert told(closed, *map(not_offered, (1, 2, 3))) == []
    assert told(*(replace(not_offered(case), provider="P2") for case in (1, 2, 3))) == []
