"""When a hub has got over a fault: every process is there and answers, and what was posted since the end is done."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from placehub.app import quiet
from placehub.drivers.patience import patiently
from placehub.drivers.quiet import Quiet
from placehub.errors import Unavailable
from placehub.faults.processes import Target
from placehub.settings import Settings

LOOK_SECONDS: Final = 0.1
ANSWER_SECONDS: Final = 2
RECOVERY_SECONDS: Final = 180
"""How long a hub may take to get over one fault; then its run ends as failed."""
PAGES: Final = {"api": "/ready", "portal": "/sign-in", "registry": "/subjects"}
"""Setting that says where a process or server listens, and what it then answers."""


@dataclass
class Recovery:
    """Waits for one hub to get over each fault."""

    there: Callable[[], list[Target]]
    """Tells which processes there are now."""
    folder: Path
    post: Callable[[], object]
    """Gives the hub work, and returns once the broker has what is not posted by a connector."""
    heard: Callable[[], bool]
    """Tells whether a connector has handed over what came of all that connectors were given to post."""
    settings: Settings = field(init=False)
    whole: Counter[str] = field(init=False)
    """How many processes of each name there are while all is well."""

    def __post_init__(self) -> None:
        self.settings = Settings.load(self.folder)
        self.whole = self._names()

    def await_it(self) -> None:
        """Return once the fault that is over has been got over; Unavailable when that takes too long.

        Work is posted first, so that it is shown by work: that it and all that stood in the topics is decided,
        delivered, in the views and in the evidence, however much was held up by the fault, and that what a connector
        was given to post has come back through another.
        """
        self.post()
        self._await(lambda: not self.whole - self._names(), "A process did not come back")
        self._await(lambda: all(map(self._answers, PAGES)), "API, portal or registry did not answer again")
        self._await(self.heard, "A connector did not hand over what came")
        patiently(lambda: asked(self.settings, lambda asking: asking.wait_passed(RECOVERY_SECONDS)), RECOVERY_SECONDS)

    def _names(self) -> Counter[str]:
        return Counter(one.name for one in self.there())

    def _answers(self, process: str) -> bool:
        try:
            return httpx.get(f"{getattr(self.settings, process)}{PAGES[process]}", timeout=ANSWER_SECONDS).is_success
        except httpx.HTTPError:
            return False

    def _await(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + RECOVERY_SECONDS
        while not holds():
            if time.monotonic() > deadline:
                raise Unavailable(f"{what} in {RECOVERY_SECONDS} s.")
            time.sleep(LOOK_SECONDS)


def await_rest(folder: Path) -> None:
    """Return once a hub to which nobody posts any more has nothing left to do; Unavailable when that takes too long."""
    settings = Settings.load(folder)
    patiently(lambda: asked(settings, lambda asking: asking.wait(RECOVERY_SECONDS)), RECOVERY_SECONDS)


def asked(settings: Settings, question: Callable[[Quiet], None]) -> None:
    """Ask how far a hub has come, by connections made anew: none of its own is to be mended first."""
    with closing(quiet(settings)) as asking:
        question(asking)
