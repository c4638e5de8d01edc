"""Whatever is wrong with a file is told by its row, and the other rows are taken."""

from __future__ import annotations

import json

import pytest

from placehub_connectors.mapping.rows import personal
from placehub_connectors.mapping.shipped import shipped_mapping
from placehub_connectors.planning import plan_file
from placehub_connectors.results import results_text

from .making import NOW, pseudonyms
from .malformed import CANARY, Malformed, corpus

CORPUS = corpus()


def test_the_corpus_is_large_enough() -> None:
    """There are at least a hundred malformed files, each of another kind."""
    assert len({one.what for one in CORPUS}) == len(CORPUS) >= 100


@pytest.mark.parametrize("one", CORPUS, ids=lambda one: one.what)
def test_it_is_reported_and_the_rest_is_taken(one: Malformed) -> None:
    """A malformed file gives a report that names line, column, rule and remedy; every other row becomes an event."""
    mapping = shipped_mapping(one.mapping)
    plan = plan_file(mapping, one.name, "", one.data, {}, pseudonyms(), NOW)
    assert plan.problems, "nothing was found wrong"
    problem = plan.problems[0]
    assert problem.file == one.name
    assert problem.line == one.line
    assert one.column in problem.column
    assert problem.rule
    assert problem.remedy
    assert len(plan.letters) == one.good
    closed = {rule.column for rule in mapping.rules if personal(mapping, rule)}
    if one.column in closed or one.line in (None, 1):
        assert CANARY not in json.dumps([line.facts() for line in plan.lines])


def test_a_results_file_runs_no_formula() -> None:
    """A value that a spreadsheet would run is written so that it is only read."""
    lines = [{"came": "set aside", "value": "=HYPERLINK(1)", "line": 2, "rule": "x", "remedy": "y", "file": "f.csv"}]
    assert "'=HYPERLINK(1)" in results_text(lines, "csv")
