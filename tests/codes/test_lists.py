"""Tests of the code lists."""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path

import pytest

from placehub.codes import CodeList, check, code_list, names, version
from placehub.errors import NotFound, Rejected

STANDARD = json.loads((Path(__file__).parent / "data" / "placements-standard-v2.json").read_text())
FIELDS = {field["name"]: field for entity in STANDARD["entities"] for field in entity["fields"]}
NOW = date(2026, 1, 15)
LAST_DAY = {"2023_24": date(2024, 3, 31), "2024_25": date(2025, 3, 31), "2025_26": date(2026, 3, 31)}
NATIONS = ("England", "Wales", "Scotland")

# Made-up episodes in the shape of the return: (year, RNE, LS, CIN, PLACE, PLACE_PROVIDER, REC, REASON_PLACE_CHANGE).
EPISODES = [
    ("2023_24", "S", "V2", "N1", "H5", "PR4", "X1", "CARPL"),
    ("2023_24", "P", "C2", "N5", "P2", "PR1", "E5", None),
    ("2024_25", "S", "C1", "N1", "U6", "PR4", "X1", "CREQB"),
    ("2024_25", "P", "C2", "N1", "K3", "PR5", None, None),
    ("2024_25", "U", "E1", "N2", "A5", "PR1", "E12", None),
    ("2025_26", "B", "C2", "N4", "U4", "PR5", "X1", "CUSTOD"),
    ("2025_26", "S", "J1", "N8", "K1", "PR3", "E14", None),
    ("2025_26", "T", "V4", "N3", "T1", None, "X1", "LAREQ"),
    ("2025_26", "L", "C2", "N6", "K3", "PR4", "E17", None),
]
EPISODE_LISTS = (
    "reason_new_episode",
    "legal_status",
    "category_of_need",
    "placement_type",
    "placement_provider",
    "reason_episode_ceased",
    "reason_place_change",
)


@pytest.mark.parametrize("name", names())
def test_every_list_says_where_it_comes_from(name: str) -> None:
    """A list states its source, citation, licence and nations, and has at least one value."""
    codes = code_list(name)
    assert all((codes.title, codes.source, codes.citation, codes.licence, codes.nations, codes.values))
    assert set(codes.nations) <= set(NATIONS)
    assert all(value.code and value.meaning and value.code == value.code.strip() for value in codes.values)


@pytest.mark.parametrize("name", names())
def test_dates_of_one_code_never_overlap(name: str) -> None:
    """No code has two meanings on one day, and no value ends before it begins."""
    for value in code_list(name).values:
        assert (value.valid_from or date.min) <= (value.valid_to or date.max)
    for first, second in combinations(code_list(name).values, 2):
        if first.code == second.code:
            apart = (first.valid_to or date.max) < (second.valid_from or date.min)
            assert apart or (second.valid_to or date.max) < (first.valid_from or date.min)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("needed_by", "neededBy"),
        ("communication_needs", "communicationNeeds"),
        ("communication", "specificCommunicationRequirements"),
        ("cultural_needs", "culturalNeeds"),
        ("living_companions", "livingCompanions"),
        ("pets", "pets"),
        ("additional_support", "additionalSupport"),
        ("suitability", "fosterCareSuitability"),
        ("suitability", "residentialCareSuitability"),
        ("suitability", "supportedAccommodationSuitability"),
        ("risk_state", "riskToOthersFire"),
        ("actual_placement_type", "placementType"),
    ],
)
def test_the_standards_options_are_taken_exactly(name: str, field: str) -> None:
    """A list of the Placements Data Standard has its options letter by letter, in its order."""
    assert code_list(name).codes(NOW) == tuple(FIELDS[field]["options"])


def test_the_thirteen_risks_carry_the_standards_names() -> None:
    """The risks are the standard's thirteen fields."""
    risks = next(entity for entity in STANDARD["entities"] if entity["name"] == "Risks")
    assert code_list("risk").codes(NOW) == tuple(field["name"] for field in risks["fields"])
    assert len(code_list("risk").codes(NOW)) == 13


