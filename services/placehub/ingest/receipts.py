"""Receipts: made before anything is posted, so that a call made again is recognised; read with the outcome so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from placehub.errors import Conflict, NotFound
from placehub.ingest.tables import RECEIPT
from placehub.intake.tables import SEEN
from placehub.monitoring.tables import DEAD_LETTER

KEPT_DAYS: Final = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: who made it, what it is known by, and the events in it."""

    organisation: str
    receipt_id: UUID
    sha256: str
    events: tuple[Mapping[str, str], ...]
    """Each event's `id`, `type` and `subject`."""


def receive(connection: Connection, call: Call, now: datetime) -> bool:
    """Note a call and tell whether it is still to be posted; Conflict when its key was used for another body.

    The caller's own receipts that are past keeping are removed.
    """
    mine = RECEIPT.c.organisation == call.organisation
    connection.execute(delete(RECEIPT).where(mine, RECEIPT.c.received_at < now - timedelta(days=KEPT_DAYS)))
    row = {
        "organisation": call.organisation,
        "receipt_id": call.receipt_id,
        "received_at": now,
        "sha256": call.sha256,
        "events": list(call.events),
    }
    connection.execute(insert(RECEIPT).values(row).on_conflict_do_nothing())
    found = connection.execute(select(RECEIPT).where(mine, RECEIPT.c.receipt_id == call.receipt_id)).one()
    if found.sha256 != call.sha256:
        raise Conflict("This Idempotency-Key was used for other events. Use a new one for each call.")
    return found.posted_at is None


def note_posted(connection: Connection, call: Call, now: datetime) -> None:
    """Note that the broker has the events of a call."""
    mine = (RECEIPT.c.organisation == call.organisation) & (RECEIPT.c.receipt_id == call.receipt_id)
    connection.execute(update(RECEIPT).where(mine).values(posted_at=now))


def read_receipt(connection: Connection, organisation: str, receipt_id: UUID) -> dict[str, Any]:
    """Return a receipt of this organisation's, each event with its outcome so far; NotFound when it has none such."""
    mine = (RECEIPT.c.organisation == organisation) & (RECEIPT.c.receipt_id == receipt_id)
    found = connection.execute(select(RECEIPT).where(mine)).mappings().one_or_none()
    if found is None:
        raise NotFound("There is no such receipt.")
    ids = [one["id"] for one in found["events"]]
    taken, refused = _taken(connection, organisation, ids), _refused(connection, organisation, ids)
    return {
        "receipt_id": receipt_id,
        "received_at": found["received_at"],
        "events": [{**one, **_outcome(one["id"], taken, refused)} for one in found["events"]],
    }


def _outcome(id: str, taken: frozenset[str], refused: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    if id in taken:
        return {"outcome": "accepted"}
    return {"outcome": "rejected", **refused[id]} if id in refused else {"outcome": "pending"}


def _taken(connection: Connection, organisation: str, ids: Sequence[str]) -> frozenset[str]:
    mine = (SEEN.c.organisation == organisation) & SEEN.c.ce_id.in_([UUID(one) for one in ids])
    return frozenset(str(one) for one in connection.scalars(select(SEEN.c.ce_id).where(mine)))


def _refused(connection: Connection, organisation: str, ids: Sequence[str]) -> dict[str, dict[str, str]]:
    letter = DEAD_LETTER.c
    mine = (letter.sender == organisation) & letter.ce_id.in_(ids)
    rows = connection.execute(
        select(letter.ce_id, letter.field, letter.reason, letter.remedy).where(mine).order_by(letter.rejected_at)
    )
    return {row.ce_id: {"field": row.field, "rule": row.reason, "remedy": row.remedy} for row in rows}
