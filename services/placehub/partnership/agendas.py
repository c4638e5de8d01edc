"""The agendas of partnership events, and how their minutes are shared between the sectors: a fold; pure.

**When an agenda is balanced.** When each sector has at least its share of the minutes of all items. The shares are
those of the agreement's terms (`AgreementRegistered.agenda_shares`); where it names none, 40 per cent each, the hub's
own choice and no statute's: neither sector has more than three fifths. An agenda without minutes is not judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import field, replace
from datetime import date
from typing import Final
from uuid import UUID

from placehub.agreements.events import AgendaShares
from placehub.codesign.agreeing import COMMISSIONERS, PROVIDERS
from placehub.contracts.fields import record
from placehub.partnership.events import AgendaItemProposed, PartnershipEventHeld, PartnershipEventPlanned

DEFAULT_SHARES: Final = AgendaShares(commissioners=40, providers=40)
"""Where an agreement names none."""
Event = PartnershipEventPlanned | AgendaItemProposed | PartnershipEventHeld


@record
class Item:
    """One item of an agenda, as it was proposed last."""

    sender: str
    sector: str
    minutes: int


@record
class Agenda:
    """One partnership event: who planned it for which day, its items by id, and how it was held."""

    planner: str
    planned_for: date
    items: dict[UUID, Item] = field(default_factory=dict)
    held_on: date | None = None
    recorder: str | None = None
    """Who recorded that it was held."""
    used: dict[UUID, int] = field(default_factory=dict)

    def planned_minutes(self) -> Mapping[str, int]:
        """Return the minutes of the agenda by sector; a sector without any has none."""
        return _by_sector(self.items, {item_id: one.minutes for item_id, one in self.items.items()})

    def held_minutes(self) -> Mapping[str, int]:
        """Return the minutes that were used, by sector."""
        return _by_sector(self.items, self.used)


@record
class Agendas:
    """The partnership events of one agreement, by id."""

    events: dict[UUID, Agenda] = field(default_factory=dict)


def _by_sector(items: Mapping[UUID, Item], minutes: Mapping[UUID, int]) -> Mapping[str, int]:
    found = Counter[str]()
    for item_id, some in minutes.items():
        found[items[item_id].sector] += some
    return found


def short_of(minutes: Mapping[str, int], shares: AgendaShares) -> Collection[str]:
    """Return the sectors that have less than their share of the minutes; none where there are no minutes at all."""
    whole = sum(minutes.values())
    least = {COMMISSIONERS: shares.commissioners, PROVIDERS: shares.providers}
    return tuple(sector for sector, share in least.items() if 100 * minutes.get(sector, 0) < share * whole)


def follow(known: Agendas, event: object) -> Agendas:
    """Return the agendas after an event of the `partnership` stream; of another kind, or unknown, they stay."""
    if not isinstance(event, Event):
        return known
    after = plan(known.events.get(event.partnership_event_id), event)
    return known if after is None else Agendas(events={**known.events, event.partnership_event_id: after})


def plan(known: Agenda | None, event: Event) -> Agenda | None:
    """Return one partnership event after what is said of it; None while it has not been planned."""
    if isinstance(event, PartnershipEventPlanned):
        day = event.planned_for
        return replace(known, planned_for=day) if known else Agenda(planner=event.sender, planned_for=day)
    if known is None:
        return None
    if isinstance(event, AgendaItemProposed):
        item = Item(sender=event.sender, sector=event.sector, minutes=event.minutes)
        return replace(known, items={**known.items, event.item_id: item})
    used = {one.item_id: one.minutes for one in event.used}
    return replace(known, held_on=event.held_on, recorder=event.sender, used=used)
