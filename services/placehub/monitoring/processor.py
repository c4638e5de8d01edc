"""Monitoring as a processor: a thin shell over the folds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningInsert

from placehub.cases.story import sentence, speaker
from placehub.database import among_those, insertion, rows_of, these, upsert
from placehub.deadletters.letters import DeadLetter, Position, Settlement, read_letter
from placehub.drivers.records import Record
from placehub.drivers.step import Turn
from placehub.errors import NotFound
from placehub.monitoring import (
    calendar,
    declined,
    disputes,
    drift,
    feedback,
    fold,
    partnership,
    partnership_events,
    quality,
    responding,
    withholding,
)
from placehub.monitoring.tables import (
    AGREEMENT,
    DEAD_LETTER,
    DECLINED_CLAUSE,
    DISPUTE,
    MEETING,
    OFFER,
    ORGANISATION,
    PARTNERSHIP_EVENT,
    PLACEMENT,
    PROVIDER_CONTEXT,
    QUALITY,
    REMINDER,
    RETURN,
    SEARCH,
    STORY,
    SUPPORT_AGREED,
    SUPPORT_REFUSED,
    TENDER_CLAUSE,
    VACANCY,
    WITHHELD,
)
from placehub.monitoring.trust_tables import (
    CLARIFICATION,
    CONSULTATION,
    CONSULTATION_ANSWER,
    FEE_SAID,
    INVITATION,
    JOINED,
    OFFER_ANSWER,
    REFERRAL_FEEDBACK,
)
from placehub.postcodes import Postcodes, authority
from placehub.search import events as search
from placehub.streams import DEADLETTER, event_name, every_event, full_name

Change = tuple[fold.Key, Callable[[Mapping[str, Any]], dict[str, Any]]]

_FOLDS: Final[tuple[tuple[Table, Mapping[type, fold.Fold], fold.Fold], ...]] = (
    (SEARCH, fold.SEARCH, fold.fold_search),
    *(
        (table, known, fold.by(known))
        for table, known in (
            (VACANCY, fold.VACANCY),
            (PLACEMENT, fold.PLACEMENT),
            (OFFER, fold.OFFER),
            (SUPPORT_REFUSED, fold.SUPPORT_REFUSED),
            (SUPPORT_AGREED, fold.SUPPORT_AGREED),
            (ORGANISATION, fold.ORGANISATION),
            (QUALITY, quality.QUALITY),
            (WITHHELD, withholding.WITHHELD),
            (AGREEMENT, calendar.AGREEMENTS),
            (REMINDER, calendar.REMINDERS),
            (TENDER_CLAUSE, declined.CLAUSES),
            (DECLINED_CLAUSE, declined.DECLINED),
            (DISPUTE, disputes.DISPUTES),
            (RETURN, partnership.RETURNS),
            (MEETING, partnership.MEETINGS),
            (PROVIDER_CONTEXT, partnership.CONTEXT),
            (PARTNERSHIP_EVENT, partnership_events.PARTNERSHIP_EVENTS),
            (INVITATION, responding.INVITATIONS),
            (CLARIFICATION, responding.CLARIFICATIONS),
            (OFFER_ANSWER, responding.OFFERS),
            (CONSULTATION, responding.CONSULTATIONS),
            (CONSULTATION_ANSWER, responding.CONSULTATION_ANSWERS),
            (JOINED, responding.JOINING),
            (REFERRAL_FEEDBACK, feedback.FEEDBACK),
            (FEE_SAID, drift.SAID),
        )
    ),
)

FOLDED: Final = tuple(table for table, _, _ in _FOLDS)
"""The tables whose rows follow from the streams alone, but for the story; dead letters have a table of their own."""

ALL: Final = (*FOLDED, STORY, DEAD_LETTER)
"""Every table."""

COUNTED: Final[Mapping[type, tuple[str, ...]]] = search.BULKY
"""Fields whose items are only counted here, and need not be read: a codec may leave them out."""

_TELLING: Final = insertion(STORY).on_conflict_do_nothing()

_SEVERAL: Final[Mapping[Table, Callable[[Any], list[fold.Key]]]] = {
    WITHHELD: withholding.pairs,
    TENDER_CLAUSE: declined.clauses_of,
    DECLINED_CLAUSE: declined.declined_of,
}


class Monitoring:
    """Keeps the base tables of the views up to date with the streams and the dead letters."""

    name = "monitoring"
    streams: tuple[str, ...] = (
        *("referral", "vacancy", "placement", "agreement", "partnership", "organisation", "reminder"),
        DEADLETTER,
    )
    raw: tuple[str, ...] = (DEADLETTER,)
    skips = ""
    counted: Mapping[type, tuple[str, ...]] = COUNTED

    def __init__(self, postcodes: Postcodes, only: Collection[Table] = ALL, name: str = name) -> None:
        """`only`: the tables that are kept up to date; `name`: under which their positions are kept."""
        self.name = name
        self._postcodes = postcodes
        self._only = frozenset(only)
        self._folds = tuple(one for one in _FOLDS if one[0] in self._only)
        self.kinds = frozenset(cls for _, known, _ in self._folds for cls in known)
        """Classes of events that change any row it keeps; no other needs to be decoded for it."""
        if STORY in self._only:
            self.kinds |= {cls for cls in every_event() if _is_of_a_case(cls)}

    @classmethod
    def streams_of(cls, tables: Collection[Table]) -> tuple[str, ...]:
        """Return the streams that some of the tables follow from."""
        read = {full_name(one).partition(".")[0] for table, known, _ in _FOLDS if table in tables for one in known}
        if STORY in tables:
            read |= set(cls.streams) - {DEADLETTER}
        if DEAD_LETTER in tables:
            read.add(DEADLETTER)
        return tuple(one for one in cls.streams if one in read)

    @property
    def folded(self) -> tuple[Table, ...]:
        """The tables it folds row by row: all it keeps but the story and the dead letters."""
        return tuple(table for table, _, _ in self._folds)

    def handle(self, turns: Sequence[Turn]) -> None:
        """Fold the records of each partition, in order."""
        connection = turns[0][0].connection
        arrived = [record for _, records in turns for record in records]
        self.set_aside(connection, arrived)
        for table, changes in self.changes(arrived):
            apply_changes(connection, table, changes)
        told = self.told(arrived)
        if told:
            tell(connection, told)

    def set_aside(self, connection: Connection, arrived: Sequence[Record]) -> None:
        """Note the dead letters among the records, and what operators did about them."""
        if DEAD_LETTER in self._only:
            _set_aside(connection, [record for record in arrived if record.topic == DEADLETTER])

    def changes(self, arrived: Sequence[Record]) -> Iterator[tuple[Table, list[Change]]]:
        """Yield each table with how the records change its rows, in order; tables that stay as they are left out."""
        records = [record for record in arrived if record.topic != DEADLETTER]
        for table, known, folding in self._folds:
            some = [self._changes(table, folding, record) for record in records if type(record.event) in known]
            if some:
                yield table, [change for changes in some for change in changes]

    def told(self, arrived: Sequence[Record]) -> list[dict[str, Any]]:
        """Return the rows of the story that the records tell; none if it is not kept."""
        if STORY not in self._only:
            return []
        return [_told(one) for one in arrived if one.topic != DEADLETTER and _is_of_a_case(one.event)]

    def _changes(self, table: Table, folding: fold.Fold, record: Record) -> list[Change]:
        def change(row: Mapping[str, Any]) -> dict[str, Any]:
            after = folding(row, record.event, record.attributes)
            return {**after, "area": area_of(self._postcodes, after["sector"])} if "sector" in after else after

        return [(key, change) for key in _keys(table, record)]


def tell(connection: Connection, told: Sequence[Mapping[str, Any]]) -> None:
    """Keep what the story tells; of two events to which their sender gave one id, the first."""
    connection.execute(_TELLING, rows_of(STORY, told))


def area_of(postcodes: Postcodes, sector: str | None) -> str | None:
    """Return the name of the authority the sector is in; its code where the lists do not name it."""
    found = postcodes.sector(sector) if sector else None
    if found is None:
        return None
    try:
        return authority(found.authority).name
    except NotFound:
        return found.authority


def _keys(table: Table, record: Record) -> list[fold.Key]:
    """Return which rows of the table an event changes: one, unless it speaks of several providers or clauses."""
    event = record.event
    if table is FEE_SAID:
        return [drift.said_by(event, record.attributes)]
    if table in _SEVERAL:
        return _SEVERAL[table](event)
    return [tuple(_named(event, column.name) for column in table.primary_key)]


def _named(event: Any, name: str) -> Hashable:
    """Return the part of a row's key that the event names; of a support, its line names it."""
    found: Hashable = getattr(event if hasattr(event, name) else event.support, name)
    return found


