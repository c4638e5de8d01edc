"""Tests of the second look at invitations: what is planted is found, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from placehub.agreements.events import ProviderJoined
from placehub.contracts.headers import Attributes
from placehub.contracts.parts import Basis, Finding, HomeFit
from placehub.drivers.records import Record
from placehub.keys.sealed import Sealed
from placehub.postcodes import Postcodes
from placehub.referrals.child import Child, ChildNeed, FamilyTime
from placehub.referrals.events import LawfulBasis, ReferralMade, Wanted
from placehub.sample import recheck_need
from placehub.sample.inmemory import InMemory
from placehub.sample.recheck import Violation, recheck
from placehub.sample.stage import Stage
from placehub.sample.world import make_world
from placehub.search.events import ProviderInvited
from placehub.streams import full_name
from placehub.vacancies.events import (
    ChildAtHome,
    Exclusion,
    Home,
    Household,
    VacancyClosed,
    VacancyOpened,
    VacancyPaused,
    VacancyReserved,
)

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
REFERRAL, VACANCY, AGREEMENT, CHILD = (UUID(int=number) for number in range(1, 5))
PROVIDER, AUTHORITY = "SAMPLE-IFA-01", "E08000035"
HOME = Home(
    postcode_sector="LS6 2",
    places=1,
    kinds=("short term",),
    min_age=5,
    max_age=12,
    sex="any",
    pets=(),
    adapted=False,
    state="now",
    available_from=NOW.date(),
    willing_until=NOW,
)
NOTED = Child(child_id=CHILD, age_band="8-10", sex="M", pets="Yes - can", home_adaptation=False)
WANTED = Wanted(kind="short term", near_sector="LS6 1", within_miles=10)
FIT = HomeFit(
    vacancy_id=VACANCY,
    household_ref=UUID(int=9),
    band="fits",
    distance_miles=None,
    findings=(),
    questions=(),
)
Streams = dict[str, list[Record]]


def record(event: Any, offset: int) -> Record:
    """Return an event as it stands in its stream."""
    about = Attributes(id=UUID(int=100 + offset), source="/hub", type=full_name(type(event)), subject="x", time=NOW)
    return Record(type(event).STREAM, 0, offset, "x", about, event, b"", [])


def referral(wanted: Wanted = WANTED, *children: Child) -> ReferralMade:
    """Return a referral for these children."""
    basis = LawfulBasis(
        basis="public task", condition="health or social care", purpose="test", authorised_by="placement officer"
    )
    return ReferralMade(
        referral_id=REFERRAL,
        authority=AUTHORITY,
        agreement_id=AGREEMENT,
        need_known_at=NOW,
        lawful_basis=basis,
        wanted=wanted,
        children=children or (NOTED,),
    )


def invitation(fit: HomeFit = FIT, vacancy_end: int = 1, agreement_end: int = 1) -> ProviderInvited:
    """Return an invitation that rests on so many records of each stream."""
    basis = Basis(
        decided_at=NOW,
        case_offset=1,
        referral_version=1,
        vacancy_offsets=(vacancy_end,),
        agreement_offsets=(agreement_end,),
        organisation_offsets=(0,),
        policy="p",
        codes="c",
        postcodes="p",
        rules="r",
    )
    return ProviderInvited(
        referral_id=REFERRAL,
        provider=PROVIDER,
        interest_only=False,
        band=fit.band,
        homes=(fit,),
        released_at=NOW,
        respond_by=NOW,
        basis=basis,
    )


def opened(home: Home = HOME, provider: str = PROVIDER) -> VacancyOpened:
    """Return the vacancy as it was opened."""
    return VacancyOpened(vacancy_id=VACANCY, provider=provider, household_ref=UUID(int=9), home=home)


def reserved(places_left: int) -> Any:
    """Return a reservation that left so many places."""
    return VacancyReserved(
        vacancy_id=VACANCY,
        referral_id=UUID(int=8),
        offer_id=UUID(int=8),
        authority=AUTHORITY,
        provider=PROVIDER,
        placements=(),
        places_left=places_left,
    )


def streams(case: ReferralMade, invited: ProviderInvited, *vacancy: Any) -> Streams:
    """Return the three streams with one agreement that the provider has joined."""
    joined = ProviderJoined(agreement_id=AGREEMENT, lead="L", provider=PROVIDER, joined_on=date(2026, 1, 1))
    return {
        "agreement": [record(joined, 0)],
        "vacancy": [record(event, at) for at, event in enumerate(vacancy or (opened(),))],
        "referral": [record(case, 0), record(invited, 1)],
    }


def test_a_right_invitation_is_passed(postcodes: Postcodes) -> None:
    """A home that breaks nothing gives no violation."""
    assert recheck(streams(referral(), invitation()), {}, {}, postcodes) == []


def test_what_is_unknown_breaks_nothing(postcodes: Postcodes) -> None:
    """A child of whom nothing is told breaks no constraint of a home of which little is."""
    home = replace(HOME, pets=None, adapted=None, kinds=(), exclusions=(Exclusion(risk="riskMissing"),))
    case = referral(Wanted(), Child(child_id=CHILD))
    assert recheck(streams(case, invitation(), opened(home)), {}, {}, postcodes) == []


PLANTED: dict[str, Callable[[], Streams]] = {
    "age": lambda: streams(referral(), invitation(), opened(replace(HOME, max_age=7))),
    "sex": lambda: streams(referral(), invitation(), opened(replace(HOME, sex="F"))),
    "kind": lambda: streams(referral(replace(WANTED, kind="remand")), invitation()),
    "places": lambda: streams(referral(WANTED, NOTED, replace(NOTED, child_id=UUID(int=5))), invitation()),
    "siblings": lambda: streams(
        referral(WANTED, NOTED, replace(NOTED, child_id=UUID(int=5))),
        invitation(),
        opened(replace(HOME, places=2, sibling_places=1)),
    ),
    "risks": lambda: streams(
        referral(WANTED, replace(NOTED, risks_present=("riskMissing",))),
        invitation(),
        opened(replace(HOME, exclusions=(Exclusion(risk="riskMissing"),))),
    ),
    "radius": lambda: streams(referral(), invitation(), opened(replace(HOME, postcode_sector="S1 2"))),
    "pets": lambda: streams(
        referral(WANTED, replace(NOTED, pets="No")), invitation(), opened(replace(HOME, pets=("dog",)))
    ),
    "adaptation": lambda: streams(referral(WANTED, replace(NOTED, home_adaptation=True)), invitation()),
    "agreement": lambda: streams(referral(), invitation(agreement_end=0)),
    "owner": lambda: streams(referral(), invitation(), opened(provider="SAMPLE-IFA-02")),
    "finding": lambda: streams(
        referral(),
        invitation(replace(FIT, findings=(Finding(criterion="age", verdict="does not fit", facts={}),))),
    ),
    "case": lambda: {**streams(referral(), invitation()), "referral": [record(invitation(), 0)]},
}


@pytest.mark.parametrize("rule", PLANTED)
def test_a_planted_violation_is_found_and_named(rule: str, postcodes: Postcodes) -> None:
    """An invitation that breaks one constraint gives one violation, of that constraint."""
    found = recheck(PLANTED[rule](), {}, {}, postcodes)
    assert [one.rule for one in found] == [rule]
    assert isinstance(found[0], Violation)


@pytest.mark.parametrize(
    ("event", "rule"),
    [
        (VacancyPaused(vacancy_id=VACANCY, provider=PROVIDER), "state"),
        (VacancyClosed(vacancy_id=VACANCY, provider=PROVIDER), "state"),
        (reserved(0), "places"),
    ],
    ids=["paused", "closed", "full"],
)
def test_only_what_the_hub_knew_then_counts(event: Any, rule: str, postcodes: Postcodes) -> None:
    """A home that was paused, closed or filled is a violation, but not for a decision made before."""
    after = streams(referral(), invitation(vacancy_end=2), opened(), event)
    assert rule in [one.rule for one in recheck(after, {}, {}, postcodes)]
    assert recheck(streams(referral(), invitation(vacancy_end=1), opened(), event), {}, {}, postcodes) == []


def test_facts_that_came_later_break_nothing(postcodes: Postcodes) -> None:
    """An invitation is held against the case as it stood at the offset it names, not as it stood in the stream."""
    later = referral(WANTED, replace(NOTED, pets="Yes - must"))
    invited = invitation()
    known = {**streams(referral(), invited), "vacancy": [record(opened(replace(HOME, pets=())), 0)]}
    for offset, expected in ((1, ["pets"]), (2, [])):
        known["referral"] = [record(referral(), 0), record(later, offset), record(invited, 3)]
        assert [one.rule for one in recheck(known, {}, {}, postcodes)] == expected


def test_outside_the_approved_ages_must_be_said(postcodes: Postcodes) -> None:
    """A stretch that names the variation it needs is passed; the same called a fit is not."""
    named = (Finding(criterion="age", verdict="needs variation", facts={}),)
    older = opened(replace(HOME, max_age=7))
    stretch = replace(FIT, band="stretch", findings=named)
    assert recheck(streams(referral(), invitation(stretch), older), {}, {}, postcodes) == []
    called_fit = invitation(replace(FIT, findings=named))
    assert [one.rule for one in recheck(streams(referral(), called_fit, older), {}, {}, postcodes)] == ["age"]


def test_a_conditional_exclusion_needs_its_condition(postcodes: Postcodes) -> None:
    """An exclusion for the sake of a younger child counts only where one certainly lives there."""
    case = referral(WANTED, replace(NOTED, risks_present=("riskToOthersPhysical",)))
    only = (Exclusion(risk="riskToOthersPhysical", younger_child=True),)
    for band, expected in (("3-4", ["risks"]), ("8-10", []), ("14-15", []), (None, [])):
        home = replace(HOME, exclusions=only, children_at_home=(ChildAtHome(age_band=band),))
        found = recheck(streams(case, invitation(), opened(home)), {}, {}, postcodes)
        assert [one.rule for one in found] == expected


def test_the_sealed_need_counts_where_it_is_open(postcodes: Postcodes) -> None:
    """An exact age and an area to avoid, sealed in the facts in force, are held against the home; not before."""
    sealed = replace(NOTED, need=Sealed(key_id="made up", nonce=bytes(12), ciphertext=bytes(16)))
    case = referral(WANTED, sealed)
    older = {CHILD: ChildNeed(age_years=13)}
    assert [one.rule for one in recheck(streams(case, invitation()), older, {}, postcodes)] == ["age"]
    away = {CHILD: ChildNeed(avoid=("LS6",))}
    assert [one.rule for one in recheck(streams(case, invitation()), away, {}, postcodes)] == ["avoided area"]
    assert recheck(streams(referral(), invitation()), older, {}, postcodes) == []


def test_a_wrong_distance_is_found(postcodes: Postcodes) -> None:
    """A distance that is not the one between the sectors is a violation."""
    said = invitation(replace(FIT, distance_miles=Decimal(9)))
    assert [one.rule for one in recheck(streams(referral(), said), {}, {}, postcodes)] == ["radius"]


HOUSEHOLD = Household(faiths=("Sikh",), ethnicities=("WBRI",))
PART = Sealed(key_id="h", nonce=bytes(12), ciphertext=bytes(16))


def culture(religion: str | None, there: Household | None, *, required: bool = True) -> str:
    """Return what identity comes to for an English child of that faith, by the second look."""
    child = replace(NOTED, cultural_needs="Required" if required else "Not Known")
    need = ChildNeed(first_language="en", religion=religion, ethnicity="WBRI")
    return recheck_need.identity([(child, need)], HOME, there)


def test_identity_is_looked_at_again() -> None:
    """What the second look finds of faith and ethnicity is what the domain says of them."""
    assert culture("sikh", HOUSEHOLD) == "fits"
    assert culture("Hindu", HOUSEHOLD) == "needs support"
    assert culture("Hindu", None) == "ask the carer"
    assert culture(None, HOUSEHOLD) == "ask the authority"
    assert culture("Hindu", HOUSEHOLD, required=False) == "ask the authority"


@pytest.mark.parametrize(
    ("criterion", "wrong", "right"),
    [("identity", "fits", "needs support"), ("family time distance", "fits", "lesser fit")],
)
def test_a_verdict_on_what_is_sealed_is_checked(postcodes: Postcodes, criterion: str, wrong: str, right: str) -> None:
    """An invitation that says otherwise than the opened need and household do is found, and one that does not, not."""
    need = ChildNeed(
        first_language="en",
        religion="Hindu",
        ethnicity="WBRI",
        family_time=(FamilyTime(who="made up", postcode="M1 1AE"),),
    )
    case = referral(WANTED, replace(NOTED, cultural_needs="Required", need=PART))
    vacancy = replace(opened(), household=PART)

    def found(verdict: str) -> list[str]:
        said = replace(FIT, findings=(Finding(criterion=criterion, verdict=verdict, facts={}),))
        every = recheck(streams(case, invitation(said), vacancy), {CHILD: need}, {"h": HOUSEHOLD}, postcodes)
        return [one.rule for one in every]

    assert found(right) == []
    assert found(wrong) == [criterion.removesuffix(" distance")]


def test_a_whole_world_is_passed(postcodes: Postcodes) -> None:
    """A sample world lived through in memory breaks nothing, and identity and family time do decide in it."""
    records: list[Record] = []
    world, front = make_world(5, "corner", postcodes, 21), InMemory(5, postcodes, records.append)
    stage = Stage(front, world)
    stage.prepare()
    for now in world.steps:
        stage.step(now)
    needs = {one.noted.child_id: one.need for case in world.cases for one in case.children}
    homes = {one.vacancy_id: one.household for one in world.homes}
    households = {
        one.event.household.key_id: homes[one.event.vacancy_id]
        for one in records
        if isinstance(one.event, VacancyOpened) and one.event.household is not None
    }
    parts = {name: [one for one in records if one.topic == name] for name in ("referral", "vacancy", "agreement")}
    assert recheck(parts, needs, households, postcodes) == []
    invited = [one.event for one in parts["referral"] if isinstance(one.event, ProviderInvited)]
    said = {recheck_need.said(home, "identity") for one in invited for home in one.homes}
    assert {"fits", "needs support", "ask the carer", "ask the authority"} <= said
    said = {recheck_need.said(home, "family time distance") for one in invited for home in one.homes}
    assert {"fits", "lesser fit"} <= said
