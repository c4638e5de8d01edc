"""What retention does by itself: notices that came to nothing, and what the evidence stream is told."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import Connection, select, update

from placehub.drivers.step import HUB, Step
from placehub.retention.erasing import run_out
from placehub.retention.events import HoldLifted, HoldPlaced, SubjectErased
from placehub.retention.rules import CHILD, NOTICE_KEPT, Hold, is_stopped, runs_out
from placehub.retention.store import (
    HELD,
    LIVE,
    erasure_told,
    erasures_to_tell,
    held_of,
    hold_told,
    holds_to_tell,
    lock_subject,
)
from placehub.retention.tables import CASE, ERASURE

AT_ONCE: Final = 100
"""How many of each are looked after in one turn; more wait for the next."""


def run_retention(step: Step) -> None:
    """Erase what has run out by now, and tell of holds and erasures, each once."""
    for case in _run_out(step.connection, step):
        _erase_notice(step, case.referral_id, case.authority, case.children)
    _tell_holds(step)
    _tell_erasures(step)


def _run_out(connection: Connection, step: Step):  # type: ignore[no-untyped-def]  # SQLAlchemy's own rows
    """Return notices that came to nothing, whose time is over, and that nothing holds."""
    due = CASE.c.referred.is_(False) & CASE.c.ran_out_at.is_(None) & (CASE.c.closed_at <= step.now - NOTICE_KEPT)
    wanted = select(CASE).where(due, ~LIVE, ~HELD).order_by(CASE.c.closed_at).limit(AT_ONCE)
    return connection.execute(wanted).all()


def _erase_notice(step: Step, referral_id: UUID, authority: str, children: list[UUID]) -> None:
    for child_id in sorted(children):
        lock_subject(step.connection, child_id)
        held = held_of(step.connection, authority, CHILD, child_id)
        if is_stopped(held, referral_id):  # since we looked: the notice waits until it is over
            return
        erasure_id = uuid5(HUB, f"notice {referral_id} {child_id}")
        known = select(ERASURE.c.erasure_id).where(ERASURE.c.erasure_id == erasure_id)
        if runs_out(held, referral_id) and step.connection.scalar(known) is None:
            run_out(step.connection, held, erasure_id, step.now)
    step.connection.execute(update(CASE).where(CASE.c.referral_id == referral_id).values(ran_out_at=step.now))


def _tell_holds(step: Step) -> None:
    for hold, told in holds_to_tell(step.connection, AT_ONCE):
        if told == 0:
            step.emit(_placed(hold), because=uuid5(HUB, f"hold {hold.hold_id}"))
        if hold.lifted_at is not None and hold.lifted_by is not None:
            lifted = HoldLifted(
                subject_kind=hold.subject_kind,
                subject_id=hold.subject_id,
                owner=hold.owner,
                hold_id=hold.hold_id,
                by=hold.lifted_by,
                lifted_at=hold.lifted_at,
            )
            step.emit(lifted, because=uuid5(HUB, f"hold {hold.hold_id}"))
        hold_told(step.connection, hold.hold_id, 1 if hold.lifted_at is None else 2)


def _placed(hold: Hold) -> HoldPlaced:
    return HoldPlaced(
        subject_kind=hold.subject_kind,
        subject_id=hold.subject_id,
        owner=hold.owner,
        hold_id=hold.hold_id,
        ground=hold.ground,
        by=hold.placed_by,
        placed_at=hold.placed_at,
    )


def _tell_erasures(step: Step) -> None:
    for one in erasures_to_tell(step.connection, AT_ONCE):
        event = SubjectErased(
            subject_kind=one.subject_kind,
            subject_id=one.subject_id,
            owner=one.owner,
            reason=one.reason,
            asked_by=one.asked_by,
            confirmed_by=one.confirmed_by,
            keys_destroyed=one.keys_destroyed,
            cases=tuple(one.cases),
            to=tuple(one.to),
            erased_at=one.erased_at,
        )
        step.emit(event, because=uuid5(HUB, f"erasure {one.erasure_id}"))
        erasure_told(step.connection, one.erasure_id)
