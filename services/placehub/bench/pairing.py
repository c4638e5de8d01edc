"""The two-way match of `bench peers`: homes that open and searches that begin, by the hub and by Kafka Streams.

The events are of the made-up England, with what a column rule can decide alone: kind, distance, places, siblings, age
and sex. Each is matched as it comes against all of the other side so far. Both ways must find the same pairs, which is
told by their number and by a mark of all of them. Kafka Streams goes through plain objects; the hub asks its columns
and judges what they leave by all of its rules, as it does live.

`python -m placehub.bench.pairing EVENTS` is the hub's way; it reads the topic and says what it took, as one JSON
object.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, zip_longest
from typing import Any, Final
from uuid import UUID

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient

from placehub.bench.contestants import Watch
from placehub.bench.jvm import command, task
from placehub.bench.replaying import FETCH_BYTES, WAIT_MS
from placehub.bench.running import told_by
from placehub.bench.scenes import BASIS
from placehub.bench.timing import spread
from placehub.contracts.codec import Codec, Registry
from placehub.contracts.parts import HomeFit
from placehub.drivers.brokers import access, poll, producer, reader
from placehub.postcodes import Postcodes
from placehub.referrals.child import NotedChild
from placehub.referrals.events import EarlyNoticeGiven, Wanted
from placehub.sample.cases import Case
from placehub.sample.homes import SampleHome
from placehub.sample.world import FIRST_DAY, make_world
from placehub.search.homes import Homes
from placehub.search.looking import METRES_IN_A_MILE, reach_of
from placehub.search.matching import match, match_one
from placehub.search.open_searches import OpenSearch, OpenSearches
from placehub.search.policy import DEFAULT
from placehub.search.sought import Sought, age_bounds, sought_of
from placehub.settings import Settings
from placehub.vacancies.events import VacancyOpened

TOPIC: Final = "bench-match"
WAYS: Final = ("hub", "kafka-streams")
_LOWER: Final = 2**64 - 1
"""What of an id stands for it in the mark of all pairs."""


def measure(
    settings: Settings, count: int, repeats: int, tell: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Return what each way took to match `count` homes and as many searches, in turns, and which pairs it found.

    Unavailable when Kafka Streams is not in the cache and cannot be fetched.
    """
    start, postcodes = command("Match"), Postcodes.open()
    events = list(_events(count, postcodes))
    ran: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    with _topic(settings, events):
        given = _given(events, postcodes)
        for number in range(repeats):
            tell(f"match, run {number + 1} of {repeats}")
            hub = [sys.executable, "-m", "placehub.bench.pairing", str(len(events))]
            ran["hub"].append(told_by(settings, "the hub", hub))
            asked = task(settings, f"bench-match-{number}", len(events), 1, **given)
            ran["kafka-streams"].append(told_by(settings, "Kafka Streams", start, asked))
    found = {way: {(one["pairs"], one["mark"] & _LOWER) for one in some} for way, some in ran.items()}
    return {
        "homes": count,
        "searches": len(events) - count,
        "pairs": ran["hub"][0]["pairs"],
        "alike": len(set.union(*found.values())) == 1,
        "ways": {way: _told(some, len(events)) for way, some in ran.items()},
    }


def _told(some: list[dict[str, Any]], events: int) -> dict[str, Any]:
    def spread_of(name: str) -> str:
        return spread([one[name] for one in some], 0)

    return {
        "a_second": spread([events / one["seconds"] for one in some], 0),
        "busy_us_an_event": spread([one["busy"] * 1e6 / events for one in some], 0),
        "later_busy_us_an_event": spread_of("later_busy_us"),
        "memory_mb": max(one["memory_mb"] for one in some),
    }


