"""Each hard constraint, case by case."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from placehub.contracts.parts import Finding, HomeFit
from placehub.referrals.child import ChildNeed, RiskDetail
from placehub.search.criteria import CRITERIA
from placehub.search.sought import areas
from placehub.vacancies.events import ChildAtHome, Exclusion, Home

from .worlds import NOW, TODAY, Vacancy, a_child, a_home, a_search, judged, world

FITS, OUT, VARIATION, SUPPORT = "fits", "does not fit", "needs variation", "needs support"
AUTHORITY, CARER = "ask authority", "ask carer"
ONE = UUID(int=1)


def _says(criterion: str, result: HomeFit | Finding) -> str:
    findings = result.findings if isinstance(result, HomeFit) else (result,)
    (found,) = (finding for finding in findings if finding.criterion == criterion)
    return f"ask {found.facts['ask']}" if found.verdict == "ask" else found.verdict


def _child(criterion: str, child: dict[str, Any], home: dict[str, Any], need: ChildNeed | None = None) -> str:
    sought = a_search(a_child(**child), needs={ONE: need} if need else {})
    return _says(criterion, judged(sought, a_home(**home)))


@pytest.mark.parametrize(
    ("band", "approved", "expected"),
    [
        ("8-10", (5, 12), FITS),
        ("8-10", (8, 10), FITS),
        ("8-10", (9, 12), AUTHORITY),
        ("8-10", (0, 6), VARIATION),
        ("8-10", (0, 5), OUT),
        ("8-10", (12, 17), VARIATION),
        ("8-10", (13, 17), OUT),
        (None, (0, 17), AUTHORITY),
    ],
)
def test_age(band: str | None, approved: tuple[int, int], expected: str) -> None:
    """Inside fits, partly inside is asked, two years outside needs variation, further does not fit."""
    assert _child("age", {"age_band": band}, {"min_age": approved[0], "max_age": approved[1]}) == expected


def test_an_exact_age_is_used_but_never_told() -> None:
    """The sealed need settles a band partly inside; the finding names its source, not the age."""
    sought = a_search(a_child(), needs={ONE: ChildNeed(age_years=9)})
    result = judged(sought, a_home(min_age=9, max_age=16))
    assert isinstance(result, HomeFit)
    (found,) = (finding for finding in result.findings if finding.criterion == "age")
    assert (found.verdict, found.facts) == (
        FITS,
        {"approved": "9-16", "age_band": "8-10", "source": "sealed need"},
    )


def test_a_parent_has_no_approved_age() -> None:
    """A parent of 18 or over placed with a baby is matched on the baby's age, in a parent-and-child home."""
    sought = a_search(a_child(1, age_band="0"), a_child(2, role="parent", age_band="18+"))
    assert _says("age", judged(sought, a_home(kinds=("parent and child",), max_age=2))) == FITS
    assert _says("kind", judged(sought, a_home(kinds=("short term",)))) == OUT


@pytest.mark.parametrize(
    ("child", "home", "expected"),
    [("F", "any", FITS), ("F", "F", FITS), ("F", "M", OUT), ("U", "M", AUTHORITY), (None, "F", AUTHORITY)],
)
def test_sex(child: str | None, home: str, expected: str) -> None:
    """A home approved for one sex takes that sex only; not told is asked."""
    assert _child("sex", {"sex": child}, {"sex": home}) == expected


@pytest.mark.parametrize(
    ("wanted", "taken", "expected"),
    [
        ("short term", ("short term",), FITS),
        ("remand", ("short term",), OUT),
        (None, ("remand",), AUTHORITY),
        ("remand", (), CARER),
    ],
)
def test_kind(wanted: str | None, taken: tuple[str, ...], expected: str) -> None:
    """The home takes the kind or does not fit; a kind not told is asked."""
    assert _says("kind", judged(a_search(kind=wanted), a_home(kinds=taken))) == expected


