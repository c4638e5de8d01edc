"""What organisations were told, as it stood in their own inboxes: kept, read, and purged when its use ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, delete, func, select

from placehub.contracts.codec import to_json
from placehub.contracts.headers import Attributes
from placehub.database import among, hold_names, insertion, rows_of, upsert
from placehub.mailboxes.events import DataUseEnded, EventRejected, EventWarned
from placehub.portal.accounts import HUB
from placehub.portal.discarding import discard
from placehub.portal.recalling import events
from placehub.portal.tables import DRAFT, MEMBER, PASSED, PLACE, TOLD
from placehub.streams import full_name

_ABOUT: Final = tuple(one for one in TOLD.c if one is not TOLD.c.body)
MOST: Final = 5_000
"""Rows read for one page at most, the newest; far more than one case has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event an organisation was told. Ordered by `id`, as its inbox was."""

    id: int
    about: str
    event: Any
    ce_id: UUID
    source: str
    happened_at: datetime
    told_at: datetime

    @property
    def name(self) -> str:
        """The event's name."""
        return type(self.event).__name__


def about(event: Any, attributes: Attributes) -> str:
    """Return the case an event is about, or its home, agreement or whatever else it is about."""
    if isinstance(event, EventRejected | EventWarned) and event.subject:
        return event.subject
    return str(getattr(event, "referral_id", None) or attributes.subject)


Letter = tuple[Attributes, Any]
"""An event as it came to an inbox, with what its headers say."""


def keep(connection: Connection, organisation: str, letters: Sequence[Letter]) -> list[str | None]:
    """Keep events of one inbox, as `keep_all` does of several."""
    return keep_all(connection, {organisation: letters})[organisation]


def keep_all(connection: Connection, came: Mapping[str, Sequence[Letter]]) -> dict[str, list[str | None]]:
    """Keep events of inboxes, each in its order; return what each is about, None for one that had been kept before.

    The database is asked as often however many inboxes there are. `DataUseEnded` removes what was kept of its case;
    only that it ended stays.
    """
    # whoever else reads the same inbox waits here, so that neither keeps what the other keeps just now
    hold_names(connection, [f"portal inbox {one}" for one in sorted(came)])
    new = _are_new(connection, came)
    found: dict[str, list[str | None]] = {}
    waiting: list[dict[str, Any]] = []
    for organisation, letters in came.items():
        found[organisation] = []
        for (attributes, event), one_is_new in zip(letters, new[organisation], strict=True):
            subject = about(event, attributes) if one_is_new else None
            found[organisation].append(subject)
            if subject is None:
                continue
            if isinstance(event, DataUseEnded):
                waiting = [row for row in waiting if (row["organisation"], row["about"]) != (organisation, subject)]
                _remove(connection, organisation, subject, attributes)
            waiting.append(_row(organisation, subject, attributes, event))
    if waiting:
        connection.execute(insertion(TOLD, *waiting[0]), rows_of(TOLD, waiting))
    return found


def _remove(connection: Connection, organisation: str, subject: str, ended: Attributes) -> None:
    connection.execute(delete(TOLD).where(TOLD.c.organisation == organisation, TOLD.c.about == subject))
    mine = (DRAFT.c.organisation == organisation) & (DRAFT.c.about == subject)
    discard(connection, mine, ended.told_at or ended.taken_at)


def _row(organisation: str, subject: str, attributes: Attributes, event: Any) -> dict[str, Any]:
    return {
        "organisation": organisation,
        "about": subject,
        "stream": type(event).STREAM,
        "subject": attributes.subject,
        "event": full_name(type(event)),
        "ce_id": attributes.id,
        "source": attributes.source,
        "happened_at": attributes.time,
        "told_at": attributes.told_at or attributes.taken_at,
        "body": to_json(event),
    }


def _are_new(connection: Connection, came: Mapping[str, Sequence[Letter]]) -> dict[str, list[bool]]:
    """Tell which of some events go beyond what was kept of their source and subject, and note how far that is now."""
    place = (PASSED.c.organisation, PASSED.c.source, PASSED.c.subject)
    keys = {
        (name, one.source, one.subject) for name, letters in came.items() for one, _event in letters if one.sequence
    }
    known = connection.execute(select(*place, PASSED.c.sequence).where(among(place, keys))) if keys else ()
    before = {(str(row[0]), str(row[1]), str(row[2])): int(row[3]) for row in known}
    passed = dict(before)
    found: dict[str, list[bool]] = {}
    for name, letters in came.items():
        found[name] = []
        for one, _event in letters:
            key = (name, one.source, one.subject)
            found[name].append(not one.sequence or one.sequence > passed.get(key, 0))
            if one.sequence and found[name][-1]:
                passed[key] = one.sequence
    names = [one.name for one in PASSED.c]
    upsert(
        connection,
        PASSED,
        [dict(zip(names, (*key, at), strict=True)) for key, at in sorted(passed.items()) if before.get(key) != at],
    )
    return found


