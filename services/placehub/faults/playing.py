"""One run: a sample world lives through some days in a hub of its own while the nemesis works; then it is judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from placehub.app import PROCESSES
from placehub.embedded.identity import relay_identity
from placehub.embedded.ownership import own_folder, running_as_root
from placehub.errors import Unavailable
from placehub.faults.connected import NAMED, Connected, connected
from placehub.faults.crowd import Crowd, crowded
from placehub.faults.foreign import Broker, Seen
from placehub.faults.nemesis import RELAYED, Done, Nemesis
from placehub.faults.oracle import Finding, Handed, judge
from placehub.faults.processes import children
from placehub.faults.recovering import Recovery, await_rest
from placehub.faults.relay import Relays
from placehub.faults.schedule import Bounds, Planned, schedule
from placehub.faults.watching import Sight, Watch, longest_stall, undisturbed
from placehub.postcodes import Postcodes
from placehub.sample.demo import STAYS, VERDICTS
from placehub.sample.inmemory import InMemory
from placehub.sample.stage import Stage
from placehub.sample.verdicts import Verdict, verdict
from placehub.sample.world import make_world

FIRST_TICKS: Final = 3
"""Once the clock has been moved on so often, all are registered and act."""
START_SECONDS: Final = 300
PLAY_SECONDS: Final = 1800
"""How long a world may take to come to its end once no fault is done any more."""
CHECK_SECONDS: Final = 600
CHECKS: Final = {
    "decisions recomputed": ("audit", "recompute"),
    "evidence verified": ("audit", "verify"),
    "views rebuilt": ("replay", "--all", "--execute"),
}
"""What is asked of the hub itself once the world has ended; each ends with 0 when all is as it was."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which run."""

    seed: int
    """Draws the schedule of faults, and the world."""
    scale: str = "corner"
    days: int = 6
    """Simulated days."""
    seconds: float = 120.0
    """How long faults are done at most; the world then comes to its end undisturbed."""
    bounds: Bounds = field(default_factory=Bounds)
    crowd: int = 0
    """Events that a provider beside the world posts each time the clock moves on."""
    apart: bool = False
    """Begin each fault only once the hub has got over the one before, and has the crowd's work meanwhile."""


@dataclass(slots=True)
class Run:
    """What came of one run."""

    seed: int
    faults: list[str]
    operations: int
    """Events that organisations posted and the broker acknowledged."""
    events: int
    """Records on all streams, inboxes and outboxes."""
    findings: list[Finding]
    longest_stall: float
    """Seconds in which nothing was taken in, at most."""
    caught_up: list[tuple[Planned, float]]
    """Seconds from the end of a fault until the hub had caught up, of those that no other fault disturbed."""
    taken_over: int
    """Times a partition of the searches went to another worker."""
    seconds: float
    judging: float
    """Seconds of those that judging took."""
    left: dict[str, list[Seen]]
    """Everything the run left on the broker."""
    handed: Handed
    """What was handed in by one connector, and handed over by another."""

    def count(self, kind: str) -> int:
        """Return how many findings are of that kind."""
        return sum(one.kind == kind for one in self.findings)

    def document(self) -> dict[str, Any]:
        """Return the run as a document for programs."""
        figures = ("seed", "operations", "events", "longest_stall", "taken_over", "seconds", "judging")
        return {name: getattr(self, name) for name in figures} | {
            "faults": self.faults,
            "caught_up": [{"fault": str(what), "seconds": seconds} for what, seconds in self.caught_up],
            "lost": self.count("lost"),
            "twice": self.count("twice"),
            "findings": [asdict(one) for one in self.findings],
        }