@pytest.mark.parametrize(
    ("home", "criterion", "expected"),
    [
        ({"places": 1}, "places", OUT),
        ({"places": 2}, "places", FITS),
        ({"places": 2, "sibling_places": 1}, "siblings", OUT),
        ({"places": 2, "sibling_places": None}, "siblings", CARER),
        ({"places": 2, "children_placed": 2}, "usual limit", VARIATION),
        ({"places": 2, "children_placed": 2, "exemption": True}, "usual limit", FITS),
        ({"places": 2, "children_placed": None, "approved_places": None}, "usual limit", CARER),
        ({"places": 2, "children_placed": 2, "approved_places": 3}, "terms of approval", VARIATION),
        ({"places": 2, "approved_places": None}, "terms of approval", CARER),
    ],
)
def test_two_siblings(home: dict[str, Any], criterion: str, expected: str) -> None:
    """Two siblings need two places in one home, taken together, within the usual limit and the terms of approval."""
    sought = a_search(a_child(1), a_child(2), siblings_plan="together")
    assert _says(criterion, judged(sought, a_home(**home))) == expected


def test_a_plan_not_told_is_read_as_together_and_asked() -> None:
    """Siblings whose plan nobody told are never split silently."""
    sought = a_search(a_child(1), a_child(2))
    assert _says("places", judged(sought, a_home(places=1))) == OUT
    assert _says("siblings", judged(sought, a_home(places=2))) == AUTHORITY


def test_four_siblings_may_exceed_the_usual_limit_where_nobody_else_is_placed() -> None:
    """The limit of three does not bind where all are siblings."""
    sought = a_search(*(a_child(number) for number in range(1, 5)), siblings_plan="together")
    assert _says("usual limit", judged(sought, a_home(places=4, sibling_places=4, approved_places=4))) == FITS


def test_reserved_places_count_as_children_placed() -> None:
    """A place held for one child is not free for another and counts towards the limit."""
    homes = world(Vacancy(ONE, "P1", a_home(places=3, children_placed=1), 0.0, 0.0, taken=2))
    (row,) = homes
    assert (row.places_left, row.children_placed) == (1, 3)


@pytest.mark.parametrize(
    ("child", "condition", "home", "expected"),
    [
        ({"risks_present": ("riskMissing",)}, {}, {}, OUT),
        ({"risks_none_known": ("riskMissing",)}, {}, {}, FITS),
        ({}, {}, {}, AUTHORITY),
        ({"risks_present": ("riskMissing",)}, {"younger_child": True}, {"children_at_home": ()}, FITS),
        ({"risks_present": ("riskMissing",)}, {"younger_child": True}, {"children_at_home": None}, AUTHORITY),
        (
            {"risks_present": ("riskMissing",)},
            {"younger_child": True},
            {"children_at_home": (ChildAtHome(age_band="5-7"),)},
            OUT,
        ),
        (
            {"risks_present": ("riskMissing",)},
            {"younger_child": True},
            {"children_at_home": (ChildAtHome(age_band="8-10"),)},
            AUTHORITY,
        ),
        (
            {"risks_present": ("riskMissing",)},
            {"same_sex": True},
            {"children_at_home": (ChildAtHome(sex="M"),)},
            FITS,
        ),
        ({"risks_present": ("riskMissing",)}, {"same_sex": True}, {"children_at_home": (ChildAtHome(sex="F"),)}, OUT),
        ({"risks_present": ("riskMissing",)}, {"within_months": 6}, {}, AUTHORITY),
    ],
)
def test_risks(child: dict[str, Any], condition: dict[str, Any], home: dict[str, Any], expected: str) -> None:
    """An exclusion needs a present risk and every condition; what is unknown is asked; no known risk passes."""
    excluded = {"exclusions": (Exclusion(risk="riskMissing", **condition),)}
    assert _child("risks", child, excluded | home) == expected


@pytest.mark.parametrize(("months", "expected"), [(5, OUT), (6, OUT), (4, FITS)])
def test_how_recent_a_risk_is_comes_from_the_sealed_need(months: int, expected: str) -> None:
    """The date decides, and no finding repeats it."""
    home = {"exclusions": (Exclusion(risk="riskMissing", within_months=months + 1),)}
    last = RiskDetail(risk="riskMissing", last_date=date(2025, 9, 25))
    child = a_child(risks_present=("riskMissing",))
    result = judged(a_search(child, needs={ONE: ChildNeed(risks=(last,))}), a_home(**home))
    assert _says("risks", result) == expected
    assert "2025" not in repr(_findings(result, "risks"))


def _findings(result: HomeFit | Finding, criterion: str) -> list[Finding]:
    findings = result.findings if isinstance(result, HomeFit) else (result,)
    return [finding for finding in findings if finding.criterion == criterion]