def listened_to(connection: Connection) -> dict[str, int]:
    """Return where each inbox goes on that is read: those of organisations that have people here. The hub has none."""
    joined = select(MEMBER.c.organisation, func.coalesce(func.max(PLACE.c.next_offset), 0))
    joined = joined.outerjoin(PLACE, PLACE.c.organisation == MEMBER.c.organisation).group_by(MEMBER.c.organisation)
    joined = joined.where(MEMBER.c.organisation != HUB)
    return {str(one): int(offset) for one, offset in connection.execute(joined)}


def move_on(connection: Connection, next_offsets: Mapping[str, int]) -> None:
    """Note how far inboxes were read, by organisation."""
    rows = [{"organisation": one, "next_offset": at} for one, at in sorted(next_offsets.items())]
    upsert(connection, PLACE, rows)


def told_about(connection: Connection, organisation: str, subject: str) -> list[Told]:
    """Return everything an organisation was told about a case, home or agreement, in order; none: it is not its own."""
    return _read(connection, (TOLD.c.organisation == organisation) & (TOLD.c.about == subject), MOST)


def told_under(connection: Connection, organisation: str, stream: str, subject: str) -> list[Told]:
    """Return everything an organisation was told under one key of a stream, whatever case it is about, in order."""
    mine = (TOLD.c.organisation == organisation) & (TOLD.c.stream == stream) & (TOLD.c.subject == subject)
    return _read(connection, mine, MOST)


def told_lately(connection: Connection, organisation: str, stream: str, cases: int) -> dict[str, list[Told]]:
    """Return what an organisation was told of the cases (or homes, ...) of a stream it heard of last, newest first."""
    heard = select(TOLD.c.about).where(TOLD.c.organisation == organisation, TOLD.c.stream == stream)
    last = heard.group_by(TOLD.c.about).order_by(func.max(TOLD.c.id).desc()).limit(cases)
    told = _read(connection, (TOLD.c.organisation == organisation) & TOLD.c.about.in_(last))
    found: dict[str, list[Told]] = {one.about: [] for one in reversed(told) if stream == type(one.event).STREAM}
    for each in told:
        if each.about in found:
            found[each.about].append(each)
    return found


def told_last(connection: Connection, organisation: str, stream: str, *kinds: type) -> list[Told]:
    """Return what an organisation was told last of each home, agreement, ... of a stream: the last of each event.

    In order. Where each event tells the whole, or the newest of a kind counts, this is all there is to know, however
    long it has gone on.
    """
    mine = (TOLD.c.organisation == organisation) & (TOLD.c.stream == stream)
    if kinds:
        mine &= TOLD.c.event.in_([full_name(one) for one in kinds])
    return _read(
        connection, TOLD.c.id.in_(select(func.max(TOLD.c.id)).where(mine).group_by(TOLD.c.subject, TOLD.c.event))
    )


def told_of_stream(connection: Connection, organisation: str, stream: str) -> list[Told]:
    """Return everything of one stream an organisation was told, in order."""
    return _read(connection, (TOLD.c.organisation == organisation) & (TOLD.c.stream == stream), MOST)


def told_events(connection: Connection, organisation: str, most: int, *kinds: type) -> list[Told]:
    """Return the newest of these events that an organisation was told, in order."""
    names = [full_name(one) for one in kinds]
    return _read(connection, (TOLD.c.organisation == organisation) & TOLD.c.event.in_(names), most)


def answered(connection: Connection, organisation: str, ids: Sequence[UUID]) -> tuple[set[UUID], list[EventRejected]]:
    """Return which of the posted events came back as taken, and the refusals of the others."""
    mine = TOLD.c.organisation == organisation
    taken = set(connection.execute(select(TOLD.c.ce_id).where(mine, TOLD.c.ce_id.in_(ids))).scalars())
    refused = TOLD.c.body["rejected_id"].astext.in_([str(one) for one in ids])
    told = _read(connection, mine & (TOLD.c.event == full_name(EventRejected)) & refused)
    return taken, [one.event for one in told]


def _read(connection: Connection, which: ColumnElement[bool], most: int | None = None) -> list[Told]:
    """Return what such rows tell, the newest of them, in order; what this version does not know is left out."""
    rows = connection.execute(select(*_ABOUT).where(which).order_by(TOLD.c.id.desc()).limit(most)).all()
    known = events(connection, rows)
    return [_told(row, known[row.id]) for row in reversed(rows) if row.id in known]


def _told(row: Any, event: Any) -> Told:
    return Told(
        id=row.id,
        about=row.about,
        event=event,
        ce_id=row.ce_id,
        source=row.source,
        happened_at=row.happened_at,
        told_at=row.told_at,
    )
