"""A connector on a machine whose date is the sample world's: `python -m placehub.faults.dated TIME webhook run ...`.

The hub of a fault run lives in that world's days: what a connector reads at the machine's own date would lie in the
future there. All else is `placehub-connect` as it is installed.
"""

from __future__ import annotations

import sys
from datetime import datetime
from importlib.metadata import entry_points
from typing import Final

from placehub import clock

COMMAND: Final = "placehub-connect"


def stand_still(at: datetime) -> None:
    """Let it be that time from now on, for whoever asks the hub's own clock."""

    def now(_clock: clock.WallClock) -> datetime:
        return at

    clock.WallClock.now = now  # type: ignore[method-assign, assignment]  # that is what it is for


if __name__ == "__main__":
    stand_still(datetime.fromisoformat(sys.argv.pop(1)))
    sys.argv[0] = COMMAND
    (command,) = entry_points(group="console_scripts", name=COMMAND)
    command.load()()
