"""A provider's list of homes as CSV: each row is tried by itself, and the page says what it came to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.datastructures import UploadFile

from placehub.contracts.codec import from_json
from placehub.errors import Rejected
from placehub.portal.acting import Act
from placehub.portal.home_rows import COLUMNS, MOST_BYTES, MOST_ROWS, Row, Wrong, rows, takes_in_words, template
from placehub.portal.keeping import Kept, homes_of
from placehub.portal.pages.homes import KEEPS
from placehub.portal.people import Signed
from placehub.portal.references import ids_of
from placehub.portal.sitting import Doors, Form, Open, Sent, page
from placehub.portal.words import gettext as _
from placehub.vacancies.events import Home

router = APIRouter()
CAME_TO: Final = {
    "new": lambda: _("Added"),
    "revised": lambda: _("Revised"),
    "confirmed": lambda: _("The carer's word was confirmed"),
    "the same": lambda: _("No fact is another"),
    "on its way": lambda: _("Sent, and on its way"),
}
"""What a row came to -> how it is said."""


@router.get("/homes/list")
def list_page(request: Request, who: Signed = KEEPS) -> Response:
    """Ask for a list, and say what each column takes."""
    return _shown(request, Form(), [])


@router.get("/homes/list.csv")
def list_template(who: Signed = KEEPS) -> Response:
    """Give an empty list to fill in."""
    named = {"Content-Disposition": 'attachment; filename="homes.csv"'}
    return Response(template().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=named)


@router.post("/homes/list")
def list_sent(request: Request, door: Open, form: Sent, who: Signed = KEEPS) -> Response:
    """Take every row there is nothing wrong with; report the others by line and column."""
    file = form.data.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        form.wrong("file", _("Choose a file."))
        return _shown(request, form, [])
    try:
        found = list(rows(file.file.read(MOST_BYTES + 1), door.acting.now().date()))
    except Rejected as why:
        form.refuse(why)
        return _shown(request, form, [])
    _told_twice(found)
    _post(door, who, form, [one for one in found if not one.wrong])
    return _shown(request, form, found)


def _told_twice(found: list[Row]) -> None:
    lines: dict[str, int] = {}
    for row in found:
        first = lines.setdefault(row.reference, row.line)
        if row.reference and first != row.line:
            rule = _("stands in line {line} already").format(line=first)
            row.wrong.append(Wrong(COLUMNS[0].name, row.reference, rule, _("Keep one of the two.")))


def _post(door: Doors, who: Signed, form: Form, good: list[Row]) -> None:
    with door.engine.begin() as connection:
        vacancies = ids_of(connection, who.organisation, "vacancy", {one.reference for one in good})
        households = ids_of(connection, who.organisation, "household", {one.household_reference for one in good})
        homes = homes_of(connection, who.organisation)
    sent: list[tuple[Row, Act]] = []
    for row in good:
        id = vacancies[row.reference]
        act = _act(who, row, id, households[row.household_reference], homes.get(id))
        if act is not None:
            sent.append((row, act))
    answers = door.acting.do_each(who, form.act_id, [act for _row, act in sent])
    for (row, _posted), answer in zip(sent, answers, strict=True):
        if isinstance(answer, Rejected):
            row.refuse(answer)
        elif not answer:
            row.came_to = "on its way"


def _act(who: Signed, row: Row, vacancy_id: UUID, household_ref: UUID, known: Kept | None) -> Act | None:
    """Return what a row comes to: a home that is new or another, a carer's new word, or nothing."""
    about = {"vacancy_id": str(vacancy_id), "provider": who.organisation}
    whole: dict[str, Any] = about | {
        "household_ref": str(household_ref),
        "home": row.home,
        "household": row.household,
    }
    if known is None:
        row.came_to = "new"
        return Act("VacancyOpened", whole)
    if known.state == "closed" or not _is_as_told(row, known):
        row.came_to = "revised"
        return Act("VacancyRevised", whole | {"version": known.version + 1})
    until = row.home["willing_until"]
    if known.state == "open" and known.willing_until.isoformat() == until:
        row.came_to = "the same"
        return None
    row.came_to = "confirmed"
    return Act("VacancyConfirmed", about | {"willing_until": until})


def _is_as_told(row: Row, known: Kept) -> bool:
    """Tell whether no fact is another than the hub was told, until when the carer is willing aside."""
    try:
        told = from_json(Home, row.home)
    except Rejected:  # what is wrong is said where it is posted, by its whole path
        return False
    return bool(replace(told, willing_until=known.home.willing_until) == known.home)


def _shown(request: Request, form: Form, found: list[Row]) -> Response:
    wrong = [one for one in found if one.wrong]
    if wrong:
        form.wrong(
            "rows", _("{wrong} of {all} rows were not taken; see below.").format(wrong=len(wrong), all=len(found))
        )
    return page(
        request,
        "homes/file.html",
        form=form,
        rows=found,
        came_to=CAME_TO,
        columns=COLUMNS,
        takes=takes_in_words,
        most_rows=MOST_ROWS,
        most_bytes=MOST_BYTES,
    )
