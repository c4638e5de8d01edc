"""The nemesis: does one fault of a schedule after the other to a hub that runs, and puts right what lasts."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from placehub.faults.joining import join, leave
from placehub.faults.processes import Target, allow_writing, forbid_writing, send
from placehub.faults.relay import Relays
from placehub.faults.schedule import Planned

RELAYED: Final = {"kafka": "kafka", "postgresql": "postgres", "registry": "registry"}
"""Server -> the name of its port."""
LATE_SECONDS: Final = 0.02
"""How late each piece is while a server is slow: every answer then takes some forty milliseconds longer."""
LOOK_SECONDS: Final = 0.1
End = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Done:
    """One fault that was done, and from when to when, in the machine's own seconds."""

    what: Planned
    begun: float
    over: float
    caught_up: float | None = None
    """Seconds from its end until the hub had caught up, where that was awaited."""


@dataclass
class Nemesis:
    """Works on the hub under one process."""

    there: Callable[[], list[Target]]
    """Tells whom faults may be done to now."""
    before: Callable[[], object]
    """Gives the hub work, just before each fault; it returns at once, whoever is away."""
    folder: Path
    relays: Relays
    logs: Path
    """Where further workers write what they log."""
    done: list[Done] = field(default_factory=list)
    """What was done, in the order in which it was over."""
    _lasting: list[threading.Thread] = field(default_factory=list)

    def work(self, plan: Iterator[Planned], seconds: float, still_on: Callable[[], bool]) -> None:
        """Do what is planned for so many seconds, or until `still_on` says no; then everything has been put right."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and still_on():
            one = next(plan)
            self._do(one)
            due = time.monotonic() + one.after
            while time.monotonic() < min(due, deadline) and still_on():
                time.sleep(LOOK_SECONDS)
        for lasting in self._lasting:
            lasting.join()

    def work_apart(
        self, plan: Iterator[Planned], seconds: float, still_on: Callable[[], bool], caught_up: Callable[[], object]
    ) -> None:
        """Do what is planned, each fault once `caught_up` has returned after the one before; else as `work`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and still_on():
            one, begun = next(plan), time.monotonic()
            end = self._begin(one)
            if end is None:
                continue
            time.sleep(one.seconds)
            end()
            over = time.monotonic()
            caught_up()
            self.done.append(Done(one, begun, over, round(time.monotonic() - over, 1)))

    def _do(self, one: Planned) -> None:
        begun = time.monotonic()
        end = self._begin(one)
        if end is None:  # its target was not there
            return
        if not one.seconds:
            self.done.append(Done(one, begun, begun))
            return
        lasting = threading.Thread(target=self._end_later, args=(one, begun, end), daemon=True)
        self._lasting.append(lasting)
        lasting.start()

    def _end_later(self, one: Planned, begun: float, end: End) -> None:
        time.sleep(one.seconds)
        end()
        self.done.append(Done(one, begun, time.monotonic()))

    def _begin(self, one: Planned) -> End | None:
        """Begin a fault; return what ends it, None when its target is not there."""
        self.before()
        match one.way:
            case "killed" | "crashed":
                return self._signalled(one, signal.SIGKILL)
            case "ended":
                return self._signalled(one, signal.SIGTERM)
            case "stopped":
                return self._signalled(one, signal.SIGSTOP, signal.SIGCONT)
            case "full":
                return self._without_room(one)
            case "joined" | "jumped":
                worker = join(self.folder, self.logs / f"{one.way}.log", jumping=one.way == "jumped")
                return lambda: leave(worker)
            case _:
                return self._cut_off(one)

    def _target(self, one: Planned) -> Target | None:
        found = [each for each in self.there() if each.name == one.target]
        return found[one.nth % len(found)] if found else None

    def _signalled(self, one: Planned, first: signal.Signals, last: signal.Signals | None = None) -> End | None:
        target = self._target(one)
        if target is None or not send(self.there(), target, first):
            return None
        return lambda: last and send(self.there(), target, last)

    def _without_room(self, one: Planned) -> End | None:
        target = self._target(one)
        if target is None:
            return None
        whom = forbid_writing(target)
        return lambda: allow_writing(whom)

    def _cut_off(self, one: Planned) -> End:
        server = RELAYED[one.target]
        match one.way:
            case "away":
                self.relays.refuse(server)
            case "silent":
                self.relays.silence(server)
            case "slow":
                self.relays.slow(server, LATE_SECONDS)
            case _:
                self.relays.cut(server)
        return lambda: self.relays.mend(server)
