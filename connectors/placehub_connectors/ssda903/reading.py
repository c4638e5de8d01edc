"""A 903 return as events: the starts, reviews, absences and endings of placements with independent fostering providers.

A placement is a run of episodes of one child in one place: an episode that begins for its legal status alone (RNE L),
or with the same carer (T, U), goes on with it. What the hub cannot be told from a return is left out, not made up: a
review tells the participation, not whether the plan changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from placehub.codes import code_list
from placehub_connectors.letters import Letter
from placehub_connectors.pseudonyms import Pseudonyms
from placehub_connectors.ssda903.tables import Line, Return, day

INDEPENDENT: Final = ("PR4", "PR5")
"""Placement provider: private, voluntary (rule 178). Only those take part in the hub."""
FOSTERING: Final = ("U1", "U2", "U3", "U4", "U5", "U6")
_GOES_ON: Final = ("L", "T", "U")
_UNPLANNED_ENDS: Final = ("E4B", "E2", "E9", "E8")
_PLANNED_CHANGE: Final = "CARPL"
_LONDON: Final = ZoneInfo("Europe/London")
_CODES: Final = (
    ("Episodes", "PLACE", "placement_type"),
    ("Episodes", "PLACE_PROVIDER", "placement_provider"),
    ("Episodes", "RNE", "reason_new_episode"),
    ("Episodes", "REC", "reason_episode_ceased"),
    ("Episodes", "REASON_PLACE_CHANGE", "reason_place_change"),
    ("Reviews", "REVIEW_CODE", "review_participation"),
    ("Missing", "MISSING", "missing"),
)
_DATES: Final = (
    ("Episodes", "DECOM", True),
    ("Episodes", "DEC", False),
    ("Reviews", "REVIEW", True),
    ("Missing", "MIS_START", True),
    ("Missing", "MIS_END", False),
)


@dataclass(frozen=True, slots=True)
class Spell:
    """One child's time in one placement. `ids` are its placement, case and vacancy."""

    child: str
    began: date
    ended: date | None
    last: Line
    ids: tuple[str, str, str]
    provider: str

    def covers(self, on: date) -> bool:
        """Tell whether the child was there on that day; the day it moves on belongs to the next placement."""
        return self.began <= on and (self.ended is None or on < self.ended)


Known = Mapping[tuple[str, date], tuple[str, str, str]]
"""(child's pseudonym, start) -> the ids the hub gave: placement, case and vacancy."""


def events_of(given: Return, names: Pseudonyms, providers: Mapping[str, str], known: Known) -> list[Letter]:
    """Return the events of a return in the order things happened; rows that are wrong are told in the return.

    `providers`: URN -> the provider's code in the hub, where it is not the URN itself.
    """
    _check(given)
    spells = list(_spells(given, names, providers, known))
    letters = [letter for spell in spells for letter in _life(spell, names)]
    letters += _reviews(given, spells, names)
    letters += _absences(given, spells, names)
    order = {name: number for number, name in enumerate(("PlacementStarted", "PlacementReviewed"))}
    return sorted(letters, key=lambda one: (one.time, order.get(one.type, 2), str(one.id)))


def _check(given: Return) -> None:
    """Take every row out that has a code or date there is not, or no child, and tell it."""
    for table, lines in given.tables.items():
        given.tables[table] = [one for one in lines if _is_sound(given, table, one)]


def _is_sound(given: Return, table: str, line: Line) -> bool:
    sound = len(given.problems)
    if not line.cells["CHILD"]:
        given.wrong(table, line.line, "CHILD", "must be given", "Fill it in.")
    for where, column, codes in _CODES:
        value = line.cells[column] if where == table else ""
        if value and value not in {one.code for one in code_list(codes).values}:
            given.wrong(table, line.line, column, f"must be a code of list {codes}", "See docs/codes.md.")
    for where, column, needed in _DATES:
        told = line.cells[column] if where == table else None
        if told is not None and (told or needed) and day(told) is None:
            given.wrong(table, line.line, column, "must be a date written as dd/mm/yyyy", "Correct the date.")
    return len(given.problems) == sound


