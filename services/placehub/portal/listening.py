"""Reading inboxes: a loop in the portal's process keeps what its people's organisations are told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from placehub.clock import TickedClock
from placehub.contracts.codec import Codec
from placehub.contracts.headers import Attributes, read_headers
from placehub.contracts.ticks import ClockTicked
from placehub.errors import HubError, Rejected
from placehub.portal.bell import Bell
from placehub.portal.drafts import run_out
from placehub.portal.mailing import moment, note
from placehub.portal.told import keep_all, listened_to, move_on
from placehub.streams import inbox

LOG = structlog.get_logger()
LOOK_MS: Final = 200
"""How long one look at the inboxes waits for something to come."""
REST_SECONDS: Final = 1.0
"""How long the loop rests when a server is away, and how often it looks for inboxes that are new."""
LOOKS: Final = 5
"""Looks at the inboxes that are read between two looks for new ones."""
SWEEPS: Final = 300
"""Looks between two times at which drafts are removed whose days are over: a minute or more."""
CLOCK_TOPIC: Final = "clock"
_Letter = tuple[Attributes, Any, datetime]
"""What its headers say, the event, and when it came to the inbox."""


class Listening(threading.Thread):
    """Keeps what comes to each inbox, with the position in the same transaction, then rings the bell.

    Nothing is lost when a server is away: it goes on where the database says. Two of it on one database would each
    keep the same events, and the second finds them passed already.
    """

    def __init__(
        self,
        engine: Engine,
        codec: Codec,
        bell: Bell,
        open_consumer: Callable[[], KafkaConsumer],
        now: Callable[[], datetime],
        ticked: TickedClock | None = None,
        mails: Callable[[], datetime] | None = None,
    ) -> None:
        """`now` is the hub's time; `ticked`: the clock to move on where it comes as events.

        `mails`: the machine's clock, by which people are told by mail; None where no mail is sent.
        """
        super().__init__(name="listening", daemon=True)
        self._engine = engine
        self._codec = codec
        self._bell = bell
        self._open = open_consumer
        self._now = now
        self._ticked = ticked
        self._mails = mails
        self._consumer: KafkaConsumer | None = None
        self._reading: frozenset[str] = frozenset()
        self._ends: dict[TopicPartition, int] = {}
        """Where each inbox ended when it was first read here, as long as that has not been reached."""
        self._end = threading.Event()
        self._looks = 0

    def run(self) -> None:
        """Listen until it is ended."""
        while not self._end.is_set():
            try:
                self._once()
            except (KafkaError, SQLAlchemyError, HubError) as error:
                LOG.warning("the portal waits for what it reads inboxes with", cause=type(error).__name__)
                self._let_go()
                self._end.wait(REST_SECONDS)
        self._let_go()

    def end(self) -> None:
        """Stop listening and wait until it has."""
        self._end.set()
        self.join(10)

    def _let_go(self) -> None:
        self._reading = frozenset()
        if self._consumer is not None:
            self._consumer.close(autocommit=False)
            self._consumer = None

    def _once(self) -> None:
        if self._consumer is None:
            self._consumer, self._looks = self._open(), 0
        if self._looks % LOOKS == 0:
            self._follow(self._consumer)
        if self._looks % SWEEPS == 0:
            with self._engine.begin() as connection:
                run_out(connection, self._now())
        self._looks += 1
        if not self._reading and not self._ticked:
            self._end.wait(REST_SECONDS / LOOKS)
            return
        came = self._consumer.poll(timeout_ms=LOOK_MS, max_records=500)
        for place in [one for one in came if one.topic == CLOCK_TOPIC]:
            self._tick(came.pop(place))
        if came:
            self._take({place.topic.partition(".")[2]: records for place, records in came.items()})
        for place in [one for one, end in self._ends.items() if self._consumer.position(one) >= end]:
            del self._ends[place]
            self._bell.note_read(place.topic.partition(".")[2])

    def _follow(self, consumer: KafkaConsumer) -> None:
        """Read on all inboxes that are to be read, when they have become others."""
        with self._engine.connect() as connection:
            wanted = listened_to(connection)
        if frozenset(wanted) == self._reading and self._looks:
            return
        places = {TopicPartition(inbox(one), 0): offset for one, offset in wanted.items()}
        clocks = [TopicPartition(CLOCK_TOPIC, 0)] if self._ticked else []
        consumer.assign([*places, *clocks])
        self._reading = frozenset(wanted)
        self._ends = consumer.end_offsets(
            [one for one in places if not self._bell.has_read(one.topic.partition(".")[2])]
        )
        ends = consumer.end_offsets(clocks) if clocks else {}
        for place, offset in (places | {one: max(0, end - 1) for one, end in ends.items()}).items():
            consumer.seek(place, offset)

    def _tick(self, records: list[object]) -> None:
        for one in records:
            event = self._codec.decode(one.value)  # type: ignore[attr-defined]  # kafka-python has no types
            if isinstance(event, ClockTicked) and self._ticked:
                self._ticked.tick(event.now)

    def _take(self, came: Mapping[str, Sequence[Any]]) -> None:
        """Keep what came to inboxes in one transaction, so that nobody's news waits for that of fifty others.

        An inbox that holds what cannot be read stands still and is told of; the others go on.
        """
        letters: dict[str, list[_Letter]] = {}
        unread: Rejected | None = None
        for organisation, records in came.items():
            try:
                letters[organisation] = [one for one in map(self._read, records) if one is not None]
            except Rejected as why:
                unread = why
        with self._engine.begin() as connection:
            told = keep_all(connection, {name: [one[:2] for one in some] for name, some in letters.items()})
            for organisation, subjects in told.items():
                self._note(connection, organisation, zip(subjects, letters[organisation], strict=True))
            move_on(connection, {one: came[one][-1].offset + 1 for one in letters})
        rings = [(organisation, one) for organisation, subjects in told.items() for one in subjects if one]
        self._bell.ring(dict.fromkeys(rings))
        if unread:
            raise unread

    def _note(self, connection: Connection, organisation: str, told: Iterable[tuple[str | None, _Letter]]) -> None:
        for subject, (attributes, event, at) in told:
            if subject and self._mails and attributes.source != f"/organisations/{organisation}":
                note(connection, organisation, event, attributes.id, at, self._mails())

    def _read(self, record: object) -> _Letter | None:
        """Return what a record tells and when it came; None where this version does not know such an event."""
        attributes = read_headers(list(record.headers))  # type: ignore[attr-defined]  # as above
        try:
            event = self._codec.decode(record.value)  # type: ignore[attr-defined]  # as above
        except Rejected as why:
            if why.field != "ce_type":  # the hub wrote what it should not have: nothing to be passed over
                raise
            return None
        return attributes, event, moment(record)
