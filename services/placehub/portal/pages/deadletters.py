"""What the hub has set aside: an operator looks at causes, retries what may be right by now, drops the rest."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request, Response

from placehub.deadletters.letters import DeadLetter, OfCause, Position, Wanted, by_cause, read_position
from placehub.deadletters.tray import Done, Tray, open_tray
from placehub.errors import HubError, Rejected
from placehub.portal.accounts import HUB
from placehub.portal.pages.operations import OPERATORS, acted, signature
from placehub.portal.people import Signed
from placehub.portal.refusing import why_not
from placehub.portal.sitting import NOTICES, Doors, Entry, Form, Open, Sent, Who, go_to, page
from placehub.portal.words import gettext as _
from placehub.portal.words import retold, when

WINDOW: Final = 200
"""Records of each partition that one page shows, the newest first; an older page reads on from where it ends."""
router = APIRouter(dependencies=[OPERATORS])
NOTICES.update(
    {
        "retried": lambda: _("It stands in its outbox once more. Still wrong, it comes back as a new dead letter."),
        "dropped": lambda: _("It is settled. It is kept all the same."),
    }
)


def menu(who: Signed) -> list[Entry]:
    """Return where this begins."""
    says = _("What was set aside, by cause; retry it, or settle it.")
    return [Entry("/dead-letters", _("Dead letters"), says)] if who.acting.kind == HUB else []


@router.get("/dead-letters")
def dead_letters_page(
    request: Request, door: Open, sender: str = "", type: str = "", state: str = "open", before: str = ""
) -> Response:
    """Show what was set aside, by cause and one by one, a window of the newest after the other."""
    wanted = Wanted(sender.strip() or None, type or None, None, settled=state == "all")
    since = dict(map(_read, before.split(","))) if before else None
    with open_tray(door.operating.settings) as tray:
        window = tray.window(WINDOW, since)
    found = [one for one in window.letters if wanted.fits(one)][::-1]
    chosen = {"sender": sender, "type": type, "state": state}
    older = {**chosen, "before": ",".join(f"{number}:{offset}" for number, offset in sorted(window.older.items()))}
    return page(
        request,
        "dead_letters.html",
        wanted=chosen,
        types=[(one, one) for one in sorted({_name(one) for one in window.letters} - {""})],
        causes=[_cause(one) for one in by_cause(reversed(found))],
        letters=[_row(one) for one in found],
        older=f"/dead-letters?{urlencode(older)}" if window.older else "",
        newest=f"/dead-letters?{urlencode(chosen)}" if before else "",
    )


def _name(one: DeadLetter) -> str:
    return one.type.rpartition(".")[2]


def _cause(one: OfCause) -> tuple[object, ...]:
    what = (one.cause.type.rpartition(".")[2], one.cause.field, one.cause.reason)
    link = {"href": f"/dead-letters/{one.example}", "text": str(one.example)}
    return (*what, one.count, len(one.senders), when(one.latest), link)


def _row(one: DeadLetter) -> tuple[object, ...]:
    link = {"href": f"/dead-letters/{one.position}", "text": str(one.position)}
    return (link, when(one.rejected_at), one.sender, _name(one), one.field, one.state)


@router.get("/dead-letters/{position}")
def dead_letter_page(request: Request, door: Open, position: str) -> Response:
    """Show one dead letter, and whether it can be retried."""
    return _letter(request, door, _read(position), Form())


@router.post("/dead-letters/{position}")
def dead_letter_settled(request: Request, door: Open, who: Who, position: str, form: Sent) -> Response:
    """Retry or drop one dead letter."""
    at, retries = _read(position), form.has("retry")
    reason = form.text("reason") if retries else form.need("reason", _("Say why nothing is to be done about it."))
    if form.errors:
        return _letter(request, door, at, form)
    done = Done(signature(who), reason, door.operating.now())
    with open_tray(door.operating.settings) as tray:
        letters = tray.open_ones([at])
        if retries:
            tray.retry(letters, done)
        else:
            tray.drop(letters, done)
    acted(door, who, "retry" if retries else "drop", f"dead letter {at}", reason)
    return go_to(f"/dead-letters/{at}", "retried" if retries else "dropped")


def _read(position: str) -> Position:
    try:
        return read_position(position)
    except Rejected:
        raise HTTPException(404) from None


def _letter(request: Request, door: Doors, at: Position, form: Form) -> Response:
    with open_tray(door.operating.settings) as tray:
        (letter,) = tray.find([at])
        why_not = "" if letter.settlement else _why_not(tray, letter)
    return page(request, "dead_letter.html", form=form, letter=letter, rows=_facts(letter), why_not=why_not)


def _why_not(tray: Tray, letter: DeadLetter) -> str:
    try:
        tray.posted(letter)
    except HubError as why:
        return why_not(why)
    return ""


def _facts(one: DeadLetter) -> list[tuple[str, str]]:
    rows = [
        (_("Set aside"), when(one.rejected_at)),
        (_("Sender"), one.sender),
        (_("Event"), one.type),
        (_("Its id"), one.ce_id),
        (_("Record"), f"{one.topic}/{one.partition}/{one.offset}"),
        (_("Field"), one.field),
        (_("Rule"), retold(one.reason)),
        (_("Remedy"), retold(one.remedy)),
        (_("State"), one.state),
    ]
    if one.settlement:
        rows += [
            (_("Settled"), when(one.settlement.at)),
            (_("By"), one.settlement.by),
            (_("Because"), one.settlement.reason),
        ]
    return rows