def test_a_risk_nobody_knows_of_passes_with_a_note() -> None:
    """The finding says that the exclusion was met by `no known risk`."""
    home = a_home(exclusions=(Exclusion(risk="riskMissing"),))
    (found,) = _findings(judged(a_search(a_child(risks_none_known=("riskMissing",))), home), "risks")
    assert found.facts == {"excluded": "riskMissing", "no_known_risk": "riskMissing"}


OLDER, YOUNGER, SAME = (ChildAtHome(age_band=band) for band in ("14-15", "1-2", "8-10"))


@pytest.mark.parametrize(
    ("wanted", "at_home", "expected"),
    [
        ("Solo placement recommended", (), FITS),
        ("Solo placement recommended", (OLDER,), OUT),
        ("Solo placement recommended", None, CARER),
        ("With other children recommended", (), SUPPORT),
        ("With other children recommended", (OLDER,), FITS),
        ("Only with other older children", (OLDER,), FITS),
        ("Only with other older children", (OLDER, YOUNGER), OUT),
        ("Only with other older children", (SAME,), CARER),
        ("Only with other older children", (), FITS),
        ("Only with other younger children", (YOUNGER,), FITS),
        ("Only with other younger children", (OLDER,), OUT),
        ("No preference", None, FITS),
        (None, (), AUTHORITY),
        (None, None, CARER),
    ],
)
def test_living_companions(wanted: str | None, at_home: tuple[ChildAtHome, ...] | None, expected: str) -> None:
    """Who else lives there is held against what is recommended; what is not told is asked."""
    assert _child("living companions", {"living_companions": wanted}, {"children_at_home": at_home}) == expected


def test_a_foster_child_who_is_counted_but_not_described_is_a_companion() -> None:
    """A home that counts a placed child is no solo placement, even when it lists no child at home."""
    home = {"children_at_home": (), "children_placed": 1}
    assert _child("living companions", {"living_companions": "Solo placement recommended"}, home) == OUT


@pytest.mark.parametrize(
    ("wanted", "kept", "expected"),
    [
        ("No", (), FITS),
        ("No", ("dog",), OUT),
        ("No", None, CARER),
        ("Yes - must", (), OUT),
        ("Yes - must", ("dog",), FITS),
        ("Yes - can", None, FITS),
        ("Not Known", ("dog",), AUTHORITY),
        (None, (), AUTHORITY),
    ],
)
def test_pets(wanted: str | None, kept: tuple[str, ...] | None, expected: str) -> None:
    """Pets at home are held against what the child can live with."""
    assert _child("pets", {"pets": wanted}, {"pets": kept}) == expected


@pytest.mark.parametrize(
    ("needed", "adapted", "expected"),
    [
        (True, True, FITS),
        (True, False, OUT),
        (True, None, CARER),
        (False, None, FITS),
        (None, True, FITS),
        (None, False, AUTHORITY),
    ],
)
def test_adaptation(needed: bool | None, adapted: bool | None, expected: str) -> None:
    """Who needs an adapted home gets one."""
    assert _child("adaptation", {"home_adaptation": needed}, {"adapted": adapted}) == expected


@pytest.mark.parametrize(
    ("needs", "language", "home", "expected"),
    [
        (("BSL",), None, {"skills": ("BSL",)}, FITS),
        (("BSL",), None, {"skills": ()}, SUPPORT),
        (("Makaton",), None, {"skills": None}, CARER),
        (("ESOL",), "ar", {"languages": ("ar", "en")}, FITS),
        (("ESOL",), "ar", {"languages": ("en",)}, SUPPORT),
        (("ESOL",), None, {}, AUTHORITY),
        (("None",), None, {}, FITS),
        (None, None, {}, AUTHORITY),
    ],
)
def test_communication(
    needs: tuple[str, ...] | None, language: str | None, home: dict[str, Any], expected: str
) -> None:
    """A signing or language need that the home does not meet needs support; the language itself is not told."""
    need = ChildNeed(first_language=language) if language else None
    assert _child("communication", {"communication": needs}, home, need) == expected


@pytest.mark.parametrize(
    ("avoid", "expected"),
    [(("LS6 2",), OUT), (("ls6",), OUT), (("LS6 2AB",), OUT), (("LS6 3", "BD1"), FITS), (None, AUTHORITY)],
)
def test_areas_to_avoid(avoid: tuple[str, ...] | None, expected: str) -> None:
    """A home in a sector or district to keep away from does not fit; areas still sealed are asked."""
    found = judged(a_search(avoid=avoid, needs={} if avoid is None else None), a_home(postcode_sector="LS6 2"))
    assert _says("avoid area", found) == expected


