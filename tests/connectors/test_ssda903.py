"""The 903 return: read into events, filled from them, held against the sector's own rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from placehub.errors import Misconfigured
from placehub_connectors.letters import Problem
from placehub_connectors.pseudonyms import Pseudonyms
from placehub_connectors.ssda903.beginning import HELD, ChildFacts, begin
from placehub_connectors.ssda903.checking import Verdict, check_return, prepare_validator
from placehub_connectors.ssda903.producing import produce
from placehub_connectors.ssda903.reading import events_of, is_planned
from placehub_connectors.ssda903.tables import COLUMNS, Line, Return, collection_year, read_return, write_return
from placehub_connectors.ssda903.trials import AUTHORITY, sample_return

PROVIDERS = {"SC012345": ("SC012345", "PR4"), "SC067890": ("SC067890", "PR4")}
YEAR = 2026
KEYS = {"Header": (), "Episodes": ("DECOM",), "Reviews": ("REVIEW",), "Missing": ("MIS_START",)}
"""Table -> the columns that tell a child's rows apart."""
DERIVED = dict.fromkeys(("PL_DISTANCE", "PL_LA", "PL_LOCATION"), "PL_POST")
"""What the validator works out itself -> the column it is worked out from."""


def names() -> Pseudonyms:
    """Return pseudonyms under a secret that everybody knows."""
    return Pseudonyms(AUTHORITY, bytes(32))


def told(given: Return, known: Pseudonyms) -> list[tuple[str, dict[str, Any]]]:
    """Return the events of a return as the inbox would have them."""
    return [(one.type, one.document) for one in events_of(given, known, {}, {})]


def test_a_return_is_read_into_placements_reviews_and_endings() -> None:
    """Independent placements alone become events, in order, each review and absence within its placement."""
    given = read_return(sample_return())
    letters = events_of(given, names(), {}, {})
    assert given.problems == []
    assert Counter(one.type for one in letters) == {
        "PlacementStarted": 3,
        "PlacementReviewed": 5,
        "PlacementEnded": 2,
        "MissingEpisodeRecorded": 1,
    }
    assert [one.time for one in letters] == sorted(one.time for one in letters)
    moved = [one.document for one in letters if one.type == "PlacementEnded"]
    assert [(one["planned"], one["reason"], one["ceased"]) for one in moved] == [
        (False, "CREQB", "X1"),
        (True, None, "E4A"),
    ]
    for letter in letters:
        letter.prepared()
        assert "1001" not in str(letter.document), "a child's own number stands in an event"


def test_an_episode_for_its_legal_status_goes_on_with_the_placement() -> None:
    """A change of legal status alone begins no placement, and the placement ends with its last episode."""
    files = sample_return()
    files["episodes.csv"] = files["episodes.csv"].replace(
        b"1001,10/06/2025,S,V2,N1,U6,PR4,,,,",
        b"1001,10/06/2025,S,V2,N1,U6,PR4,01/08/2025,X1,,ME14 1XQ,ME15 6AT,SC012345\r\n"
        b"1001,01/08/2025,L,C1,N1,U6,PR4,15/01/2026,X1,CARPL,",
    )
    letters = [one for one in events_of(read_return(files), names(), {}, {}) if "started_on" in one.document]
    assert sorted(one.document["started_on"] for one in letters) == ["2025-05-05", "2025-06-10", "2025-09-01"]


def test_a_placement_the_hub_knows_keeps_its_ids() -> None:
    """What the hub has named already keeps its name, and a provider goes by its code in the hub."""
    known = names()
    child = str(known.of("child", "1001"))
    ids = tuple(str(known.derived("hub", one)) for one in ("placement", "case", "vacancy"))
    hub = {(child, date(2025, 6, 10)): (ids[0], ids[1], ids[2])}
    letters = events_of(read_return(sample_return()), known, {"SC012345": "IFA-1"}, hub)
    about = [one.document for one in letters if one.document["placement_id"] == ids[0]]
    assert len(about) == 4
    assert {one["provider"] for one in about} == {"IFA-1"}