def _set_aside(connection: Connection, records: Sequence[Record]) -> None:
    """Note dead letters, then what operators did about them; the first settlement counts."""
    read = [read_letter(Position(one.partition, one.offset), one.headers) for one in records]
    letters = [fold.dead_letter(one) for one in read if isinstance(one, DeadLetter)]
    if letters:
        connection.execute(insert(DEAD_LETTER).on_conflict_do_nothing(), letters)
    settlements = [fold.settled(one) for one in read if isinstance(one, Settlement)]
    if settlements:
        place = (DEAD_LETTER.c.partition == bindparam("of_partition")) & (
            DEAD_LETTER.c.offset == bindparam("of_offset")
        )
        still_open = update(DEAD_LETTER).where(place, DEAD_LETTER.c.state == "open")
        connection.execute(still_open.values(state=bindparam("how")), settlements)


def apply_changes(connection: Connection, table: Table, changes: Sequence[Change]) -> None:
    """Fold the changes into the table's rows, which stay locked: a row may be another partition's, too.

    Rows that are not there yet are made as they end; one that another worker makes meanwhile is folded on from there.
    """
    if not changes:
        return
    keys = sorted({key for key, _ in changes})
    known = these(list(table.primary_key), keys)
    found = {key_of(table, row): row for row in map(dict, connection.execute(_locked(table), known).mappings())}
    rows = {key: found.get(key) or blank(table, key) for key in keys}
    for key, change in changes:
        rows[key] = change(rows[key])
    upsert(connection, table, [rows[key] for key in keys if key in found])
    new = [rows[key] for key in keys if key not in found]
    if new:
        made = {tuple(row) for row in connection.execute(_making(table), rows_of(table, new))}
        apply_changes(connection, table, [one for one in changes if one[0] not in found and one[0] not in made])