def _spells(given: Return, names: Pseudonyms, providers: Mapping[str, str], known: Known) -> Iterator[Spell]:
    for child, lines in runs(given).items():
        for run in lines:
            first, last = run[0].cells, run[-1]
            if first["PLACE"] in FOSTERING and first["PLACE_PROVIDER"] in INDEPENDENT:
                if not first["URN"]:
                    given.wrong("Episodes", run[0].line, "URN", "must be given: it says which provider", "Fill it in.")
                    continue
                began = day(first["DECOM"]) or date.min
                number = f"{child} {began.isoformat()}"
                made = tuple(str(names.of(one, number)) for one in ("placement", "case of placement", "vacancy"))
                ids = known.get((str(names.of("child", child)), began), (made[0], made[1], made[2]))
                provider = providers.get(first["URN"], first["URN"])
                yield Spell(child, began, day(last.cells["DEC"]), last, ids, provider)


def runs(given: Return) -> dict[str, list[list[Line]]]:
    """Return each child's placements in order, each the run of its episodes."""
    children: dict[str, list[Line]] = {}
    for one in given.tables["Episodes"]:
        children.setdefault(one.cells["CHILD"], []).append(one)
    return {child: _runs(sorted(lines, key=_began)) for child, lines in children.items()}


def _began(line: Line) -> date:
    return day(line.cells["DECOM"]) or date.min


def _runs(lines: list[Line]) -> list[list[Line]]:
    found = [[lines[0]]]
    for before, one in pairwise(lines):
        if one.cells["RNE"] in _GOES_ON and before.cells["DEC"] == one.cells["DECOM"]:
            found[-1].append(one)
        else:
            found.append([one])
    return found


def _life(spell: Spell, names: Pseudonyms) -> Iterator[Letter]:
    parties = {"authority": names.organisation, "provider": spell.provider}
    placement, case, vacancy = spell.ids
    started = {
        "placement_id": placement,
        "referral_id": case,
        "vacancy_id": vacancy,
        "child_id": str(names.of("child", spell.child)),
        "started_on": spell.began.isoformat(),
        **parties,
    }
    yield _letter("PlacementStarted", spell, spell.began, started, names)
    if spell.ended is not None:
        cells = spell.last.cells
        ended = {
            "placement_id": placement,
            "referral_id": case,
            "ended_on": spell.ended.isoformat(),
            "planned": is_planned(cells["REC"], cells["REASON_PLACE_CHANGE"]),
            "reason": cells["REASON_PLACE_CHANGE"] or None,
            "ceased": cells["REC"] or None,
            **parties,
        }
        yield _letter("PlacementEnded", spell, spell.ended, ended, names)


def is_planned(ceased: str, reason: str) -> bool:
    """Tell whether an ending was planned: a change by the care plan, or care that ended otherwise than E4B, E2, E8, E9.

    The return has no field of its own for it; this reading of its codes is ours.
    """
    return reason == _PLANNED_CHANGE if reason else ceased not in _UNPLANNED_ENDS


def _letter(event: str, spell: Spell, on: date, document: dict[str, Any], names: Pseudonyms) -> Letter:
    id = names.derived("event", "ssda903", event, spell.ids[0], on.isoformat())
    return Letter(event, document, datetime.combine(on, time.min, _LONDON), id)


def _within(spells: list[Spell], child: str, on: date | None) -> Spell | None:
    return next((one for one in spells if on is not None and one.child == child and one.covers(on)), None)


def _about(spell: Spell, names: Pseudonyms) -> dict[str, Any]:
    return {"placement_id": spell.ids[0], "authority": names.organisation, "provider": spell.provider}


def _reviews(given: Return, spells: list[Spell], names: Pseudonyms) -> Iterator[Letter]:
    for one in given.tables["Reviews"]:
        on = day(one.cells["REVIEW"])
        spell = _within(spells, one.cells["CHILD"], on)
        if spell is not None and on is not None:
            told = {"reviewed_on": on.isoformat(), "participation": one.cells["REVIEW_CODE"]}
            yield _letter("PlacementReviewed", spell, on, _about(spell, names) | told, names)


def _absences(given: Return, spells: list[Spell], names: Pseudonyms) -> Iterator[Letter]:
    for one in given.tables["Missing"]:
        on, back = day(one.cells["MIS_START"]), day(one.cells["MIS_END"])
        spell = _within(spells, one.cells["CHILD"], on)
        if spell is not None and on is not None:
            told = {
                "kind": one.cells["MISSING"],
                "began_at": datetime.combine(on, time.min, _LONDON).isoformat(),
                "ended_at": datetime.combine(back, time.min, _LONDON).isoformat() if back else None,
            }
            yield _letter("MissingEpisodeRecorded", spell, on, _about(spell, names) | told, names)
