"""A provider's rota out of hours: who covers, from when until when; who is away, and who covers meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from placehub.organisations.events import OUT_OF_HOURS
from placehub.portal.pages.profile import facts_of
from placehub.portal.people import Signed
from placehub.portal.rotas import ALL_DAY, AWAY, COVER, DEPUTY, Entry, Kept, days_off, put, rota_of, take_out
from placehub.portal.sitting import NOTICES, Doors, Form, Open, Sent, go_to, only, page
from placehub.portal.sitting import Entry as MenuEntry
from placehub.portal.words import HERE, day, hour, typed_day, when
from placehub.portal.words import gettext as _

router = APIRouter()
READS: Final = only("provider")
KEEPS: Final = only("provider", roles=("referral manager",))
HOLES: Final = 10
"""Times without cover that are shown, the next ones."""
DAYS: Final[Mapping[str, Callable[[], str]]] = {
    "mon": lambda: _("Monday"),
    "tue": lambda: _("Tuesday"),
    "wed": lambda: _("Wednesday"),
    "thu": lambda: _("Thursday"),
    "fri": lambda: _("Friday"),
    "sat": lambda: _("Saturday"),
    "sun": lambda: _("Sunday"),
}
NOTICES.update(
    {
        "rota-changed": lambda: _("The rota was changed. It holds from now on."),
        "rota-holes": lambda: _("The rota was changed. There are times when nobody covers: they stand below."),
    }
)


def menu(who: Signed) -> list[MenuEntry]:
    """Return where this begins."""
    if who.acting.kind != "provider":
        return []
    return [MenuEntry("/rota", _("Rota"), _("Who is told when a home is needed today, at whatever hour it is."))]


@router.get("/rota")
def rota_page(request: Request, door: Open, who: Signed = READS) -> Response:
    """Show who covers now, when nobody does, and the whole rota."""
    return _shown(request, door, who, Form())


@router.post("/rota/cover")
def cover_added(request: Request, door: Open, form: Sent, who: Signed = KEEPS) -> Response:
    """Let somebody cover some hours."""
    person = form.need("who", _("Choose who covers."))
    days = [one for one in form.all("days") if one in DAYS]
    if not days:
        form.wrong("days", _("Choose at least one day."))
    facts: dict[str, Any] = {"days": days, "from": _time(form, "from"), "until": _time(form, "until")}
    facts["bank_holidays"] = form.has("bank_holidays")
    for name in ("first", "last"):
        found = form.read(typed_day, name)
        if found:
            facts[name] = found.isoformat()
    if facts.get("first", "") > facts.get("last", "9"):
        form.wrong("last", _("Must not be before the first day."))
    return _changed(request, door, who, form, [(COVER, person, facts)])


@router.post("/rota/away")
def away_added(request: Request, door: Open, form: Sent, who: Signed = KEEPS) -> Response:
    """Say that somebody is away, and who covers meanwhile."""
    person, stands_in = form.need("away", _("Choose who is away.")), form.text("meanwhile")
    first, last = form.day("away_first", _("Enter the first day.")), form.day("away_last", _("Enter the last day."))
    if first and last and first > last:
        form.wrong("away_last", _("Must not be before the first day."))
    if stands_in and stands_in == person:
        form.wrong("meanwhile", _("Choose somebody who is not away."))
    if form.errors:
        return _shown(request, door, who, form)
    off = days_off(date.fromisoformat(first), date.fromisoformat(last))
    entries: list[tuple[str, str, Mapping[str, Any]]] = [(AWAY, person, off)]
    if stands_in:
        entries.append((COVER, stands_in, {**ALL_DAY, **off}))
    return _changed(request, door, who, form, entries)


@router.post("/rota/deputy")
def deputy_named(request: Request, door: Open, form: Sent, who: Signed = KEEPS) -> Response:
    """Name who is told when nobody covers."""
    person = form.need("deputy", _("Choose who is told when nobody covers."))
    return _changed(request, door, who, form, [(DEPUTY, person, {})])


@router.post("/rota/{entry_id}/remove")
def entry_removed(door: Open, form: Sent, entry_id: UUID, who: Signed = KEEPS) -> Response:
    """Remove a line; 404 for another's."""
    with door.engine.begin() as connection:
        take_out(connection, who.organisation, entry_id)
    return go_to("/rota", _notice(door, who))


def _time(form: Form, name: str) -> str:
    found = form.time_of_day(name)
    return found.isoformat("minutes") if found is not None else ""


def _changed(
    request: Request, door: Doors, who: Signed, form: Form, entries: list[tuple[str, str, Mapping[str, Any]]]
) -> Response:
    if form.errors:
        return _shown(request, door, who, form)
    with door.engine.begin() as connection:
        for kind, person, facts in entries:
            put(connection, who.organisation, kind, person, facts, f"{who.name}, {who.email}", door.wall())
    return go_to("/rota", _notice(door, who))


def _notice(door: Doors, who: Signed) -> str:
    with door.reads.connect() as connection:
        rota = rota_of(connection, who.organisation).rota
    return "rota-holes" if rota and rota.holes(door.wall()) else "rota-changed"


def _shown(request: Request, door: Doors, who: Signed, form: Form) -> Response:
    with door.reads.connect() as connection:
        kept = rota_of(connection, who.organisation)
        desk = facts_of(connection, who.organisation).get(OUT_OF_HOURS)
    now = door.wall()
    return page(
        request,
        "rota.html",
        form=form,
        kept=kept,
        people=list(kept.names.items()),
        days=[(code, says()) for code, says in DAYS.items()],
        covers=[(one, _hours(one)) for one in kept.of(COVER)],
        aways=[(one, _between(one)) for one in kept.of(AWAY)],
        told=_told(kept, now),
        holes=[(_moment(one.begins), _moment(one.ends)) for one in kept.rota.holes(now)] if kept.rota else [],
        most=HOLES,
        has_desk=desk is not None,
        may_keep=who.acting.role == "referral manager",
    )


def _moment(at: datetime) -> str:
    weekday = list(DAYS.values())[at.astimezone(HERE).weekday()]
    return f"{weekday()} {when(at)}"


def _told(kept: Kept, now: datetime) -> tuple[str, bool]:
    """Return the name of who is told now, and whether they cover: else they are the deputy."""
    covers = kept.rota.covering(now) if kept.rota else None
    return kept.names.get(covers or kept.deputy, ""), covers is not None


def _hours(one: Entry) -> str:
    """Return when somebody covers, as people read it."""
    chosen = one.facts.get("days")
    days = _("Every day") if chosen is None or len(chosen) == len(DAYS) else ", ".join(DAYS[code]() for code in chosen)
    begins, until = (time.fromisoformat(one.facts.get(name, "00:00")) for name in ("from", "until"))
    spoken = _("{begins} to {until}").format(begins=hour(begins), until=hour(until))
    hours = _("all day") if begins == until else spoken
    parts = [f"{days}, {hours}"]
    if between := _between(one):
        parts.append(between)
    parts.append(_("bank holidays, too") if one.facts.get("bank_holidays") else _("not on bank holidays"))
    return "; ".join(parts)


def _between(one: Entry) -> str:
    first, last = (one.facts.get(name) for name in ("first", "last"))
    if first and last:
        return _("{first} to {last}").format(first=_day(first), last=_day(last))
    if first:
        return _("from {first}").format(first=_day(first))
    return _("until {last}").format(last=_day(last)) if last else ""


def _day(text: str) -> str:
    return day(date.fromisoformat(text))
