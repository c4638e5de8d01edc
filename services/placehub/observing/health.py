"""Live and ready: what a process knows of itself and of its servers, each finding with its cause."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from placehub.errors import Unavailable
from placehub.observing.pulse import Pulse

EVERY_SECONDS: Final = 5.0
"""How often a server is asked."""
SILENT_SECONDS: Final = 10.0
"""A server whose answer takes longer than this does not answer."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: is it well, and if not why; the cause holds no secret and nothing of a person."""

    name: str
    ok: bool
    cause: str = ""


Check = Callable[[], Finding]


class Probe(threading.Thread):
    """Asks one server again and again on a thread of its own: one that hangs keeps nobody else waiting.

    `look` raises what it likes when the server does not answer; Unavailable's own words are the cause, of others only
    the name is told, since their text may quote what was sent.
    """

    def __init__(self, name: str, look: Callable[[], None], every: float = EVERY_SECONDS) -> None:
        super().__init__(name=f"probe-{name}", daemon=True)
        self._server = name
        self._look = look
        self._every = every
        self._ended = threading.Event()
        self._answered: float | None = None
        self._finding = Finding(name, False, "was not asked yet")

    def run(self) -> None:
        """Ask until `end`."""
        while not self._ended.is_set():
            self._finding = self._asked()
            self._answered = time.monotonic()
            self._ended.wait(self._every)

    def end(self) -> None:
        """Ask no more; a question that is open is not waited for."""
        self._ended.set()

    def finding(self) -> Finding:
        """Return what the last question found, or that it is open for too long."""
        silent = 0.0 if self._answered is None else time.monotonic() - self._answered
        if silent > self._every + SILENT_SECONDS:
            return Finding(self._server, False, f"has not answered for {silent:.0f} s")
        return self._finding

    def _asked(self) -> Finding:
        try:
            self._look()
        except Unavailable as error:
            return Finding(self._server, False, str(error))
        except Exception as error:  # whatever a client raises: the process itself must go on
            return Finding(self._server, False, f"does not answer ({type(error).__name__})")
        return Finding(self._server, True)


@dataclass(slots=True)
class Health:
    """One process: the pulses that say whether it is live, the servers and checks that say whether it is ready."""

    pulses: Sequence[Pulse] = ()
    servers: list[Check] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    def live(self) -> list[Finding]:
        """Return a finding for each pulse; one that is late because a server is away is excused."""
        away = [one.name for one in (server() for server in self.servers) if not one.ok]
        return [_pulse(pulse, away) for pulse in self.pulses]

    def ready(self) -> list[Finding]:
        """Return a finding for each check, those of `live` and the servers first."""
        return [*self.live(), *(check() for check in (*self.servers, *self.checks))]


def _pulse(pulse: Pulse, away: Sequence[str]) -> Finding:
    late = pulse.late()
    if late is None:
        return Finding(pulse.name, True)
    # to be restarted would not help who waits for a server that hangs
    waits = f", while {' and '.join(away)} did not answer" if away else ""
    return Finding(pulse.name, bool(away), f"has not turned for {late:.0f} s{waits}")
