"""The real processes: each is live and ready, tells the metrics it should, and is noted with what it holds."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.parser import text_string_to_metric_families

from placehub.app import PROCESSES
from placehub.database import connect
from placehub.drivers.pausing import Pause, pause, resume
from placehub.observing.metrics import METRICS, NAMED
from placehub.streams import LOGGED, STREAMS

from ..integration.story import HubUnderTest, Town, desk, play
from ..waiting import until
from .asking import ask, findings, metrics, workers

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def lived(hub: HubUnderTest) -> Iterator[Town]:
    """The hub after one story, a wrong event in it."""
    town = Town(hub, desk(hub, "authority"), (desk(hub, "provider"),))
    town.begin()
    play(town)
    town.authority.post_raw(b"nonsense", [])
    hub.settle()
    yield town
    town.end()


@pytest.fixture
def observed(hub: HubUnderTest, lived: Town) -> dict[str, str]:
    """Processor -> where it is observed, once all have been looked at since the story."""
    until(lambda: {one.processor for one in workers(hub.settings)} == set(PROCESSES))
    found = {one.processor: one.observe for one in workers(hub.settings)}
    until(lambda: all(ask(one, "/ready")[0] == 200 for one in found.values()))
    return found


def families(observe: str) -> dict[str, Family]:
    """Return what a process tells, by name as Prometheus stores it."""
    found = text_string_to_metric_families(metrics(observe))
    return {one.name + ("_total" if one.type == "counter" else ""): one for one in found}


def values(observe: str, name: str) -> dict[tuple[str, ...], float]:
    """Return one metric's values by its labels' values."""
    samples = families(observe)[name].samples
    return {tuple(one.labels[label] for label in NAMED[name].labels): one.value for one in samples}


def test_every_process_is_live_and_ready(observed: dict[str, str]) -> None:
    """Each lists its checks, and all come to be well, also where partitions are just being given anew."""
    servers = {"loop", "database", "registry"}
    worker = servers | {"world reader", "shell", "broker", "world", "partitions", "paused"}
    for name, observe in observed.items():
        assert ask(observe, "/live")[0] == 200
        own = servers if name in ("api", "portal") else worker
        assert set(findings(observe, "/ready")) == own | ({"api"} if name in ("search", "portal") else set()), name
        until(lambda at=observe: not _unwell(at), said=lambda at=observe: f"{at}: {_unwell(at)}")  # type: ignore[misc]


def _unwell(observe: str) -> dict[str, str]:
    """Return the causes of the checks that are not well."""
    return {check: cause for check, (ok, cause) in findings(observe, "/ready").items() if not ok}


def test_the_metrics_are_the_ones_in_the_docs(observed: dict[str, str]) -> None:
    """Name, kind and labels of every metric are those of the table, and each is told by some process."""
    seen: set[str] = set()
    for observe in observed.values():
        for name, family in families(observe).items():
            if name.startswith(("process_", "python_")):
                continue
            told = NAMED[name]
            assert (family.type, family.documentation) == (told.kind, told.says)
            for sample in family.samples:
                seen.add(name)
                assert set(sample.labels) - {"le"} == set(told.labels), name
    assert seen == {one.name for one in METRICS}


def test_what_happened_is_counted(hub: HubUnderTest, observed: dict[str, str]) -> None:
    """A story and a wrong event show in the counters of those who took them in."""
    assert values(observed["intake"], "placehub_events_processed_total")["intake", "outbox"] > 5
    assert values(observed["intake"], "placehub_deadletters_total")["intake",] >= 1
    reasons = values(observed["intake"], "placehub_events_rejected_total")
    assert sum(reasons.values()) == values(observed["intake"], "placehub_deadletters_total")["intake",]
    assert values(observed["search"], "placehub_events_processed_total")["search", "referral"] > 3
    assert values(observed["delivery"], "placehub_records_published_total")["delivery", "inbox"] > 3
    assert values(observed["api"], "placehub_keys_opened_total")["hub",] >= 1
    batches = [one for one in families(observed["search"])["placehub_batch_seconds"].samples if "count" in one.name]
    assert [one.value >= 1 for one in batches] == [True]


def test_where_each_stands(hub: HubUnderTest, observed: dict[str, str]) -> None:
    """A hub at rest has no lag, nothing to publish and all partitions held."""
    for processor in ("intake", "search", "vacancies", "delivery", "monitoring"):
        observe = observed[processor]
        until(lambda at=observe: not sum(values(at, "kafka_consumergroup_lag").values()))  # type: ignore[misc]
        assert set(values(observe, "placehub_outgoing_rows").values()) == {0}
        until(lambda at=observe: _all_told(at))  # type: ignore[misc]  # as above; an outbox may just have been added
        ends = values(observe, "kafka_topic_partition_current_offset")
        for (_, topic, number), offset in values(observe, "kafka_consumergroup_current_offset").items():
            assert ends[topic, number] == offset
    assert values(observed["search"], "placehub_partitions_held") == {("search", "referral"): hub.settings.partitions}
    world = values(observed["search"], "placehub_world_lag")
    assert {topic for _, topic in world} >= {"vacancy", "agreement", "organisation", "placement"}


def _all_told(observe: str) -> bool:
    """Tell whether the lag of each partition that is held is told, and of no other."""
    held = values(observe, "placehub_partitions_held")
    return sum(held.values()) == len(values(observe, "kafka_consumergroup_lag"))


def test_nothing_of_a_case_is_in_the_labels(lived: Town, observed: dict[str, str]) -> None:
    """Labels hold names of processes, topics and rules, never an id of a case or a home."""
    told = "".join(metrics(one) for one in observed.values())
    assert "nonsense" not in told
    for home in lived.homes:
        assert str(home) not in told


def test_each_is_noted_with_what_it_holds(hub: HubUnderTest, observed: dict[str, str]) -> None:
    """The table says which partitions a process holds; together all of them."""
    held = {one.processor: one.partitions for one in workers(hub.settings)}
    every = list(range(hub.settings.partitions))
    assert held["api"] == held["portal"] == {}
    assert held["search"] == {"referral": every}
    assert held["delivery"] == {
        one.name: [0] if one.single_partition else every for one in STREAMS if one.name != "clock"
    }
    assert held["evidence"] == dict.fromkeys(LOGGED, every)
    assert all(topic.startswith("outbox.") for topic in held["intake"])


def test_a_server_that_stands_still_is_named(hub: Any, observed: dict[str, str]) -> None:
    """While the registry hangs, processes are not ready and say why, but stay live; then they are ready again."""
    registry = next(one for one in hub.running.stack.servers if one.name == "registry")
    os.kill(registry.pid, signal.SIGSTOP)
    try:
        until(lambda: ask(observed["search"], "/ready")[0] == 503)
        assert {name for name, (ok, _) in findings(observed["search"], "/ready").items() if not ok} == {"registry"}
        assert ask(observed["search"], "/live")[0] == 200
        assert values(observed["search"], "placehub_server_up")["registry",] == 0
        assert values(observed["search"], "placehub_ready")["search",] == 0
    finally:
        os.kill(registry.pid, signal.SIGCONT)
    until(lambda: ask(observed["search"], "/ready")[0] == 200)


def test_a_pause_is_no_fault(hub: HubUnderTest, observed: dict[str, str]) -> None:
    """A paused processor is ready and says since when; by whom and why only `status` says."""
    engine = connect(hub.settings.database.get_secret_value())
    assert findings(observed["vacancies"], "/ready")["paused"] == (True, "no")
    with engine.begin() as connection:
        pause(connection, Pause("vacancies", hub.now, "somebody", "a reason of her own"))
    try:
        until(lambda: values(observed["vacancies"], "placehub_paused")["vacancies",] == 1)
        assert findings(observed["vacancies"], "/ready")["paused"] == (True, f"since {hub.now.isoformat()}")
        assert ask(observed["vacancies"], "/ready")[0] == 200
    finally:
        with engine.begin() as connection:
            resume(connection, "vacancies")
        engine.dispose()
    until(lambda: values(observed["vacancies"], "placehub_paused")["vacancies",] == 0)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_who_has_ended_is_noted_no_more(hub: Any, observed: dict[str, str], how: signal.Signals) -> None:
    """A process that ends takes its note away; one that is killed is cleared by the others. Its successor is noted."""
    (before,) = [one for one in workers(hub.settings) if one.processor == "vacancies"]
    os.kill(before.pid, how)

    def followed() -> bool:
        hub.running.supervisor.look()
        found = [one for one in workers(hub.settings) if one.processor == "vacancies"]
        return len(found) == 1 and found[0].worker_id != before.worker_id

    until(followed, 90)
    (after,) = [one for one in workers(hub.settings) if one.processor == "vacancies"]
    until(lambda: ask(after.observe, "/ready")[0] == 200)
    hub.settle()
