"""Tests of the actors: decisions are pure, and arrival order within a step changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import combinations, permutations
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placehub.contracts.codec import Codec, Folder
from placehub.contracts.headers import Attributes
from placehub.contracts.parts import Basis, HomeFit
from placehub.mailboxes.checks import check_event
from placehub.mailboxes.documents import prepare
from placehub.mailboxes.mailbox import subject_of
from placehub.offers.events import OfferMade
from placehub.placements.events import PlacementReviewed
from placehub.sample import behaviour
from placehub.sample.actors import ALONE, CHANGES, SEARCHES, SELECTS, Act, Lead, waves
from placehub.sample.behaviour import Model, Offer
from placehub.sample.chance import rng
from placehub.sample.homes import SampleHome
from placehub.sample.manager import ReferralManager
from placehub.sample.officer import Officer
from placehub.sample.world import World
from placehub.search.events import ProviderInvited, ReservedPlacement
from placehub.streams import full_name
from placehub.vacancies.events import VacancyReserved

LATEST = datetime.max.replace(tzinfo=UTC)
EAGER = Model(never_answers=0, says_yes=(1, 1, 1), asks_first=0, hesitates_hours=0.1, forgets=0)


@dataclass(frozen=True, slots=True)
class Letter:
    """One event as it comes."""

    attributes: Attributes
    event: Any


def letter(event: Any, now: datetime, source: str = "/hub/search") -> Letter:
    """Return the event as a letter."""
    about = Attributes(id=UUID(int=1), source=source, type=full_name(type(event)), subject=subject_of(event), time=now)
    return Letter(about, event)


def fit_of(home: SampleHome, band: str = "fits") -> HomeFit:
    """Return how a home fits, for an invitation."""
    return HomeFit(
        vacancy_id=home.vacancy_id,
        household_ref=home.household_ref,
        band=band,
        distance_miles=Decimal(3),
        findings=(),
        questions=(),
    )


def invited(referral_id: UUID, home: SampleHome, now: datetime) -> ProviderInvited:
    """Return the invitation of a home's provider."""
    basis = Basis(
        decided_at=now,
        case_offset=1,
        referral_version=1,
        vacancy_offsets=(),
        agreement_offsets=(),
        organisation_offsets=(),
        policy="p",
        codes="c",
        postcodes="p",
        rules="r",
    )
    return ProviderInvited(
        referral_id=referral_id,
        provider=home.provider,
        interest_only=False,
        band="fits",
        homes=(fit_of(home),),
        released_at=now,
        respond_by=now + timedelta(days=1),
        basis=basis,
    )


def refer(world: World, now: datetime) -> dict[UUID, Any]:
    """Return the referrals that the world's officers make on the days up to `now`."""
    officers = [Officer(world, one.code, Model()) for one in world.authorities]
    acts = [act for officer in officers for act in officer.act(now)]
    return {act.event.referral_id: act.event for act in acts if act.name == "referral.ReferralMade"}


def said(acts: list[Act]) -> list[tuple[str, str, str]]:
    """Return acts as they can be compared."""
    return [(act.sender, act.name, str(act.event)) for act in acts]


def test_everything_the_actors_post_passes_the_mailbox(world: World) -> None:
    """Every notice, referral, vacancy and agreement of the first days is a valid document with valid codes."""
    model = Model()
    actors = [Officer(world, one.code, model) for one in world.authorities]
    managers = [ReferralManager(world, one.code, model) for one in world.providers]
    posted: list[Act] = Lead(world).act(world.steps[0])
    for now in world.steps[:60]:
        posted += [act for actor in (*managers, *actors) for act in actor.act(now)]
    for act in posted:
        prepare(act.name, act.document(), act.time, act.id)
        Codec(Folder()).encode(act.event)
    assert len({act.id for act in posted}) == len(posted)


def test_an_act_holds_no_sealed_text_in_the_open_event(world: World) -> None:
    """The event itself has no canary; only its document, before it is sealed, has."""
    acts = [act for one in world.authorities for act in Officer(world, one.code, Model()).act(world.steps[-1])]
    acts += [act for one in world.providers for act in ReferralManager(world, one.code, Model()).act(world.steps[0])]
    assert not any("CANARY" in str(act.event) for act in acts)
    assert any("CANARY" in str(act.document()) for act in acts)


