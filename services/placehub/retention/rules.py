"""What may be erased, who may say so, and what runs out by itself; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from placehub.errors import Conflict, NotFound
from placehub.saying import said

NOTICE_KEPT: Final = timedelta(days=30)
"""How long an early notice that came to nothing is kept after its search closed."""
CONFIRM_WITHIN: Final = timedelta(days=7)
"""How long an erasure that was asked for waits for the second person."""
CAME_TO_NOTHING: Final = "notice came to nothing"
"""The reason of what the hub erases by itself; nobody may give it."""
NO_EXPORT_NEEDED: Final = frozenset({"given in error", "court order"})
"""Reasons for which nothing has to be in the authority's own record first: it should not be here, or a court says."""


Kind = Literal["child", "household"]
"""Whose data it is: carers are people too."""
CHILD: Final[Kind] = "child"
HOUSEHOLD: Final[Kind] = "household"
SIDES: Final[dict[Kind, str]] = {CHILD: "authority", HOUSEHOLD: "provider"}
"""Whose each is."""
PSEUDONYMS: Final[dict[Kind, str]] = {CHILD: "child_id", HOUSEHOLD: "household_ref"}
"""The field that names each in events."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who asks for an erasure or a hold: a name, and whom the person speaks for."""

    name: str
    organisation: str | None = None
    """The organisation whose credentials were shown; None: the hub's operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One hold on a child or a household."""

    hold_id: UUID
    owner: str
    subject_kind: Kind = CHILD
    subject_id: UUID
    ground: str
    placed_by: str
    placed_at: datetime
    lifted_by: str | None = None
    lifted_at: datetime | None = None


def hold_facts(hold: Hold) -> dict[str, UUID | str]:
    """Return what is told of a hold to whoever placed or lifted it: on whom it is under the field that names them."""
    return {"hold_id": hold.hold_id, PSEUDONYMS[hold.subject_kind]: hold.subject_id, "ground": hold.ground}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An erasure that one person asked for."""

    erasure_id: UUID
    reason: str
    by: Person
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOfChild:
    """A case of the child, as far as retention knows it."""

    referral_id: UUID
    referred: bool
    live: bool
    last_event_at: datetime
    exported_at: datetime | None = None
    """When the whole case was last exported, as of then."""
    lives_there: bool = False
    """Whether a placement that followed from it goes on."""
    disputes: tuple[UUID, ...] = ()
    """Open disputes about a placement that followed from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeOfHousehold:
    """A vacancy of the household, as far as retention knows it."""

    vacancy_id: UUID
    offered: bool
    lives_there: tuple[UUID, ...] = ()
    """Placements there that go on."""
    disputes: tuple[UUID, ...] = ()
    """Open disputes about a placement there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Everything that bears on whether a child, or a household, may be erased now."""

    owner: str
    kind: Kind = CHILD
    subject_id: UUID
    live_keys: int
    cases: tuple[CaseOfChild, ...] = ()
    """Of a child."""
    homes: tuple[HomeOfHousehold, ...] = ()
    """Of a household."""
    holds: tuple[Hold, ...] = ()
    """Those that stand."""
    waiting: Asked | None = None
    """The latest that was asked for and neither confirmed nor withdrawn; it may have expired."""
    erased_at: datetime | None = None


def check_party(person: Person, owner: str, kind: Kind) -> None:
    """Raise NotFound where somebody of another organisation asks: whose it is is not theirs to know."""
    if person.organisation not in (None, owner):
        raise unknown(kind)


def unknown(kind: Kind) -> NotFound:
    """Return what is said of a child or household that is not known here, or is not the asker's."""
    named = PSEUDONYMS[kind]
    form = "The hub holds nothing of a {kind} of that id. Check the id: it is the pseudonym, `{field}`."
    return NotFound(said(form, kind=kind, field=named))


def check_may_ask(held: Held, person: Person, reason: str, now: datetime) -> None:
    """Raise NotFound or Conflict, with what to do, unless the erasure may be asked for now."""
    check_party(person, held.owner, held.kind)
    _check_may_erase(held, reason)
    if held.waiting is not None and now < held.waiting.expires_at:
        form = (
            "An erasure of this {kind} waits for a second person until {until}. "
            "Confirm it with --confirm, or take it back with --withdraw."
        )
        raise Conflict(said(form, kind=held.kind, until=_at(held.waiting.expires_at)))


def check_may_confirm(held: Held, person: Person, now: datetime) -> Asked:
    """Return the erasure this person may confirm now; else raise NotFound or Conflict, with what to do.

    Everything is looked at again: a hold, a new event or a new search may have come between the two.
    """
    check_party(person, held.owner, held.kind)
    asked = held.waiting
    if asked is None or now >= asked.expires_at:
        _check_not_erased(held)
        form = "An erasure of this {kind} was not asked for. Ask for it first, with --reason."
        if asked is not None:
            form = "An erasure of this {kind} has expired. Ask for it first, with --reason."
        raise Conflict(said(form, kind=held.kind))
    if _same(person.name) == _same(asked.by.name):
        raise Conflict("Whoever asked for an erasure cannot confirm it. Let a second person do so.")
    if held.owner not in (person.organisation, asked.by.organisation):
        form = (
            "Nobody of the {side} whose {kind} it is has asked or confirmed. One of the two must: "
            "with --as and its credentials."
        )
        raise Conflict(said(form, side=SIDES[held.kind], kind=held.kind))
    _check_may_erase(held, asked.reason)
    return asked


