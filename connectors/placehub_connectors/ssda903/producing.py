"""A draft return, as the case system exports it, filled with what the streams know: nobody types it twice.

Only what is blank is filled. Where the draft says something else it stands, and is told. What the hub does not hold
(a new placement's type, most of the header) stays blank and is told: the sector's rules will name it too. So is what is
filled in by a guess: why a first episode began, and how an ending was where nobody said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from copy import deepcopy
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from placehub_connectors.letters import Problem
from placehub_connectors.pseudonyms import Pseudonyms
from placehub_connectors.ssda903.beginning import ChildFacts
from placehub_connectors.ssda903.reading import runs
from placehub_connectors.ssda903.tables import COLUMNS, Line, Return, collection_year, day, written

Act = tuple[str, Mapping[str, Any]]
"""An event's type and its document."""
_FROM: Final = "Take it from the case system."
_LONDON: Final = ZoneInfo("Europe/London")


def produce(
    draft: Return,
    acts: Sequence[Act],
    names: Pseudonyms,
    providers: Mapping[str, tuple[str, str]],
    year: int,
    facts: Mapping[str, ChildFacts] = MappingProxyType({}),
) -> tuple[Return, list[Problem]]:
    """Return the draft filled from the authority's own events of a collection year, and what was left to be typed.

    `providers`: the provider's code in the hub -> (URN, placement provider code PR4 or PR5). `facts`: what referrals
    said of each child, by its pseudonym, for the first episode of one the draft has none of.
    """
    filling = _Filling(deepcopy(draft), names, providers, year, facts, _over(acts, year))
    order = ("PlacementStarted", "PlacementReviewed", "MissingEpisodeRecorded", "PlacementEnded")
    for kind in order:
        for event, document in acts:
            if event == kind:
                filling.take(kind, document)
    for table in ("Episodes", "Reviews", "Missing"):
        filling.draft.tables[table].sort(key=lambda one: one.line)
    return filling.draft, filling.left


def _over(acts: Sequence[Act], year: int) -> set[str]:
    """Return the placements that had ended before the year began."""
    ended = [one for kind, one in acts if kind == "PlacementEnded"]
    first = collection_year(year)[0]
    return {str(one["placement_id"]) for one in ended if date.fromisoformat(one["ended_on"]) < first}


