"""Ask once: a profile is sent once, written out in each form, and what used a changed fact is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from placehub_connectors.cli import program
from placehub_connectors.mapping.kinds import Context
from placehub_connectors.profile.facts import plan_profile, read_facts
from placehub_connectors.profile.rendering import facts_in, form, forms, render, used
from placehub_connectors.profile.trials import sample_profile

from .making import NOW, pseudonyms

FACTS = read_facts("profile.csv", sample_profile())[0]


def test_three_forms_are_shipped_and_differ() -> None:
    """No two forms ask in the same words."""
    columns = [set(form(name).columns) for name in forms()]
    assert len(columns) == 3
    assert sum(map(len, columns)) == len(set.union(*columns))


@pytest.mark.parametrize("name", forms())
def test_a_form_is_filled_from_the_profile_and_read_back(name: str) -> None:
    """Every column has its fact, and the filled form tells the profile's own values again."""
    row, blank = render(form(name), FACTS, pseudonyms())
    assert blank == ()
    assert all(row.values())
    told = facts_in(form(name), row, Context(pseudonyms(), "Europe/London", NOW))
    assert told == {one: FACTS[one].value for one in used(form(name))}


def test_the_same_fact_in_each_authoritys_own_words() -> None:
    """One outcome and one cover are written three ways."""
    rows = {name: render(form(name), FACTS, pseudonyms())[0] for name in forms()}
    assert rows["northshire-annual-monitoring"]["Inspection grade"] == "2 - Good"
    assert rows["wexborough-quarterly-return"]["OFS"] == "G"
    assert rows["eastmere-tender-schedule"]["ofsted_judgement"] == "good"
    assert rows["eastmere-tender-schedule"]["pl_cover_pence"] == "1000000000"
    assert rows["northshire-annual-monitoring"]["Public liability to"] == "31/12/2026"


def test_a_profile_is_sent_once_and_then_what_changed() -> None:
    """The first time the profile is published whole, later each changed fact alone, and what stands not at all."""
    names = pseudonyms()
    first, said = plan_profile(FACTS, "", {}, names, NOW)
    assert [one.letter.type for one in first] == ["ProfilePublished"]
    assert plan_profile(FACTS, "", said, names, NOW) == ([], {})
    changed = read_facts("p.csv", sample_profile().replace(b",96,", b",101,").replace(b",161,", b",170,"))[0]
    later, then = plan_profile(changed, "", said, names, NOW)
    assert [one.letter.document["fact"]["value"] for one in later] == ["101", "170"]
    assert set(then) == {"approved households", "approved carers"}


def test_every_return_that_used_a_changed_fact_is_named(tmp_path: Path) -> None:
    """A changed fact names the returns that used it, with the fact, and no other; written out again, none."""
    profile, run = tmp_path / "profile.csv", CliRunner()
    profile.write_bytes(sample_profile())
    for name in forms():
        arguments = ["profile", "render", str(profile), "--form", name, "--out", str(tmp_path / f"{name}.csv")]
        assert run.invoke(program(), arguments).exit_code == 0
    assert run.invoke(program(), ["profile", "outdated", str(profile)]).output == ""
    profile.write_bytes(sample_profile().replace(b"11.5", b"12"))
    said = run.invoke(program(), ["profile", "outdated", str(profile)]).output
    assert said.count("used what has changed: supervising social workers.") == 2
    assert "eastmere" not in said


@pytest.mark.parametrize(
    ("right", "wrong", "column"),
    [
        (b"2025-11-20,2025-11-20", b"2025-11-20,soon", "as_of"),
        (b"urn,SC012345", b"urn,", "value"),
        (b"legal name", b"urn", "name"),
    ],
)
def test_a_fact_that_is_wrong_is_told(right: bytes, wrong: bytes, column: str) -> None:
    """A fact without value or day, or told twice, is set aside with its line; the others stand."""
    facts, problems = read_facts("profile.csv", sample_profile().replace(right, wrong))
    assert [one.column for one in problems] == [column]
    assert len(facts) == len(FACTS) - 1
