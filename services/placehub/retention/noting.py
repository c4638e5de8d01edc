"""Notes of cases, placements, homes and disputes in the database, from records as they stand in their streams."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, RowMapping, Select, Table, select

from placehub.contracts.codec import Codec
from placehub.contracts.headers import Attributes, read_headers
from placehub.database import among_those, these, upsert
from placehub.drivers.records import Record
from placehub.errors import Rejected
from placehub.retention import disputing, homes
from placehub.retention.disputing import Dispute, DisputeKey, follow_dispute
from placehub.retention.following import READ, STREAMS, Case, Known, Stay, counts, follow
from placehub.retention.homes import Home, follow_home
from placehub.retention.tables import CASE, DISPUTE, HOME, STAY

K = TypeVar("K", UUID, DisputeKey)
N = TypeVar("N", Dispute, Home)
Told = tuple[Record, UUID, Attributes]
"""A record, the id of its aggregate, and who said it when."""


def note_records(connection: Connection, codec: Codec, records: Iterable[Record]) -> None:
    """Note what records, read raw, say of cases, placements, homes and disputes; harmless when they come again."""
    told = list(_readable(one for one in records if one.topic in (*STREAMS, homes.STREAM, disputing.STREAM)))
    _note_cases(connection, codec, [one for one in told if one[0].topic in STREAMS])
    said = [(event.vacancy_id, event, at) for event, at in _said(codec, told, homes.READ)]
    _fold(connection, HOME, said, _homes, follow_home)
    said_of = [((one.agreement_id, one.dispute_id), one, at) for one, at in _said(codec, told, disputing.READ)]
    _fold(connection, DISPUTE, said_of, _disputes, follow_dispute)


def _note_cases(connection: Connection, codec: Codec, told: list[Told]) -> None:
    if not told:
        return
    before = _load(connection, told)
    after = dict(before)
    for record, key, about in told:
        event = _opened(codec, record, about, READ)
        told_of = event if counts(event, about.source) else None
        after[key] = follow(after, key, record.topic, told_of, about.taken_at)
    changed = [one for key, one in sorted(after.items()) if before.get(key) != one]
    upsert(connection, CASE, [_case_row(one) for one in changed if isinstance(one, Case)])
    upsert(connection, STAY, [asdict(one) for one in changed if isinstance(one, Stay)])


def _said(codec: Codec, told: Iterable[Told], read: frozenset[str]) -> Iterator[tuple[Any, datetime]]:
    for record, _, about in told:
        event = _opened(codec, record, about, read)
        if event is not None:
            yield event, about.taken_at


def _fold(
    connection: Connection,
    table: Table,
    said: Sequence[tuple[K, Any, datetime]],
    load: Callable[[Connection, set[K]], dict[K, N]],
    follow_one: Callable[[N | None, Any, datetime], N | None],
) -> None:
    """Keep in a table what is known of each thing after what was said of it, where that is news."""
    if not said:
        return
    before = load(connection, {key for key, _, _ in said})
    after = dict(before)
    for key, event, at in said:
        found = follow_one(after.get(key), event, at)
        if found is not None:
            after[key] = found
    changed = [key for key, one in after.items() if before.get(key) != one]
    upsert(connection, table, [asdict(after[key]) for key in sorted(changed)])


def _homes(connection: Connection, keys: set[UUID]) -> dict[UUID, Home]:
    return {row["vacancy_id"]: Home(**row) for row in _of(connection, HOME, zip(keys))}


def _disputes(connection: Connection, keys: set[DisputeKey]) -> dict[DisputeKey, Dispute]:
    return {(row["agreement_id"], row["dispute_id"]): Dispute(**row) for row in _of(connection, DISPUTE, keys)}


def _readable(records: Iterable[Record]) -> Iterator[Told]:
    # What nobody can read is a leaf of the evidence log all the same; the processors of its stream stop at it.
    for record in records:
        try:
            yield record, UUID(record.key), read_headers(record.headers)
        except (Rejected, ValueError):
            continue


def _opened(codec: Codec, record: Record, about: Attributes, read: frozenset[str]) -> Any:
    """Return the event where it is one that is opened; None for any other, and for what cannot be read."""
    try:
        return codec.decode(record.value) if about.type in read else None
    except Rejected:
        return None


def _load(connection: Connection, told: Iterable[Told]) -> dict[UUID, Known]:
    keys: dict[str, set[UUID]] = {topic: set() for topic in STREAMS}
    for record, key, _ in told:
        keys[record.topic].add(key)
    cases, stays = _of(connection, CASE, zip(keys["referral"])), _of(connection, STAY, zip(keys["placement"]))
    known: dict[UUID, Known] = {row["referral_id"]: _case(row) for row in cases}
    return known | {row["placement_id"]: Stay(**row) for row in stays}


def _of(connection: Connection, table: Table, keys: Iterable[tuple[UUID, ...]]) -> Sequence[RowMapping]:
    """Return the rows of these keys; of none the database is not asked."""
    wanted = list(keys)
    return connection.execute(_those(table), these(list(table.primary_key), wanted)).mappings().all() if wanted else ()


@cache
def _those(table: Table) -> Select[Any]:
    return select(table).where(among_those(*table.primary_key))


def _case(row: RowMapping) -> Case:
    known = {name: value for name, value in row.items() if name != "ran_out_at"}
    return Case(**{**known, "children": frozenset(row["children"])})


def _case_row(case: Case) -> dict[str, Any]:
    return {**asdict(case), "children": sorted(case.children)}
