"""A provider's homes: listed, added, and all confirmed or paused with one act."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import uuid5

from fastapi import APIRouter, HTTPException, Request, Response

from placehub.errors import Rejected
from placehub.portal.accounts import ANSWERING
from placehub.portal.acting import Act
from placehub.portal.keeping import Kept, homes_of
from placehub.portal.people import Signed
from placehub.portal.sitting import NOTICES, Doors, Entry, Form, Open, Sent, done, go_to, only, page, try_act
from placehub.portal.words import amount, choices, typed_day, whole_number
from placehub.portal.words import gettext as _
from placehub.postcodes.notation import normalise_sector, sector_of

router = APIRouter()
READS: Final = only("provider")
KEEPS: Final = only("provider", roles=ANSWERING)
WILLING_DAYS: Final = 14
"""How long a carer's word stands once it is confirmed here."""
NOTICES.update(
    {
        "home-added": lambda: _("The home was added. Every open search is tried against it now."),
        "confirmed": lambda: _("Confirmed: the carers are willing for two more weeks."),
        "paused": lambda: _("Paused. No new search is matched until you confirm."),
        "home-closed": lambda: _("The home was closed. No search is matched with it any more."),
    }
)
_ON_FORM: Final = {"home.postcode_sector": "postcode", "home.kinds": "kinds", "home.min_age": "min_age"}


def menu(who: Signed) -> list[Entry]:
    """Return where this begins."""
    if who.acting.kind != "provider":
        return []
    return [Entry("/homes", _("Homes"), _("Your carers' homes: add one, confirm or pause all of them at once."))]


@router.get("/homes")
def homes_page(request: Request, door: Open, who: Signed = READS) -> Response:
    """Show the homes."""
    return _homes(request, door, who, Form())


@router.post("/homes/confirm")
def all_confirmed(request: Request, door: Open, form: Sent, who: Signed = KEEPS) -> Response:
    """Say that the carers of all homes, or of one, are still willing."""
    until = (door.acting.now() + timedelta(days=WILLING_DAYS)).isoformat()
    homes = _meant(door, who, form, ("open", "paused"))
    acts = [Act("VacancyConfirmed", _about(who, one) | {"willing_until": until}) for one in homes]
    return _acted(request, door, who, form, acts, "confirmed")


@router.post("/homes/pause")
def all_paused(request: Request, door: Open, form: Sent, who: Signed = KEEPS) -> Response:
    """Let no new search be matched with all homes, or with one; no reason is asked, and none is sent."""
    homes = _meant(door, who, form, ("open",))
    return _acted(request, door, who, form, [Act("VacancyPaused", _about(who, one)) for one in homes], "paused")


@router.post("/homes/close")
def home_closed(request: Request, door: Open, form: Sent, who: Signed = KEEPS) -> Response:
    """Say that one home has no room any more, and why if it is chosen."""
    form.need("vacancy_id", _("Choose a home."))
    more = {"reason": form.text("reason")} if form.text("reason") else {}
    homes = _meant(door, who, form, ("open", "paused")) if not form.errors else []
    return _acted(
        request, door, who, form, [Act("VacancyClosed", _about(who, one) | more) for one in homes], "home-closed"
    )


def _acted(request: Request, door: Doors, who: Signed, form: Form, acts: list[Act], what: str) -> Response:
    taken = try_act(door, who, form, acts) if acts else True
    return _homes(request, door, who, form) if taken is None else go_to("/homes", done(taken, what))


def _meant(door: Doors, who: Signed, form: Form, states: tuple[str, ...]) -> list[Kept]:
    with door.reads.connect() as connection:
        homes = homes_of(connection, who.organisation)
    given = form.text("vacancy_id")
    if given and given not in {str(one) for one in homes}:
        raise HTTPException(404)
    return [one for id, one in homes.items() if one.state in states and given in ("", str(id))]


def _about(who: Signed, home: Kept) -> dict[str, Any]:
    return {"vacancy_id": str(home.vacancy_id), "provider": who.organisation}


