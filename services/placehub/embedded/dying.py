"""Linux ends a process when the one that began it has ended, if asked."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
# Looked up here and not in the forked child, where loading a library could dead-lock.
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform.startswith("linux") else None


def die_with_parent(orphan_signal: signal.Signals, parent: int) -> None:
    """Let this process get the signal when its parent, the process `parent`, has ended; ends at once if it has.

    Call it after a change of user, which would clear the request.
    """
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, int(orphan_signal), 0, 0, 0)
    if os.getppid() != parent:  # the parent died before the kernel was asked
        os._exit(1)