@dataclass
class Playing:
    """A demo in a process of its own, before whose servers the relays stand."""

    process: subprocess.Popen[str]
    folder: Path
    log: Path
    relays: Relays
    watch: Watch

    @property
    def alive(self) -> bool:
        """Whether the demo's process is still there."""
        return self.process.poll() is None

    @property
    def over(self) -> bool:
        """Whether the world has come to its end, its hub staying up."""
        return STAYS in self.log.read_text()

    def await_that(self, holds: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait until it holds; Unavailable with the end of the demo's log when it does not in time, or never will."""
        deadline = time.monotonic() + seconds
        while not holds():
            if not self.alive or time.monotonic() > deadline:
                raise Unavailable(f"{what}. Its last words: {self.log.read_text()[-2000:]}")
            time.sleep(0.1)


@contextmanager
def playing(wanted: Wanted, folder: Path) -> Iterator[Playing]:
    """Begin a demo under `folder` and yield it once everybody in it acts; it has ended when the block has."""
    own_folder(folder, 0o711 if running_as_root() else 0o700)
    identity = relay_identity(folder, list(RELAYED.values()))
    log = folder.parent / f"{folder.name}.log"
    with Relays(identity.ports, identity.behind) as relays, log.open("w") as out:
        process = subprocess.Popen(_command(wanted, folder), stdout=out, stderr=out, text=True)  # noqa: S603 - ours
        one = Playing(process, folder, log, relays, Watch(identity))
        one.watch.start()
        try:
            one.await_that(lambda: one.watch.ticks >= FIRST_TICKS, START_SECONDS, "The hub did not begin")
            yield one
        finally:
            one.watch.close()
            _end(process)


def _command(wanted: Wanted, folder: Path) -> list[str]:
    options = {
        "--seed": wanted.seed,
        "--scale": wanted.scale,
        "--days": wanted.days,
        "--search-workers": wanted.bounds.workers,
        "--dir": folder,
    }
    words = [str(word) for both in options.items() for word in both]
    return [sys.executable, "-m", "placehub", "demo", "--stay", *words]


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()  # its children end with it
        process.wait()


def play(wanted: Wanted, folder: Path) -> Run:
    """Play one run in a new folder and judge it. Unavailable when the world does not come to its end."""
    began = time.monotonic()
    with (
        playing(wanted, folder) as one,
        connected(folder) as joined,
        crowded(folder, one.watch, wanted.crowd) as crowd,
    ):
        nemesis = Nemesis(
            lambda: [*children(one.process.pid), *joined.targets()],
            joined.hand_in,
            folder,
            one.relays,
            folder.parent,
        )
        crowd.begin()
        joined.begin()
        first = one.watch.seen[-1]
        _do_faults(wanted, one, nemesis, crowd, joined)
        one.await_that(lambda: one.over, PLAY_SECONDS, f"The world did not come to its end after {_told(nemesis.done)}")
        crowd.end()
        handed = joined.end()
        await_rest(folder)
        seen = [sight for sight in one.watch.seen if sight.at >= first.at]
        ended = time.monotonic()
        left = Broker(folder).read()
        findings = [*judge(left, handed), *_same_verdicts(wanted, folder), *_asked_itself(folder)]
        judged = time.monotonic()
    return Run(
        seed=wanted.seed,
        faults=[str(done.what) for done in nemesis.done],
        operations=sum(len(some) for name, some in left.items() if name.startswith("outbox.")),
        events=sum(map(len, left.values())),
        findings=findings,
        longest_stall=longest_stall(seen),
        caught_up=_caught_up(seen, nemesis.done),
        taken_over=seen[-1].epochs - first.epochs,
        seconds=round(time.monotonic() - began, 1),
        judging=round(judged - ended, 1),
        left=left,
        handed=handed,
    )


def _do_faults(wanted: Wanted, one: Playing, nemesis: Nemesis, crowd: Crowd, joined: Connected) -> None:
    plan = schedule(wanted.seed, (*PROCESSES, *NAMED.values()), wanted.bounds)
    if not wanted.apart:
        nemesis.work(plan, wanted.seconds, lambda: one.alive and not one.over)
        return

    def post() -> None:
        joined.hand_in()
        crowd.post()

    recovery = Recovery(nemesis.there, one.folder, post, lambda: joined.heard)
    nemesis.work_apart(plan, wanted.seconds, lambda: one.alive, recovery.await_it)


def _caught_up(seen: list[Sight], done: Sequence[Done]) -> list[tuple[Planned, float]]:
    awaited = [one.caught_up for one in done]
    took = awaited if all(awaited) else undisturbed(seen, [(one.begun, one.over) for one in done])
    return [(one.what, seconds) for one, seconds in zip(done, took, strict=True) if seconds is not None]


def _told(done: Sequence[Done]) -> str:
    return ", ".join(str(one.what) for one in done)


def _same_verdicts(wanted: Wanted, folder: Path) -> Iterator[Finding]:
    """Yield each verdict that differs from what the same world comes to in memory, where nothing fails."""
    decided = Counter(tuple(one) for one in json.loads((folder / VERDICTS).read_text()))
    expected = Counter(set(calm(wanted)))
    for one in (expected - decided).elements():
        yield Finding("lost", f"the verdict {one}")
    for one in (decided - expected).elements():
        yield Finding("wrong", f"the verdict {one}")


def calm(wanted: Wanted) -> list[Verdict]:
    """Return the verdicts of the same world in memory: nothing can fail there."""
    postcodes = Postcodes.open()
    world = make_world(wanted.seed, wanted.scale, postcodes, wanted.days)
    found: list[Verdict] = []
    front = InMemory(
        wanted.seed,
        postcodes,
        lambda record: found.extend(filter(None, [verdict(record)] if record.topic == "referral" else [])),
    )
    stage = Stage(front, world)
    stage.prepare()
    for now in world.steps:
        stage.step(now)
    return found


def _asked_itself(folder: Path) -> Iterator[Finding]:
    """Ask the hub to make decisions, evidence and views again, and yield where they come out otherwise."""
    environment = {**os.environ, "PLACEHUB_DIR": str(folder)}
    asked = {what: _ask(words, environment) for what, words in CHECKS.items()}  # all at once
    for what, one in asked.items():
        said, complained = one.communicate(timeout=CHECK_SECONDS)
        if one.returncode:
            yield Finding("wrong", f"not {what}: {(complained or said).strip()[-500:]}")


def _ask(words: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "placehub", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)  # noqa: S603 - ours
