"""What every inbox of a town shows of a case, as a table: an event a line, a party a column."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from placehub.mailboxes.events import EventRejected
from placehub.streams import event_name

from .story import Case, Desk

NONE = "-"
_NAMES = ("authority", "first", "second", "third", "neighbour")
_IDS = ("referral_id", "placement_id", "subject")
Shown = Counter[tuple[str, str]]


def show(case: Case, expected: str, *placements: UUID) -> None:
    """Hold every inbox against the table, exactly; a party that it has no column for has got nothing of the case.

    Counted is whatever names the case or one of these placements, refusals and warnings included.
    """
    found = _found(case, {case.id, *placements})
    assert found == _read(expected), _as_table(found)


def _found(case: Case, about: set[UUID]) -> Shown:
    town = case.town
    assert town.neighbour is not None
    desks = zip(_NAMES, (town.authority, *town.providers, town.neighbour), strict=True)
    return Counter((event, name) for name, desk in desks for event in _events(desk, about))


def _events(desk: Desk, about: set[UUID]) -> list[str]:
    desk.got(EventRejected)  # reads to the end
    wanted = {str(one) for one in about}
    events = [one.event for one in desk.received]
    return [event_name(type(one)) for one in events if wanted & {str(getattr(one, name, None)) for name in _IDS}]


def _read(table: str) -> Shown:
    (_, *parties), *rows = [line.split() for line in table.strip().splitlines()]
    return Counter(
        {
            (event, party): int(count)
            for event, *counts in rows
            for party, count in zip(parties, counts, strict=True)
            if count != NONE
        }
    )


def _as_table(found: Shown) -> str:
    parties = [one for one in _NAMES if any(party == one for _, party in found)]
    rows = [
        [event, *(str(found[event, one] or NONE) for one in parties)] for event in dict.fromkeys(e for e, _ in found)
    ]
    lines = [["event", *parties], *rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    return "\n" + "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
    )
