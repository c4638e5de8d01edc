"""A service to be born in the tests of the nursery: tells what it sees, and stays."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path


def live(words: Sequence[str]) -> None:
    """Print the words, the working folder, the environment and the title; then stay, or fail if so told."""
    title = Path("/proc/self/cmdline").read_text().rstrip("\0")
    print(*words, Path.cwd(), sorted(os.environ.items()), title, sep="|", flush=True)
    if words[-1] == "broken":
        raise ValueError("broken")
    time.sleep(300)