@pytest.mark.parametrize(
    ("ceased", "reason", "planned"),
    [("X1", "CARPL", True), ("X1", "CHILD", False), ("E4B", "", False), ("E11", "", True)],
)
def test_what_counts_as_planned(ceased: str, reason: str, planned: bool) -> None:
    """An ending is planned by the care plan or by how care ceased."""
    assert is_planned(ceased, reason) is planned


@pytest.mark.parametrize(
    ("file", "right", "wrong", "column"),
    [
        ("episodes.csv", b"1002,05/05/2025", b"1002,2025-05-05", "DECOM"),
        ("episodes.csv", b"CREQB", b"BEHAV", "REASON_PLACE_CHANGE"),
        ("episodes.csv", b"CT1 2XX,SC012345", b"CT1 2XX,", "URN"),
        ("reviews.csv", b"PN3", b"PN9", "REVIEW_CODE"),
        ("missing.csv", b"1002,", b",", "CHILD"),
        ("missing.csv", b"11/08/2025", b"31/02/2025", "MIS_END"),
    ],
)
def test_a_wrong_row_is_told_and_stops_no_other(file: str, right: bytes, wrong: bytes, column: str) -> None:
    """A row with a code, date or number there is not is told by file, line and column, its value never."""
    files = sample_return()
    assert right in files[file]
    files[file] = files[file].replace(right, wrong, 1)
    given = read_return(files)
    letters = events_of(given, names(), {}, {})
    assert [(one.file, one.column, one.value) for one in given.problems] == [(file, column, None)]
    assert any(one.type == "PlacementStarted" for one in letters)


def test_a_file_that_is_no_table_is_told() -> None:
    """What has not the columns of a table, or repeats one, is told."""
    files = sample_return()
    given = read_return(files | {"other.csv": b"A,B\r\n1,2\r\n", "zz.csv": files["missing.csv"]})
    assert [(one.file, one.rule[:10]) for one in given.problems] == [
        ("other.csv", "has not th"),
        ("zz.csv", "is a secon"),
    ]


def test_the_draft_is_filled_from_the_streams() -> None:
    """A draft without endings, reviews, absences, URNs and a whole new placement gets them all from the events."""
    whole, known = read_return(sample_return()), names()
    acts = told(deepcopy(whole), known)
    draft = deepcopy(whole)
    independent = {"1001", "1002"}
    draft.tables["Reviews"] = [one for one in draft.tables["Reviews"] if one.cells["CHILD"] not in independent]
    draft.tables["Missing"] = []
    episodes = draft.tables["Episodes"]
    for one in episodes:
        if one.cells["CHILD"] in independent:
            one.cells |= {"DEC": "", "REC": "", "REASON_PLACE_CHANGE": "", "URN": "", "PLACE_PROVIDER": ""}
    second = episodes.pop(2)
    filled, left = produce(draft, acts, known, PROVIDERS, YEAR)
    typed = {"PLACE": second.cells["PLACE"], "PL_POST": second.cells["PL_POST"]}
    assert [one.column for one in left] == ["PLACE, PL_POST"]
    added = next(one for one in filled.tables["Episodes"] if one.cells["DECOM"] == second.cells["DECOM"])
    added.cells |= typed
    expected = write_return(whole)
    assert {name: sorted(text.splitlines()) for name, text in write_return(filled).items()} == {
        name: sorted(text.splitlines()) for name, text in expected.items()
    }


