"""The mapping language: each shipped mapping there and back, and a mapping that cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placehub.errors import Misconfigured, Rejected
from placehub_connectors.mapping.checking import load
from placehub_connectors.mapping.kinds import plain
from placehub_connectors.mapping.rows import Row, events, rows_of
from placehub_connectors.mapping.samples import sample
from placehub_connectors.mapping.shipped import find_mapping, shipped, shipped_mapping, shipped_text
from placehub_connectors.reading.files import read_file

from .making import NOW, pseudonyms, rows

STANDARD = json.loads(
    (Path(__file__).parents[1] / "codes/data/placements-standard-v2.json").read_text(encoding="utf-8")
)
FIELDS = {one["name"]: one for entity in STANDARD["entities"] for one in entity["fields"]}
V2 = "placements-data-standard-v2"


def carried(mapping_name: str, row: Row) -> dict[str, str]:
    """Return a row as the event can give it back: what is left out blank, all words for not known as the first."""
    mapping = shipped_mapping(mapping_name)
    back = {name: "" if name in mapping.left_out else plain(row.cells.get(name, "")) for name in mapping.columns}
    for rule in mapping.rules:
        if rule.absent and back[rule.column] in ("", *rule.absent):
            back[rule.column] = rule.absent[0]
    return back


@pytest.mark.parametrize("name", shipped())
@settings(max_examples=40)
@given(data=st.data())
def test_a_row_comes_back_as_it_was(name: str, data: st.DataObject) -> None:
    """Any row of a shipped format becomes an event that passes every check, and that event becomes the row again."""
    mapping, names = shipped_mapping(name), pseudonyms()
    row = data.draw(rows(mapping))
    (told,) = events(mapping, [row], names, NOW)
    assert told.problems == ()
    assert told.document is not None
    assert rows_of(mapping, told.document, names) == (carried(name, row),)


@pytest.mark.parametrize("name", shipped())
def test_the_samples_come_back_as_they_were(name: str) -> None:
    """Each sample's rows, siblings of one case among them, come back from their events in the same words."""
    mapping, names = shipped_mapping(name), pseudonyms()
    table = read_file(*sample(name), mapping.file)
    told = events(mapping, table.rows, names, NOW)
    back = [row for one in told for row in rows_of(mapping, one.document or {}, names)]
    assert back == [carried(name, row) for row in table.rows]


def test_siblings_of_one_family_are_one_referral() -> None:
    """Rows of one group become one event with a child for each; rows that disagree about the rest are set aside."""
    mapping, names = shipped_mapping("northshire-family-request"), pseudonyms()
    table = read_file(*sample(mapping.name), mapping.file)
    family, single = events(mapping, table.rows, names, NOW)
    assert [len((one.document or {})["children"]) for one in (family, single)] == [2, 1]
    table.rows[1].cells["Urgency"] = "planned"
    wrong, _ = events(mapping, table.rows, names, NOW)
    assert [(one.line, one.column) for one in wrong.problems] == [(3, "Family ref")]


def test_the_standard_is_carried_as_published() -> None:
    """The v2 mapping knows exactly the published fields, requires those of 1..1 it carries, and takes every option."""
    mapping = shipped_mapping(V2)
    assert set(mapping.columns) == set(FIELDS)
    for rule in mapping.rules:
        field = FIELDS[rule.column]
        assert rule.derived or rule.required == field["cardinality"].startswith("1"), rule.column
        for option in () if rule.kind in ("text", "implied") else field.get("options", ()):
            row = Row(2, {**read_file(*sample(V2), mapping.file).rows[0].cells, rule.column: option})
            row.cells["communicationNeeds"] = {"None": "N"}.get(
                plain(row.cells["specificCommunicationRequirements"]), "Y"
            )
            (told,) = events(mapping, [row], pseudonyms(), NOW)
            assert told.problems == (), (rule.column, option)


def test_the_standard_as_json_by_entity_says_the_same() -> None:
    """JSON nested by the standard's entities, lists as lists, becomes the same events as the flat CSV."""
    mapping = shipped_mapping(V2)
    flat = read_file(*sample(V2), mapping.file).rows
    nested = json.dumps([_nested(row) for row in flat]).encode()
    again = read_file("returns.json", nested, mapping.file).rows
    assert [one.document for one in events(mapping, again, pseudonyms(), NOW)] == [
        one.document for one in events(mapping, flat, pseudonyms(), NOW)
    ]


