"""What intake holds partnership events against: that they were planned, whose items they are, what cannot be; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from placehub.agreements.events import AgendaShares
from placehub.codesign.agreeing import COMMISSIONERS, PROVIDERS
from placehub.errors import Rejected
from placehub.partnership.agendas import Agenda, Agendas, Event
from placehub.partnership.events import AgendaItemProposed, PartnershipEventHeld, PartnershipEventPlanned
from placehub.saying import said

MOST_MINUTES: Final = 600
"""Of one item at most."""
MOST_EVENTS: Final = 500
"""Partnership events under one agreement at most, so that no party fills what is kept of it."""
MOST_ITEMS: Final = 200
"""Items of one agenda at most, for the same reason."""
LATE: Final = timedelta(days=1)
"""What happened longer ago than this is taken and marked `recorded_late`."""
SECTORS: Final[Mapping[str, str]] = {"provider": PROVIDERS, "authority": COMMISSIONERS, "consortium": COMMISSIONERS}
"""Kind of an organisation -> its sector."""


def check_shares(shares: AgendaShares | None) -> None:
    """Refuse shares that are none, or that cannot both be had."""
    if shares is None:
        return
    for sector in (COMMISSIONERS, PROVIDERS):
        if not 0 <= getattr(shares, sector) <= 100:
            rule = "must be 0 to 100 per cent"
            raise Rejected(f"agenda_shares.{sector}", rule, "Give the least share of the minutes.")
    if shares.commissioners + shares.providers > 100:
        rule = "must not be more than 100 per cent together"
        raise Rejected("agenda_shares", rule, "Leave room: each is the least share of a sector.")


def check_agenda(event: object, known: Agendas, kind: str, now: datetime) -> None:
    """Refuse what cannot be said of a partnership event; `kind` is the sender's.

    That it is said late is no reason: an item that was proposed before it was held is taken after it was.
    """
    if not isinstance(event, Event):
        return
    agenda = known.events.get(event.partnership_event_id)
    if isinstance(event, PartnershipEventPlanned):
        _check_planned(event, agenda, len(known.events))
        return
    if agenda is None:
        rule = "must be a partnership event that was planned under this agreement"
        raise Rejected("partnership_event_id", rule, "Name one that you were sent, or plan it first.")
    if isinstance(event, AgendaItemProposed):
        _check_item(event, agenda, SECTORS[kind])
    else:
        _check_held(event, agenda, now)


def _check_planned(event: PartnershipEventPlanned, known: Agenda | None, count: int) -> None:
    if known is None:
        if count >= MOST_EVENTS:
            raise Rejected(
                "partnership_event_id", said("an agreement takes at most {most}", most=MOST_EVENTS), "Use one of them."
            )
        return
    if known.planner != event.sender:
        raise Rejected("partnership_event_id", "is in use already", "Choose a new id, or ask whoever planned it.")
    if known.held_on is not None and event.planned_for > known.held_on:
        raise Rejected("planned_for", "must not lie after the day it was held", "Plan another one with a new id.")


def _check_item(event: AgendaItemProposed, agenda: Agenda, sector: str) -> None:
    if event.sector != sector:
        raise Rejected(
            "sector",
            "must be the sender's own",
            said("Write {sector} there; the others propose their own.", sector=sector),
        )
    if not 0 <= event.minutes <= MOST_MINUTES:
        raise Rejected(
            "minutes", said("must be 0 to {most}", most=MOST_MINUTES), "Give whole minutes; 0 takes the item off."
        )
    known = agenda.items.get(event.item_id)
    if known is not None and known.sender != event.sender:
        raise Rejected("item_id", "is another's item", "Choose a new id for an item of your own.")
    if known is None and len(agenda.items) >= MOST_ITEMS:
        raise Rejected(
            "item_id", said("an agenda takes at most {most} items", most=MOST_ITEMS), "Put several into one."
        )
    if agenda.held_on is not None and event.proposed_on > agenda.held_on:
        rule = "must not lie after the day the partnership event was held"
        raise Rejected("proposed_on", rule, "Propose it for another partnership event.")


def _check_held(event: PartnershipEventHeld, agenda: Agenda, now: datetime) -> None:
    if event.held_on > now.date():
        raise Rejected("held_on", "must not lie in the future", "Record it once it has been held.")
    if agenda.recorder not in (None, event.sender):
        rule = "was recorded as held by another party already"
        raise Rejected("partnership_event_id", rule, "Ask whoever recorded it to record it again.")
    seen = set()
    for number, one in enumerate(event.used):
        where = f"used.{number}"
        if one.item_id not in agenda.items:
            rule = "must be an item that was proposed for this partnership event"
            raise Rejected(f"{where}.item_id", rule, "Propose it first, with the day on which it was.")
        if one.item_id in seen:
            raise Rejected(f"{where}.item_id", "must be told of once", "Add its minutes up.")
        if not 0 <= one.minutes <= MOST_MINUTES:
            raise Rejected(f"{where}.minutes", said("must be 0 to {most}", most=MOST_MINUTES), "Give whole minutes.")
        seen.add(one.item_id)


def came_late(event: object, known: Agendas, now: datetime) -> bool:
    """Tell whether it is taken after its day, whatever time its sender gave it; `known` as they were before."""
    if isinstance(event, PartnershipEventPlanned):
        return event.planned_for < now.date()
    if isinstance(event, PartnershipEventHeld):
        return event.held_on < (now - LATE).date()
    agenda = known.events.get(event.partnership_event_id) if isinstance(event, AgendaItemProposed) else None
    return agenda is not None and agenda.held_on is not None
