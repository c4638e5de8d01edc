"""The tray of dead letters on the broker: read, look up, retry, drop. Nothing is ever taken out of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from placehub.deadletters.letters import (
    RETRIES,
    DeadLetter,
    How,
    Position,
    Settlement,
    read_letter,
    settling_headers,
    with_settlements,
)
from placehub.drivers.brokers import message_of, partitions_of, producer, reader
from placehub.drivers.records import Message
from placehub.errors import Conflict, NotFound
from placehub.mailboxes.connection import LOGIN_MS, broker_errors
from placehub.settings import Settings
from placehub.streams import DEADLETTER, OUTBOX

ANSWER_SECONDS: Final = 30.0
Offsets = Mapping[TopicPartition, int]


@dataclass(frozen=True, slots=True)
class Done:
    """Who does something about dead letters, when, and why."""

    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Retried:
    """A record that stands in its outbox once more."""

    position: Position
    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Window:
    """Some of the dead letters."""

    letters: list[DeadLetter]
    older: Mapping[int, int]
    """Partition -> the offset before which the next older ones stand; empty: there are none."""


class Tray:
    """Reads the topic to its end at every question: what two operators do at once is told by the topic alone."""

    def __init__(self, consumer: KafkaConsumer, settings: Settings) -> None:
        self._consumer = consumer
        self._settings = settings

    def letters(self) -> list[DeadLetter]:
        """Return every dead letter that is still kept, in the order in which they were set aside."""
        return sorted(self._letters(*self._bounds(partitions_of(self._consumer, (DEADLETTER,)))), key=_when)

    def window(self, size: int, before: Mapping[int, int] | None = None) -> Window:
        """Return the dead letters among the newest records of each partition, so many at most, in their order.

        `before`: partition -> only what stands before that offset, as `Window.older` has it. What settles a letter
        stands behind it, so everything from there to the end is read, and nothing older.
        """
        begins, ends = self._bounds(partitions_of(self._consumer, (DEADLETTER,)))
        until = {place: min(end, (before or {}).get(place.partition, end)) for place, end in ends.items()}
        since = {place: max(begins[place], end - size) for place, end in until.items()}
        kept = {place.partition: end for place, end in until.items()}
        found = [one for one in self._letters(since, ends) if one.position.offset < kept[one.position.partition]]
        has_older = any(offset > begins[place] for place, offset in since.items())
        older = {place.partition: offset for place, offset in since.items()} if has_older else {}
        return Window(sorted(found, key=_when), older)

    def find(self, positions: list[Position]) -> list[DeadLetter]:
        """Return the dead letters at these positions; NotFound names the first at which none is kept."""
        known = {one.position: one for one in self._behind(positions)}
        for one in positions:
            if one not in known:
                raise NotFound(f"There is no dead letter at {one}. See 'placehub deadletters list --all'.")
        return [known[one] for one in positions]

    def open_ones(self, positions: list[Position]) -> list[DeadLetter]:
        """Return the dead letters at these positions; Conflict names the first that was settled already."""
        found = self.find(positions)
        for one in found:
            if one.settlement:
                raise Conflict(
                    f"{one.position} was {one.settlement.how} already, by {one.settlement.by} at "
                    f"{one.settlement.at:%Y-%m-%d %H:%M} ({one.settlement.reason or 'no reason given'})."
                )
        return found

    def posted(self, letter: DeadLetter) -> Message:
        """Return the record that was set aside, from the outbox it was posted in.

        Conflict when a processor behind intake set it aside: it was taken in, and would be dropped as a repeat.
        NotFound when the outbox keeps it no more, or has another record in its place.
        """
        if not letter.topic.startswith(OUTBOX):
            raise Conflict(
                f"{letter.position} was set aside after intake had taken it in "
                f"({letter.topic}/{letter.partition}/{letter.offset}): a retry would be dropped as a repeat. "
                f"Ask {letter.sender} to post it under a new id."
            )
        gone = f"{letter.position} cannot be retried: {letter.topic}/{letter.partition}/{letter.offset}"
        ask = f"Ask {letter.sender} to post it again, then drop this dead letter."
        found = self._at(TopicPartition(letter.topic, letter.partition), letter.offset)
        if found is None:
            raise NotFound(f"{gone} is kept no more. {ask}")
        if hashlib.sha256(found.value or b"").hexdigest() != letter.sha256:
            raise NotFound(f"{gone} holds another record by now. {ask}")
        return found

    def retry(self, letters: list[DeadLetter], done: Done) -> list[Retried]:
        """Put each record in its outbox once more, as it was posted, and settle its dead letter.

        All are looked up before the first is put. May be repeated: intake drops an id that it has taken in.
        """
        records = [self.posted(one) for one in letters]
        put = []
        with closing(producer(self._settings)) as sending:
            for letter, record in zip(letters, records, strict=True):
                put.append(_put(sending, letter, record))
                _settle(sending, letter, "retried", done)
        return put

    def drop(self, letters: list[DeadLetter], done: Done) -> None:
        """Settle dead letters; they stay where they are."""
        with closing(producer(self._settings)) as sending:
            for letter in letters:
                _settle(sending, letter, "dropped", done)

    def _behind(self, positions: list[Position]) -> list[DeadLetter]:
        """Return the dead letters of these partitions from the first of these positions on."""
        since: dict[TopicPartition, int] = {}
        for one in positions:
            place = TopicPartition(DEADLETTER, one.partition)
            since[place] = min(one.offset, since.get(place, one.offset))
        places = [place for place in partitions_of(self._consumer, (DEADLETTER,)) if place in since]
        begins, ends = self._bounds(places)
        # none is kept before a partition's begin nor behind its end
        return self._letters({one: min(max(begins[one], since[one]), ends[one]) for one in places}, ends)

    def _at(self, place: TopicPartition, offset: int) -> Message | None:
        if place.partition not in (self._consumer.partitions_for_topic(place.topic) or ()):
            return None
        begins, ends = self._bounds([place])
        if not begins[place] <= offset < ends[place]:
            return None
        return next((one for one in self._read({place: offset}, {place: offset + 1}) if one.offset == offset), None)

    def _bounds(self, places: list[TopicPartition]) -> tuple[Offsets, Offsets]:
        """Return where the partitions begin and end now."""
        return self._consumer.beginning_offsets(places), self._consumer.end_offsets(places)

    def _letters(self, begins: Offsets, ends: Offsets) -> list[DeadLetter]:
        """Return the dead letters between two offsets of each partition, with what settles them there."""
        read = self._read(begins, ends)
        return with_settlements(read_letter(Position(one.partition, one.offset), one.headers) for one in read)

    def _read(self, begins: Offsets, ends: Offsets) -> Iterator[Message]:
        """Yield what stands between two offsets of each partition."""
        self._consumer.assign(list(begins))
        for place, offset in begins.items():
            self._consumer.seek(place, offset)
        while any(self._consumer.position(place) < ends[place] for place in begins):
            for place, batch in self._consumer.poll(500).items():
                yield from (message_of(one) for one in batch if one.offset < ends[place])


def _when(one: DeadLetter) -> tuple[object, ...]:
    return (one.rejected_at is not None, one.rejected_at, one.position)


def _put(sending: KafkaProducer, letter: DeadLetter, record: Message) -> Retried:
    # A record that was itself a retry names only its latest dead letter.
    headers = [(name, value) for name, value in record.headers if name != RETRIES]
    headers.append((RETRIES, str(letter.position).encode()))
    put: Any = sending.send(record.topic, record.value, record.key, headers, record.partition).get(ANSWER_SECONDS)
    return Retried(letter.position, put.topic, put.partition, put.offset)


def _settle(sending: KafkaProducer, letter: DeadLetter, how: How, done: Done) -> None:
    settlement = Settlement(letter.position, how, done.reason, done.by, done.at)
    headers = settling_headers(settlement, letter.sender)
    # into the dead letter's own partition: whoever reads that in order meets the letter first
    sending.send(DEADLETTER, None, letter.sender.encode(), headers, letter.position.partition).get(ANSWER_SECONDS)


@contextmanager
def open_tray(settings: Settings) -> Iterator[Tray]:
    """Give the tray while the block runs; Unavailable or Misconfigured when the broker refuses."""
    with broker_errors(settings.bootstrap, settings.kafka_user):
        consumer = reader(settings, bootstrap_timeout_ms=LOGIN_MS)
        try:
            yield Tray(consumer, settings)
        finally:
            consumer.close(autocommit=False)
