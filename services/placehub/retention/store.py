"""Holds and erasures in the database, and what is held of a child. The caller's transaction holds all of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, false, func, insert, or_, select, update

from placehub.database import hold_names
from placehub.evidence.readings import exports_of
from placehub.keys.erasing import live_keys_of_subject, owners_of_subject
from placehub.retention.rules import CHILD, Asked, CaseOfChild, Held, Hold, HomeOfHousehold, Kind, Person
from placehub.retention.tables import CASE, DISPUTE, ERASURE, HOLD, HOME, STAY

_HOLD = tuple(HOLD.c[name] for name in Hold.__dataclass_fields__)
LIVE: ColumnElement[bool] = or_(
    CASE.c.closed_at.is_(None), func.coalesce(CASE.c.reopened_at > CASE.c.closed_at, false())
)
"""Cases that are searched for now."""
_OPEN: ColumnElement[bool] = or_(
    DISPUTE.c.resolved_at.is_(None), func.coalesce(DISPUTE.c.opened_at > DISPUTE.c.resolved_at, false())
)
HELD: ColumnElement[bool] = or_(
    select(HOLD.c.hold_id)
    .where(HOLD.c.lifted_at.is_(None), HOLD.c.subject_kind == CHILD, HOLD.c.subject_id == CASE.c.children.any_())
    .exists(),
    select(DISPUTE.c.dispute_id)
    .where(_OPEN, DISPUTE.c.placement_id == STAY.c.placement_id)
    .where(STAY.c.referral_id == CASE.c.referral_id, STAY.c.authority == CASE.c.authority)
    .exists(),
)
"""Cases of which a child is held, or about whose placement, by its own authority's word, a dispute is open."""


def lock_subject(connection: Connection, subject_id: UUID) -> None:
    """Let nobody else hold or erase the child or household until the transaction ends."""
    hold_names(connection, [f"placehub.retention|{subject_id}"])


def owners_of(connection: Connection, kind: Kind, subject_id: UUID) -> set[str]:
    """Return the authorities that have keys or cases of a child of that id, or the providers with such a household."""
    if kind == CHILD:
        known = select(CASE.c.authority).where(CASE.c.children.contains([subject_id]))
    else:
        known = select(HOME.c.provider).where(HOME.c.household_ref == subject_id)
    return {*owners_of_subject(connection, kind, subject_id), *connection.scalars(known.distinct())}


def held_of(connection: Connection, owner: str, kind: Kind, subject_id: UUID) -> Held:
    """Return everything that bears on whether the owner's child or household may be erased."""
    mine = (ERASURE.c.owner == owner) & (ERASURE.c.subject_kind == kind) & (ERASURE.c.subject_id == subject_id)
    return Held(
        owner=owner,
        kind=kind,
        subject_id=subject_id,
        live_keys=live_keys_of_subject(connection, owner, kind, subject_id),
        cases=_cases_of(connection, owner, subject_id) if kind == CHILD else (),
        homes=_homes_of(connection, owner, subject_id) if kind != CHILD else (),
        holds=tuple(holds(connection, kind=kind, subject_id=subject_id, owner=owner)),
        waiting=_waiting(connection, mine),
        erased_at=connection.scalar(select(func.max(ERASURE.c.erased_at)).where(mine)),
    )


def _homes_of(connection: Connection, owner: str, household_ref: UUID) -> tuple[HomeOfHousehold, ...]:
    mine = (HOME.c.provider == owner) & (HOME.c.household_ref == household_ref)
    offered = or_(HOME.c.closed_at.is_(None), func.coalesce(HOME.c.offered_at > HOME.c.closed_at, false()))
    homes = connection.execute(select(HOME.c.vacancy_id, offered.label("offered")).where(mine)).all()
    stays = connection.execute(select(STAY).where(STAY.c.vacancy_id.in_([one.vacancy_id for one in homes]))).all()
    disputes = _open_disputes(connection, stays)
    return tuple(_home_of_household(one.vacancy_id, one.offered, stays, disputes) for one in homes)


def _home_of_household(
    vacancy_id: UUID, offered: bool, stays: Collection[Any], disputes: Collection[Any]
) -> HomeOfHousehold:
    own = [one for one in stays if one.vacancy_id == vacancy_id]
    return HomeOfHousehold(
        vacancy_id=vacancy_id,
        offered=offered,
        lives_there=tuple(one.placement_id for one in own if one.started_at and not one.ended_at),
        disputes=tuple(one.dispute_id for one in disputes if one.placement_id in {stay.placement_id for stay in own}),
    )


def _open_disputes(connection: Connection, stays: Collection[Any]) -> Sequence[Any]:
    found = select(DISPUTE).where(_OPEN, DISPUTE.c.placement_id.in_([one.placement_id for one in stays]))
    return connection.execute(found.order_by(DISPUTE.c.dispute_id)).all()


def _cases_of(connection: Connection, owner: str, child_id: UUID) -> tuple[CaseOfChild, ...]:
    columns = (CASE.c.referral_id, CASE.c.referred, LIVE.label("live"), CASE.c.last_event_at)
    mine = (CASE.c.authority == owner) & CASE.c.children.contains([child_id])
    rows = connection.execute(select(*columns).where(mine).order_by(CASE.c.referral_id)).all()
    ids = [row.referral_id for row in rows]
    stays = connection.execute(select(STAY).where(STAY.c.referral_id.in_(ids), STAY.c.authority == owner)).all()
    exported = exports_of(connection, ids, owner)
    disputes = _open_disputes(connection, stays)
    return tuple(_case_of_child(row, stays, disputes, child_id, exported.get(row.referral_id)) for row in rows)


