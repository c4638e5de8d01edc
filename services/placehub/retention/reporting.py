"""`placehub retention report`: what is kept how long, what has run out, what is held, and what is still to be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, func, select

from placehub.delivery.told import ended_uses
from placehub.evidence.readings import exports_of
from placehub.keys.erasing import destroyed_keys
from placehub.keys.wiping import waiting_to_be_wiped
from placehub.retention.rules import CAME_TO_NOTHING, NOTICE_KEPT
from placehub.retention.store import HELD, LIVE
from placehub.retention.tables import CASE, ERASURE, HOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One class of data, how long it is kept, and how that stands."""

    data: str
    kept: str
    by: str
    """What ends it."""
    due: int | None = None
    """How many are due now and not done yet; None: nobody counts them."""
    done: int | None = None
    held: int | None = None
    """How many are due but held."""
    next_at: datetime | None = None
    """When the next runs out."""


def retention(connection: Connection, now: datetime, mailbox_days: int) -> list[Kept]:
    """Return every class of data and how it stands at this time."""
    return [
        Kept(
            data="inboxes and outboxes",
            kept=f"{mailbox_days} days from each record, a week more at most",
            by="the broker",
        ),
        Kept(data="dead letters", kept=f"{mailbox_days} days; they hold no value", by="the broker"),
        _used(connection),
        _notices(connection, now),
        _closed(connection),
        _erasures(connection, now),
        _destroyed(connection),
        Kept(
            data="holds",
            kept="until somebody lifts them; none runs out",
            by="who lifts it",
            held=_count(connection, HOLD, HOLD.c.lifted_at.is_(None)),
            done=_count(connection, HOLD, HOLD.c.lifted_at.is_not(None)),
        ),
        Kept(data="streams, sealed as they are", kept="for ever", by="nobody; erasure destroys what opens them"),
    ]


def _used(connection: Connection) -> Kept:
    sent, kept_back = ended_uses(connection)
    return Kept(
        data="what providers that were not chosen received",
        kept="until its search closes",
        by="DataUseEnded, and the key is closed to them",
        done=sent,
        held=kept_back,
    )


def _notices(connection: Connection, now: datetime) -> Kept:
    waits = CASE.c.referred.is_(False) & CASE.c.ran_out_at.is_(None) & ~LIVE
    due = waits & (CASE.c.closed_at <= now - NOTICE_KEPT)
    first = connection.scalar(select(func.min(CASE.c.closed_at)).where(waits, CASE.c.closed_at > now - NOTICE_KEPT))
    return Kept(
        data="early notices that came to nothing",
        kept=f"{NOTICE_KEPT.days} days after their search closed",
        by="the evidence process",
        due=_count(connection, CASE, due & ~HELD),
        done=_count(connection, CASE, CASE.c.ran_out_at.is_not(None)),
        held=_count(connection, CASE, due & HELD),
        next_at=first + NOTICE_KEPT if first else None,
    )


def _closed(connection: Connection) -> Kept:
    over = CASE.c.referred.is_(True) & ~LIVE
    rows = connection.execute(select(CASE.c.referral_id, CASE.c.authority, CASE.c.last_event_at).where(over)).all()
    exported = {
        case: at
        for owner in {row.authority for row in rows}
        for case, at in exports_of(
            connection, [one.referral_id for one in rows if one.authority == owner], owner
        ).items()
    }
    in_record = sum(row.referral_id in exported and exported[row.referral_id] >= row.last_event_at for row in rows)
    return Kept(
        data="closed cases",
        kept="until the authority has them in its own record, and erases",
        by="case export, then erase",
        due=len(rows) - in_record,
        done=in_record,
    )


def _erasures(connection: Connection, now: datetime) -> Kept:
    waits = ERASURE.c.erased_at.is_(None) & ERASURE.c.withdrawn_by.is_(None) & (ERASURE.c.expires_at > now)
    return Kept(
        data="children and households whose erasure was asked for",
        kept="until a second person confirms",
        by="erase --confirm",
        due=_count(connection, ERASURE, waits),
        done=_count(connection, ERASURE, ERASURE.c.erased_at.is_not(None) & (ERASURE.c.reason != CAME_TO_NOTHING)),
        next_at=connection.scalar(select(func.min(ERASURE.c.expires_at)).where(waits)),
    )


def _destroyed(connection: Connection) -> Kept:
    waiting = len(waiting_to_be_wiped(connection))
    return Kept(
        data="destroyed keys in the database's files",
        kept="a minute or so, of drafts an hour; as long as an older transaction or a backup runs",
        by="the evidence process, which writes the table anew",
        due=waiting,
        done=len(destroyed_keys(connection)) - waiting,
    )


def _count(connection: Connection, table: Table, where: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(where)) or 0
