"""How the minutes of an agenda are shared between the sectors, and when that is balanced."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from placehub.agreements.events import AgendaShares
from placehub.partnership.agendas import DEFAULT_SHARES, Agendas, follow, short_of
from placehub.partnership.events import AgendaItemProposed, MinutesUsed, PartnershipEventHeld, PartnershipEventPlanned

EVENT, FIRST, SECOND = UUID(int=2), UUID(int=3), UUID(int=4)
DAY = date(2026, 5, 20)
ABOUT: dict[str, Any] = {"agreement_id": UUID(int=1), "partnership_event_id": EVENT}
PLANNED = PartnershipEventPlanned(**ABOUT, sender="L", kind="forum", title="Forum (made up)", planned_for=DAY)


def item(item_id: UUID, sender: str, sector: str, minutes: int) -> AgendaItemProposed:
    """An item of one sector."""
    words: dict[str, Any] = {"title": "Something (made up)", "proposed_on": date(2026, 4, 1)}
    return AgendaItemProposed(**ABOUT, **words, sender=sender, item_id=item_id, sector=sector, minutes=minutes)


OF_LEAD, OF_PROVIDER = item(FIRST, "L", "commissioners", 60), item(SECOND, "P", "providers", 40)
HELD = PartnershipEventHeld(
    **ABOUT,
    sender="L",
    held_on=DAY,
    used=(MinutesUsed(item_id=FIRST, minutes=90), MinutesUsed(item_id=SECOND, minutes=5)),
)


def told(*events: Any) -> Agendas:
    """What stands after these."""
    known = Agendas()
    for event in events:
        known = follow(known, event)
    return known


@pytest.mark.parametrize(
    ("commissioners", "providers", "shares", "short"),
    [
        (0, 0, DEFAULT_SHARES, ()),
        (60, 40, DEFAULT_SHARES, ()),
        (61, 40, DEFAULT_SHARES, ("providers",)),
        (0, 10, DEFAULT_SHARES, ("commissioners",)),
        (50, 50, AgendaShares(commissioners=20, providers=60), ("providers",)),
        (20, 80, AgendaShares(commissioners=20, providers=60), ()),
        (50, 49, AgendaShares(commissioners=50, providers=50), ("providers",)),
        (100, 0, AgendaShares(commissioners=0, providers=0), ()),
    ],
)
def test_balanced(commissioners: int, providers: int, shares: AgendaShares, short: tuple[str, ...]) -> None:
    """Each sector has at least its share of all minutes, to the minute; without minutes nothing is judged."""
    assert short_of({"commissioners": commissioners, "providers": providers}, shares) == short


def test_minutes_by_sector() -> None:
    """As planned, by the latest word on each item, and as used: they need not be the same."""
    agenda = told(PLANNED, OF_LEAD, OF_PROVIDER, replace(OF_LEAD, minutes=30), HELD).events[EVENT]
    assert agenda.planned_minutes() == {"commissioners": 30, "providers": 40}
    assert agenda.held_minutes() == {"commissioners": 90, "providers": 5}
    assert short_of(agenda.held_minutes(), DEFAULT_SHARES) == ("providers",)


def test_planned_and_recorded_anew() -> None:
    """Another day keeps the agenda; a second record takes the place of the first; what is not planned is nothing."""
    again = replace(HELD, used=())
    agenda = told(PLANNED, OF_LEAD, HELD, replace(PLANNED, planned_for=date(2026, 6, 1)), again).events[EVENT]
    assert (agenda.planned_for, len(agenda.items), agenda.held_minutes()) == (date(2026, 6, 1), 1, {})
    assert told(OF_LEAD, HELD) == Agendas()
