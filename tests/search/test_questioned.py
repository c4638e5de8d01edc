"""A fact of a home that was contradicted is unknown, visibly, until its provider says it again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from placehub.offers.events import InvitationDeclined, OfferRevised
from placehub.postcodes import Postcodes
from placehub.referrals.events import ReferralMade
from placehub.search import answering
from placehub.search.case import told
from placehub.search.deciding import decide, due
from placehub.search.questioned import as_asked
from placehub.search.surroundings import Surroundings
from placehub.vacancies.events import (
    Home,
    ReservationRefused,
    VacancyConfirmed,
    VacancyFactQuestioned,
    VacancyNotOffered,
    VacancyOpened,
    VacancyRevised,
)

from .cases import (
    AUTHORITY,
    CASE,
    CHILD,
    HOME,
    NOW,
    OFFER,
    OTHER_HOME,
    PROVIDER,
    SIBLING,
    Given,
    a_case,
    a_fit,
    an_act,
    an_offer,
    facts_of,
)
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


def not_offered(events: tuple[Any, ...]) -> list[tuple[Any, str]]:
    """Return for which home, and why, something counts."""
    return [(one.vacancy_id, one.because) for one in events if isinstance(one, VacancyNotOffered)]


def told_of(*homes: Any, needed_by: str | None = None) -> Any:
    """Return a case whose one invitation told of these homes."""
    facts = facts_of(ReferralMade)
    case = a_case("referred", "invited", facts=replace(facts, wanted=replace(facts.wanted, needed_by=needed_by)))
    case = replace(case, offers={})
    return case.with_invitation(replace(case.invitations[PROVIDER], homes=told(tuple(a_fit(one) for one in homes))))


def test_a_decline_counts_for_the_home_it_meant() -> None:
    """It counts where it names the home or there is no other; one that cites a fact questions it and does not count."""
    one, two = (told_of(HOME), told_of(HOME, OTHER_HOME))
    unnamed = an_act(InvitationDeclined, reason="capacity", fact=None, vacancy_id=None)
    named = replace(unnamed, vacancy_id=OTHER_HOME)
    cited = replace(unnamed, fact="home.places")
    view = Given({HOME: (PROVIDER, a_fit())})
    assert not_offered(decide(one, unnamed, 4, view).events) == [(HOME, "capacity")]
    assert not_offered(decide(two, unnamed, 4, view).events) == []
    assert not_offered(decide(two, named, 4, view).events) == [(OTHER_HOME, "capacity")]
    assert not_offered(decide(one, cited, 4, view).events) == []
    assert not_offered(decide(one, replace(unnamed, reason="too far"), 4, view).events) == []


def test_silence_counts_for_an_only_home_that_was_not_needed_today() -> None:
    """An invitation that ran out counts where it told of one home; in an emergency's minutes it does not."""
    late = Given({HOME: (PROVIDER, a_fit())}, now=NOW + timedelta(days=1))
    assert not_offered(due(told_of(HOME), late).events) == [(HOME, "silence")]
    assert not_offered(due(told_of(HOME, OTHER_HOME), late).events) == []
    assert not_offered(due(told_of(HOME, needed_by="Today"), late).events) == []


def revises(home: Home, **other: Any) -> list[tuple[str, str]]:
    """Return what follows for the home when an offer for two siblings from today is revised."""
    facts = facts_of(ReferralMade, children=(CHILD, SIBLING))
    case = a_case("referred", facts=facts, groups=other.pop("groups", ()))
    case = case.with_offer(replace(an_offer(), children=(CHILD, SIBLING)))
    event = an_act(OfferRevised, **({"children": (CHILD, SIBLING)} | other))
    decided = decide(case, event, 4, Given({HOME: (PROVIDER, a_fit())}, said={HOME: home}))
    return [(one.fact, one.because) for one in decided.events if isinstance(one, VacancyFactQuestioned)]


def test_an_offer_revised_against_the_home_s_own_word_questions_it() -> None:
    """A later day, or fewer siblings than the home takes, contradicts it; the same offer does not."""
    home = a_home(places=2, sibling_places=2)
    assert revises(home) == []
    assert revises(home, available_from=NOW.date() + timedelta(days=2)) == [("home.available_from", "offer revised")]
    assert revises(home, children=(CHILD,)) == [("home.sibling_places", "offer revised")]
    assert revises(replace(home, sibling_places=None), children=(CHILD,)) == [("home.places", "offer revised")]


def test_a_revision_that_follows_from_elsewhere_contradicts_nothing() -> None:
    """A home that says the later day itself, siblings who were parted, another home: nothing of it is questioned."""
    later = NOW.date() + timedelta(days=2)
    home = a_home(places=2, sibling_places=2)
    assert revises(replace(home, available_from=later), available_from=later) == []
    assert revises(home, children=(CHILD,), groups=((CHILD,), (SIBLING,))) == []
    assert revises(home, children=(CHILD,), vacancy_id=OTHER_HOME) == []


@pytest.mark.parametrize(("places", "questioned"), [(1, ["home.places"]), (2, [])])
def test_a_refused_selection_questions_places_that_never_sufficed(places: int, questioned: list[str]) -> None:
    """An offer for two of a home that says one place contradicts it; a place that has just gone contradicts nothing."""
    case = a_case("reserving", facts=facts_of(ReferralMade, children=(CHILD, SIBLING)))
    case = case.with_offer(replace(case.offers[OFFER], children=(CHILD, SIBLING)))
    refused = ReservationRefused(
        vacancy_id=HOME, referral_id=CASE, offer_id=OFFER, authority=AUTHORITY, provider=PROVIDER, reason="place gone"
    )
    view = Given({HOME: (PROVIDER, a_fit())}, said={HOME: a_home(places=places)})
    events = answering.refused(case, refused, view).events
    assert [one.fact for one in events if isinstance(one, VacancyFactQuestioned)] == questioned
