"""What is left of destroyed keys: whose they were, and the list by which a restored database destroys them again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.engine import Connection

from placehub.database import hold_names
from placehub.keys.tables import entitlement, name_of_subject, subject_key

OF_A_DRAFT: Final = "draft removed"
"""Why a key was destroyed that sealed a draft in the portal and nothing else."""


@dataclass(frozen=True, slots=True)
class DestroyedKey:
    """One key that was destroyed; nothing of the key itself."""

    key_id: str
    destroyed_at: datetime
    reason: str


def _of_subject(kind: str, subject_id: UUID) -> ColumnElement[bool]:
    return and_(subject_key.c.subject_kind == kind, subject_key.c.subject_id == str(subject_id))


def owners_of_subject(conn: Connection, kind: str, subject_id: UUID) -> list[str]:
    """Return every organisation that ever had a key for a child, or a household, of that id."""
    return list(conn.scalars(select(subject_key.c.owner).where(_of_subject(kind, subject_id)).distinct()))


def live_keys_of_subject(conn: Connection, owner: str, kind: str, subject_id: UUID) -> int:
    """Return how many keys of the owner's child or household are not destroyed."""
    live = _of_subject(kind, subject_id) & (subject_key.c.owner == owner) & subject_key.c.destroyed_at.is_(None)
    return conn.scalar(select(func.count()).select_from(subject_key).where(live)) or 0


def could_open_subject(conn: Connection, owner: str, kind: str, subject_id: UUID) -> list[str]:
    """Return every other organisation that could ever open a key of the owner's child or household, in order."""
    joined = entitlement.join(subject_key, subject_key.c.key_id == entitlement.c.key_id)
    found = select(entitlement.c.organisation).select_from(joined)
    return sorted(conn.scalars(found.where(_of_subject(kind, subject_id), subject_key.c.owner == owner).distinct()))


def destroy_children(conn: Connection, owner: str, child_ids: Collection[UUID], reason: str, now: datetime) -> int:
    """Erase every key of some of the owner's children for good and return how many went; unknown ids are left out."""
    ids = sorted(map(str, child_ids))
    hold_names(conn, [name_of_subject(owner, "child", one) for one in ids])
    named = (subject_key.c.subject_kind == "child") & subject_key.c.subject_id.in_(ids)
    live = named & (subject_key.c.owner == owner) & subject_key.c.destroyed_at.is_(None)
    gone = {"wrapped": None, "destroyed_at": now, "destroyed_reason": reason}
    return conn.execute(update(subject_key).where(live).values(gone)).rowcount


def destroyed_keys(conn: Connection) -> list[DestroyedKey]:
    """Return every key that was ever destroyed, the oldest first: keep the list apart from any backup of the keys."""
    facts = (subject_key.c.key_id, subject_key.c.destroyed_at, subject_key.c.destroyed_reason)
    wanted = select(*facts).where(subject_key.c.destroyed_at.is_not(None))
    return [DestroyedKey(*row) for row in conn.execute(wanted.order_by(subject_key.c.destroyed_at, facts[0]))]


def destroy_again(conn: Connection, listed: Collection[DestroyedKey]) -> int:
    """Destroy those of the listed keys that an older copy of the database has brought back; return how many.

    Call it after a restore, before the `api` process starts: until then the keys open as they used to. A key that is
    not there, or is destroyed already, stays as it is; calling it twice is harmless.
    """
    return sum(_destroy_again(conn, one) for one in listed)


def _destroy_again(conn: Connection, one: DestroyedKey) -> int:
    came_back = (subject_key.c.key_id == one.key_id) & subject_key.c.destroyed_at.is_(None)
    gone = {"wrapped": None, "destroyed_at": one.destroyed_at, "destroyed_reason": one.reason}
    return conn.execute(update(subject_key).where(came_back).values(gone)).rowcount
