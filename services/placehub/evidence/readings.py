"""Who read the record of which case, when and why: kept before anything is shown."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, any_, func, insert, select, update

from placehub.database import among
from placehub.evidence.tables import READING

EXPORTED: Final = "exported case file"
"""What is read, of code list `record_part`, when a case is exported to the authority's own record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One time an operator read the record of a case."""

    referral_id: UUID
    children: tuple[UUID, ...]
    owner: str
    by: str
    what: str
    """Of code list `record_part`."""
    purpose: str
    """Of code list `reading_purpose`."""
    seen_as: str | None
    as_of: datetime
    at: datetime


def keep_reading(connection: Connection, one: Reading) -> None:
    """Keep that a record is read. Commit it before the record is shown."""
    connection.execute(insert(READING).values({**asdict(one), "children": list(one.children)}))


def readings_to_note(connection: Connection, at_most: int) -> dict[int, Reading]:
    """Return, by their numbers, readings that the evidence stream has not told of yet, the oldest first."""
    return _read(connection, READING.c.noted.is_(False), at_most)


def readings_noted(connection: Connection, ids: Collection[int]) -> None:
    """Note that the evidence stream tells of these readings."""
    if ids:
        connection.execute(update(READING).where(READING.c.id.in_(ids)).values(noted=True))


def readings_of(connection: Connection, *, child: UUID | None = None, organisation: str | None = None) -> list[Reading]:
    """Return every reading of a case a child is in, or of an authority's cases, in order."""
    which = any_(READING.c.children) == child if child else READING.c.owner == organisation
    return list(_read(connection, which).values())


def exports_of(connection: Connection, cases: Collection[UUID], owner: str) -> dict[UUID, datetime]:
    """Return, of those of an authority's cases that were exported whole, or as it could see them, as of when last."""
    exported = (READING.c.what == EXPORTED) & among([READING.c.referral_id], [(one,) for one in cases])
    whole = READING.c.seen_as.is_(None) | (READING.c.seen_as == owner)
    latest = select(READING.c.referral_id, func.max(READING.c.as_of)).where(exported, whole)
    return {row[0]: row[1] for row in connection.execute(latest.group_by(READING.c.referral_id))}


def _read(connection: Connection, which: ColumnElement[bool], at_most: int | None = None) -> dict[int, Reading]:
    found = select(READING).where(which).order_by(READING.c.id).limit(at_most)
    rows = [dict(row) for row in connection.execute(found).mappings()]
    return {row["id"]: _reading(row) for row in rows}


def _reading(row: dict[str, object]) -> Reading:
    known = {name: value for name, value in row.items() if name not in ("id", "noted")}
    return Reading(**{**known, "children": tuple(known["children"])})  # type: ignore[arg-type]  # as the table has it
