"""A replay that an operator has begun in the portal: it runs in a thread of its own, is watched and broken off."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

import structlog
from kafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError

from placehub.errors import Conflict, HubError
from placehub.replaying.planning import Wanted
from placehub.replaying.running import Progress, Replay
from placehub.replaying.shadow import Compared, begin

LOG = structlog.get_logger()


class _BrokenOff(Exception):
    """Somebody broke it off."""


@dataclass(slots=True)
class Run:
    """One replay into the shadow, as it stands."""

    wanted: Wanted
    by: str
    into_live: bool = False
    """Whether what is made takes the place of the live views in the end."""
    progress: Progress | None = None
    found: Sequence[Compared] | None = None
    """What came of it, once it is through."""
    broken_off: bool = False
    wrong: str = ""
    """Why it ended early; asked for again it goes on from there."""
    over: bool = False


class Replays:
    """The replays of this process, one at a time; what they have made stands in the shadow, whatever becomes of it."""

    def __init__(self, open_replay: Callable[[Wanted], Replay]) -> None:
        self._open = open_replay
        self._lock = Lock()
        self._end = threading.Event()
        self._run: Run | None = None

    @property
    def last(self) -> Run | None:
        """The one that runs, or ran last; None since this process was started."""
        return self._run

    def begin(self, wanted: Wanted, by: str, *, into_live: bool = False) -> None:
        """Begin one, or go on with the one that was broken off; Conflict while one runs or another's shadow stands."""
        with self._lock:
            if self._run and not self._run.over:
                raise Conflict("A replay runs already. Wait for it, or break it off.")
            made = self._open(wanted)
            begin(made.engine, wanted)
            self._end.clear()
            self._run = Run(wanted, by, into_live)
            threading.Thread(target=self._go, args=(made, self._run), name="replay", daemon=True).start()

    def break_off(self) -> None:
        """Let the one that runs stop after its next step; harmless when none does."""
        self._end.set()

    def _go(self, made: Replay, run: Run) -> None:
        try:
            made.run(lambda progress: self._tell(run, progress))
            run.found = made.settle(into_live=run.into_live)
        except _BrokenOff:
            run.broken_off = True
        except (HubError, KafkaError, SQLAlchemyError) as error:
            LOG.warning("a replay ended early", cause=type(error).__name__)
            run.wrong = str(error) if isinstance(error, HubError) else type(error).__name__
        finally:
            run.over = True
            made.engine.dispose()

    def _tell(self, run: Run, progress: Progress) -> None:
        run.progress = progress
        if self._end.is_set():
            raise _BrokenOff
