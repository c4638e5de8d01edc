"""The need criteria: what they say of one home, what it weighs, and what orders homes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from placehub.codes import code_list
from placehub.contracts.parts import HomeFit
from placehub.referrals.child import ChildNeed, FamilyTime, School
from placehub.search.matching import match
from placehub.search.policy import DEFAULT, Weight
from placehub.search.row import OpenedHousehold
from placehub.search.skills import SKILLS
from placehub.search.sought import Sought
from placehub.vacancies.events import Home

from .worlds import CENTRE, FAR, FARTHER, NEAR, NOW, TODAY, Vacancy, a_child, a_home, a_need, a_search, judged, world

FITS, SUPPORT, LESSER = "fits", "needs support", "lesser fit"
AUTHORITY, CARER = "ask authority", "ask carer"


def _fit(sought: Sought, home: Home | None = None, **around: Any) -> HomeFit:
    found = judged(sought, home or a_home(), **around)
    assert isinstance(found, HomeFit)
    return found


def _says(criterion: str, fit: HomeFit) -> str:
    (finding,) = [one for one in fit.findings if one.criterion == criterion]
    return f"ask {finding.facts['ask']}" if finding.verdict == "ask" else finding.verdict


def _with(need: ChildNeed, **known: Any) -> Sought:
    return a_search(a_child(**known), needs={UUID(int=1): need})


@pytest.mark.parametrize(
    ("school", "run", "expected"),
    [
        (School(postcode=NEAR, must_keep=True), 5, FITS),
        (School(postcode=FARTHER, must_keep=True), 5, LESSER),
        (School(postcode=FARTHER, must_keep=True), None, CARER),
        (School(postcode=FARTHER, must_keep=None), 5, AUTHORITY),
        (School(postcode=FARTHER, must_keep=False), 5, FITS),
        (School(postcode="LS9 9ZZ", must_keep=True), 5, AUTHORITY),
        (None, 5, AUTHORITY),
    ],
)
def test_the_way_to_school(school: School | None, run: int | None, expected: str) -> None:
    """A school that must be kept is within the home's run or makes it a lesser fit; it never lowers the band."""
    fit = _fit(_with(a_need(school=school)), a_home(school_run_miles=run))
    assert (_says("school distance", fit), fit.band) == (expected, "fits")


def test_a_small_child_has_no_school() -> None:
    """Nobody is asked for the school of a child below school age."""
    assert _says("school distance", _fit(_with(a_need(school=None), age_band="1-2"))) == FITS


@pytest.mark.parametrize(
    ("postcodes", "expected"),
    [((NEAR,), FITS), ((NEAR, FAR), LESSER), ((NEAR, None), AUTHORITY), ((None, FAR), LESSER), ((), AUTHORITY)],
)
def test_the_way_to_the_family(postcodes: tuple[str | None, ...], expected: str) -> None:
    """Each place where the family is seen counts; one that is too far makes a lesser fit, never a lower band."""
    need = a_need(family_time=tuple(FamilyTime(who="made up", postcode=one) for one in postcodes))
    fit = _fit(_with(need))
    assert (_says("family time distance", fit), fit.band) == (expected, "fits")


MUSLIM = OpenedHousehold(faiths=frozenset({"muslim"}), ethnicities=frozenset({"apkn"}))


@pytest.mark.parametrize(
    ("cultural_needs", "religion", "household", "expected"),
    [
        ("Required", " Muslim", MUSLIM, FITS),
        ("Required", "Sikh", MUSLIM, SUPPORT),
        ("Required", None, MUSLIM, AUTHORITY),
        ("Required", "Muslim", None, CARER),
        ("Required", "Muslim", OpenedHousehold(None, None), CARER),
        ("Not required", "Sikh", MUSLIM, FITS),
        (None, "Muslim", MUSLIM, FITS),
        (None, "Sikh", MUSLIM, AUTHORITY),
    ],
)
def test_faith_and_ethnicity(
    cultural_needs: str | None, religion: str | None, household: OpenedHousehold | None, expected: str
) -> None:
    """What the child's culture needs and the home does not share needs support; no word of either is in the finding."""
    sought = _with(a_need(religion=religion, ethnicity="APKN"), cultural_needs=cultural_needs)
    fit = _fit(sought, household=household)
    assert _says("identity", fit) == expected
    (finding,) = [one for one in fit.findings if one.criterion == "identity"]
    assert not any(word in str(finding).lower() for word in ("muslim", "sikh", "apkn"))


@pytest.mark.parametrize(
    ("language", "languages", "expected"),
    [
        ("en", None, FITS),
        ("ar", ("en", "ar"), FITS),
        ("ar", ("en",), SUPPORT),
        ("ar", None, CARER),
        (None, (), AUTHORITY),
    ],
)
def test_first_language(language: str | None, languages: tuple[str, ...] | None, expected: str) -> None:
    """A first language that is not spoken at home needs support; English is taken as shared."""
    assert _says("identity", _fit(_with(a_need(first_language=language)), a_home(languages=languages))) == expected


