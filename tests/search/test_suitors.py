"""One place, many suitors: selections at the same instant, and who is told that a home is offered elsewhere too."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID, uuid4

from placehub.contracts.headers import Attributes
from placehub.drivers.memory import KeptAggregates, KeptParking, KeptStep
from placehub.drivers.parking import partition_of
from placehub.drivers.records import Partition, Record
from placehub.offers.events import OfferMade, OfferWithdrawn
from placehub.postcodes import Postcodes
from placehub.referrals.events import OfferFeedback, OfferSelected
from placehub.search import answering
from placehub.search.case import Case
from placehub.search.deciding import decide
from placehub.search.events import OfferAssessed, SelectionRefused
from placehub.search.processor import Search
from placehub.search.surroundings import Surroundings
from placehub.streams import full_name
from placehub.vacancies import events as vacancies
from placehub.vacancies.reserving import Vacancy
from placehub.vacancies.reserving import decide as answer

from .cases import HOME, NOW, OTHER_HOME, PROVIDER, Given, a_case, a_fit, an_act, an_offer
from .test_processor import NoNeeds
from .test_view import record
from .worlds import a_home

SUITORS = 1_000
PLACE = vacancies.VacancyOpened(vacancy_id=HOME, provider=PROVIDER, household_ref=UUID(int=60), home=a_home(places=1))


def suitor(number: int) -> Case:
    """Return one of many cases that are offered the same home, and a further one each."""
    wanted, instead = UUID(int=10_000 + number), UUID(int=20_000 + number)
    offers = {
        wanted: an_offer(wanted),
        instead: an_offer(instead, vacancy_id=OTHER_HOME, state="open"),
    }
    return a_case("referred", referral_id=UUID(int=30_000 + number), offers=offers)


def test_a_thousand_select_one_last_place() -> None:
    """Of 1,000 selections at one instant one is reserved; 999 are refused, each with its next offers."""
    view = Given({HOME: (PROVIDER, a_fit()), OTHER_HOME: (PROVIDER, a_fit(OTHER_HOME))})
    vacancy: Vacancy | None = answer(None, PLACE)[0]
    reserved, told = 0, []
    for number in range(SUITORS):
        case = suitor(number)
        wanted, instead = UUID(int=10_000 + number), UUID(int=20_000 + number)
        told_of = (OfferFeedback(offer_id=instead, feedback="other"),)
        event = an_act(OfferSelected, offer_id=wanted, referral_id=case.referral_id, feedback=told_of)
        asked = decide(case, event, 4, view)
        vacancy, answers = answer(vacancy, asked.events[0])
        for one in answers:
            if isinstance(one, vacancies.VacancyReserved):
                reserved += 1
                assert answering.reserved(asked.case, one).case.state == "reserved"
            else:
                back = answering.refused(asked.case, one, view)
                told += [one for one in back.events if isinstance(one, SelectionRefused)]
                assert back.case.state == "referred"
    assert (reserved, len(told)) == (1, SUITORS - 1)
    assert all(one.next_offers == (UUID(int=one.offer_id.int + 10_000),) for one in told)
    assert vacancy is not None
    assert len(vacancy.reservations) == 1


def test_that_a_home_is_paused_is_not_said() -> None:
    """A selection of a paused home is refused in the words of a place that has gone."""
    vacancy = answer(None, PLACE)[0]
    paused = answer(vacancy, vacancies.VacancyPaused(vacancy_id=HOME, provider=PROVIDER))[0]
    view = Given({HOME: (PROVIDER, a_fit())})
    asked = decide(a_case("referred"), an_act(OfferSelected), 4, view)
    (refused,) = answer(paused, asked.events[0])[1]
    (said, *_) = answering.refused(asked.case, refused, view).events
    assert said.reason == "place gone"


class Pair:
    """A search with two cases in it, each with an offer of the same home; what it says goes back into the world."""

    def __init__(self) -> None:
        kept: KeptAggregates[Case] = KeptAggregates(lambda case: case.live)
        self.around = Surroundings(Postcodes.open())
        self.search = Search(self.around, NoNeeds(), cases=kept, parking=KeptParking(6))
        self.cases = kept
        self.ends = 0
        self.assessed: dict[UUID, list[bool]] = defaultdict(list)

    def learn(self, event: object) -> None:
        """Let the search learn one event of the vacancies, and let it react, until nothing more follows."""
        one = record(event, self.ends)
        self.ends += 1
        self.search.learn([one], {"vacancy": [self.ends]})
        for number in range(6):
            step = self.step(number)
            self.search.react(step, [one])
            self.follow(step)

    def step(self, number: int) -> KeptStep:
        """Return a step of one partition."""
        return KeptStep(processor="search", partition=Partition("referral", number), now=NOW)

    def act(self, case: Case | None, event: object, referral_id: UUID) -> None:
        """Let one case's party act."""
        step = self.step(partition_of(str(referral_id), 6))
        if case is not None:
            self.cases.begin(step)
            self.cases.put(referral_id, case)
            self.cases.finish()
        name = full_name(type(event))
        about = Attributes(
            id=uuid4(), source="/organisations/any", type=name, subject=str(referral_id), time=NOW, recorded_at=NOW
        )
        acted = Record("referral", step.partition.number, 9, str(referral_id), about, event, None, [])
        self.search.handle([(step, [acted])])
        assert not step.refused
        self.follow(step)

    def follow(self, step: KeptStep) -> None:
        """Take down what authorities are told, and feed back what the vacancies' stream carries."""
        for event, _ in step.said:
            if isinstance(event, OfferAssessed):
                self.assessed[event.referral_id].append(event.also_offered_elsewhere)
            if isinstance(event, vacancies.VacancyOffered | vacancies.VacancyOfferEnded):
                self.learn(event)


def test_both_officers_see_that_a_home_is_offered_elsewhere_too() -> None:
    """A second offer of a home is told to both authorities, its end to the one that is left; then nothing follows."""
    pair = Pair()
    pair.learn(PLACE)
    one, two = UUID(int=71), UUID(int=72)
    for referral_id in (one, two):
        case = a_case("referred", "interested", offers={}, referral_id=referral_id)
        made = an_act(OfferMade, offer_id=UUID(int=referral_id.int + 100), referral_id=referral_id)
        pair.act(case, made, referral_id)
    assert pair.assessed == {one: [False, True], two: [True]}
    withdrawn = an_act(OfferWithdrawn, offer_id=UUID(int=172), referral_id=two)
    pair.act(None, withdrawn, two)
    assert pair.assessed == {one: [False, True, False], two: [True]}
    assert pair.around.offered_in(HOME) == {one}
