"""The benchmarks of a hub that runs time what came where, and reckon with all of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from placehub.agreements.events import ProviderJoined
from placehub.bench import latency, scale
from placehub.bench.latency import Scene
from placehub.bench.page import latency as latency_page
from placehub.bench.page import startup as startup_page
from placehub.bench.scale_page import panels
from placehub.bench.scale_page import scale as scale_page
from placehub.bench.wire import BARE, Arrival, bare_hops, wire
from placehub.observing.usage import busy_seconds, descendants, memory_mb
from placehub.referrals.child import NotedChild
from placehub.referrals.events import EarlyNoticeGiven, Wanted
from placehub.vacancies.events import VacancyClosed, VacancyOpened

from ..conftest import Hub
from ..integration.story import BASIS, SECTOR, registered
from ..search.worlds import a_home

pytestmark = pytest.mark.broker
MACHINE = {"cores": 2, "python": "3", "load": 1.0}


@pytest.fixture
def scene(hub: Hub) -> Iterator[Scene]:
    """An authority and a provider with one home; two notices that it fits, and a second home that opens later."""
    authority, provider = hub.add("authority").code, hub.add("provider").code
    agreement = uuid4()
    agreed = registered(authority, agreement_id=agreement)
    joined = ProviderJoined(agreement_id=agreement, lead=authority, provider=provider, joined_on=date(2026, 1, 1))
    homes = [_home(hub, provider), _home(hub, provider)]
    wanted = Wanted(kind="long term", needed_by="in more than 5 days", near_sector=SECTOR)
    notices = tuple(
        EarlyNoticeGiven(
            referral_id=uuid4(),
            authority=authority,
            agreement_id=agreement,
            need_known_at=hub.now,
            lawful_basis=BASIS,
            wanted=wanted,
            children=(NotedChild(child_id=uuid4(), age_band="8-10", sex="F"),),
        )
        for _ in range(3)
    )
    before = ((authority, agreed), (authority, joined), (provider, homes[0]))
    yield Scene((authority, provider), before, notices, (homes[1],), hub.now)
    with wire(hub.settings, ()) as to:
        for one in homes:
            to.post(provider, VacancyClosed(vacancy_id=one.vacancy_id, provider=provider), hub.now)
        to.flush()
    hub.settle()


def _home(hub: Hub, provider: str) -> VacancyOpened:
    day, until = hub.now.date(), hub.now + timedelta(days=60)
    home = a_home(postcode_sector=SECTOR, kinds=("long term",), available_from=day, willing_until=until)
    return VacancyOpened(vacancy_id=uuid4(), provider=provider, household_ref=uuid4(), home=home)


def test_from_outbox_to_inbox(hub: Hub, scene: Scene) -> None:
    """A notice leads to an invitation, and the home that opens is told to its search and to those begun before."""
    effort = latency.Effort((15.0,), each=1, repeats=1, at_once=1, just_begun=1)
    found = latency.measure(hub.settings, scene, hub.settle, effort, busy=lambda: {"search": 1.0})
    (p3,), begun = found["p3"], found["just_begun"]
    assert (begun["notices"], begun["with_an_invitation"]) == (1, 1)
    assert (p3["notices"], p3["with_an_invitation"], p3["invited_most"]) == (1, 1, 1)
    assert (found["p4"]["open_searches"], found["p4"]["that_told"], found["p4"]["told_most"]) == (3, 1, 3)
    assert p3["p99_ms"] >= p3["median_ms"] > 0
    assert p3["busy_ms_a_notice"] == {"search": 0.0}
    assert found["p4"]["up_to_15"]["bare_median_ms"] > 0
    page = latency_page(found)
    assert "| 15 | 1 | 1 | 1 | 1 | 0 | search 0.0 |" in page
    assert "among 3 open searches" in page
    assert "15 a second, the first 1 of a hub that has just begun" in page


def test_one_by_one_and_at_once(hub: Hub, scene: Scene) -> None:
    """The first notice is timed beside a bare hop, the other until all is done; each is told of as it costs."""
    spent = iter(({"search 1": 1.0, "kafka": 2.0}, {"search 1": 1.25, "kafka": 2.5}))
    two = replace(scene, notices=scene.notices[:2])
    found = scale.timed(hub.settings, two, hub.settle, 1, busy=lambda: next(spent))
    assert (found["invited"], found["busy_ms"], found["busy_ms_of"]) == (1, 750.0, {"search 1": 250.0, "kafka": 500.0})
    assert found["first_ms"] > found["bare_ms"] > 0
    assert found["a_second"] > 0
    row = {"workers": 2, "organisations": 30, "intakes": 1, "joined_s": 9, "memory_mb": 1000, "broker_mb": 400, **found}
    told = {"workers": [row], "organisations": [], "timed": 1, "at_once": 1, "machine": MACHINE}
    times = f"{found['first_ms']} | {found['bare_ms']} | {found['a_second']}"
    assert f"| 2 | 30 | 1 | {times} | 750.0 | 250.0 | 0 | 500.0 | 9 | 1000 | 400 |" in scale_page(told)
    assert panels(told) == {
        "By search workers": {
            "notices a second": [(2, found["a_second"])],
            "processor ms a notice": [(2, 750.0)],
        }
    }


def test_bare_hops_are_told_by_their_keys() -> None:
    """Only records of the bare topic that this run sent count, each from its own sending."""
    came = [
        Arrival(5.0, BARE, "", "a", None),
        Arrival(6.0, BARE, "", "b", None),
        Arrival(7.0, "inbox.P1", "", "a", None),
    ]
    assert bare_hops(came, {"a": 4.5}) == [0.5]


def test_processes_below_are_found() -> None:
    """A process that was started here is found below this one and holds memory; what computes is seen to be busy."""
    before = busy_seconds({"this": os.getpid()})
    sum(range(3_000_000))
    assert busy_seconds({"this": os.getpid()})["this"] > before["this"] > 0
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        below = descendants(os.getpid())
        assert child.pid in below
        assert memory_mb([child.pid]) > 0
        assert busy_seconds({"child": child.pid}).keys() == {"child"}
        child.communicate(b"\n")


def test_the_page_of_a_start() -> None:
    """What a start took stands beside what its servers took."""
    found = dict.fromkeys(("seconds", "servers_seconds", "ratio", "memory_mb", "servers_memory_mb"), "1.0 (1.0 to 1.0)")
    assert "its three servers alone: 1.0 (1.0 to 1.0) s" in startup_page({"machine": MACHINE, **found})
