"""The forms of returns ask nobody anything: every column comes from the streams or from the profile."""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest

from placehub import codes
from placehub.errors import Misconfigured
from placehub.returns.figures import FIGURES
from placehub.returns.producing import lines_of, scope_of
from placehub.returns.templates import load, template, templates
from placehub.streams import every_event, full_name

from .making import PROVIDER, quarter
from .test_figures import of


def known_facts() -> set[str]:
    """The facts that a profile holds, as the profile connector's sample lists them."""
    text = (files("placehub_connectors.profile") / "sample.csv").read_text(encoding="utf-8")
    return {row["name"] for row in csv.DictReader(text.splitlines())}


@pytest.mark.parametrize("name", templates())
def test_a_form_asks_no_fact(name: str) -> None:
    """Each column of each form is a figure of the hub's or a fact that profiles hold: there is nothing left to type."""
    form = template(name)
    for rule in form.rules:
        assert (rule.figure in FIGURES) != (rule.fact in known_facts()), rule.column
    facts = quarter()
    for line in lines_of(form, scope_of(facts, of(form.kind, PROVIDER)), facts.profiles[PROVIDER]):
        assert line.source.startswith(("figures.", "profile.")), line.column


def test_every_figure_says_which_events_it_comes_from() -> None:
    """Each names events of the catalogue, so that a figure can be followed back to what was posted."""
    events = set(map(full_name, every_event()))
    assert {name for figure in FIGURES.values() for name in figure.events} <= events
    assert all(figure.events and figure.says for figure in FIGURES.values())


def test_the_code_list_names_the_forms_that_are_shipped() -> None:
    """An agreement can name every form there is, and no other."""
    assert set(templates()) == {one.code for one in codes.code_list("return_template").values}


def test_a_form_writes_days_and_codes_in_its_own_words() -> None:
    """What the profile says is written as the form words it; what nobody has told stays empty and is named."""
    facts = quarter()
    form = template("quarterly-monitoring")
    lines = lines_of(form, scope_of(facts, of("monitoring", PROVIDER)), facts.profiles[PROVIDER])
    told = {one.column: one.value for one in lines if one.group is None}
    assert (told["Inspected on"], told["Inspection outcome"]) == ("17/06/2025", "Good")
    assert told["Legal name"] == "Sample Fostering (made up)", "the register knows it"
    assert told["Approved carers"] is None


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ('to = "figures.made_up"', "Name a figure"),
        ('to = "ask the provider"', "Name a figure"),
        ('to = "figures.started"\nanswer = "typed"', "has answer"),
        ('to = "figures.started"\nkind = "colour"', "of kind colour"),
    ],
    ids=["no such figure", "a question", "an unknown word", "an unknown kind"],
)
def test_a_form_with_another_source_is_refused(rule: str, says: str) -> None:
    """A form that would have something typed cannot even be read."""
    head = 'name = "x"\nsays = "x"\nkind = "monitoring"\n[[rules]]\nsection = "S"\ncolumn = "C"\n'
    with pytest.raises(Misconfigured, match=says):
        load(head + rule)
