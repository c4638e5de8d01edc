"""A provider's list of homes: rows in memory, then a file sent in the browser."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from placehub.errors import Rejected
from placehub.portal.home_rows import MOST_BYTES, MOST_ROWS, rows, template

from .test_story import shows, until
from .visiting import Seen, Visitor, join

TODAY = date(2026, 3, 2)
ROW = {
    "Our reference": "V-1",
    "Household": "H-1",
    "Postcode": "nr2 3ab",
    "State": "Ask the carer",
    "Places": "2",
    "Free from": "27/3/2026",
    "Carer's word holds until": "2031-03-20",
    "Kinds": "short term; long term",
    "Youngest age": "5",
    "Oldest age": "12",
    "Boys or girls": "either",
    "Languages": "English;Urdu",
    "Pets": "none",
    "Weekly fee": "£512.50",
    "No child with fire-setting": "never",
    "No child with going missing": "not beside our younger child",
    "Carers": "The Samples (made up)",
}


def listed(*given: dict[str, str], delimiter: str = ",") -> bytes:
    """Return a list as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, next(csv.reader([template()])), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(given)
    return out.getvalue().encode()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_row_tells_a_home(delimiter: str) -> None:
    """Words become codes, pets that there are not are told as none, and what is sealed stands apart."""
    (row,) = rows(listed(ROW, delimiter=delimiter), TODAY)
    assert row.wrong == []
    assert row.home["postcode_sector"] == "NR2 3"
    assert (row.home["state"], row.home["kinds"]) == ("ask carer", ["short term", "long term"])
    assert (row.home["pets"], row.home["languages"], row.home["weekly_fee"]) == ([], ["en", "ur"], "512.50")
    assert row.home["exclusions"] == [
        {"risk": "riskMissing", "younger_child": True},
        {"risk": "riskToOthersFire", "younger_child": False},
    ]
    assert row.household == {"postcode": "NR2 3AB", "carers": "The Samples (made up)"}


def test_every_wrong_value_is_reported_with_line_column_and_remedy() -> None:
    """Also several of one row; what would be sealed is not repeated in the report."""
    wrong = ROW | {"Places": "two", "Kinds": "long term;forever", "Youngest age": "", "Postcode": "NR2"}
    wrong |= {"Carer's word holds until": "1/3/2026", "Somebody smokes": "now and then"}
    good, bad = rows(listed(ROW, wrong), TODAY)
    assert not good.wrong
    assert bad.line == 3
    found = {one.column: one for one in bad.wrong}
    assert set(found) == {
        *("Places", "Kinds", "Youngest age", "Postcode", "Carer's word holds until", "Somebody smokes"),
    }
    assert found["Places"].value == "two"
    assert found["Kinds"].remedy.startswith("Use one of: ")
    assert found["Postcode"].value == ""


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "must be CSV with a line of heads"),
        (b"PK\x03\x04", "must be CSV"),
        (b"Our reference\nV-1\n", "lacks the columns: Household, Postcode"),
        (listed(ROW).replace(b"Notes", b"Weather"), "has columns that are not known: Weather"),
        (b"x" * (MOST_BYTES + 1), "bytes at most"),
        (listed(*[{"Our reference": f"V-{number}"} for number in range(MOST_ROWS + 1)]), "rows at most"),
    ],
)
def test_a_file_that_is_no_list_is_refused_as_a_whole(data: bytes, rule: str) -> None:
    """What is wrong with the file itself is said once, with what to do."""
    with pytest.raises(Rejected, match=rule) as refused:
        list(rows(data, TODAY))
    assert refused.value.remedy


def send(manager: Visitor, *given: dict[str, str], expect: int = 200) -> Seen:
    """Send a list in the browser."""
    manager.get("/homes/list")
    values = {name: value[0] for name, value in manager.page.form("/homes/list").values.items() if name != "file"}
    answer = manager.http.post("/homes/list", data=values, files={"file": ("homes.csv", listed(*given), "text/csv")})
    assert answer.status_code == expect, answer.text
    return manager._saw(answer)


@pytest.mark.broker
def test_rows_with_something_wrong_stop_no_others(hub: Any) -> None:
    """Each row comes to what it is: new, another, the same; the hub's own refusal stands in the report, too."""
    manager = join(hub.settings, hub.add("provider").code, f"{uuid4()}@example.org", "referral manager")
    today = hub.now.date()
    good = ROW | {"Free from": today.isoformat(), "Carer's word holds until": str(today + timedelta(days=30))}
    twice, nowhere = good | {"Our reference": "V-2"}, good | {"Our reference": "V-3", "Postcode": "ZZ99 9ZZ"}
    seen = send(manager, good, twice, twice, nowhere, expect=422)
    assert "2 of 4 rows were not taken" in seen.text
    assert "4 V-2 Our reference V-2 Stands in line 3 already." in seen.text
    assert "5 V-3 Postcode" in seen.text
    until(manager, "/homes", shows("£512.50 a week"))
    assert manager.page.text.count("in NR2 3") == 2
    assert "2 V-1 No fact is another" in send(manager, good).text
    assert "2 V-1 Revised" in send(manager, good | {"Weekly fee": "600"}).text
    until(manager, "/homes", shows("£600.00 a week"))
    assert manager.page.text.count("in NR2 3") == 2, "told again it is the same home"
    assert manager.get("/homes/list.csv").answer.text.startswith("\ufeffOur reference,Household,Postcode")
    manager.get("/homes/list")
    assert "Choose a file." in manager.send("/homes/list", 422).text