def test_only_the_arm_at_hour_0_gives_early_notices(world: World) -> None:
    """A case of the other arm is first heard of by its referral, days later."""
    arms = {case.referral_id: case for case in world.cases}
    for one in world.authorities:
        officer = Officer(world, one.code, Model())
        first: dict[UUID, Act] = {}
        for now in world.steps:
            for act in officer.act(now):
                first.setdefault(act.event.referral_id, act)
        for referral_id, act in first.items():
            case = arms[referral_id]
            early = act.name == "referral.EarlyNoticeGiven"
            assert early is (case.arm == "hour 0")
            assert not early or act.time == case.need_known_at


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_order_of_letters_within_a_step_changes_nothing(world: World, order: tuple[int, ...]) -> None:
    """Two cases with their invitations, in any order in which each case keeps its own, give the same acts."""
    home = max(world.homes, key=lambda one: (one.home.places, str(one.vacancy_id)))
    now = world.steps[40]
    cases = sorted(refer(world, now).items())[:2]
    letters = [one for key, event in cases for one in (letter(event, now), letter(invited(key, home, now), now))]

    def acts_of(given: list[Letter]) -> list[tuple[str, str, str]]:
        manager = ReferralManager(world, home.provider, EAGER)
        manager.act(world.steps[0])
        manager.act(home.opens_at)
        manager.read(given, now)
        return said([act for hours in (0, 8, 24) for act in manager.act(now + timedelta(hours=hours))])

    expected = acts_of(letters)
    assert acts_of([letters[at] for at in order]) == expected
    assert any(name == "referral.OfferMade" for _, name, _ in expected)


def test_both_sides_agree_the_same_terms(world: World) -> None:
    """After a reservation both sides' PlacementAgreed are equal; the start follows, and the placement plan once."""
    now = world.steps[40]
    model = replace(EAGER, waits_hours=0, emergency_waits_hours=0, in_house_found=0)
    case = next(one for one in world.cases if one.referral_id in refer(world, now) and len(one.children) == 1)
    home = next(one for one in world.homes if one.opens_at == world.steps[0] and one.closes_at is None)
    officer, manager = Officer(world, case.authority, model), ReferralManager(world, home.provider, model)
    manager.act(world.steps[0])
    made = next(act.event for act in officer.act(now) if act.event.referral_id == case.referral_id and act.plain)
    manager.read([letter(made, now), letter(invited(case.referral_id, home, now), now)], now)
    manager.act(now)
    now += timedelta(hours=12)
    offer = next(act.event for act in manager.act(now) if isinstance(act.event, OfferMade))
    officer.read([letter(invited(case.referral_id, home, now), now), letter(offer, now)], now)
    selected = [act.event for act in officer.act(now) if act.name == "referral.OfferSelected"]
    assert [one.offer_id for one in selected] == [offer.offer_id]
    placed = ReservedPlacement(placement_id=UUID(int=77), child_id=case.children[0].noted.child_id)
    held = VacancyReserved(
        vacancy_id=home.vacancy_id,
        referral_id=case.referral_id,
        offer_id=offer.offer_id,
        authority=case.authority,
        provider=home.provider,
        placements=(placed,),
        places_left=0,
    )
    both: list[Any] = []
    for actor in (officer, manager):
        actor.read([letter(held, now)], now)
        both += [act.event for act in actor.act(now) if act.name == "placement.PlacementAgreed"]
    assert both[0] == both[1]
    later = now + timedelta(days=40)
    officer.read([letter(both[1], now, f"/organisations/{home.provider}")], later)
    moving = [act.name for act in officer.act(later)]
    assert "placement.PlacementStarted" in moving
    moving += [act.name for act in officer.act(later + timedelta(days=9))]
    assert moving.count("placement.PlacementPlanAgreed") == 1


def test_an_officer_may_tell_the_month_of_an_18th_birthday(world: World) -> None:
    """Of children who turn 18 within a year, and of them only the month; of nobody else anything."""
    today = world.steps[0].date()
    children = [child for case in world.cases for child in case.children]
    told = {month for child in children if (month := child.month_of_18th_birthday(today))}
    assert told
    for month in told:
        about: dict[str, Any] = {"placement_id": UUID(int=1), "authority": "A", "provider": "P"}
        check_event(
            PlacementReviewed(**about, reviewed_on=today, participation="PN1", month_of_18th_birthday=month), today
        )
    youngest = min(children, key=lambda child: child.need.age_years or 0)
    assert youngest.month_of_18th_birthday(today) is None


def test_waves_keep_apart_what_could_meet_in_two_orders() -> None:
    """Two who touch one thing alone come one after the other; the rest goes in the first wave."""

    def act(sender: str, **touches: str) -> Act:
        return Act(sender, None, LATEST, touches)

    one, two, three, four = act("A", v=ALONE), act("B", v=ALONE), act("C", w="reads"), act("D", w="reads")
    assert waves([one, two, three, four]) == [[one, three, four], [two]]
    assert waves([]) == []


