"""Returns and the pack for the 1-1 meeting: nobody types them; both sides ask, confirm, meet and note what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, get_args
from uuid import UUID, uuid5

from fastapi import APIRouter, HTTPException, Request, Response

from placehub.portal.acting import ACTS, Act
from placehub.portal.pages.agreements import PARTNERS, is_partner
from placehub.portal.people import Signed
from placehub.portal.sitting import NOTICES, Doors, Entry, Form, Open, Sent, Who, done, go_to, name_of, page, try_act
from placehub.portal.told import told_of_stream
from placehub.portal.words import day, label, typed_day
from placehub.portal.words import gettext as _
from placehub.returns import standing
from placehub.returns.events import ReturnProduced
from placehub.returns.pack import Pack, pack_of
from placehub.returns.standing import Partnership, Standing
from placehub.returns.writing import FORMATS

KINDS: Final = {"csv": "text/csv", "pdf": "application/pdf"}
"""What a pack is downloaded as -> its media type; any other format is a spreadsheet's."""
SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
router = APIRouter(dependencies=[PARTNERS])
NOTICES.update(
    {
        "return-query": lambda: _("The other side reads your question."),
        "return-confirm": lambda: _("It is confirmed for your side."),
        "return-meeting": lambda: _("The meeting is recorded, and both sides have its actions."),
    }
)


def menu(who: Signed) -> list[Entry]:
    """Return where this begins."""
    says = _("What the hub has produced, the pack for the meeting, queries and actions.")
    return [Entry("/returns", _("Returns"), says)] if is_partner(who) else []


def _partnerships(door: Doors, who: Signed) -> dict[UUID, Partnership]:
    found: dict[UUID, Partnership] = {}
    with door.reads.connect() as connection:
        told = told_of_stream(connection, who.organisation, "partnership")
    for one in told:
        if isinstance(one.event, get_args(standing.Event)):
            agreement_id = one.event.agreement_id
            found[agreement_id] = standing.follow(found.get(agreement_id, Partnership()), one.event)
    return found


@router.get("/returns")
def returns_page(request: Request, door: Open, who: Who) -> Response:
    """List the returns of which the organisation is a side, the latest period first."""
    names = name_of(door)
    found = [
        (agreement_id, one) for agreement_id, each in _partnerships(door, who).items() for one in each.returns.values()
    ]
    found.sort(key=lambda pair: pair[1].latest.ends_on, reverse=True)
    rows = [
        (
            {"href": f"/returns/{agreement_id}/{one.latest.return_id}", "text": names(one.latest.of_organisation)},
            label("return_kind", one.latest.kind),
            _period(one.latest),
            one.latest.return_version,
            day(one.confirmed_on) or _("not by both sides"),
        )
        for agreement_id, one in found
    ]
    return page(request, "returns/list.html", returns=rows)


def _period(of: ReturnProduced) -> str:
    return _("{first} to {last}").format(first=day(of.starts_on), last=day(of.ends_on))


@router.get("/returns/{agreement_id}/{return_id}")
def return_page(request: Request, door: Open, who: Who, agreement_id: UUID, return_id: UUID) -> Response:
    """Show one return, and the pack for the meeting."""
    return _return(request, door, who, agreement_id, return_id, Form())


@router.get("/returns/{agreement_id}/{return_id}/pack.{to}")
def return_file(door: Open, who: Who, agreement_id: UUID, return_id: UUID, to: str) -> Response:
    """Give the return with its pack as a file."""
    _partnership, one, pack = _found(door, who, agreement_id, return_id)
    if to not in FORMATS:
        raise HTTPException(404)
    headers = {"Content-Disposition": f'attachment; filename="return-{one.latest.ends_on}.{to}"'}
    return Response(FORMATS[to](one.latest, pack), media_type=KINDS.get(to, SHEET), headers=headers)


