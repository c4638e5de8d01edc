"""A provider's list of homes: what it says anew, what it says no more, and the template it is written in."""

from __future__ import annotations

import csv
import io
from email.message import EmailMessage
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from placehub_connectors.cli import program
from placehub_connectors.dropping import Choices
from placehub_connectors.mapping.samples import sample
from placehub_connectors.mapping.shipped import shipped_mapping
from placehub_connectors.vacancies import CLOSING, MAPPING
from placehub_connectors.vacancies.template import csv_template, explained, workbook_template

from .test_dropping import Outbox, look

ROWS = list(csv.DictReader(io.StringIO(sample(MAPPING)[1].decode())))
FULL = Choices(full=True, closing=CLOSING)


def homes(*rows: dict[str, str]) -> bytes:
    """Return a list of homes as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, ROWS[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def hand_in(folder: Path, outbox: Outbox, data: bytes, choices: Choices, name: str = "homes.csv") -> dict[str, int]:
    """Hand a list in, and return what its rows came to."""
    (folder / name).write_bytes(data)
    (done,) = look(folder, outbox, choices, MAPPING)
    return done.counts


def posted(outbox: Outbox) -> list[str]:
    """Return what was posted, and forget it."""
    found = [one.cls.__name__ for one in outbox.posted]
    outbox.posted.clear()
    return found


def test_a_list_handed_in_again_says_only_what_is_new(tmp_path: Path) -> None:
    """Unchanged homes send nothing, a changed one is revised, a missing one stays as it is."""
    outbox = Outbox()
    assert hand_in(tmp_path, outbox, homes(*ROWS), Choices()) == {"new": 2}
    assert posted(outbox) == ["VacancyOpened"] * 2
    assert hand_in(tmp_path, outbox, homes(*ROWS), Choices()) == {"unchanged": 2}
    assert hand_in(tmp_path, outbox, homes(ROWS[0] | {"Places": "1"}), Choices()) == {"changed": 1}
    assert posted(outbox) == ["VacancyRevised"]


def test_only_a_full_list_closes_what_it_lacks(tmp_path: Path) -> None:
    """A home missing from a full list is closed, once; named again it is revised, and so open again."""
    outbox = Outbox()
    hand_in(tmp_path, outbox, homes(*ROWS), FULL)
    posted(outbox)
    assert hand_in(tmp_path, outbox, homes(ROWS[0]), FULL) == {"closed": 1, "unchanged": 1}
    assert hand_in(tmp_path, outbox, homes(ROWS[0]), FULL) == {"unchanged": 1}
    assert posted(outbox) == ["VacancyClosed"]
    assert hand_in(tmp_path, outbox, homes(*ROWS), FULL) == {"changed": 1, "unchanged": 1}
    assert posted(outbox) == ["VacancyRevised"]


@pytest.mark.parametrize("data", [homes(ROWS[0] | {"Places": "two"}), homes(), b"", homes(ROWS[0])[:-40]])
def test_a_list_that_may_be_wrong_closes_nothing(tmp_path: Path, data: bytes) -> None:
    """With a row set aside, cut short, or without any row, a full list closes no home."""
    outbox = Outbox()
    hand_in(tmp_path, outbox, homes(*ROWS), FULL)
    posted(outbox)
    hand_in(tmp_path, outbox, data, FULL)
    assert "VacancyClosed" not in posted(outbox)


def test_the_template_is_what_is_read(tmp_path: Path) -> None:
    """Both forms of the template have every column; the workbook, filled in and sent back by e-mail, is read."""
    mapping = shipped_mapping(MAPPING)
    names = [name for name, _, _ in explained(mapping)]
    assert csv_template(mapping).decode("utf-8-sig").strip().split(",") == names
    workbook = openpyxl.load_workbook(io.BytesIO(workbook_template(mapping)))
    for row in ROWS:
        workbook["Vacancies"].append([row[name] for name in names])
    filled = io.BytesIO()
    workbook.save(filled)
    message = EmailMessage()
    message["Subject"] = "Our homes this week (made up)"
    message.set_content("Attached.")
    message.add_attachment(filled.getvalue(), maintype="application", subtype="octet-stream", filename="homes.xlsx")
    outbox = Outbox()
    assert hand_in(tmp_path, outbox, bytes(message), Choices(), "message.eml") == {"new": 2}
    told = outbox.posted[0].document
    assert told["home"]["exclusions"] == [
        {"risk": "riskToOthersPhysical", "younger_child": True},
        {"risk": "riskToOthersFire", "younger_child": False},
    ]
    message.add_attachment(b"a", maintype="text", subtype="csv", filename="more.csv")
    assert hand_in(tmp_path, outbox, bytes(message), Choices(), "two.eml") == {"set aside": 1}


def test_the_command_writes_and_checks(tmp_path: Path) -> None:
    """The commands write a template, refuse to overwrite one, and say what is wrong with a list that is half filled."""
    runner, file = CliRunner(), tmp_path / "homes.csv"
    assert runner.invoke(program(), ["vacancies", "template", str(file)]).exit_code == 0
    assert runner.invoke(program(), ["vacancies", "template", str(file)]).exit_code != 0
    file.write_bytes(homes(ROWS[0] | {"Carer's word holds until": "2026-03-01"}))
    result = runner.invoke(program(), ["vacancies", "check", str(file)])
    assert result.exit_code == 1
    assert "line 2: Carer's word holds until: must lie after" in result.output
