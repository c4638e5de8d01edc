"""What a run left on the broker, read and judged without any of the hub's own code.

Client, decoder and rules are others' or this file's: a fault of the hub's own reading cannot hide a fault of its
writing. What is judged is the published contract alone: topics, headers and the events' fields.
"""

from __future__ import annotations

import io
import json
import struct
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import fastavro
import httpx
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

STREAMS: Final = ("referral", "vacancy", "placement", "agreement", "organisation")
READ_SECONDS: Final = 10


@dataclass(frozen=True)
class Seen:
    """One record as a foreign client sees it."""

    topic: str
    headers: dict[str, str]
    event: dict[str, Any] | None

    @property
    def name(self) -> str:
        """The event's name without its stream."""
        return self.headers.get("ce_type", "").rpartition(".")[2]

    @property
    def id(self) -> tuple[str, str]:
        """What is the same for the same event: CloudEvents' source and id."""
        return self.headers["ce_source"], self.headers["ce_id"]

    @property
    def by_organisation(self) -> bool:
        """Whether an organisation posted it, and not the hub."""
        return self.headers["ce_source"].startswith("/organisations/")


@dataclass
class Broker:
    """A foreign client's way into one hub, with the operator's credentials."""

    folder: Path
    schemas: dict[int, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hub = json.loads((self.folder / "hub.json").read_text())

    def read(self) -> dict[str, list[Seen]]:
        """Return every record of every topic, each partition in its order."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.hub["bootstrap"],
                "security.protocol": "SASL_PLAINTEXT",
                "sasl.mechanism": "SCRAM-SHA-256",
                "sasl.username": self.hub.get("kafka_user", "hub"),
                "sasl.password": self.hub["kafka_password"],
                "group.id": f"oracle-{uuid4()}",
                "enable.auto.commit": False,
                "enable.partition.eof": False,
            }
        )
        try:
            topics = consumer.list_topics(timeout=READ_SECONDS).topics
            wanted = [name for name in topics if not name.startswith("__") and name != "clock"]
            return {name: self._topic(consumer, name, len(topics[name].partitions)) for name in sorted(wanted)}
        finally:
            consumer.close()

    def _topic(self, consumer: Consumer, name: str, partitions: int) -> list[Seen]:
        places = [TopicPartition(name, number, OFFSET_BEGINNING) for number in range(partitions)]
        left = {
            place.partition: end
            for place in places
            if (end := consumer.get_watermark_offsets(place, timeout=READ_SECONDS)[1])
        }
        if not left:
            return []
        consumer.assign(places)
        found: list[Seen] = []
        while left:
            record: Any = consumer.poll(READ_SECONDS)
            assert record is not None, f"{name} ends before its end"
            assert record.error() is None, record.error()
            headers = {key: (value or b"").decode() for key, value in record.headers() or []}
            found.append(Seen(name, headers, self._event(record.value())))
            if record.offset() + 1 >= left.get(record.partition(), 0):
                left.pop(record.partition(), None)
        consumer.unassign()
        return found

    def _event(self, value: bytes | None) -> dict[str, Any] | None:
        if not value:
            return None
        magic, number = struct.unpack(">bI", value[:5])
        assert magic == 0
        if number not in self.schemas:
            answer = httpx.get(f"{self.hub['registry']}/schemas/ids/{number}", timeout=READ_SECONDS)
            answer.raise_for_status()
            self.schemas[number] = fastavro.parse_schema(json.loads(answer.json()["schema"]))
        event = fastavro.schemaless_reader(io.BytesIO(value[5:]), self.schemas[number], None)
        assert isinstance(event, dict)
        return event


@dataclass
class Left:
    """What a run left, sorted for judging; repeats of the transport are dropped as the contract says."""

    topics: dict[str, list[Seen]]

    def __post_init__(self) -> None:
        self.stream = {name: list(_first(self.topics.get(name, []))) for name in STREAMS}
        self.inbox = {name[6:]: list(_first(some)) for name, some in self.topics.items() if name.startswith("inbox.")}
        self.posted = {one.id: one for name, some in self.topics.items() if name.startswith("outbox.") for one in some}
        self.refused = [one for one in self.topics.get("deadletter", []) if "ce_id" in one.headers]

    def of(self, stream: str, name: str) -> list[dict[str, Any]]:
        """Return the events of that name, in the order of their partitions."""
        return [one.event for one in self.stream[stream] if one.name == name and one.event is not None]


def _first(records: list[Seen]) -> Iterator[Seen]:
    passed: dict[tuple[str, str], int] = {}
    for one in records:
        place = one.headers["ce_source"], one.headers["ce_subject"]
        number = int(one.headers["ce_sequence"])
        if number > passed.get(place, 0):
            passed[place] = number
            yield one


Fault = Iterator[str]


def sequences_whole(left: Left) -> Fault:
    """In every stream and inbox each (source, subject) counts 1, 2, 3 ..., and no event has two numbers."""
    for topic, some in left.topics.items():
        if topic not in STREAMS and not topic.startswith("inbox."):
            continue
        numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
        ids: dict[tuple[str, str, int], str] = {}
        given: dict[tuple[str, str], int] = {}
        for one in some:
            source, subject, number = (
                one.headers["ce_source"],
                one.headers["ce_subject"],
                int(one.headers["ce_sequence"]),
            )
            if ids.setdefault((source, subject, number), one.headers["ce_id"]) != one.headers["ce_id"]:
                yield f"{topic}: number {number} of {source} {subject} was given to two events"
            if given.setdefault(one.id, number) != number:
                yield f"{topic}: {one.name} {one.headers['ce_id']} was taken twice"
            if number > (numbers[source, subject][-1] if numbers[source, subject] else 0):
                numbers[source, subject].append(number)
        for place, found in numbers.items():
            if found != list(range(1, len(found) + 1)):
                yield f"{topic}: {place} has a gap"


def posted_is_taken(left: Left) -> Fault:
    """Whatever stands in an outbox is in a stream or among the dead letters."""
    taken = {one.id for some in left.stream.values() for one in some}
    refused = {one.headers["ce_id"] for one in left.refused}
    for (source, number), one in left.posted.items():
        if (source, number) not in taken and number not in refused:
            yield f"{one.name} {number} of {source} was lost"


def taken_is_posted(left: Left) -> Fault:
    """Whatever a stream has from an organisation stands in its outbox (what the register writes is the hub's own)."""
    for some in left.stream.values():
        for one in some:
            if one.by_organisation and one.id not in left.posted:
                yield f"{one.name} {one.id} was never posted"


def one_search_a_case(left: Left) -> Fault:
    """Each case that was begun has one search, and each provider at most one invitation in it."""
    begun = {
        event["referral_id"] for name in ("EarlyNoticeGiven", "ReferralMade") for event in left.of("referral", name)
    }
    searches = Counter(event["referral_id"] for event in left.of("referral", "SearchStarted"))
    for case in begun | set(searches):
        if searches[case] != 1 or case not in begun:
            yield f"case {case} has {searches[case]} searches"
    invited = Counter((event["referral_id"], event["provider"]) for event in left.of("referral", "ProviderInvited"))
    for pair, times in invited.items():
        if times > 1:
            yield f"{pair} was invited {times} times"


def delivered(left: Left) -> Fault:
    """Every sender has its receipt, every invited provider its invitation, every refused event its answer; once."""
    inbox = {code: Counter(one.id for one in some) for code, some in left.inbox.items()}
    for some in left.stream.values():
        for one in some:
            code = one.headers["ce_source"].rpartition("/")[2]
            if one.by_organisation and inbox[code][one.id] != 1:
                yield f"{code} has {inbox[code][one.id]} receipts for {one.name} {one.id}"
            if one.name in {"ProviderInvited", "InvitationClosed"} and one.event is not None:
                times = inbox[one.event["provider"]][one.id]
                if times != 1:
                    yield f"{one.event['provider']} has its {one.name} {times} times"
    answered = Counter(
        str(one.event["rejected_id"]) if one.event else ""
        for some in left.inbox.values()
        for one in some
        if one.name == "EventRejected"
    )
    for one in left.refused:
        if answered[one.headers["ce_id"]] != 1:
            yield f"the refused {one.headers['ce_id']} was answered {answered[one.headers['ce_id']]} times"


def selections_answered(left: Left) -> Fault:
    """Each selection ends in one reservation or one refusal."""
    selected = Counter(event["offer_id"] for event in left.of("referral", "OfferSelected"))
    reserved = Counter(event["offer_id"] for event in left.of("vacancy", "VacancyReserved"))
    refused = Counter(event["offer_id"] for event in left.of("referral", "SelectionRefused"))
    for offer in selected | reserved | refused:
        if selected[offer] != reserved[offer] + refused[offer]:
            yield f"offer {offer}: {selected[offer]} selected, {reserved[offer]} reserved, {refused[offer]} refused"


def places_kept(left: Left) -> Fault:
    """No home ever has more places held than it said it has."""
    places: dict[Any, int] = {}
    held: dict[Any, dict[Any, int]] = defaultdict(dict)
    for one in left.stream["vacancy"]:
        event = one.event or {}
        home = event.get("vacancy_id")
        match one.name:
            case "VacancyOpened" | "VacancyRevised":
                places[home] = event["home"]["places"]
                held[home].clear()  # what the provider says anew counts those who have moved in
            case "VacancyReserved":
                held[home][event["offer_id"]] = len(event["placements"])
                if sum(held[home].values()) > places.get(home, 0):
                    yield f"vacancy {home} has {sum(held[home].values())} places held of {places.get(home, 0)}"
            case "VacancyReleased":
                held[home].pop(event["offer_id"], None)


CHECKS: Final[tuple[Callable[[Left], Fault], ...]] = (
    sequences_whole,
    posted_is_taken,
    taken_is_posted,
    one_search_a_case,
    delivered,
    selections_answered,
    places_kept,
)


def faults(topics: dict[str, list[Seen]]) -> list[str]:
    """Return everything that is wrong with what a run left; nothing when it is right."""
    left = Left(topics)
    return [fault for check in CHECKS for fault in check(left)]
