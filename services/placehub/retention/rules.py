"""What may be erased, who may say so, and what runs out by itself; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from placehub.errors import Conflict, NotFound

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
    return NotFound(f"The hub holds nothing of a {kind} of that id. Check the id: it is the pseudonym, `{named}`.")


def check_may_ask(held: Held, person: Person, reason: str, now: datetime) -> None:
    """Raise NotFound or Conflict, with what to do, unless the erasure may be asked for now."""
    check_party(person, held.owner, held.kind)
    _check_may_erase(held, reason)
    if held.waiting is not None and now < held.waiting.expires_at:
        raise Conflict(
            f"An erasure of this {held.kind} waits for a second person until {_at(held.waiting.expires_at)}. "
            "Confirm it with --confirm, or take it back with --withdraw."
        )


def check_may_confirm(held: Held, person: Person, now: datetime) -> Asked:
    """Return the erasure this person may confirm now; else raise NotFound or Conflict, with what to do.

    Everything is looked at again: a hold, a new event or a new search may have come between the two.
    """
    check_party(person, held.owner, held.kind)
    asked = held.waiting
    if asked is None or now >= asked.expires_at:
        _check_not_erased(held)
        gone = "has expired" if asked is not None else "was not asked for"
        raise Conflict(f"An erasure of this {held.kind} {gone}. Ask for it first, with --reason.")
    if _same(person.name) == _same(asked.by.name):
        raise Conflict("Whoever asked for an erasure cannot confirm it. Let a second person do so.")
    if held.owner not in (person.organisation, asked.by.organisation):
        raise Conflict(
            f"Nobody of the {SIDES[held.kind]} whose {held.kind} it is has asked or confirmed. One of the two must: "
            "with --as and its credentials."
        )
    _check_may_erase(held, asked.reason)
    return asked


def check_may_withdraw(held: Held, person: Person, now: datetime) -> Asked:
    """Return the erasure to be withdrawn; raise NotFound or Conflict when none waits."""
    check_party(person, held.owner, held.kind)
    if held.waiting is None or now >= held.waiting.expires_at:
        raise Conflict(f"No erasure of this {held.kind} waits for anybody. There is nothing to withdraw.")
    return held.waiting


def _check_may_erase(held: Held, reason: str) -> None:
    _check_not_erased(held)
    if held.holds:
        grounds = ", ".join(sorted({one.ground for one in held.holds}))
        raise Conflict(
            f"A hold stands on this {held.kind} ({grounds}), so nothing of it may be erased. See 'placehub hold list'; "
            "ask again once it is lifted."
        )
    for home in held.homes:
        _check_empty(home)
    for case in held.cases:
        _check_over(case)
        if reason not in NO_EXPORT_NEEDED and not is_exported(case):
            raise Conflict(
                f"Case {case.referral_id} has not been exported to the authority's own record since its last event. "
                f"Run 'placehub case export {case.referral_id}', keep the file there, and ask again."
            )


def _check_not_erased(held: Held) -> None:
    if held.erased_at is not None and not held.live_keys:
        raise Conflict(f"This {held.kind} was erased on {held.erased_at:%d %B %Y}. There is nothing left to erase.")


def _check_over(case: CaseOfChild) -> None:
    if case.live:
        raise Conflict(f"Case {case.referral_id} of this child is still searched for. Let it be closed first.")
    if case.lives_there:
        raise Conflict(f"A placement of case {case.referral_id} goes on. Erase once it has ended.")
    _check_undisputed(f"a placement of case {case.referral_id}", "its children", case.disputes)


def _check_empty(home: HomeOfHousehold) -> None:
    if home.offered:
        raise Conflict(f"Vacancy {home.vacancy_id} of this household is open. Close it first (VacancyClosed).")
    if home.lives_there:
        named = ", ".join(str(one) for one in home.lives_there)
        raise Conflict(f"A placement with this household goes on ({named}). Erase once it has ended.")
    _check_undisputed("a placement with this household", "it", home.disputes)


def _check_undisputed(about: str, whom: str, disputes: Collection[UUID]) -> None:
    if disputes:
        named = ", ".join(map(str, disputes))
        raise Conflict(
            f"A dispute about {about} is open ({named}), so nothing of {whom} may be erased. See 'placehub views show "
            "disputes'; ask again once it is resolved."
        )


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
        raise Conflict(f"Two organisations use this id: {', '.join(found)}. Let the one that means it ask, with --as.")
    if not found:
        raise unknown(kind)
    return found[0]


def _same(name: str) -> str:
    return " ".join(name.casefold().split())


def _at(moment: datetime) -> str:
    return f"{moment:%d %B %Y %H:%M} UTC"
