"""Partnership events: planned, filled with an agenda by both sectors, held, and how the time was shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid5

from fastapi import APIRouter, Request, Response

from placehub.codesign.agreeing import COMMISSIONERS, PROVIDERS
from placehub.errors import NotFound
from placehub.partnership.agendas import DEFAULT_SHARES, Agenda, Agendas, follow, short_of
from placehub.partnership.events import AgendaItemProposed, PartnershipEventPlanned
from placehub.portal.acting import ACTS, Act
from placehub.portal.pages.agreements import PARTNERS, partners_of
from placehub.portal.partners import Partners
from placehub.portal.people import Signed
from placehub.portal.sitting import NOTICES, Doors, Form, Open, Sent, Who, done, go_to, name_of, page, try_act
from placehub.portal.told import told_about
from placehub.portal.words import day, label, whole_number
from placehub.portal.words import gettext as _

LONGEST = 1_440
"""Minutes of one item at most: a day."""
router = APIRouter(dependencies=[PARTNERS])
NOTICES.update(
    {
        "planned": lambda: _("It is planned, and every party is told. Each sector may put items on its agenda."),
        "item": lambda: _("The item is on the agenda."),
        "held": lambda: _("It is recorded as held."),
    }
)


@dataclass(frozen=True, slots=True)
class _Heard:
    """What one party was told of an agreement's partnership events."""

    one: Partners
    agendas: Agendas = field(default_factory=Agendas)
    planned: Mapping[UUID, PartnershipEventPlanned] = field(default_factory=dict)
    items: Mapping[UUID, AgendaItemProposed] = field(default_factory=dict)

    def agenda(self, event_id: UUID) -> Agenda:
        """Return the agenda of one; NotFound when nobody told of it."""
        if event_id not in self.agendas.events:
            raise NotFound("Your organisation was told of no such partnership event.")
        return self.agendas.events[event_id]

    def short(self, agenda: Agenda) -> str:
        """Say which sector has too little of the agenda; empty when none has."""
        shares = (self.one.registered.agenda_shares if self.one.registered else None) or DEFAULT_SHARES
        sectors = short_of(agenda.planned_minutes(), shares)
        return ", ".join(label("agreement_sector", sector) for sector in sectors)


def _heard(door: Doors, who: Signed, agreement_id: UUID) -> _Heard:
    with door.reads.connect() as connection:
        found = _Heard(partners_of(connection, who, agreement_id))
        told = told_about(connection, who.organisation, str(agreement_id))
    for event in (one.event for one in told):
        found = replace(found, agendas=follow(found.agendas, event))
        if isinstance(event, PartnershipEventPlanned):
            found = replace(found, planned={**found.planned, event.partnership_event_id: event})
        elif isinstance(event, AgendaItemProposed):
            found = replace(found, items={**found.items, event.item_id: event})
    return found


@router.get("/agreements/{agreement_id}/events")
def partnership_events_page(request: Request, door: Open, who: Who, agreement_id: UUID) -> Response:
    """Show when the sectors meet and met; any party plans one."""
    return _list(request, door, who, agreement_id, Form())


@router.post("/agreements/{agreement_id}/events")
def partnership_event_planned(request: Request, door: Open, who: Who, agreement_id: UUID, form: Sent) -> Response:
    """Plan one."""
    _heard(door, who, agreement_id)
    event_id = uuid5(ACTS, f"partnership event {form.act_id}")
    facts = {
        "agreement_id": str(agreement_id),
        "sender": who.organisation,
        "partnership_event_id": str(event_id),
        "kind": form.need("kind", _("Choose what kind of meeting it is.")),
        "title": form.need("title", _("Enter its title.")),
        "planned_for": form.day("planned_for", _("Enter the day.")),
    }
    taken = try_act(door, who, form, [Act("partnership.PartnershipEventPlanned", facts)])
    if taken is None:
        return _list(request, door, who, agreement_id, form)
    return go_to(f"/agreements/{agreement_id}/events", done(taken, "planned"))


@router.get("/agreements/{agreement_id}/events/{event_id}")
def partnership_event_page(request: Request, door: Open, who: Who, agreement_id: UUID, event_id: UUID) -> Response:
    """Show its agenda, whose time it is, and how it was held."""
    return _one(request, door, who, agreement_id, event_id, Form())


