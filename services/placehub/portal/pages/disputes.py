"""Disputes: raised by a party, both statements beside each other, resolved by whoever it was routed to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID, uuid5

from fastapi import APIRouter, HTTPException, Request, Response

from placehub.errors import NotFound
from placehub.portal.acting import ACTS, Act
from placehub.portal.pages.agreements import PARTNERS, partners_of, state_of
from placehub.portal.partners import Heard, Partners
from placehub.portal.people import Signed
from placehub.portal.sitting import NOTICES, Doors, Form, Open, Sent, Who, done, go_to, name_of, page, try_act
from placehub.portal.words import day, label
from placehub.portal.words import gettext as _

router = APIRouter(dependencies=[PARTNERS])
NOTICES.update(
    {
        "raised": lambda: _("The dispute is raised. Whoever is in line is told, and so is the other side."),
        "dispute-state": lambda: _("Your statement stands beside the other side's."),
        "dispute-escalate": lambda: _("It goes to the next in line."),
        "dispute-resolve": lambda: _("Both sides are told, and asked whether they accept it."),
        "dispute-answer": lambda: _("Your answer is recorded."),
    }
)


@router.get("/agreements/{agreement_id}/raise")
def raise_page(request: Request, door: Open, who: Who, agreement_id: UUID) -> Response:
    """Ask what is disputed, and with whom."""
    return _raise(request, door, who, agreement_id, Form())


@router.post("/agreements/{agreement_id}/raise")
def dispute_raised(request: Request, door: Open, who: Who, agreement_id: UUID, form: Sent) -> Response:
    """Raise a dispute."""
    with door.reads.connect() as connection:
        one = partners_of(connection, who, agreement_id)
    # of the form's own id: sent twice, it is one dispute
    dispute_id = uuid5(ACTS, f"dispute {form.act_id}")
    facts: dict[str, Any] = {
        "agreement_id": str(agreement_id),
        "dispute_id": str(dispute_id),
        "sender": who.organisation,
        "against": form.need("against", _("Choose with whom.")),
        "about": form.need("about", _("Choose what it is about.")),
        "placement_id": _placement(form),
        "fee_line": form.text("fee_line") or None,
        "concerns": _concerned(one, form),
        "statement": form.need("statement", _("Say in your own words what is disputed.")),
        "raised_on": door.acting.now().date().isoformat(),
    }
    taken = try_act(door, who, form, [Act("agreement.DisputeRaised", facts)])
    if taken is None:
        return _raise(request, door, who, agreement_id, form)
    address = f"/agreements/{agreement_id}"
    return go_to(f"{address}/disputes/{dispute_id}" if taken else address, done(taken, "raised"))


def _placement(form: Form) -> str | None:
    given = form.text("placement_id")
    try:
        return str(UUID(given)) if given else None
    except ValueError:
        form.wrong("placement_id", _("Enter the placement's id as its page shows it, or leave it empty."))
        return None


def _concerned(one: Partners, form: Form) -> list[dict[str, str]]:
    chosen = set(form.all("concerns"))
    posts = enumerate(one.posts)
    return [{"organisation": each.organisation, "post": each.post} for number, each in posts if str(number) in chosen]


def _raise(request: Request, door: Doors, who: Signed, agreement_id: UUID, form: Form) -> Response:
    with door.reads.connect() as connection:
        one = partners_of(connection, who, agreement_id)
    names = name_of(door)
    others = [(code, names(code)) for code in one.others(who.organisation)]
    posts = [(str(number), each.post) for number, each in enumerate(one.posts)]
    return page(request, "agreements/raise.html", form=form, one=one, others=others, posts=posts)


@router.get("/agreements/{agreement_id}/disputes/{dispute_id}")
def dispute_page(request: Request, door: Open, who: Who, agreement_id: UUID, dispute_id: UUID) -> Response:
    """Show both statements beside each other, where it went, and what comes of it."""
    return _dispute(request, door, who, agreement_id, dispute_id, Form())


@router.post("/agreements/{agreement_id}/disputes/{dispute_id}/{act}")
def dispute_said(
    request: Request, door: Open, who: Who, agreement_id: UUID, dispute_id: UUID, act: str, form: Sent
) -> Response:
    """State, escalate, resolve, or answer the outcome."""
    if act not in _SAID:
        raise HTTPException(404)
    _heard(door, who, agreement_id, dispute_id)
    name, says = _SAID[act]
    about = {"agreement_id": str(agreement_id), "dispute_id": str(dispute_id), "sender": who.organisation}
    facts = {**about, **says(form, door.acting.now().date().isoformat())}
    taken = try_act(door, who, form, [Act(name, facts)], {"sender": next(iter(form.data), "")})
    if taken is None:
        return _dispute(request, door, who, agreement_id, dispute_id, form)
    return go_to(f"/agreements/{agreement_id}/disputes/{dispute_id}", done(taken, f"dispute-{act}"))


def _stated(form: Form, _today: str) -> dict[str, Any]:
    words = form.need("statement", _("Say it in your own words."))
    return {"statement_id": str(uuid5(ACTS, f"statement {form.act_id}")), "statement": words}


def _resolved(form: Form, today: str) -> dict[str, Any]:
    outcome = form.need("outcome", _("Choose what comes of it."))
    return {"outcome": outcome, "finding": form.need("finding", _("Say what you found.")), "resolved_on": today}


def _answered(form: Form, _today: str) -> dict[str, Any]:
    accepted = form.need("accepted", _("Choose whether you accept the outcome."))
    return {"accepted": accepted == "yes", "words": form.text("words") or None}


_SAID: Final[Mapping[str, tuple[str, Callable[[Form, str], dict[str, Any]]]]] = {
    "state": ("agreement.StatementGiven", _stated),
    "escalate": (
        "agreement.DisputeEscalated",
        lambda form, today: {"reason": form.need("reason", _("Choose a reason."))},
    ),
    "resolve": ("agreement.DisputeResolved", _resolved),
    "answer": ("agreement.DisputeOutcomeAnswered", _answered),
}
"""Act of a page -> the event it posts, and what of it the form says."""


def _heard(door: Doors, who: Signed, agreement_id: UUID, dispute_id: UUID) -> tuple[Partners, Heard]:
    with door.reads.connect() as connection:
        one = partners_of(connection, who, agreement_id)
    if dispute_id not in one.disputes:
        raise NotFound("Your organisation was told of no such dispute.")
    return one, one.disputes[dispute_id]


def _dispute(request: Request, door: Doors, who: Signed, agreement_id: UUID, dispute_id: UUID, form: Form) -> Response:
    one, heard = _heard(door, who, agreement_id, dispute_id)
    names = name_of(door)
    named = {code: names(code) for code in heard.state.sides}
    return page(
        request,
        "agreements/dispute.html",
        form=form,
        one=one,
        heard=heard,
        here_is=f"/agreements/{agreement_id}/disputes/{dispute_id}",
        may=heard.may(who.organisation),
        rows=[
            (_("Raised by"), named[heard.state.sides[0]]),
            (_("With"), named[heard.state.sides[1]]),
            (_("Raised on"), day(heard.state.raised_on)),
            (_("Placement"), str(heard.raised.placement_id or "")),
            (_("Line of the fee"), heard.raised.fee_line or ""),
            (_("To be settled by"), names(heard.state.routed_to or "")),
            (_("Resolve by"), day(heard.state.resolve_by)),
            (_("State"), state_of(heard)),
        ],
        sides=[(name, heard.said_by(code)) for code, name in named.items()],
        answers=[(named.get(each.sender, each.sender), each.accepted, each.words) for each in heard.answers],
        routings=[
            (
                f"{each.to.post}, {names(each.to.organisation)}" if each.to else _("nobody yet"),
                label("dispute_routed_because", each.because),
                day(each.answer_by),
                day(each.resolve_by),
            )
            for each in heard.routings
        ],
    )
