"""Asking for an erasure, confirming it and holding it up. The caller commits; until then nothing has happened.

A confirmation destroys the keys and keeps what is to be told in one transaction. The evidence stream is told of it
afterwards, under an id that follows from the erasure: so a process killed between the two loses neither, and a key that
is said to be destroyed is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, update

from placehub import codes
from placehub.errors import Conflict, NotFound, Rejected
from placehub.keys.erasing import could_open_subject
from placehub.keys.store import destroy
from placehub.retention.rules import (
    CAME_TO_NOTHING,
    CHILD,
    CONFIRM_WITHIN,
    Asked,
    Held,
    Hold,
    Kind,
    Person,
    check_may_ask,
    check_may_confirm,
    check_may_withdraw,
    check_party,
    owner_among,
)
from placehub.retention.store import (
    held_of,
    holds,
    keep_asked,
    keep_hold,
    keep_lifted,
    keep_withdrawn,
    lock_subject,
    owners_of,
)
from placehub.retention.tables import ERASURE
from placehub.saying import said

LONGEST_NAME = 100
"""Characters of a person's name at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """An erasure that was done."""

    erasure_id: UUID
    owner: str
    keys_destroyed: int
    cases: tuple[UUID, ...]
    to: tuple[str, ...]
    """Who else could open one of the keys, and is told."""


def ask(
    connection: Connection, subject_id: UUID, person: Person, reason: str, now: datetime, kind: Kind = CHILD
) -> Asked:
    """Ask for an erasure: nothing is destroyed before a second person confirms it.

    Raises Rejected for a reason that is none, NotFound for a child or household that is not known here, and Conflict
    where it may not be erased now or is waiting already.
    """
    check_person(person)
    codes.check("erasure_reason", reason, now.date(), "--reason")
    if reason == CAME_TO_NOTHING:
        raise Rejected("--reason", "is what the hub's own timer gives", "Give another of the code list erasure_reason.")
    held = _held(connection, kind, subject_id, person)
    check_may_ask(held, person, reason, now)
    asked = Asked(erasure_id=uuid4(), reason=reason, by=person, expires_at=now + CONFIRM_WITHIN)
    keep_asked(connection, held, asked, now)
    return asked


def confirm(connection: Connection, subject_id: UUID, person: Person, now: datetime, kind: Kind = CHILD) -> Erased:
    """Confirm, as a second person, what was asked for: every key of it is destroyed, at once and for good.

    Raises NotFound and Conflict as `ask` does: all of it is looked at again.
    """
    check_person(person)
    held = _held(connection, kind, subject_id, person)
    asked = check_may_confirm(held, person, now)
    done = _erase(connection, held, asked.erasure_id, asked.reason, now)
    _keep_done(connection, done, {"confirmed_by": person.name, "erased_at": now})
    return done


def withdraw(connection: Connection, subject_id: UUID, person: Person, now: datetime, kind: Kind = CHILD) -> UUID:
    """Take back what was asked for; return which erasure it was. Conflict when none waits."""
    check_person(person)
    asked = check_may_withdraw(_held(connection, kind, subject_id, person), person, now)
    keep_withdrawn(connection, asked.erasure_id, person.name)
    return asked.erasure_id


def run_out(connection: Connection, held: Held, erasure_id: UUID, now: datetime) -> Erased:
    """Erase a child of a notice that came to nothing, with nobody's word: its time has run out."""
    done = _erase(connection, held, erasure_id, CAME_TO_NOTHING, now)
    own = {
        "subject_id": held.subject_id,
        "reason": CAME_TO_NOTHING,
        "asked_at": now,
        "expires_at": now,
        "erased_at": now,
    }
    connection.execute(insert(ERASURE).values({"erasure_id": erasure_id, "owner": held.owner, **own}))
    _keep_done(connection, done, {})
    return done


def _erase(connection: Connection, held: Held, erasure_id: UUID, reason: str, now: datetime) -> Erased:
    told = could_open_subject(connection, held.owner, held.kind, held.subject_id)
    gone = destroy(connection, held.owner, held.kind, str(held.subject_id), reason, now) if held.live_keys else 0
    cases = tuple(one.referral_id for one in held.cases)
    return Erased(erasure_id=erasure_id, owner=held.owner, keys_destroyed=gone, cases=cases, to=tuple(told))


def _keep_done(connection: Connection, done: Erased, more: dict[str, Any]) -> None:
    facts = {"keys_destroyed": done.keys_destroyed, "cases": list(done.cases), "to": list(done.to)}
    which = ERASURE.c.erasure_id == done.erasure_id
    connection.execute(update(ERASURE).where(which).values({**facts, **more}))


def place_hold(
    connection: Connection, subject_id: UUID, person: Person, ground: str, now: datetime, kind: Kind = CHILD
) -> Hold:
    """Place a hold; one person is enough. NotFound for a child or household that is not known here."""
    check_person(person)
    codes.check("hold_ground", ground, now.date(), "--ground")
    held = _held(connection, kind, subject_id, person)
    placed_by = {"placed_by": person.name, "placed_at": now}
    subject = {"owner": held.owner, "subject_kind": kind, "subject_id": subject_id}
    hold = Hold(hold_id=uuid4(), ground=ground, **subject, **placed_by)  # type: ignore[arg-type]  # as named
    keep_hold(connection, hold)
    return hold


def lift_hold(connection: Connection, hold_id: UUID, person: Person, now: datetime) -> Hold:
    """Lift a hold and return it as it was. NotFound when there is none; Conflict when it was lifted before."""
    check_person(person)
    found = holds(connection, hold_id=hold_id, lifted=True)
    if not found or person.organisation not in (None, found[0].owner):
        raise NotFound("There is no such hold. See 'placehub hold list'.")
    lock_subject(connection, found[0].subject_id)
    (hold,) = holds(connection, hold_id=hold_id, lifted=True)
    check_party(person, hold.owner, hold.subject_kind)
    if hold.lifted_at is not None:
        form = "This hold was lifted on {day}. There is nothing to lift."
        raise Conflict(said(form, day=f"{hold.lifted_at:%d %B %Y}"))
    keep_lifted(connection, hold_id, person.name, now)
    return hold


def _held(connection: Connection, kind: Kind, subject_id: UUID, person: Person) -> Held:
    """Return what is held of the child or household, which nobody else holds or erases meanwhile."""
    lock_subject(connection, subject_id)
    owner = owner_among(owners_of(connection, kind, subject_id), person, kind)
    return held_of(connection, owner, kind, subject_id)


def check_person(person: Person) -> None:
    """Raise Rejected unless the person has a name that can stand in a record."""
    name = person.name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        rule = said("must be the name or post of one person, at most {most} characters", most=LONGEST_NAME)
        raise Rejected("--by", rule, "Say who does it.")
