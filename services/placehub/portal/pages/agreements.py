"""An organisation's agreements: the calendar of what is due and overdue, who is in each, what was decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from placehub.errors import NotFound
from placehub.portal.partners import Due, Heard, Partners, calendar, fold
from placehub.portal.people import Signed
from placehub.portal.sitting import Entry, Open, Who, name_of, only, page
from placehub.portal.told import told_about, told_of_stream
from placehub.portal.words import day, label
from placehub.portal.words import gettext as _

KINDS: Final = ("authority", "provider", "consortium")
ROLES: Final = ("contract manager", "deputy", "commissioner", "director", "team manager", "referral manager")
PARTNERS: Final = only(*KINDS, roles=ROLES)
"""Lets in those whose work agreements are; officers who place and carers' out-of-hours line have no such page."""
router = APIRouter(dependencies=[PARTNERS])


def menu(who: Signed) -> list[Entry]:
    """Return where this begins."""
    says = _("What is due and overdue, disputes, documents.")
    return [Entry("/agreements", _("Agreements"), says)] if is_partner(who) else []


def is_partner(who: Signed) -> bool:
    """Tell whether agreements are somebody's work."""
    return who.acting.kind in KINDS and who.acting.role in ROLES


def partners_of(connection: Connection, who: Signed, agreement_id: UUID) -> Partners:
    """Return an agreement as the person's organisation was told of it; NotFound when it never was."""
    found = fold(told_about(connection, who.organisation, str(agreement_id))).get(agreement_id)
    if found is None:
        raise NotFound("Your organisation was told of no such agreement.")
    return found


@router.get("/agreements")
def agreements_page(request: Request, door: Open, who: Who) -> Response:
    """Show what is due and overdue under each agreement."""
    with door.reads.connect() as connection:
        found = fold(told_of_stream(connection, who.organisation, "agreement"))
        due = calendar(told_of_stream(connection, who.organisation, "reminder"))
    of, names = _subjects(found.values()), name_of(door)
    return page(
        request,
        "agreements/list.html",
        overdue=sum(one.overdue for one in due),
        due=[_due(one, of) for one in due if one.because is None],
        settled=[_due(one, of) for one in due if one.because is not None][-50:],
        agreements=[_row(one, names) for one in found.values() if one.registered],
    )


def _subjects(found: Iterable[Partners]) -> dict[UUID, dict[str, str]]:
    """Return where each subject of a reminder has its page."""
    of: dict[UUID, dict[str, str]] = {}
    for one in found:
        address = f"/agreements/{one.agreement_id}"
        of[one.agreement_id] = {"href": address, "text": one.name}
        for dispute_id in one.disputes:
            of[dispute_id] = {
                "href": f"{address}/disputes/{dispute_id}",
                "text": _("Dispute, {name}").format(name=one.name),
            }
    return of


def _due(one: Due, of: Mapping[UUID, dict[str, str]]) -> tuple[object, ...]:
    return (*_due_of_it(one), of.get(one.subject_id, label("reminder_subject", one.about)))


def _due_of_it(one: Due) -> tuple[str, str, str]:
    state = label("reminder_cleared", one.because) or (_("Overdue") if one.overdue else _("Due"))
    return state, label("reminder_kind", one.kind), day(one.due_on)


def _row(one: Partners, names: Callable[[str], str]) -> tuple[object, ...]:
    unsettled = sum(heard.state.accepted is not True for heard in one.disputes.values())
    link = {"href": f"/agreements/{one.agreement_id}", "text": one.name}
    kind = label("agreement_kind", one.registered.kind) if one.registered else ""
    return (link, kind, names(one.lead or ""), day(one.ends_on) or _("when terminated"), unsettled)


@router.get("/agreements/{agreement_id}")
def agreement_page(request: Request, door: Open, who: Who, agreement_id: UUID) -> Response:
    """Show one agreement: its parties and posts, what is due, disputes, decisions."""
    with door.reads.connect() as connection:
        one = partners_of(connection, who, agreement_id)
        due = calendar(told_about(connection, who.organisation, str(agreement_id)))
    return page(
        request,
        "agreements/agreement.html",
        one=one,
        rows=_facts(one, names := name_of(door)),
        due=[_due_of_it(each) for each in due if each.because is None],
        disputes=[_dispute(one, heard, names) for heard in one.disputes.values()],
        decisions=[
            (
                label("consultation_about", each.decision),
                _("{days} days").format(days=each.late_days) if each.late_days else _("in time"),
                _("no") if each.not_consulted else _("yes"),
            )
            for each in one.decisions
        ],
        can_raise=bool(one.others(who.organisation)),
    )


def _facts(one: Partners, names: Callable[[str], str]) -> list[tuple[str, str]]:
    def listed(codes: Iterable[str]) -> str:
        return ", ".join(names(code) for code in codes)

    of, away = one.registered, one.away
    covered = _("{deputy}, from {first} until {last}")
    return [
        (_("Lead"), listed([one.lead] if one.lead else [])),
        (_("Named members"), listed(one.authorities)),
        (_("Providers that joined"), listed(one.providers)),
        (_("Kind"), label("agreement_kind", of.kind) if of else ""),
        (_("Starts on"), day(of.starts_on) if of else ""),
        (_("Ends on"), day(one.ends_on) or _("when terminated")),
        (_("Contract manager"), f"{one.manager.post}, {one.manager.contact}" if one.manager else ""),
        (_("Deputies"), ", ".join(f"{each.post} ({names(each.organisation)})" for each in one.deputies)),
        (
            _("Manager away, covered by"),
            covered.format(deputy=away.deputy.post, first=day(away.away_from), last=day(away.away_until))
            if away
            else "",
        ),
    ]


def _dispute(one: Partners, heard: Heard, names: Callable[[str], str]) -> tuple[object, ...]:
    link = {
        "href": f"/agreements/{one.agreement_id}/disputes/{heard.dispute_id}",
        "text": label("dispute_about", heard.state.about),
    }
    sides = " / ".join(names(code) for code in heard.state.sides)
    return (link, sides, names(heard.state.routed_to or ""), day(heard.state.resolve_by), state_of(heard))


def state_of(heard: Heard) -> str:
    """Return how a dispute stands, in words."""
    match heard.state.accepted, heard.state.outcome:
        case True, _outcome:
            return _("accepted by both sides")
        case False, _outcome:
            return _("outcome not accepted")
        case _accepted, str(outcome):
            return label("dispute_outcome", outcome)
    return _("open")
