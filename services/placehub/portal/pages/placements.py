"""Placements: where children live, what was agreed and reviewed, the support that is asked for, and how they end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request, Response

from placehub.contracts.codec import to_json
from placehub.placements.events import PlacementAgreed, PlacementEnded, PlacementStarted
from placehub.portal import telling
from placehub.portal.accounts import ANSWERING, PLACING
from placehub.portal.acting import Act
from placehub.portal.case import fold
from placehub.portal.case_parts import weekly
from placehub.portal.comparing import fee_changes
from placehub.portal.fees import filled_lines, lines_for, typed_lines
from placehub.portal.people import Signed
from placehub.portal.placement import Placement, fold_placement
from placehub.portal.sitting import (
    NOTICES,
    Doors,
    Entry,
    Form,
    Open,
    Sent,
    done,
    go_to,
    name_of,
    only,
    page,
    try_act,
)
from placehub.portal.told import told_about, told_last, told_under
from placehub.portal.words import amount, choices, whole_number
from placehub.portal.words import gettext as _

router = APIRouter()
PARTIES: Final = only("authority", "provider", roles=(*PLACING, *ANSWERING))
BOTH: Final = ("authority", "provider")
PAY: Final = "pay"
MOST_ACTIONS: Final = 99
LISTS: Final = (
    *("missing", "reason_place_change", "review_participation"),
    *("fee_unit", "fee_change_reason"),
)
"""Code lists that are chosen from."""
NOTICES.update({"recorded": lambda: _("It is recorded, and the other side is told.")})


@dataclass(frozen=True, slots=True)
class Deed:
    """Something a party does about a placement: the event, who may, and how the form becomes its fields."""

    event: str
    kinds: tuple[str, ...]
    fields: Callable[[Placement, Signed, Form], dict[str, Any]]
    on_form: Mapping[str, str] = field(default_factory=dict)
    """A field of the event -> the form's field, where they differ."""


def menu(who: Signed) -> list[Entry]:
    """Return where this begins."""
    if who.acting.kind not in ("authority", "provider") or who.acting.role not in (*PLACING, *ANSWERING):
        return []
    return [Entry("/placements", _("Placements"), _("Where children live now: reviews, support, notice, endings."))]


@router.get("/placements")
def placements_page(request: Request, door: Open, who: Signed = PARTIES) -> Response:
    """Show the placements, those that go on first."""
    wanted = (PlacementAgreed, PlacementStarted, PlacementEnded)
    with door.reads.connect() as connection:
        told = told_last(connection, who.organisation, "placement", *wanted)
    by_id = sorted(told, key=lambda one: (str(one.event.placement_id), one.id))
    found = [fold_placement(each) for _id, each in groupby(by_id, key=lambda one: one.event.placement_id)]
    placements = sorted((one for one in found if one), key=lambda one: (one.ended is not None, one.short))
    return page(request, "placements/list.html", placements=placements, name=name_of(door))


@router.get("/placements/{placement_id}")
def placement_page(request: Request, door: Open, placement_id: UUID, who: Signed = PARTIES) -> Response:
    """Show a placement and what may be done about it."""
    return _shown(request, door, who, _own(door, who, placement_id), Form())


@router.post("/placements/{placement_id}/{act}")
def placement_acted(
    request: Request, door: Open, form: Sent, placement_id: UUID, act: str, who: Signed = PARTIES
) -> Response:
    """Do one of the things that may be done about a placement; supports that wait are answered all at once."""
    placement, deed = _own(door, who, placement_id), DEEDS.get(act, ANSWER)
    if who.acting.kind not in deed.kinds or (act not in DEEDS and act != "answer"):
        raise HTTPException(404)
    about = {"placement_id": str(placement_id), "authority": placement.authority, "provider": placement.provider}
    said = _answers(placement, who, form) if deed is ANSWER else [(deed.event, deed.fields(placement, who, form))]
    keys = _need_keys(door, who, placement)
    taken = try_act(door, who, form, [Act(event, about | fields, keys) for event, fields in said], deed.on_form)
    if taken is None:
        return _shown(request, door, who, placement, form, act)
    return go_to(f"/placements/{placement_id}", done(taken, "recorded"))


def _own(door: Doors, who: Signed, placement_id: UUID) -> Placement:
    with door.reads.connect() as connection:
        found = fold_placement(told_under(connection, who.organisation, "placement", str(placement_id)))
    if found is None:
        raise HTTPException(404)
    return found


def _need_keys(door: Doors, who: Signed, placement: Placement) -> Mapping[str, str]:
    """Return the keys a provider's words go under: those of the referral the placement came of."""
    with door.reads.connect() as connection:
        case = fold(told_about(connection, who.organisation, str(placement.referral_id)))
    return case.need_keys if case else {}


def _shown(request: Request, door: Doors, who: Signed, placement: Placement, form: Form, tried: str = "") -> Response:
    name, today = name_of(door), door.acting.now().date()
    line = [(one.at, telling.SAID_OF_PLACEMENTS[type(one.event).__name__](one.event, name)) for one in placement.steps]
    return page(
        request,
        "placements/placement.html",
        form=form,
        placement=placement,
        weekly=weekly(placement.fees),
        wanted=[(code, one, fee_changes(placement.fees, one.fee_lines)) for code, one in placement.fees_wanted.items()],
        fee_fields=dict(filled_lines(placement.fees)),
        fee_numbers=lines_for(placement.fees),
        name=name,
        line=line[::-1],
        tried=tried,
        answers=_ways(today),
        may=() if placement.ended else tuple(act for act, one in DEEDS.items() if who.acting.kind in one.kinds),
        lists={one: choices(one, today) for one in LISTS},
    )