def key_of(table: Table, row: Mapping[str, Any]) -> fold.Key:
    """Return the key of a row."""
    return tuple(row[column.name] for column in table.primary_key)


def blank(table: Table, key: fold.Key) -> dict[str, Any]:
    """Return the row of a key of which nothing is known yet."""
    return {**_nothing_known(table), **dict(zip(table.primary_key.columns.keys(), key, strict=True))}


@cache
def _nothing_known(table: Table) -> Mapping[str, Any]:
    return {one.name: None if one.server_default is None else 0 for one in table.c}


@cache
def _making(table: Table) -> ReturningInsert[Any]:
    """Return the statement that makes rows where there are none yet, and tells which it made."""
    return insertion(table).on_conflict_do_nothing().returning(*table.primary_key)


@cache
def _locked(table: Table) -> Select[Any]:
    keys = list(table.primary_key)
    return select(table).where(among_those(*keys)).order_by(*keys).with_for_update()


def _is_of_a_case(event: Any) -> bool:
    """Tell whether an event, or a class of events, is one that a case's story tells."""
    # a dispute may name a placement: it is for its two sides and whoever settles it, not for who reads the case
    return hasattr(event, "referral_id") or event.STREAM == "placement"


def _told(record: Record) -> dict[str, Any]:
    return {
        "source": record.attributes.source,
        "ce_id": record.attributes.id,
        "referral_id": getattr(record.event, "referral_id", None),
        "placement_id": getattr(record.event, "placement_id", None),
        "at": record.attributes.time,
        "stream": record.topic,
        "sequence": record.offset,
        "event": event_name(type(record.event)),
        "organisation": speaker(record.attributes),
        "sentence": sentence(record.event),
    }