def _events(count: int, postcodes: Postcodes) -> Iterator[VacancyOpened | EarlyNoticeGiven]:
    """Yield homes and searches in turns."""
    world = make_world(1, "england", postcodes, max(2, count // 100))
    cases = [one for one in world.cases if all(child.early.role == "child" for child in one.children)][:count]
    both = zip_longest(map(_opened, world.homes[:count]), map(_noticed, cases))
    return (one for one in chain.from_iterable(both) if one is not None)


def _opened(one: SampleHome) -> VacancyOpened:
    home = replace(one.home, state="now", available_from=FIRST_DAY.date(), exclusions=())
    return VacancyOpened(vacancy_id=one.vacancy_id, provider=one.provider, household_ref=one.household_ref, home=home)


def _noticed(case: Case) -> EarlyNoticeGiven:
    """Return the case with what the comparison is about, and nothing more."""
    wanted = case.wanted
    return EarlyNoticeGiven(
        referral_id=case.referral_id,
        authority=case.authority,
        need_known_at=FIRST_DAY,
        lawful_basis=BASIS,
        wanted=Wanted(kind=wanted.kind, near_sector=wanted.near_sector, within_miles=wanted.within_miles),
        children=tuple(
            NotedChild(child_id=one.early.child_id, age_band=one.early.age_band, sex=one.early.sex)
            for one in case.children
        ),
    )


@contextmanager
def _topic(settings: Settings, events: list[VacancyOpened | EarlyNoticeGiven]) -> Iterator[None]:
    """Keep the events in a topic of one partition meanwhile."""
    admin, codec = KafkaAdminClient(**access(settings)), Codec(Registry(settings.registry))
    admin.create_topics({TOPIC: {"num_partitions": 1, "replication_factor": settings.replication}})
    try:
        with producer(settings, linger_ms=20) as out:
            for one in events:
                key = one.vacancy_id if isinstance(one, VacancyOpened) else one.referral_id
                out.send(TOPIC, codec.encode(one), str(key).encode())
            out.flush()
        yield
    finally:
        admin.delete_topics([TOPIC])
        admin.close()


def _given(events: list[VacancyOpened | EarlyNoticeGiven], postcodes: Postcodes) -> dict[str, Any]:
    """Return what the Java program needs to know: where sectors lie, the years of bands, and what the policy says."""
    sectors = {one.home.postcode_sector if isinstance(one, VacancyOpened) else one.wanted.near_sector for one in events}
    bands = {child.age_band for one in events if isinstance(one, EarlyNoticeGiven) for child in one.children}
    return {
        "stream": TOPIC,
        "sectors": {one: place for one in sectors if one and (place := postcodes.centre(one))},
        "ages": {one: years for one in bands if one and (years := age_bounds(one))},
        "reach": reach_of(None, DEFAULT),
        "mile": METRES_IN_A_MILE,
        "beyond": DEFAULT.ages_beyond_approval,
    }


@dataclass(slots=True)
class Matching:
    """The hub's matching with all that it has seen in memory."""

    postcodes: Postcodes
    pairs: int = 0
    mark: int = 0
    homes: Homes = field(default_factory=Homes)
    searches: OpenSearches = field(default_factory=OpenSearches)
    sought: dict[UUID, Sought] = field(default_factory=dict)

    def take(self, event: VacancyOpened | EarlyNoticeGiven) -> None:
        """Match what has come against all of the other side so far."""
        if isinstance(event, VacancyOpened):
            self._opens(event)
        else:
            self._begins(event)

    def _opens(self, event: VacancyOpened) -> None:
        east, north = self.postcodes.centre(event.home.postcode_sector) or (None, None)
        self.homes.put(event.vacancy_id, event.provider, event.household_ref, event.home, east, north, event.version)
        row = self.homes.row(event.vacancy_id)
        assert row is not None
        for case in self.searches.concerned([row]):
            if isinstance(match_one(self.sought[case], row, None, FIRST_DAY, DEFAULT), HomeFit):
                self._pair(event.vacancy_id, case)

    def _begins(self, event: EarlyNoticeGiven) -> None:
        place = self.postcodes.centre(event.wanted.near_sector)
        sought = self.sought[event.referral_id] = sought_of(event, place=place)
        reach = reach_of(sought.within_miles, DEFAULT)
        self.searches.put(OpenSearch(event.referral_id, place, reach, sought.kind, frozenset()))
        for vacancy in match(sought, self.homes, None, FIRST_DAY, DEFAULT).fits.bands():
            self._pair(vacancy, event.referral_id)

    def _pair(self, vacancy: UUID, case: UUID) -> None:
        self.pairs += 1
        self.mark ^= (vacancy.int ^ case.int) & _LOWER


def main(events: int) -> None:
    """Match everything in the topic as the hub does, and say what it took."""
    settings = Settings.load()
    watch, codec, matching = Watch(events), Codec(Registry(settings.registry)), Matching(Postcodes.open())
    with reader(settings, max_partition_fetch_bytes=FETCH_BYTES) as consumer:
        consumer.assign([TopicPartition(TOPIC, 0)])
        consumer.seek_to_beginning()
        while not watch.over:
            for batch in poll(consumer, WAIT_MS).values():
                watch.take(len(batch))
                for one in batch:
                    matching.take(codec.decode(one.value))
    told: Mapping[str, Any] = watch.told()
    print(json.dumps({**told, "pairs": matching.pairs, "mark": matching.mark}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