@pytest.mark.parametrize("row", EPISODES)
def test_episodes_of_each_year_are_allowed(row: tuple[str | None, ...]) -> None:
    """An episode with the codes of its collection year passes on the last day of that year."""
    day = LAST_DAY[str(row[0])]
    for name, code in zip(EPISODE_LISTS, row[1:], strict=True):
        if code is not None:
            check(name, code, day, name, "England")


@pytest.mark.parametrize(
    ("code", "years"),
    [
        ("K3", {"2024_25", "2025_26"}),
        ("H5", {"2023_24", "2024_25"}),
        ("P2", {"2023_24", "2024_25"}),
        ("Z1", {"2023_24", "2024_25"}),
        ("Z11", {"2025_26"}),
        ("Z14", {"2025_26"}),
        ("U4", {"2023_24", "2024_25", "2025_26"}),
        ("k3", set[str]()),
    ],
)
def test_placement_types_change_with_the_collection_year(code: str, years: set[str]) -> None:
    """A placement type is allowed on every day of exactly the years that had it."""
    codes = code_list("placement_type")
    for year, last in LAST_DAY.items():
        first = date(last.year - 1, 4, 1)
        assert codes.allows(code, first) is codes.allows(code, last) is (year in years)


def test_sex_changes_codes_overnight() -> None:
    """Sex is 1 or 2 until 31 March 2024 and M, F or U from the next day, never both."""
    last = date(2024, 3, 31)
    assert code_list("sex").codes(last) == ("1", "2")
    assert code_list("sex").codes(last + timedelta(days=1)) == ("M", "F", "U")


def test_a_list_of_england_is_refused_elsewhere() -> None:
    """A code of the English return is refused for a Scottish authority, saying why."""
    assert code_list("legal_status").allows("C2", NOW, "England")
    assert not code_list("legal_status").allows("C2", NOW, "Scotland")
    with pytest.raises(Rejected, match="England only") as caught:
        check("legal_status", "C2", NOW, "children.0.legal_status", "Scotland")
    assert caught.value.field == "children.0.legal_status"


def test_the_hubs_own_lists_say_so() -> None:
    """The hub's own lists name placehub as their source and hold in every nation it serves."""
    for name in ("nation", "band", "skill", "decline_reason", "search_outcome", "officer_role"):
        assert code_list(name).source == "placehub"
        assert code_list(name).nations == NATIONS
    assert code_list("nation").codes(NOW) == NATIONS


def test_a_refusal_lists_what_is_allowed_and_hides_what_was_given() -> None:
    """A short list is given in full in the remedy; the refused value appears nowhere."""
    with pytest.raises(Rejected) as caught:
        check("needed_by", "Sam Q, tomorrow", NOW, "needed_by")
    assert caught.value.rule == "must be a code of list needed_by on 2026-01-15"
    assert "in less than 5 days" in caught.value.remedy
    assert "Sam" not in str(caught.value)


def test_a_refusal_of_a_long_list_suggests_the_nearest() -> None:
    """A long list is not printed in full: a near miss is led to the codes it resembles."""
    with pytest.raises(Rejected) as caught:
        check("ethnicity", "WBRT", NOW, "ethnicity")
    assert "WBRI" in caught.value.remedy
    assert "CHNE" not in caught.value.remedy
    assert "WBRT" not in str(caught.value)


def test_an_unknown_list_is_not_found() -> None:
    """Asking for a list that does not exist says so and offers a near name."""
    with pytest.raises(NotFound, match="placement_type"):
        code_list("placement_types")
    with pytest.raises(NotFound):
        check("no_such_list", "x", NOW, "field")


def test_a_meaning_is_of_its_day() -> None:
    """A code has a meaning only while it holds."""
    codes: CodeList = code_list("placement_type")
    assert codes.meaning("K3", NOW) == "Supported accommodation"
    with pytest.raises(NotFound):
        codes.meaning("K3", LAST_DAY["2023_24"])


def test_the_version_is_stable() -> None:
    """The same lists have the same version: it can stand in the basis of a decision."""
    assert version() == version()
    assert len(version()) == 12