def _case_of_child(
    row: Any, stays: Collection[Any], disputes: Collection[Any], child_id: UUID, exported_at: datetime | None
) -> CaseOfChild:
    own = [one for one in stays if one.referral_id == row.referral_id]
    return CaseOfChild(
        referral_id=row.referral_id,
        referred=row.referred,
        live=row.live,
        last_event_at=max([row.last_event_at, *(one.last_event_at for one in own)]),
        exported_at=exported_at,
        lives_there=any(one.child_id == child_id and one.started_at and not one.ended_at for one in own),
        disputes=tuple(one.dispute_id for one in disputes if one.placement_id in {stay.placement_id for stay in own}),
    )


def _waiting(connection: Connection, mine: ColumnElement[bool]) -> Asked | None:
    open_ = mine & ERASURE.c.erased_at.is_(None) & ERASURE.c.withdrawn_by.is_(None)
    row = connection.execute(select(ERASURE).where(open_).order_by(ERASURE.c.asked_at.desc()).limit(1)).first()
    if row is None:
        return None
    by = Person(row.asked_by, row.asked_for)
    return Asked(erasure_id=row.erasure_id, reason=row.reason, by=by, expires_at=row.expires_at)


def holds(
    connection: Connection,
    *,
    kind: Kind | None = None,
    subject_id: UUID | None = None,
    owner: str | None = None,
    hold_id: UUID | None = None,
    lifted: bool = False,
) -> list[Hold]:
    """Return holds, the oldest first: those that stand, or with `lifted` those lifted as well."""
    wanted = {HOLD.c.subject_kind: kind, HOLD.c.subject_id: subject_id, HOLD.c.owner: owner, HOLD.c.hold_id: hold_id}
    where = [column == value for column, value in wanted.items() if value is not None]
    where += [] if lifted else [HOLD.c.lifted_at.is_(None)]
    found = select(*_HOLD).where(*where).order_by(HOLD.c.placed_at, HOLD.c.hold_id)
    return [Hold(**row) for row in connection.execute(found).mappings()]


def erasures_of(connection: Connection, owner: str, now: datetime, at_most: int) -> list[dict[str, Any]]:
    """Return an owner's erasures that wait for a second person, and those that are done; the latest first."""
    waits = ERASURE.c.withdrawn_by.is_(None) & (ERASURE.c.expires_at > now)
    wanted = (ERASURE.c.owner == owner) & or_(ERASURE.c.erased_at.is_not(None), waits)
    found = select(ERASURE).where(wanted).order_by(ERASURE.c.asked_at.desc(), ERASURE.c.erasure_id).limit(at_most)
    return [dict(row) for row in connection.execute(found).mappings()]


def erasures_waiting(connection: Connection, now: datetime, at_most: int) -> list[dict[str, Any]]:
    """Return the erasures of every owner that wait for a second person; those whose time ends first."""
    waits = ERASURE.c.withdrawn_by.is_(None) & ERASURE.c.erased_at.is_(None) & (ERASURE.c.expires_at > now)
    found = select(ERASURE).where(waits).order_by(ERASURE.c.expires_at, ERASURE.c.erasure_id).limit(at_most)
    return [dict(row) for row in connection.execute(found).mappings()]


def keep_hold(connection: Connection, hold: Hold) -> None:
    """Keep a new hold."""
    connection.execute(insert(HOLD).values(asdict(hold)))


def keep_lifted(connection: Connection, hold_id: UUID, by: str, now: datetime) -> None:
    """Note that a hold was lifted."""
    connection.execute(update(HOLD).where(HOLD.c.hold_id == hold_id).values(lifted_by=by, lifted_at=now))


def keep_asked(connection: Connection, held: Held, asked: Asked, now: datetime) -> None:
    """Keep that an erasure was asked for."""
    subject = {"owner": held.owner, "subject_kind": held.kind, "subject_id": held.subject_id}
    facts = {"erasure_id": asked.erasure_id, "reason": asked.reason, **subject}
    asked_by = {"asked_by": asked.by.name, "asked_for": asked.by.organisation}
    connection.execute(insert(ERASURE).values({**facts, **asked_by, "asked_at": now, "expires_at": asked.expires_at}))


def keep_withdrawn(connection: Connection, erasure_id: UUID, by: str) -> None:
    """Note that an erasure was withdrawn before it was confirmed."""
    connection.execute(update(ERASURE).where(ERASURE.c.erasure_id == erasure_id).values(withdrawn_by=by))


def holds_to_tell(connection: Connection, at_most: int) -> list[tuple[Hold, int]]:
    """Return holds of which an event is still to be told, each with how many of its two are told already."""
    due = (HOLD.c.told == 0) | (HOLD.c.lifted_at.is_not(None) & (HOLD.c.told == 1))
    rows = connection.execute(select(*_HOLD, HOLD.c.told).where(due).order_by(HOLD.c.placed_at).limit(at_most))
    return [(Hold(**{name: row[name] for name in row if name != "told"}), row["told"]) for row in rows.mappings()]


def hold_told(connection: Connection, hold_id: UUID, told: int) -> None:
    """Note how many events of a hold the evidence stream has."""
    connection.execute(update(HOLD).where(HOLD.c.hold_id == hold_id).values(told=told))


def erasures_to_tell(connection: Connection, at_most: int) -> list[Row[Any]]:
    """Return erasures that are done and not told of in the evidence stream yet."""
    due = ERASURE.c.erased_at.is_not(None) & ERASURE.c.told.is_(False)
    return list(connection.execute(select(ERASURE).where(due).order_by(ERASURE.c.erased_at).limit(at_most)))


def erasure_told(connection: Connection, erasure_id: UUID) -> None:
    """Note that the evidence stream tells of an erasure."""
    connection.execute(update(ERASURE).where(ERASURE.c.erasure_id == erasure_id).values(told=True))
