"""A process of the hub on a machine whose clock jumps: `python -m placehub.faults.skewed SECONDS run search ...`.

Every few seconds the time of day goes on by so many seconds, and then back again; what measures durations goes on.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from typing import Final

from placehub import clock
from placehub.cli import main

EVERY_SECONDS: Final = 2.0


def skew(by: float) -> None:
    """Let the time of day jump from now on."""
    true_time, begun = time.time, time.monotonic()

    def jumping() -> float:
        ahead = int((time.monotonic() - begun) / EVERY_SECONDS) % 2
        return true_time() + by * ahead

    def now(_clock: clock.WallClock) -> datetime:
        return datetime.fromtimestamp(jumping(), UTC)

    time.time = jumping
    clock.WallClock.now = now  # type: ignore[method-assign, assignment]  # that is what it is for


if __name__ == "__main__":
    skew(float(sys.argv.pop(1)))
    sys.argv[0] = "placehub"
    main()