def _ways(today: date) -> list[tuple[str, str]]:
    """Return how support may be answered: it is paid for, or not and why."""
    refusals = [
        (f"refuse {code}", _("Do not pay for it: {why}").format(why=why))
        for code, why in choices("support_refused_reason", today)
    ]
    return [(PAY, _("Pay for it")), *refusals]


def _request(placement: Placement, who: Signed, form: Form) -> dict[str, Any]:
    what = form.need("what", _("Say what support it is, without anything about the child."))
    form.need("amount", _("Enter what this support costs."))
    support = {"what": what, "amount": form.read(amount, "amount"), "unit": form.text("unit", "week")}
    return {"support": support, **_words(placement, form, "evidence")}


def _words(placement: Placement, form: Form, name: str) -> dict[str, Any]:
    """Return free words as an event has them before they are sealed, under whose child's key they are to be."""
    words = form.text(name)
    return {name: {"text": words, "child_id": str(placement.child_id)}} if words else {}


def _answers(placement: Placement, who: Signed, form: Form) -> list[tuple[str, dict[str, Any]]]:
    """Return an event for each support that was answered, and its fields; what was left open stays open."""
    found: list[tuple[str, dict[str, Any]]] = []
    waiting = [one.line for one in placement.waiting]
    for number in range(len(waiting)):
        line = next((one for one in waiting if one.what == form.text(f"asked_{number}")), None)
        answer, _space, reason = form.text(f"answer_{number}").partition(" ")
        if line is None or not answer:
            continue
        waiting.remove(line)
        if answer == PAY:
            found.append(("SupportAgreed", {"support": to_json(line), "by": who.acting.role}))
        else:
            found.append(("SupportRefused", {"what": line.what, "reason": reason, "by": who.acting.role}))
    if not found:
        form.wrong("answer_0", _("Choose an answer for at least one of them."))
    return found


def _change_fees(placement: Placement, who: Signed, form: Form) -> dict[str, Any]:
    return {
        "fee_lines": typed_lines(form, placement.fees),
        "changes_on": form.day("changes_on", _("Enter the day from which it is paid.")),
        "reason": form.need("fees_because", _("Choose why the fees change.")),
        "by": who.acting.role,
    }


def _agree_to_fees(placement: Placement, who: Signed, form: Form) -> dict[str, Any]:
    """Return the change the other side has posted; 404 where it has not."""
    theirs = next((one for code, one in placement.fees_wanted.items() if code != who.organisation), None)
    if theirs is None:
        raise HTTPException(404)
    said = to_json(theirs)
    return {name: said[name] for name in ("fee_lines", "changes_on", "reason")} | {"by": who.acting.role}


def _review(placement: Placement, who: Signed, form: Form) -> dict[str, Any]:
    changed = form.text("plan_changed")
    return {
        "reviewed_on": form.day("reviewed_on", _("Enter the day of the review.")),
        "participation": form.need("participation", _("Choose how the child took part.")),
        "actions": form.read(whole_number, "actions", 0, MOST_ACTIONS) or 0,
        **({"plan_changed": changed == "yes"} if changed else {}),
        **_words(placement, form, "found"),
    }


def _miss(placement: Placement, who: Signed, form: Form) -> dict[str, Any]:
    until = {"ended_at": form.moment("ended")} if form.text("ended_on") else {}
    return {"kind": form.need("kind", _("Choose what it was.")), "began_at": form.moment("began"), **until}


def _notice(placement: Placement, who: Signed, form: Form) -> dict[str, Any]:
    return {
        "referral_id": str(placement.referral_id),
        "given_by": who.acting.kind,
        "ends_on": form.day("ends_on", _("Enter the day it is to end.")),
        "reason": form.need("notice_because", _("Choose why it is to end.")),
    }


def _end(placement: Placement, who: Signed, form: Form) -> dict[str, Any]:
    reason = form.text("ended_because")
    return {
        "referral_id": str(placement.referral_id),
        "ended_on": form.day("ended_day", _("Enter the day it ended.")),
        "planned": form.need("planned", _("Say whether it ended as planned.")) == "yes",
        **({"reason": reason} if reason else {}),
    }


DEEDS: Final[Mapping[str, Deed]] = {
    "request": Deed("SupportRequested", ("provider",), _request, {"support.amount": "amount", "support.what": "what"}),
    "fees": Deed("FeeChanged", BOTH, _change_fees, {"fee_lines.0": "amount_0", "reason": "fees_because"}),
    "agree-fees": Deed("FeeChanged", BOTH, _agree_to_fees),
    "review": Deed("PlacementReviewed", ("authority",), _review),
    "missing": Deed("MissingEpisodeRecorded", BOTH, _miss),
    "notice": Deed("NoticeGiven", BOTH, _notice, {"reason": "notice_because"}),
    "end": Deed("PlacementEnded", ("authority",), _end, {"reason": "ended_because", "ended_on": "ended_day"}),
}
"""What an address ends in -> what it does."""
ANSWER: Final = Deed("SupportAgreed", ("authority",), lambda placement, who, form: {})
"""Several answers at once, each an event of its own."""
