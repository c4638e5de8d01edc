"""The evidence log as a processor: every record of the streams becomes a leaf, and the log is signed at intervals.

The order of the leaves is the log's own: within a batch by topic, partition and offset, and batches in the order in
which they were taken in. It is recorded, leaf by leaf; of one partition it is always that of the offsets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import Connection

from placehub.contracts.codec import NONE_COUNTED
from placehub.drivers.records import Partition, Record
from placehub.drivers.step import HUB, Step, Turn
from placehub.errors import Rejected
from placehub.evidence.events import RecordRead, SealedOpened, TreeHeadSigned
from placehub.evidence.heads import SigningKey
from placehub.evidence.leaves import Sealed
from placehub.evidence.readings import readings_noted, readings_to_note
from placehub.evidence.stamping import tell_stamps
from placehub.evidence.store import StoredLog, open_log
from placehub.evidence.tiles import Growth, nodes_of
from placehub.evidence.tree import consistency
from placehub.keys.store import openings_noted, openings_to_note
from placehub.keys.wiping import is_due
from placehub.mailboxes.checks import check_event
from placehub.retention.noting import note_records
from placehub.retention.running import run_retention
from placehub.streams import LOGGED

SEAT: Final = Partition("organisation", 0)
"""Whoever holds this partition signs: so the heads have one writer, and their sequence no gap."""
NOT_REPEATED: Final = "not repeated here"
AT_ONCE: Final = 500
"""How many openings, and readings, are told in one turn; more wait for the next."""
WIPE_AGAIN: Final = timedelta(minutes=1)
"""How long after it was tried destroyed keys are wiped out of the database's files again."""


class Evidence:
    """Adds what it reads to the log, repeats as well: what stands in a stream stands in the log, leaf for record."""

    name = "evidence"
    streams: tuple[str, ...] = LOGGED
    raw: tuple[str, ...] = LOGGED
    skips = ""
    counted: Mapping[type, tuple[str, ...]] = NONE_COUNTED
    world: tuple[str, ...] = ()

    def __init__(self, key: SigningKey, seconds: int, wipe: Callable[[], None]) -> None:
        """`seconds`: how long after a head the next is signed, if the log has grown.

        `wipe` wipes destroyed keys out of the database's files; it is called outside any transaction.
        """
        self._key = key
        self._every = timedelta(seconds=seconds)
        self._wipe = wipe
        self._wiped_at: datetime | None = None

    def handle(self, turns: Sequence[Turn]) -> None:
        """Add the records of each partition to the log."""
        leaves = [sealed(one).leaf for _, records in turns for one in records]
        leaves.sort(key=lambda leaf: (leaf.topic, leaf.partition, leaf.offset))
        step = turns[0][0]
        open_log(step.connection, self._key.public).add(leaves)  # and locks the log, so that notes are taken in order
        note_records(step.connection, step.codec, (one for _, records in turns for one in records))

    def tick(self, step: Step) -> None:
        """Tell who opened and read what and which heads were stamped, and sign the log if that is due."""
        if step.partition != SEAT:
            return
        tell_accesses(step)
        run_retention(step)
        self._wipe_if_due(step)
        log = open_log(step.connection, self._key.public)
        tell_stamps(step, log)
        waits = log.head_at is not None and step.now < log.head_at + self._every
        if log.size > log.head_size and not waits:
            step.emit(self._sign(log, step), because=uuid5(log.log_id, f"head {log.size}"))
            log.signed(step.now)

    def _wipe_if_due(self, step: Step) -> None:
        tried = self._wiped_at
        if (tried is None or step.now >= tried + WIPE_AGAIN) and is_due(step.connection, step.now):
            self._wiped_at = step.now
            step.after_commit(self._wipe)

    def _sign(self, log: StoredLog, step: Step) -> TreeHeadSigned:
        head = self._key.sign_head(log.size, Growth(log.size, log.tile).root(), step.now)
        proof = consistency(log.head_size, log.size, nodes_of(log.tile))
        return TreeHeadSigned(
            log_id=head.log_id,
            tree_size=head.tree_size,
            root_hash=head.root_hash.hex(),
            signed_at=head.signed_at,
            key_id=self._key.public.key_id,
            signature=head.signature.hex(),
            previous_size=log.head_size,
            consistency=tuple(one.hex() for one in proof),
            to=log.keys("organisation"),
        )

    def learn(self, records: Sequence[Record], offsets: dict[str, list[int]]) -> None:
        """Its world is empty."""

    def take(self, connection: Connection, partition: Partition) -> None:
        """Keep nothing of a partition in memory."""

    def drop(self, partition: Partition) -> None:
        """Keep nothing of a partition in memory."""

    def react(self, step: Step, records: Sequence[Record]) -> None:
        """Its world is empty."""


def tell_accesses(step: Step) -> None:
    """Tell in the evidence stream who opened and read what since the last time, each once, `AT_ONCE` at most."""
    _tell_openings(step)
    _tell_readings(step)


def _tell_openings(step: Step) -> None:
    found = openings_to_note(step.connection, AT_ONCE)
    for one in found:
        event = SealedOpened(
            subject_id=_pseudonym(one.subject_id),
            subject_kind=one.subject_kind,
            compartment=one.compartment,
            owner=one.owner,
            organisation=one.organisation,
            purpose=one.purpose,
            opened_at=one.at,
        )
        step.emit(_without_words(event), because=uuid5(HUB, f"opening {one.id}"))
    openings_noted(step.connection, [one.id for one in found])


def _pseudonym(subject_id: str) -> UUID:
    """Return the id as it is; one that is no UUID could be a name, so another follows from it."""
    try:
        return UUID(subject_id)
    except ValueError:
        return uuid5(HUB, f"subject {subject_id}")


def _without_words(event: SealedOpened) -> SealedOpened:
    """Leave out words that could be about a person: a stream keeps what it is told for ever."""
    try:
        check_event(event, event.opened_at.date())
    except Rejected:
        return replace(event, purpose=NOT_REPEATED)
    return event


def _tell_readings(step: Step) -> None:
    found = readings_to_note(step.connection, AT_ONCE)
    for number, one in found.items():
        event = RecordRead(
            subject_id=one.referral_id,
            owner=one.owner,
            by=one.by,
            what=one.what,
            purpose=one.purpose,
            seen_as=one.seen_as,
            as_of=one.as_of,
            read_at=one.at,
        )
        step.emit(event, because=uuid5(HUB, f"reading {number}"))
    readings_noted(step.connection, list(found))


def sealed(record: Record) -> Sealed:
    """Return a record as the log takes it: as it stands in its stream."""
    return Sealed(record.topic, record.partition, record.offset, record.key, record.headers, record.value or b"")