@router.post("/returns/{agreement_id}/{return_id}/{act}")
def return_said(
    request: Request, door: Open, who: Who, agreement_id: UUID, return_id: UUID, act: str, form: Sent
) -> Response:
    """Ask about a return, confirm it, or record the meeting."""
    partnership, one, _pack = _found(door, who, agreement_id, return_id)
    today = door.acting.now().date()
    match act:
        case "query":
            event, facts = "partnership.ReturnQueried", _asked(form, one)
        case "confirm":
            event, facts = "partnership.ReturnConfirmed", _version(one) | {"confirmed_on": today.isoformat()}
        case "meeting":
            event, facts = "partnership.MeetingHeld", _met(form, partnership, one, today)
        case _other:
            raise HTTPException(404)
    about = {
        "agreement_id": str(agreement_id),
        "lead": one.latest.lead,
        "of_organisation": one.latest.of_organisation,
        "sender": who.organisation,
        "return_id": str(return_id),
    }
    taken = try_act(door, who, form, [Act(event, {**about, **facts})])
    if taken is None:
        return _return(request, door, who, agreement_id, return_id, form)
    return go_to(f"/returns/{agreement_id}/{return_id}", done(taken, f"return-{act}"))


def _version(one: Standing) -> dict[str, Any]:
    return {"return_version": one.latest.return_version}


def _asked(form: Form, one: Standing) -> dict[str, Any]:
    question = form.need("question", _("Enter your question."))
    made = {"query_id": str(uuid5(ACTS, f"query {form.act_id}")), "column": form.text("column") or None}
    return {**_version(one), **made, "question": question}


def _met(form: Form, partnership: Partnership, one: Standing, today: date) -> dict[str, Any]:
    what = form.text("what")
    action = {
        "action_id": str(uuid5(ACTS, f"action {form.act_id}")),
        "what": what,
        "owner": form.text("owner") if what else "",
        "due_on": _day(form, "due_on"),
    }
    known_actions = {str(each.action_id) for each in partnership.open_actions(one.latest.of_organisation)}
    known_queries = {str(each.query_id) for each in partnership.open_queries(one)}
    return {
        "meeting_id": str(uuid5(ACTS, f"meeting {form.act_id}")),
        "held_on": _day(form, "held_on") or today.isoformat(),
        "actions": [action] if what else [],
        "done": [each for each in form.all("done") if each in known_actions],
        "settled": [each for each in form.all("settled") if each in known_queries],
    }


def _day(form: Form, field: str) -> str | None:
    given = form.read(typed_day, field)
    return given.isoformat() if given else None


def _found(door: Doors, who: Signed, agreement_id: UUID, return_id: UUID) -> tuple[Partnership, Standing, Pack]:
    partnership = _partnerships(door, who).get(agreement_id)
    one = partnership.returns.get(return_id) if partnership else None
    if partnership is None or one is None:
        raise HTTPException(404)
    return partnership, one, pack_of(partnership, one)


def _return(request: Request, door: Doors, who: Signed, agreement_id: UUID, return_id: UUID, form: Form) -> Response:
    partnership, one, pack = _found(door, who, agreement_id, return_id)
    of, names = one.latest, name_of(door)
    facts = [
        (_("Of"), names(of.of_organisation)),
        (_("Lead"), names(of.lead)),
        (_("Period"), _period(of)),
        (_("Version"), str(of.return_version)),
        (_("Confirmed by"), ", ".join(f"{names(code)}, {day(on)}" for code, on in one.confirmed.items())),
    ]
    return page(
        request,
        "returns/return.html",
        form=form,
        of=of,
        here_is=f"/returns/{agreement_id}/{return_id}",
        rows=facts,
        pack=[(row[0], row[1], names(row[2]), row[3]) for row in pack.rows()],
        lines=_lines(of),
        formats=sorted(FORMATS),
        columns=[(column, column) for column in dict.fromkeys(line.column for line in of.lines)],
        may_confirm=who.organisation in one.sides - one.confirmed.keys(),
        sides=[(code, names(code)) for code in sorted(one.sides)],
        actions=[(str(each.action_id), each.what) for each in partnership.open_actions(of.of_organisation)],
        queries=[(str(each.query_id), each.question) for each in partnership.open_queries(one)],
    )


def _lines(of: ReturnProduced) -> Sequence[tuple[str, ...]]:
    return [(line.section, line.column, line.group or "", line.value or "–", line.source) for line in of.lines]
