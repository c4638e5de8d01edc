"""Run in a process that was forked with this program loaded: be the command that is `given`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from placehub.cli import main


def be(words: Sequence[str], environment: dict[str, str], files: Sequence[Path]) -> None:
    """Read the first file, write the other two, see this environment alone, and run `placehub WORDS`."""
    for number, file in enumerate(files):
        opened = os.open(file, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["placehub", *words]
    with open(0, closefd=False) as sys.stdin:  # `multiprocessing` has put nothing in its place
        main()


be(*globals()["given"])
