"""Reading the organisation's inbox: each event once, those of a later version's types skipped and counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from placehub.contracts.codec import Codec
from placehub.contracts.headers import Attributes, read_headers
from placehub.errors import HubError, Rejected, Unavailable
from placehub.mailboxes.access import Access
from placehub.mailboxes.connection import broker_errors, ends_of, login
from placehub.streams import inbox

_TURN_SECONDS: Final = 60
"""How long a group may take to give its inbox to a new reader: one that died is missed after 45 seconds."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a reader of its own has got to: the last event it has dealt with, and where that stood in the inbox."""

    offset: int
    id: UUID


@dataclass(frozen=True, slots=True)
class Received:
    """One event from the inbox, and where it stood there."""

    attributes: Attributes
    event: Any
    offset: int

    @property
    def mark(self) -> Mark:
        """Return what a reader keeps that has dealt with this one and all before it."""
        return Mark(self.offset, self.attributes.id)


class _Reader:
    """One consumer on the inbox, and what of it has been passed."""

    def __init__(self, consumer: KafkaConsumer, codec: Codec) -> None:
        self.consumer = consumer
        self.skipped = 0
        self.unreturned: list[Received] = []
        self._codec = codec
        self._passed: dict[tuple[str, str], int] = {}

    def poll(self, timeout_s: float, at_most: int) -> list[Received]:
        """Return the next records; when one cannot be read now, none is passed."""
        found = self.consumer.poll(timeout_ms=int(timeout_s * 1000), max_records=at_most)
        received = []
        for place, batch in found.items():
            try:
                decoded = [(one.offset, read_headers(list(one.headers)), self._decode(one.value)) for one in batch]
            except HubError:
                self.consumer.seek(place, batch[0].offset)
                raise
            received += [
                Received(about, event, offset)
                for offset, about, event in decoded
                if self._is_new(about) and not self._is_unknown(event)
            ]
        return received

    def _decode(self, value: bytes | None) -> Any:
        try:
            return self._codec.decode(value)
        except Rejected as error:
            if error.field != "ce_type":  # the hub wrote what it should not have: nothing to be passed over
                raise
            return None

    def _is_unknown(self, event: Any) -> bool:
        self.skipped += event is None
        return event is None

    def _is_new(self, about: Attributes) -> bool:
        # The hub may deliver an event more than once, but never out of order.
        place = (about.source, about.subject)
        if about.sequence and about.sequence <= self._passed.get(place, 0):
            return False
        self._passed[place] = about.sequence
        return True


class Inbox:
    """Reads one organisation's inbox, in its group and outside of any; connected at the first read."""

    def __init__(self, access: Access, codec: Codec, member: str | None = None) -> None:
        self._access = access
        self._member = member
        self._codec = codec
        self._topic = inbox(access.organisation)
        self._group = f"{access.organisation}.inbox"
        self._grouped: _Reader | None = None
        self._alone: _Reader | None = None

    @property
    def skipped(self) -> int:
        """How many events were of a type this version does not know."""
        return sum(reader.skipped for reader in (self._grouped, self._alone) if reader is not None)

    def read(self, timeout_s: float, at_most: int) -> list[Received]:
        """Return the group's next records, first confirming those returned before."""
        with self._errors():
            if self._grouped is not None:
                self._grouped.consumer.commit()
            return self._in_group().poll(timeout_s, at_most)

    def is_read(self) -> bool:
        """Tell whether the group has been given all that stands there now."""
        place = TopicPartition(self._topic, 0)
        with self._errors():
            consumer = self._in_group().consumer
            return place in consumer.assignment() and consumer.position(place) >= ends_of(consumer, [place])[place]

    def read_to_end(self, after: Mark | None = None) -> list[Received]:
        """Return all that stands there now and was not returned by this call before; the first call goes on `after`.

        Where that event is not found there (it was kept no longer, or this is another hub's inbox) from the start.
        """
        with self._errors():
            if self._alone is None:
                self._alone = self._from_the_start()
                if after is not None:
                    self._go_on(self._alone.consumer, after)
            return self._to_end(self._alone)

    def everything(self) -> list[Received]:
        """Return all that stands there now, whatever was read before."""
        with self._errors():
            reader = self._from_the_start()
            try:
                return self._to_end(reader)
            finally:
                reader.consumer.close(autocommit=False)

    def rewind(self, since: datetime) -> int:
        """Let the group go on from the first record that came at or after a time; return its offset."""
        place = TopicPartition(self._topic, 0)
        with self._errors():
            consumer = self._in_group().consumer
            self._await_turn(consumer, place)
            found = consumer.offsets_for_times({place: int(since.timestamp() * 1000)})[place]
            offset = int(found.offset if found is not None else ends_of(consumer, [place])[place])
            consumer.seek(place, offset)
            consumer.commit({place: OffsetAndMetadata(offset, "", -1)})
            self._grouped = _Reader(consumer, self._codec)  # what was passed before may be returned again
        return offset

    def _in_group(self) -> _Reader:
        if self._grouped is None:
            self._grouped = _Reader(self._consumer(self._group), self._codec)
            self._grouped.consumer.subscribe([self._topic])
        return self._grouped

    def _await_turn(self, consumer: KafkaConsumer, place: TopicPartition) -> None:
        for _ in range(_TURN_SECONDS):
            if place in consumer.assignment():
                return
            consumer.poll(timeout_ms=1000)  # what it brings is brought again, once the place is set
        raise Unavailable("Another process reads this inbox. Stop it, wait a minute, and try again.")

    def close(self) -> None:
        """Let go of the connections; harmless twice. The last batch of `read` is not confirmed."""
        for reader in (self._grouped, self._alone):
            if reader is not None:
                reader.consumer.close(autocommit=False)
        self._grouped = self._alone = None

    def _errors(self) -> Any:
        return broker_errors(self._access.bootstrap, self._access.organisation)

    def _consumer(self, group: str | None) -> KafkaConsumer:
        access = self._access
        return KafkaConsumer(
            group_id=group,
            group_instance_id=self._member if group else None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=100,
            **login(access.bootstrap, access.organisation, access.kafka_password, access.tls_ca),
        )

    def _from_the_start(self) -> _Reader:
        reader = _Reader(self._consumer(None), self._codec)
        place = TopicPartition(self._topic, 0)
        reader.consumer.assign([place])
        reader.consumer.seek_to_beginning(place)
        return reader

    def _go_on(self, consumer: KafkaConsumer, after: Mark) -> None:
        """Place a consumer after an event if that stands where it stood, else at the start."""
        place = TopicPartition(self._topic, 0)
        if after.offset < ends_of(consumer, [place])[place]:
            consumer.seek(place, after.offset)
            while consumer.position(place) == after.offset:
                for one in consumer.poll(timeout_ms=500, max_records=1).get(place, ()):
                    if one.offset == after.offset and dict(one.headers).get("ce_id") == str(after.id).encode():
                        return
        consumer.seek_to_beginning(place)

    def _to_end(self, reader: _Reader) -> list[Received]:
        place = TopicPartition(self._topic, 0)
        end = ends_of(reader.consumer, [place])[place]
        while reader.consumer.position(place) < end:  # broken off, the next call returns what had come
            reader.unreturned += reader.poll(timeout_s=0.5, at_most=5000)
        received, reader.unreturned = reader.unreturned, []
        return received
