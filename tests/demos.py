"""The one demo of a run that is only looked at afterwards: no test changes what it left."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CORNER_SEED: Final = 7
CORNER_DAYS: Final = 12
"""So many that workers can join and leave in the midst of them."""
LONGEST_SECONDS: Final = 900


@dataclass(frozen=True)
class Demo:
    """A demo that has ended, and the folder of its hub."""

    done: subprocess.CompletedProcess[str]
    folder: Path


def demo_command(folder: Path, *options: str) -> list[str]:
    """Return the command line of a demo, as a person types it."""
    return [sys.executable, "-m", "placehub", "demo", "--seed", str(CORNER_SEED), "--dir", str(folder), *options]


def play(folder: Path, *options: str) -> Demo:
    """Run a demo to its end."""
    command = demo_command(folder, *options)
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False)
    return Demo(done, folder)