def test_a_return_is_begun_from_the_streams_alone() -> None:
    """With no draft, each child placed through the hub has its rows from events and referral; what lacks is listed."""
    whole, known = read_return(sample_return()), names()
    acts = told(deepcopy(whole), known)
    number = str(known.of("child", "1001"))
    facts = {
        number: ChildFacts(sex="F", born=date(2014, 5, 1), ethnicity="WBRI", legal_status="C2", postcode="ME14 1XQ")
    }
    begun, unheld = begin(acts, facts, known, YEAR)
    filled, left = produce(begun, acts, known, PROVIDERS, YEAR, facts)
    headers = {one.cells["CHILD"]: one.cells for one in filled.tables["Header"]}
    assert headers.keys() == {"1001", "1002"}, "1003 is in no independent placement"
    assert (headers["1001"]["SEX"], headers["1001"]["DOB"], headers["1001"]["UPN"]) == ("F", "01/05/2014", "")
    for table in ("Reviews", "Missing"):
        mine = [one.cells for one in whole.tables[table] if one.cells["CHILD"] in headers]
        kept = [{**one.cells, "DOB": ""} for one in filled.tables[table]]
        assert sorted(map(str, kept)) == sorted(str({**one, "DOB": ""}) for one in mine)
    ends = [(one.cells["CHILD"], one.cells["DECOM"], one.cells["DEC"]) for one in filled.tables["Episodes"]]
    assert sorted(ends) == [
        ("1001", "10/06/2025", ""),
        ("1002", "01/09/2025", "20/12/2025"),
        ("1002", "05/05/2025", "01/09/2025"),
    ]
    first = next(one.cells for one in filled.tables["Episodes"] if one.cells["CHILD"] == "1001")
    assert (first["LS"], first["HOME_POST"], first["PLACE"]) == ("C2", "ME14 1XQ", "")
    lacks = {one.file for one in unheld}
    assert lacks == set(COLUMNS) - {"Reviews", "Missing"}
    assert [(one.line, one.column) for one in unheld if one.line] == [(2, "SEX"), (2, "DOB"), (2, "ETHNIC")]
    lacking = {"1001": ["CIN"], "1002": ["LS", "CIN", "HOME_POST"]}
    firsts = [column for one in ("1002", "1001") for column in (*lacking[one], "RNE", "PLACE, PL_POST")]
    assert [one.column for one in left] == [*firsts, "PLACE, PL_POST"]
    assert [one.rule[:15] for one in left if one.column == "RNE"] == ["is S by a guess"] * 2
    assert "1001" not in str([*unheld, *left])


def test_how_an_ending_was_is_no_silent_guess() -> None:
    """An ending that does not say how care ceased is filled in as a move, and told to be one by a guess."""
    known = names()
    acts = told(read_return(sample_return()), known)
    acts = [(kind, {**one, "ceased": None} if kind == "PlacementEnded" else one) for kind, one in acts]
    filled, left = produce(begin(acts, {}, known, YEAR)[0], acts, known, PROVIDERS, YEAR)
    guesses = [one for one in left if one.column == "REC"]
    assert [one.rule[:16] for one in guesses] == ["is X1 by a guess"]
    (ended,) = (one for one in filled.tables["Episodes"] if one.cells["DEC"] == "20/12/2025")
    assert (ended.cells["REC"], ended.line) == ("X1", guesses[0].line)


def test_a_provider_that_is_not_named_is_told() -> None:
    """A provider whom the file of providers does not give is listed at its episode."""
    known = names()
    acts = told(read_return(sample_return()), known)
    some = {"SC012345": PROVIDERS["SC012345"]}
    _, left = produce(begin(acts, {}, known, YEAR)[0], acts, known, some, YEAR)
    assert [one.column for one in left if "PROVIDER" in one.column] == ["PLACE_PROVIDER"]


def test_a_placement_that_ended_before_the_year_is_not_in_it() -> None:
    """Neither a child nor an episode of an earlier year is in a return that is begun from nothing."""
    known = names()
    acts = told(read_return(sample_return()), known)
    begun, _ = begin(acts, {}, known, YEAR + 1)
    filled, _ = produce(begun, acts, known, PROVIDERS, YEAR + 1)
    for table in ("Header", "Episodes"):
        assert [one.cells["CHILD"] for one in filled.tables[table]] == ["1001"]


def test_what_the_draft_says_otherwise_stands_and_is_told() -> None:
    """A cell the draft has filled in is never overwritten; a child it lacks is named as lacking, not by number."""
    whole, known = read_return(sample_return()), names()
    acts = told(deepcopy(whole), known)
    draft = deepcopy(whole)
    draft.tables["Episodes"][0].cells["URN"] = "SC099999"
    draft.tables["Header"] = [one for one in draft.tables["Header"] if one.cells["CHILD"] != "1002"]
    filled, left = produce(draft, acts, known, PROVIDERS, YEAR)
    assert filled.tables["Episodes"][0].cells["URN"] == "SC099999"
    assert Counter(one.column for one in left) == {"CHILD": 2, "URN": 1}
    assert "1002" not in str(left)