def test_areas_come_from_the_opened_need_and_stay_sealed() -> None:
    """The hub keeps away from an area of the sealed need without naming it; one it cannot read stays a question."""
    result = judged(a_search(needs={ONE: ChildNeed(avoid=("LS6",))}, avoid=None), a_home())
    assert _says("avoid area", result) == OUT
    assert "LS6" not in repr(result)
    unread = a_search(needs={ONE: ChildNeed(avoid=("by the river",))}, avoid=None)
    assert _says("avoid area", judged(unread, a_home())) == AUTHORITY


def test_an_area_is_read_in_any_spelling() -> None:
    """Sectors, districts and postcodes are told apart; without its space a text may be both."""
    assert areas("ls6  2ab") == areas("LS6 2") == {"LS6 2"}
    assert areas("LS62") == {"LS62", "LS6 2"}
    assert areas("LS6") == {"LS6"}
    assert not areas("Leeds")


@pytest.mark.parametrize(
    ("miles", "within", "expected"), [(29.9, None, FITS), (30.1, None, OUT), (30.1, 31, FITS), (None, None, CARER)]
)
def test_distance(miles: float | None, within: int | None, expected: str) -> None:
    """Beyond the radius of the search, or else of the policy, does not fit; an unknown place is asked."""
    assert _says("distance", judged(a_search(within_miles=within), a_home(), miles)) == expected


def test_a_search_without_a_centre_asks_the_authority() -> None:
    """Nobody is too far from nowhere: the place is asked."""
    assert _says("distance", judged(a_search(place=None), a_home())) == AUTHORITY


def _comes(days: int, **wanted: Any) -> str:
    home = a_home(state="coming", available_from=TODAY + timedelta(days))
    return _says("available by", judged(a_search(**wanted), home))


def test_available_by() -> None:
    """A home must come by the day it is needed; a planned start may wait a week, if the authority agrees."""
    soon, later = "in less than 5 days", "in more than 5 days"
    assert [_comes(days, needed_by="Today") for days in (0, 1)] == [FITS, OUT]
    assert [_comes(days, needed_by=soon) for days in (4, 5)] == [FITS, OUT]
    assert [_comes(days, needed_by=later) for days in (5, 90)] == [FITS, AUTHORITY]
    assert [_comes(days, planned_start=TODAY + timedelta(9)) for days in (9, 16, 17)] == [FITS, AUTHORITY, OUT]
    assert [_comes(days, needed_by=None) for days in (0, 1)] == [FITS, AUTHORITY]
    assert _comes(0, planned_start=date.max) == FITS


def test_a_stale_vacancy_is_a_stretch_and_the_carer_is_asked() -> None:
    """After `willing_until` the home stays in sight, but no better than a stretch."""
    result = judged(a_search(), a_home(willing_until=NOW - timedelta(seconds=1)))
    assert isinstance(result, HomeFit)
    assert (_says("freshness", result), result.band, result.questions) == (CARER, "stretch", ("freshness",))


def test_a_carer_to_be_asked_first_is_a_question() -> None:
    """A vacancy in the state `ask carer` fits with that question."""
    result = judged(a_search(), a_home(state="ask carer"))
    assert isinstance(result, HomeFit)
    assert (result.band, result.questions) == ("fits with named support", ("state",))


@pytest.mark.parametrize(("eligible", "expected"), [(None, FITS), ({"P1"}, FITS), ({"P2"}, OUT)])
def test_agreement(eligible: set[str] | None, expected: str) -> None:
    """Only the providers the search may reach are matched."""
    among = None if eligible is None else frozenset(eligible)
    assert _says("agreement", judged(a_search(), a_home(), eligible=among)) == expected


def test_a_full_or_paused_home_is_not_matched() -> None:
    """A home without a place left is out, and why it is paused is not among the facts."""
    result = judged(a_search(), a_home(places=0))
    assert isinstance(result, Finding)
    assert (result.criterion, result.facts) == ("state", {"state": "no place now"})


def test_every_criterion_is_found_of_a_home_that_fits() -> None:
    """A fit carries one finding for each criterion, in the fixed order."""
    home: Home = a_home(children_placed=1)
    result = judged(a_search(), home)
    assert isinstance(result, HomeFit)
    assert [finding.criterion for finding in result.findings] == list(CRITERIA)
    assert {finding.verdict for finding in result.findings} == {FITS}