class _Filling:
    """One draft being filled."""

    def __init__(
        self,
        draft: Return,
        names: Pseudonyms,
        providers: Mapping[str, tuple[str, str]],
        year: int,
        facts: Mapping[str, ChildFacts],
        over: Set[str],
    ) -> None:
        self.draft, self._names, self._providers = draft, names, providers
        self._facts, self._over = facts, over
        self._first, self._last = collection_year(year)
        self._births = {one.cells["CHILD"]: one.cells["DOB"] for one in draft.tables["Header"]}
        self._placements: dict[str, tuple[str, date]] = {}
        self.left: list[Problem] = []

    def take(self, kind: str, document: Mapping[str, Any]) -> None:
        """Fill in one event, if it is of the year and its child is in the draft."""
        fill = {
            "PlacementStarted": self._started,
            "PlacementReviewed": self._reviewed,
            "MissingEpisodeRecorded": self._missing,
            "PlacementEnded": self._ended,
        }[kind]
        fill(document)

    def _tell(self, table: str, column: str, rule: str, remedy: str, line: int | None = None) -> None:
        file = self.draft.files.get(table, table)
        self.left.append(Problem(file=file, line=line, column=column, rule=rule, remedy=remedy))

    def _started(self, document: Mapping[str, Any]) -> None:
        child = self._names.number("child", UUID(str(document["child_id"])))
        began = date.fromisoformat(document["started_on"])
        if began > self._last or str(document["placement_id"]) in self._over:
            return
        if child is None or child not in self._births:
            rule = "lacks a child whom a placement of the year is about"
            self._tell("Header", "CHILD", rule, "Export the draft again, with every child looked after in the year.")
            return
        self._placements[str(document["placement_id"])] = (child, began)
        found = next(
            (run[0] for run in runs(self.draft).get(child, ()) if run[0].cells["DECOM"] == written(began)), None
        )
        row = found or self._new_episode(child, began, self._facts.get(str(document["child_id"]), ChildFacts()))
        urn, provider = self._providers.get(document["provider"], (document["provider"], ""))
        self._fill(row, "URN", urn)
        self._fill(row, "PLACE_PROVIDER", provider)
        if not row.cells["PLACE_PROVIDER"]:
            rule = "is not known of this provider"
            self._tell("Episodes", "PLACE_PROVIDER", rule, "Name the provider in the file of --providers.", row.line)

    def _new_episode(self, child: str, began: date, facts: ChildFacts) -> Line:
        """Add the episode of a placement the draft does not know: the one before it ends that day."""
        before = [
            one for run in runs(self.draft).get(child, ()) for one in run if (day(one.cells["DECOM"]) or began) < began
        ]
        row = Line(max((one.line for one in self.draft.tables["Episodes"]), default=1), {})
        row.cells = dict.fromkeys(COLUMNS["Episodes"], "") | {"CHILD": child, "DECOM": written(began), "RNE": "S"}
        if before and before[-1].cells["DEC"] in ("", written(began)):
            last = before[-1]
            row.line = last.line
            row.cells |= {name: last.cells[name] for name in ("LS", "CIN", "HOME_POST")} | {"RNE": "P"}
            self._fill(last, "DEC", written(began))
            self._fill(last, "REC", "X1")
        elif not before:
            self._first_of(row, facts)
        self.draft.tables["Episodes"].append(row)
        rule = "is not held by the hub for a new placement"
        self._tell("Episodes", "PLACE, PL_POST", rule, _FROM, row.line)
        return row

    def _first_of(self, row: Line, facts: ChildFacts) -> None:
        """Fill in what the referral told of a child without an episode before; what else it says is told."""
        told = {"LS": facts.legal_status, "CIN": facts.category_of_need, "HOME_POST": facts.postcode}
        row.cells |= told
        for column in (one for one, value in told.items() if not value):
            self._tell("Episodes", column, "was not told in the referral", _FROM, row.line)
        rule = "is S by a guess: the hub was not told whether the child was looked after before"
        remedy = "If so, add the episodes before it, and correct why this one began."
        self._tell("Episodes", "RNE", rule, remedy, row.line)

    def _fill(self, row: Line, column: str, value: str) -> None:
        if value and not row.cells[column]:
            row.cells[column] = value
        elif value and row.cells[column] != value:
            rule = "says something else than the hub, and was left as it is"
            self._tell("Episodes", column, rule, "Find out which is right.", row.line)

    def _reviewed(self, document: Mapping[str, Any]) -> None:
        on = date.fromisoformat(document["reviewed_on"])
        self._add("Reviews", document, on, {"REVIEW": written(on), "REVIEW_CODE": document["participation"]}, "REVIEW")

    def _missing(self, document: Mapping[str, Any]) -> None:
        began = datetime.fromisoformat(document["began_at"]).astimezone(_LONDON).date()
        back = document.get("ended_at")
        ended = written(datetime.fromisoformat(back).astimezone(_LONDON).date()) if back else ""
        cells = {"MISSING": document["kind"], "MIS_START": written(began), "MIS_END": ended}
        self._add("Missing", document, began, cells, "MIS_START")

    def _add(self, table: str, document: Mapping[str, Any], on: date, cells: dict[str, str], key: str) -> None:
        placed = self._placements.get(str(document["placement_id"]))
        if placed is None or not self._first <= on <= self._last:
            return
        child = placed[0]
        rows = self.draft.tables[table]
        if not any(one.cells["CHILD"] == child and one.cells[key] == cells[key] for one in rows):
            own = [number for number, one in enumerate(rows) if one.cells["CHILD"] == child]
            after = [number for number in own if (day(rows[number].cells[key]) or on) < on]
            line = rows[(after or own or [-1])[-1]].line if rows else 2
            rows.append(Line(line, {"CHILD": child, "DOB": self._births[child], **cells}))

    def _ended(self, document: Mapping[str, Any]) -> None:
        placed = self._placements.get(str(document["placement_id"]))
        on = date.fromisoformat(document["ended_on"])
        if placed is None or on > self._last:
            return
        child, began = placed
        run = next((one for one in runs(self.draft)[child] if one[0].cells["DECOM"] == written(began)), None)
        if run is not None:
            self._fill(run[-1], "DEC", written(on))
            if not document.get("ceased") and not run[-1].cells["REC"]:
                rule = "is X1 by a guess: the hub was not told how the placement ended"
                self._tell("Episodes", "REC", rule, "Correct it if the child's care ceased.", run[-1].line)
            self._fill(run[-1], "REC", document.get("ceased") or "X1")
            self._fill(run[-1], "REASON_PLACE_CHANGE", document.get("reason") or "")
