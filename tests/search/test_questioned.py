"""A fact of a home that was contradicted is unknown, visibly, until its provider says it again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from placehub.offers.events import InvitationDeclined
from placehub.postcodes import Postcodes
from placehub.search.deciding import decide
from placehub.search.questioned import as_asked
from placehub.search.surroundings import Surroundings
from placehub.vacancies.events import VacancyConfirmed, VacancyFactQuestioned, VacancyOpened, VacancyRevised

from .cases import HOME, NOW, OTHER_HOME, PROVIDER, Given, a_case, a_fit, an_act
from .test_view import record
from .worlds import a_home


class World:
    """Surroundings that are told of one home, event by event."""

    def __init__(self, **home: object) -> None:
        self.around = Surroundings(Postcodes.open())
        self.ends = 0
        self.home = a_home(**home)
        self.tell(VacancyOpened(vacancy_id=HOME, provider=PROVIDER, household_ref=OTHER_HOME, home=self.home))

    def tell(self, event: object) -> None:
        """Let them learn one event."""
        self.around.learn([record(event, self.ends)], {"vacancy": [self.ends + 1]})
        self.ends += 1

    def question(self, fact: str) -> None:
        """Let a fact be questioned."""
        self.tell(
            VacancyFactQuestioned(vacancy_id=HOME, provider=PROVIDER, fact=fact, because="not the right match", count=1)
        )

    def read(self, fact: str) -> object:
        """Return what matching reads of the home now."""
        row = self.around.homes.row(HOME)
        assert row is not None
        return getattr(row.home, fact)


def declines(fact: str | None, **other: object) -> list[VacancyFactQuestioned]:
    """Return what follows for the home when its provider declines, citing a fact."""
    event = an_act(InvitationDeclined, reason="not the right match", fact=fact, **({"vacancy_id": None} | other))
    decided = decide(a_case("referred", "invited"), event, 4, Given({HOME: (PROVIDER, a_fit())}))
    return [one for one in decided.events if isinstance(one, VacancyFactQuestioned)]


def test_a_decline_that_cites_the_home_questions_that_fact() -> None:
    """The provider's own word against its own home makes the fact a question; a fact of the referral does not."""
    (questioned,) = declines("home.skills")
    assert (questioned.vacancy_id, questioned.fact, questioned.because) == (HOME, "home.skills", "not the right match")
    assert declines("wanted.near_sector") == declines(None) == []


def test_only_a_home_of_the_invitation_is_questioned() -> None:
    """Nobody can question a home it was not told of."""
    assert declines("home.skills", vacancy_id=OTHER_HOME) == []


@pytest.mark.parametrize(("fact", "unknown"), [("skills", None), ("kinds", ()), ("adapted", None), ("pets", None)])
def test_a_questioned_fact_is_unknown_until_it_is_restated(fact: str, unknown: object) -> None:
    """Matching reads it as unknown; the provider's revision, restating it, brings it back."""
    world = World()
    world.question(f"home.{fact}")
    assert world.read(fact) == unknown
    world.tell(VacancyRevised(vacancy_id=HOME, provider=PROVIDER, household_ref=OTHER_HOME, version=2, home=world.home))
    assert world.read(fact) == getattr(world.home, fact)


def test_willingness_is_answered_by_the_carers_word() -> None:
    """A questioned state makes the carer be asked, and VacancyConfirmed answers it; a skill it does not answer."""
    world = World(skills=("trauma-informed care",))
    world.question("home.state")
    world.question("home.skills")
    assert (world.read("state"), world.read("skills")) == ("ask carer", None)
    later = NOW + timedelta(days=9)
    world.tell(VacancyConfirmed(vacancy_id=HOME, provider=PROVIDER, willing_until=later))
    assert (world.read("state"), world.read("skills")) == (world.home.state, None)
    row = world.around.homes.row(HOME)
    assert row is not None
    assert row.questioned == {"home.skills"}
    assert row.willing_until == later


def test_a_fact_that_cannot_be_unknown_asks_the_carer() -> None:
    """How many places there are is always told: contradicted, the carer is asked as a whole."""
    home = a_home(places=2)
    assert as_asked(home, ["home.places"]).state == "ask carer"
    assert as_asked(home, ["home.willing_until"]) == home