def test_the_collection_year_is_the_financial_one() -> None:
    """The year 2026 ends on 31 March 2026."""
    assert collection_year(2026) == (date(2025, 4, 1), date(2026, 3, 31))


def verdict(files: dict[str, bytes], folder: Path) -> Verdict:
    """Ask the sector's validator about files."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return check_return(read_return(files), folder, YEAR, AUTHORITY)


def test_the_sectors_own_rules_agree(tmp_path: Path) -> None:
    """The filled return fails no rule of the sector's validator; a row spoilt afterwards is told at its line."""
    prepare_validator()
    whole, known = read_return(sample_return()), names()
    acts = told(deepcopy(whole), known)
    draft = deepcopy(whole)
    draft.tables["Reviews"] = [one for one in draft.tables["Reviews"] if one.cells["CHILD"] == "1003"]
    for one in draft.tables["Episodes"]:
        one.cells |= {"DEC": "", "REC": "", "REASON_PLACE_CHANGE": ""} if one.cells["CHILD"] == "1002" else {}
    filled = write_return(produce(draft, acts, known, PROVIDERS, YEAR)[0])
    clean = verdict(filled, tmp_path / "filled")
    assert clean.rules > 300
    assert clean.failures == ()
    assert len(clean.doubtful) == 1
    spoilt = filled | {"header.csv": filled["header.csv"].replace(b"1003,M", b"1003,7")}
    found = verdict(spoilt, tmp_path / "spoilt").failures
    assert ("header.csv", 4, "SEX") in {(one.file, one.line, one.column) for one in found}
    assert all(one.rule.startswith("rule ") and one.remedy for one in found)


def typed(filled: Return, listed: Sequence[Problem], whole: Return) -> Return:
    """Return a return in which somebody has typed what is listed, and nothing else, as `whole` has it."""
    done, mine = deepcopy(filled), {one.cells["CHILD"] for one in filled.tables["Header"]}
    for problem in listed:
        table = problem.file
        if problem.column == "every column":
            done.tables[table] = whole.tables[table]
        elif problem.column == "CHILD":
            for one in HELD:
                done.tables[one] += [line for line in whole.tables[one] if line.cells["CHILD"] not in mine]
        else:
            right = {_row(table, one): one.cells for one in whole.tables[table]}
            for line in (one for one in done.tables[table] if problem.line in (None, one.line)):
                line.cells |= {column: right[_row(table, line)][column] for column in problem.column.split(", ")}
    return done


def _row(table: str, line: Line) -> tuple[str, ...]:
    return line.cells["CHILD"], *(line.cells[key] for key in KEYS[table])


def test_a_return_begun_from_nothing_needs_what_is_listed_and_no_more(tmp_path: Path) -> None:
    """Every rule it fails is about a cell that is listed; once somebody has typed those, the sector's rules pass it."""
    prepare_validator()
    whole, known = read_return(sample_return()), names()
    acts = told(deepcopy(whole), known)
    born = ChildFacts(sex="F", born=date(2016, 6, 14), ethnicity="WBRI", legal_status="V2")
    facts = {
        str(known.of("child", "1001")): born,
        str(known.of("child", "1002")): ChildFacts(category_of_need="N1", postcode="ME14 1XQ"),
    }
    begun, unheld = begin(acts, facts, known, YEAR)
    filled, left = produce(begun, acts, known, PROVIDERS, YEAR, facts)
    listed = {(f"{one.file.lower()}.csv", column) for one in (*unheld, *left) for column in one.column.split(", ")}
    raw = verdict(write_return(filled), tmp_path / "raw").failures
    assert raw, "much is still to be typed"
    about = [{(one.file, DERIVED.get(each, each)) for each in one.column.split(", ")} for one in raw]
    assert [one for one in about if not listed & one] == []
    clean = verdict(write_return(typed(filled, [*unheld, *left], whole)), tmp_path / "typed")
    assert clean.rules > 300
    assert clean.failures == ()


def test_a_year_the_validator_has_no_rules_for_is_refused_plainly(tmp_path: Path) -> None:
    """Another collection year is no return it can check."""
    with pytest.raises(Misconfigured, match="2023 to 2027"):
        check_return(Return(), tmp_path, 2031, AUTHORITY)
