"""The one suite that every registered connector must pass; it is found by its entry point alone."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from placehub.intake.table import ACTS
from placehub_connectors.cli import program
from placehub_connectors.connector import Connector, Outcome, registered

DOCS = Path(__file__).parents[3] / "docs" / "connectors.md"


def outcomes(connector: Connector, folder: Path) -> list[Outcome]:
    """Run every trial of a connector, each in a folder of its own."""
    found = []
    for number, trial in enumerate(connector.trials()):
        (folder / str(number)).mkdir(parents=True)
        found.append(trial.run(folder / str(number)))
    return found


def test_what_it_sends_is_its_sides_to_send() -> None:
    """A connector names only events that an organisation which uses it may publish."""
    for connector in registered():
        for name in connector.sends:
            assert set(ACTS[name].by) & set(connector.sides), f"{connector.name}: {name}"


def test_every_letter_passes_the_hubs_checks(tmp_path: Path) -> None:
    """What a connector makes of its samples passes every check of the sender's side, and is what it says it sends."""
    for connector in registered():
        sent = [one.prepared() for outcome in outcomes(connector, tmp_path / connector.name) for one in outcome.letters]
        names = {f"{one.cls.STREAM}.{one.cls.__name__}" for one in sent}  # type: ignore[attr-defined]  # events have it
        assert names <= set(connector.sends), connector.name
        assert bool(names) == bool(connector.sends), f"{connector.name}: no trial shows what it sends"


def test_the_same_thing_said_again_has_the_same_ids(tmp_path: Path) -> None:
    """Run again from nothing, a trial gives the same events under the same ids: a repeat is recognised."""
    for connector in registered():
        first, second = (outcomes(connector, tmp_path / connector.name / turn) for turn in ("1", "2"))
        assert first == second, connector.name


def test_what_is_wrong_is_told_without_personal_values(tmp_path: Path) -> None:
    """Each problem has a place, a rule and a remedy, and repeats none of the personal values that were given."""
    for connector in registered():
        for trial, outcome in zip(connector.trials(), outcomes(connector, tmp_path / connector.name), strict=True):
            for problem in outcome.problems:
                assert problem.column or problem.line or problem.file, trial.says
                assert problem.rule, trial.says
                assert problem.remedy, trial.says
                assert not [one for one in trial.canaries if one in str(problem.facts())], trial.says


def test_its_commands_explain_themselves() -> None:
    """Every connector has commands of its own name that answer --help, and a place in the page on connectors."""
    page = DOCS.read_text(encoding="utf-8")
    for connector in registered():
        result = CliRunner().invoke(program(), [connector.name, "--help"])
        assert result.exit_code == 0, result.output
        assert f"`{connector.name}`" in page, f"docs/connectors.md does not tell of {connector.name}"
