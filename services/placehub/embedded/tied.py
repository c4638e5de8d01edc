"""Imported first by the fork server in which services are born: it ends with the process that began it.

Its own way would be to wait until nobody holds its pipe any more, but those born of it hold it too. And its threads
share one heap, as do those of all that are born of it: a heap for each thread, glibc's way, keeps what none of them
uses, and threads of Python take turns anyway.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

from placehub.embedded.dying import die_with_parent

FORK_SERVER: Final = "from multiprocessing.forkserver import main"
"""How the program of a fork server begins; whoever else imports this is not tied."""
_M_ARENA_MAX: Final = -8

if sys.orig_argv[-1].startswith(FORK_SERVER):
    die_with_parent(signal.SIGKILL, os.getppid())
    if hasattr(_libc := ctypes.CDLL(None), "mallopt"):
        _libc.mallopt(_M_ARENA_MAX, 1)