@router.post("/agreements/{agreement_id}/events/{event_id}/item")
def item_proposed(request: Request, door: Open, who: Who, agreement_id: UUID, event_id: UUID, form: Sent) -> Response:
    """Ask for time on the agenda, for one's own sector."""
    heard = _heard(door, who, agreement_id)
    heard.agenda(event_id)
    title = form.need("title", _("Enter what it is about."))
    form.need("minutes", _("Enter how many minutes it takes."))
    minutes = form.read(whole_number, "minutes", 0, LONGEST)
    facts = {
        "item_id": str(uuid5(ACTS, f"item {form.act_id}")),
        "sector": _sector(heard.one, who),
        "title": title,
        "minutes": minutes,
        "proposed_on": door.acting.now().date().isoformat(),
    }
    return _say(request, door, who, (agreement_id, event_id), form, ("AgendaItemProposed", facts, "item"))


@router.post("/agreements/{agreement_id}/events/{event_id}/held")
def partnership_event_held(
    request: Request, door: Open, who: Who, agreement_id: UUID, event_id: UUID, form: Sent
) -> Response:
    """Record that it was held, and how long each item took; an item left empty was not reached."""
    agenda = _heard(door, who, agreement_id).agenda(event_id)
    used = [
        {"item_id": str(item_id), "minutes": minutes}
        for item_id in agenda.items
        if (minutes := form.read(whole_number, f"used_{item_id}", 0, LONGEST)) is not None
    ]
    facts = {"held_on": form.day("held_on", _("Enter the day it was held.")), "used": used}
    return _say(request, door, who, (agreement_id, event_id), form, ("PartnershipEventHeld", facts, "held"))


def _sector(one: Partners, who: Signed) -> str:
    return COMMISSIONERS if one.commissions(who.organisation) else PROVIDERS


def _say(
    request: Request,
    door: Doors,
    who: Signed,
    of: tuple[UUID, UUID],
    form: Form,
    act: tuple[str, dict[str, Any], str],
) -> Response:
    event, facts, notice = act
    about = {"agreement_id": str(of[0]), "sender": who.organisation, "partnership_event_id": str(of[1])}
    taken = try_act(door, who, form, [Act(f"partnership.{event}", {**about, **facts})])
    if taken is None:
        return _one(request, door, who, *of, form)
    return go_to(f"/agreements/{of[0]}/events/{of[1]}", done(taken, notice))


def _list(request: Request, door: Doors, who: Signed, agreement_id: UUID, form: Form) -> Response:
    heard = _heard(door, who, agreement_id)
    rows = [
        (
            {"href": f"/agreements/{agreement_id}/events/{event_id}", "text": heard.planned[event_id].title},
            label("partnership_event_kind", heard.planned[event_id].kind),
            day(agenda.planned_for),
            day(agenda.held_on) or _("not yet"),
            heard.short(agenda) or _("balanced"),
        )
        for event_id, agenda in heard.agendas.events.items()
    ]
    return page(request, "agreements/events.html", form=form, one=heard.one, rows=rows)


def _one(request: Request, door: Doors, who: Signed, agreement_id: UUID, event_id: UUID, form: Form) -> Response:
    heard = _heard(door, who, agreement_id)
    agenda, names = heard.agenda(event_id), name_of(door)
    items = [
        (heard.items[item_id].title, label("agreement_sector", item.sector), names(item.sender), item.minutes, used)
        for item_id, item in agenda.items.items()
        if item.minutes or item_id in agenda.used
        for used in [str(agenda.used.get(item_id, ""))]
    ]
    return page(
        request,
        "agreements/event.html",
        form=form,
        one=heard.one,
        planned=heard.planned[event_id],
        here_is=f"/agreements/{agreement_id}/events/{event_id}",
        rows=[
            (_("Kind"), label("partnership_event_kind", heard.planned[event_id].kind)),
            (_("Planned for"), day(agenda.planned_for)),
            (_("Held on"), day(agenda.held_on)),
            (_("Planned by"), names(agenda.planner)),
            (_("Less than its share of the agenda"), heard.short(agenda)),
        ],
        items=items,
        to_record=[(item_id, heard.items[item_id].title) for item_id, item in agenda.items.items() if item.minutes],
        sector=label("agreement_sector", _sector(heard.one, who)),
        can_record=agenda.recorder in (None, who.organisation),
    )