def test_waves_take_searches_and_changes_in_turn() -> None:
    """However they come, what changes homes waits for what starts searches, once; each selection goes alone."""

    def act(sender: str, **touches: str) -> Act:
        return Act(sender, None, LATEST, touches)

    mixed = [act(str(number), **(CHANGES if number % 2 else SEARCHES)) for number in range(6)]
    answer, chosen, chosen_too = act("Z", v="answers"), act("X", **SELECTS), act("Y", **SELECTS)
    expected = [[answer, *mixed[::2]], [chosen], [chosen_too], mixed[1::2]]
    assert waves([*mixed, chosen, answer, chosen_too]) == expected


THINGS = st.dictionaries(
    st.sampled_from(["v", "w", "referral 1", "referral 2"]), st.sampled_from([ALONE, "reads", "changes"])
)
TOUCHES = st.builds(
    lambda world, things: {**world, **things}, st.sampled_from([{}, CHANGES, SEARCHES, SELECTS]), THINGS
)


@given(st.lists(st.tuples(st.sampled_from("ABC"), TOUCHES), max_size=20))
def test_waves_are_as_few_as_a_greedy_order_gives(drawn: list[tuple[str, dict[str, str]]]) -> None:
    """No two of a wave meet, and whoever stands in a later wave meets somebody in the one before."""

    def meet(one: Act, other: Act) -> bool:
        return any(
            (one.touches[thing] != other.touches[thing] or one.touches[thing] == ALONE)
            and not (thing.startswith("referral ") and one.sender == other.sender)
            for thing in one.touches.keys() & other.touches.keys()
        )

    acts = [Act(sender, None, LATEST, touches) for sender, touches in drawn]
    found = waves(acts)
    assert sorted(map(id, acts)) == sorted(id(act) for wave in found for act in wave)
    for at, wave in enumerate(found):
        assert not any(meet(one, other) for one, other in combinations(wave, 2))
        assert all(at == 0 or any(meet(act, other) for other in found[at - 1]) for act in wave)


def test_the_best_band_wins_and_price_never_does() -> None:
    """Among offers the best band is taken, in it the nearest, whatever they cost."""
    first = Offer(
        offer_id=UUID(int=1),
        provider="P",
        vacancy_id=UUID(int=2),
        band="fits",
        distance_miles=Decimal(9),
        available_from=LATEST.date(),
        valid_until=LATEST,
        fee_lines=(),
        version=1,
    )
    nearer = replace(first, offer_id=UUID(int=2), distance_miles=Decimal(2))
    stretch = replace(first, offer_id=UUID(int=3), band="stretch", distance_miles=Decimal(1))
    never = Model(prefers_handier=0)
    choice = behaviour.choose(never, Random(1), [stretch, first, nearer])  # noqa: S311 - no secret
    assert choice == behaviour.Choice(nearer, None)
    always = behaviour.choose(Model(prefers_handier=1), Random(1), [stretch, first])  # noqa: S311 - as above
    assert always == behaviour.Choice(stretch, "nearer")
    assert behaviour.choose(never, Random(1), []) is None  # noqa: S311 - as above


def test_decisions_are_the_same_for_the_same_chance() -> None:
    """Hesitation, a carer's word and a decline depend on the seed, the actor and the case alone."""
    for purpose in range(50):
        answers = [
            (
                behaviour.hesitation(Model(), rng(1, "P", purpose), emergency=False, asked_before=False),
                behaviour.says_yes(Model(), rng(1, "P", purpose), "fits"),
                behaviour.decline(rng(1, "P", purpose), "stretch", Decimal(15)),
            )
            for _ in range(2)
        ]
        assert answers[0] == answers[1]


def test_some_never_answer_and_emergencies_are_answered_sooner() -> None:
    """As many as the model says never answer, and a need for today is answered in minutes."""

    def wait(number: int, emergency: bool) -> timedelta | None:
        return behaviour.hesitation(Model(), rng(1, number), emergency=emergency, asked_before=False)

    usual = [wait(number, False) for number in range(2000)]
    urgent = [wait(number, True) for number in range(2000)]
    assert usual.count(None) / 2000 == pytest.approx(Model().never_answers, abs=0.03)
    told = sorted(one for one in urgent if one is not None)
    assert told[len(told) // 2] < timedelta(hours=1)


def test_every_parameter_of_the_model_says_what_it_means() -> None:
    """The model's table has a value and a meaning for each parameter."""
    rows = behaviour.model_rows(Model())
    assert len(rows) == len({name for name, _, _ in rows}) > 15
    assert all(value and meaning for _, value, meaning in rows)
