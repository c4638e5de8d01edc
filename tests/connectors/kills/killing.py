"""A process is killed with -9 at moments that a seed chooses, while it works: `make kills` does so twenty times."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

from placehub.drivers.brokers import partitions_of, reader

from ...integration.story import HubUnderTest
from ...waiting import until

KILLS: Final = int(os.environ.get("KILLS", "2"))
"""How often each is killed."""
SEED: Final = int(os.environ.get("KILLS_SEED", "1"))
LONGEST_SECONDS: Final = 0.2
"""How long one works at most, after it has got on, before it is killed."""
ROOT: Final = Path(__file__).parents[3]


class Victims:
    """One program, started again and again, one process of it at a time."""

    def __init__(self, parent: subprocess.Popen[str]) -> None:
        self._parent = parent
        self._child: int | None = None

    def start(self, line: str = "") -> None:
        """Start one, and give it a line."""
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        print(line, file=self._parent.stdin, flush=True)
        self._child = int(self._parent.stdout.readline())

    def works(self) -> bool:
        """True; that it has ended by itself is a failure, told at once."""
        assert not self._is_gone(), "it has ended by itself: see what it wrote"
        return True

    def kill(self) -> None:
        """Kill it with -9, and wait until it is gone; it must not have ended by itself."""
        assert self._child is not None, "none was started"
        os.kill(self._child, signal.SIGKILL)
        until(self._is_gone, 10)
        self._child = None

    def _is_gone(self) -> bool:
        assert self._child is not None
        try:
            os.kill(self._child, 0)
        except ProcessLookupError:
            return True
        return False

    def stop(self) -> None:
        """Leave nothing running; harmless twice."""
        if self._child is not None and not self._is_gone():
            self.kill()


@contextmanager
def victims(program: str, *arguments: object, **environment: str) -> Iterator[Victims]:
    """Yield what starts a program of `programs.py`, and leave none of it running."""
    command = [sys.executable, "-m", "tests.connectors.kills.programs", program, *map(str, arguments)]
    own = {**os.environ, **environment}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe, cwd=ROOT, env=own) as parent:
        one = Victims(parent)
        try:
            yield one
        finally:
            one.stop()
            assert parent.stdin is not None
            parent.stdin.close()


def kill_often(
    those: Victims,
    load: Callable[[], object],
    done: Callable[[], int],
    whole: Callable[[], int],
    line: Callable[[], str] = str,
) -> None:
    """Start one `KILLS` times, give it a load, and kill it a moment after it got on; the last one does all there is.

    `done` counts what was dealt with, `whole` (asked at the end) what there is to deal with.
    """
    chance = random.Random(SEED)  # noqa: S311 - no secret
    for _ in range(KILLS):
        before = done()
        those.start(line())
        load()
        until(lambda: those.works() and done() > before, 180)  # noqa: B023 - called at once
        time.sleep(chance.uniform(0, LONGEST_SECONDS))
        those.kill()
    expected = whole()
    those.start(line())
    until(lambda: those.works() and done() >= expected, 180)
    those.kill()


def ids_of(hub: HubUnderTest, topic: str, wanted: set[UUID]) -> list[UUID]:
    """Return those of the ids that stand in a topic, as often as they stand there."""
    found = []
    with reader(hub.settings) as consumer:
        places = partitions_of(consumer, (topic,))
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        while any(consumer.position(place) < end for place, end in ends.items()):
            for batch in consumer.poll(500).values():
                ids = (dict(one.headers).get("ce_id", b"").decode() for one in batch)
                found += [UUID(id) for id in ids if id and UUID(id) in wanted]
    return found


def told(name: str, figures: Mapping[str, int]) -> None:
    """Print what a run came to, for whoever runs it with -s."""
    print(f"\n{name}: {KILLS} kills by seed {SEED}, " + ", ".join(f"{count} {what}" for what, count in figures.items()))
