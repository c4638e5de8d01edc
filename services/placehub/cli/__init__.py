"""The `placehub` command: one module per group of commands, imported only when its command runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress

from placehub.errors import HubError

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 and the number of its signal, as shells have it."""


def main() -> None:
    """Run the command line; what goes wrong is one line on stderr and the error's exit code."""

    def act() -> None:
        from placehub.cli.program import app

        app()

    to_its_end(act)


def to_its_end(act: Callable[[], object]) -> None:
    """Do what a command does; what goes wrong is one line on stderr and the error's exit code."""
    try:
        act()
    except KeyboardInterrupt:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        os._exit(INTERRUPTED)  # all is in order by now, and clients' threads are not waited for
    except HubError as error:
        print(f"placehub: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(error.exit_code)