def check_may_withdraw(held: Held, person: Person, now: datetime) -> Asked:
    """Return the erasure to be withdrawn; raise NotFound or Conflict when none waits."""
    check_party(person, held.owner, held.kind)
    if held.waiting is None or now >= held.waiting.expires_at:
        form = "No erasure of this {kind} waits for anybody. There is nothing to withdraw."
        raise Conflict(said(form, kind=held.kind))
    return held.waiting


def _check_may_erase(held: Held, reason: str) -> None:
    _check_not_erased(held)
    if held.holds:
        grounds = ", ".join(sorted({one.ground for one in held.holds}))
        form = (
            "A hold stands on this {kind} ({grounds}), so nothing of it may be erased. See 'placehub hold list'; "
            "ask again once it is lifted."
        )
        raise Conflict(said(form, kind=held.kind, grounds=grounds))
    for home in held.homes:
        _check_empty(home)
    for case in held.cases:
        _check_over(case)
        if reason not in NO_EXPORT_NEEDED and not is_exported(case):
            form = (
                "Case {case} has not been exported to the authority's own record since its last event. "
                "Run 'placehub case export {case}', keep the file there, and ask again."
            )
            raise Conflict(said(form, case=case.referral_id))


def _check_not_erased(held: Held) -> None:
    if held.erased_at is not None and not held.live_keys:
        form = "This {kind} was erased on {day}. There is nothing left to erase."
        raise Conflict(said(form, kind=held.kind, day=f"{held.erased_at:%d %B %Y}"))


def _check_over(case: CaseOfChild) -> None:
    if case.live:
        form = "Case {case} of this child is still searched for. Let it be closed first."
        raise Conflict(said(form, case=case.referral_id))
    if case.lives_there:
        raise Conflict(said("A placement of case {case} goes on. Erase once it has ended.", case=case.referral_id))
    if case.disputes:
        form = (
            "A dispute about a placement of case {case} is open ({disputes}), so nothing of its children may be "
            "erased. See 'placehub views show disputes'; ask again once it is resolved."
        )
        raise Conflict(said(form, case=case.referral_id, disputes=", ".join(map(str, case.disputes))))


def _check_empty(home: HomeOfHousehold) -> None:
    if home.offered:
        form = "Vacancy {vacancy} of this household is open. Close it first (VacancyClosed)."
        raise Conflict(said(form, vacancy=home.vacancy_id))
    if home.lives_there:
        form = "A placement with this household goes on ({placements}). Erase once it has ended."
        raise Conflict(said(form, placements=", ".join(map(str, home.lives_there))))
    if home.disputes:
        form = (
            "A dispute about a placement with this household is open ({disputes}), so nothing of it may be erased. "
            "See 'placehub views show disputes'; ask again once it is resolved."
        )
        raise Conflict(said(form, disputes=", ".join(map(str, home.disputes))))


def is_exported(case: CaseOfChild) -> bool:
    """Tell whether the case is in the authority's own record; a notice that came to nothing need not be."""
    if not case.referred:
        return True
    return case.exported_at is not None and case.exported_at >= case.last_event_at


def runs_out(held: Held, notice: UUID) -> bool:
    """Tell whether a child goes with its notice: nothing stops it, and no other case needs what is held of it."""
    others = (one for one in held.cases if one.referral_id != notice)
    return not is_stopped(held, notice) and not any(_still_needed(one) for one in others)


def is_stopped(held: Held, notice: UUID) -> bool:
    """Tell whether a notice waits: a hold stands on the child, or a dispute about the notice's placement is open."""
    return bool(held.holds) or any(one.disputes for one in held.cases if one.referral_id == notice)


def _still_needed(case: CaseOfChild) -> bool:
    return case.live or case.lives_there or case.referred or bool(case.disputes)


def owner_among(owners: Iterable[str], person: Person, kind: Kind = CHILD) -> str:
    """Return whose child or household it is: a pseudonym is its owner's own, so that two may have the same.

    NotFound when nobody's, or not that of the person's organisation; Conflict when an operator has to say whose.
    """
    found = sorted(set(owners))
    if person.organisation is not None:
        if person.organisation not in found:
            raise unknown(kind)
        return person.organisation
    if len(found) > 1:
        form = "Two organisations use this id: {organisations}. Let the one that means it ask, with --as."
        raise Conflict(said(form, organisations=", ".join(found)))
    if not found:
        raise unknown(kind)
    return found[0]


def _same(name: str) -> str:
    return " ".join(name.casefold().split())


def _at(moment: datetime) -> str:
    return f"{moment:%d %B %Y %H:%M} UTC"