def _nested(row: Row) -> dict[str, Any]:
    return {
        entity["name"]: {one["name"]: _typed(one, plain(row.cells[one["name"]])) for one in entity["fields"]}
        for entity in STANDARD["entities"]
    }


def _typed(field: dict[str, Any], text: str) -> Any:
    if field["cardinality"].endswith("*"):
        return text.split(";")
    typed: dict[str, Callable[[str], Any]] = {"Integer": int, "Boolean": lambda said: said == "true"}
    return typed.get(field["type"], str)(text) if text else None


@pytest.mark.parametrize(
    ("wrong", "right", "place", "says"),
    [
        ('event = "ReferralMade"', 'event = "ReferralMad"', "event", "catalogue"),
        ('to = "children.0.pets"', 'to = "children.0.pet"', "(pets)", "names no field"),
        ('to = "children.0.pets"', 'to = "children.pets"', "(pets)", "names no field"),
        ('to = "children.0.pets"', 'to = "wanted.0.kind"', "(pets)", "no list"),
        ('to = "children.0.pets"', 'to = "Children[0]"', "(pets)", "joined by dots"),
        ('to = "children.0.home_adaptation"', 'to = "children.0.sex"', "(homeAdaptation)", "yes-no"),
        ('codes = { ESOL = "ESOL"', 'codes = { ESOL = "Esol"', "(specificCommunication", "no code of list"),
        ('member = "riskMissing"', 'member = "riskMising"', "(riskMissing)", "no code of list"),
        ("[risk=riskOther]", "[risk=riskOthers]", "(riskOther)", "no code of list"),
        ("[risk=riskOther]", "[risks=riskOther]", "(riskOther)", "chooses by"),
        ('names = "child"', "", "(childId)", "what the pseudonym names"),
        ('key = ["childId"]', "key = []", "key", "no column"),
        ('key = ["childId"]', 'key = ["childID"]', "key", "childID"),
        ('key = ["childId"]', 'key = ["childId"]\ngroup = "childId"', "each", "no column"),
        ('own = "authority"', 'own = "provider"', "own", "names no field"),
        ('own = "authority"', 'own = "authority"\nzone = "Europe/Leeds"', "zone", "time zone"),
        ('own = "authority"', 'own = "authority"\ncolour = "red"', "colour", "is not known here"),
        ('kind = "implied"', 'kind = "guessed"', "rules.5.kind", "must be"),
        ("[left_out.siblingCount]", "[left_out.pets]", "left_out.pets", "has a rule"),
        ('"lawful_basis.basis" = "public task"', "", "rules", "lawful_basis.basis"),
        ('to = "need_known_at"', 'to = "wanted.planned_start"', "(referralDate)", "moment"),
        ('says = "The', "says = The", "mapping", "TOML"),
        ('kind = "sector"', 'kind = "whole"\nunit = "dozens"', "(preferredLocation)", "unit"),
        ("derived = true", "derived = false", "rules", "two rules"),
    ],
)
def test_a_mapping_that_cannot_be_names_its_place(wrong: str, right: str, place: str, says: str) -> None:
    """Whatever a mapping names that there is not, and whatever it fails to give, is told before any row is read."""
    text = shipped_text(V2)
    assert wrong in text
    with pytest.raises(Rejected) as refused:
        load(text.replace(wrong, right, 1))
    assert place in refused.value.field
    assert says in refused.value.rule
    assert refused.value.remedy


def test_a_mapping_of_ones_own_is_a_file(tmp_path: Path) -> None:
    """A mapping file is read from where it is named, and one that is not sound says so in one sentence."""
    file = tmp_path / "ours.toml"
    file.write_text(shipped_text(V2), encoding="utf-8")
    assert find_mapping(str(file)) == shipped_mapping(V2)
    file.write_text("name = 1", encoding="utf-8")
    with pytest.raises(Misconfigured, match="not sound"):
        find_mapping(str(file))