@pytest.mark.parametrize(
    ("risks", "disabilities", "skills", "expected"),
    [
        (("riskSelfHarm",), ("NONE",), ("self-harm",), FITS),
        (("riskSelfHarm",), ("NONE",), (), SUPPORT),
        (("riskSelfHarm",), ("NONE",), None, CARER),
        ((), ("AUT",), ("autism",), FITS),
        ((), ("AUT",), ("self-harm",), SUPPORT),
        ((), None, (), AUTHORITY),
        (("riskToOthersPhysical",), ("NONE",), ("trauma-informed care",), FITS),
    ],
)
def test_skills(
    risks: tuple[str, ...], disabilities: tuple[str, ...] | None, skills: tuple[str, ...] | None, expected: str
) -> None:
    """Present risks and disabilities ask for skills; a missing one needs support. No sealed code is repeated."""
    fit = _fit(_with(a_need(disabilities=disabilities), risks_present=risks), a_home(skills=skills))
    assert _says("skills", fit) == expected
    (finding,) = [one for one in fit.findings if one.criterion == "skills"]
    assert "autism" not in str(finding)
    assert "AUT" not in str(finding)


def test_the_table_of_skills_knows_its_codes() -> None:
    """Every code and skill of the table is in its list."""
    skills = set(code_list("skill").codes(TODAY))
    for one in SKILLS:
        assert one.code in code_list(one.code_list).codes(TODAY)
        assert set(one.skills) <= skills


def test_what_a_home_meets_makes_its_need() -> None:
    """All met is 1000; each weight counts by its share, unknown and support half, a lesser fit nothing."""
    home = a_home(children_placed=1)
    assert _fit(a_search(), home).need == 1000
    assert _fit(a_search(), replace(home, children_placed=0)).need == 940
    assert _fit(_with(a_need(school=None)), home).need == 950
    assert _fit(_with(a_need(school=School(postcode=FARTHER, must_keep=True))), home).need == 900
    assert _fit(_with(a_need(first_language="ar")), home).need == 940


def test_a_word_that_ran_out_fades_week_by_week() -> None:
    """Each full week lowers a stale home within the stretch, down to nothing after the policy's weeks; none is out."""
    fits = [
        _fit(a_search(), a_home(children_placed=1, willing_until=NOW - timedelta(days=days)))
        for days in (1, 6, 7, 14, 55, 56, 700)
    ]
    assert {fit.band for fit in fits} == {"stretch"}
    assert [fit.need for fit in fits] == [960, 960, 954, 950, 924, 920, 920]


@pytest.mark.parametrize(
    ("authority", "expected"),
    [("E08000035", "none"), ("E08000032", "nominated officer"), ("E09000001", "director"), (None, "not known")],
)
def test_approval_outside_the_area(authority: str | None, expected: str) -> None:
    """Outside its own area an authority needs an approval, beyond the adjoining ones the director's; nothing lowers."""
    fit = _fit(a_search(adjoining=frozenset({"E08000032"})), authority=authority)
    (finding,) = [one for one in fit.findings if one.criterion == "out of area"]
    assert (finding.verdict, finding.facts["approval"], fit.band) == ("fits", expected, "fits")


def test_need_comes_before_distance_and_price_only_where_it_is_agreed() -> None:
    """In one band the better need goes first however far and dear; of equals the policy's last key decides."""
    skilled, plain = a_home(children_placed=1, weekly_fee=Decimal(2000)), a_home(weekly_fee=Decimal(1))
    some = [
        Vacancy(UUID(int=1), "P1", replace(plain, weekly_fee=None), *CENTRE),
        Vacancy(UUID(int=2), "P1", replace(plain, weekly_fee=Decimal(900)), *CENTRE),
        Vacancy(UUID(int=3), "P1", plain, *CENTRE),
        Vacancy(UUID(int=4), "P1", skilled, CENTRE[0], CENTRE[1] + 3000),
    ]

    def order(*names: str) -> list[int]:
        found = match(a_search(), world(*some), None, NOW, replace(DEFAULT, order=("band", "need", *names)))
        return [fit.vacancy_id.int for fit in found.fits]

    assert order("distance", "available") == [4, 1, 2, 3]
    assert order("price") == [4, 3, 2, 1]


def test_weights_that_weigh_nothing_leave_every_need_alike() -> None:
    """Where the weights sum to nothing every home meets half."""
    nothing = replace(DEFAULT, weights=(Weight(criterion="skills", weight=0),))
    homes = world(Vacancy(UUID(int=1), "P1", a_home(), *CENTRE))
    assert [fit.need for fit in match(a_search(), homes, None, NOW, nothing).fits] == [500]