def _homes(request: Request, door: Doors, who: Signed, form: Form) -> Response:
    with door.reads.connect() as connection:
        homes = [one for one in homes_of(connection, who.organisation).values() if one.state != "closed"]
    homes.sort(key=lambda one: (one.state != "open", one.willing_until))
    may_keep = who.acting.role in ANSWERING
    closings = choices("vacancy_close_reason", door.acting.now().date())
    return page(request, "homes/list.html", form=form, homes=homes, may_keep=may_keep, closings=closings)


@router.get("/homes/new")
def home_page(request: Request, door: Open, who: Signed = KEEPS) -> Response:
    """Ask for a home."""
    return _home(request, door, Form())


@router.post("/homes/new")
def home_added(request: Request, door: Open, form: Sent, who: Signed = KEEPS) -> Response:
    """Add a home: what is personal is sealed before it is posted."""
    now = door.acting.now()
    vacancy_id, household_ref = uuid5(form.act_id, "vacancy"), uuid5(form.act_id, "household")
    document: dict[str, Any] = {
        "vacancy_id": str(vacancy_id),
        "provider": who.organisation,
        "household_ref": str(household_ref),
        "home": _facts(form) | {"willing_until": (now + timedelta(days=WILLING_DAYS)).isoformat()},
    }
    document["home"].setdefault("available_from", now.date().isoformat())
    household = {name: text for name in ("carers", "postcode", "phone") if (text := form.text(name))}
    if household:
        document["household"] = household
    taken = try_act(door, who, form, [Act("VacancyOpened", document)], _ON_FORM)
    if taken is None:
        return _home(request, door, form)
    return go_to("/homes", done(taken, "home-added"))


def _home(request: Request, door: Doors, form: Form) -> Response:
    today = door.acting.now().date()
    return page(
        request,
        "homes/new.html",
        form=form,
        kinds=choices("placement_kind", today),
        sexes=choices("household_sex", today),
        pets=choices("household_pet", today),
        skills=choices("skill", today),
    )


def _facts(form: Form) -> dict[str, Any]:
    """Return what a home can take; what is wrong is noted on the form. What is left open is unknown, never a no."""
    given = form.need("postcode", _("Enter the home's postcode. Others see its first part only."))
    sector = normalise_sector(given) or sector_of(given)
    if given and sector is None:
        form.wrong("postcode", _("Enter a whole postcode, like LS6 2AB."))
    kinds = form.all("kinds")
    if not kinds:
        form.wrong("kinds", _("Choose at least one kind of placement."))
    found: dict[str, Any] = {"postcode_sector": sector, "kinds": kinds, "state": "now"}
    found["sex"] = form.need("sex", _("Choose for whom the home is approved."))
    for name, least, most, missing in (
        ("places", 1, 20, _("Enter how many places are free.")),
        ("min_age", 0, 17, _("Enter the youngest age the home is approved for.")),
        ("max_age", 0, 25, _("Enter the oldest age the home is approved for.")),
        ("children_placed", 0, 20, ""),
        ("approved_places", 1, 20, ""),
        ("sibling_places", 0, 20, ""),
    ):
        number = _number(form, name, least, most, missing)
        if number is not None:
            found[name] = number
    for name in ("pets", "skills"):
        if form.all(name) or form.has(f"no_{name}"):
            found[name] = form.all(name)
    if form.has("no_children_at_home"):
        found["children_at_home"] = []
    return found | _when_and_fee(form)


def _number(form: Form, name: str, least: int, most: int, missing: str) -> int | None:
    if missing and not form.need(name, missing):
        return None
    return form.read(whole_number, name, least, most)


def _when_and_fee(form: Form) -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        starts = typed_day("available_from", form.text("available_from"))
        if starts:
            found["available_from"] = starts.isoformat()
        fee = amount("weekly_fee", form.text("weekly_fee"))
        if fee:
            found["weekly_fee"] = fee
    except Rejected as why:
        form.refuse(why)
    return found
