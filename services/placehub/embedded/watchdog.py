"""Run a command and end it when our parent dies, for systems where the kernel does not: `SIGNAL USER|- COMMAND...`.

The parent holds the other end of standard input; its end, however it came, closes it.
"""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import threading


def main(arguments: list[str]) -> int:
    """Run the command to its end and return its exit code."""
    orphan_signal = int(arguments[0])
    account = pwd.getpwnam(arguments[1]) if arguments[1] != "-" else None
    child = subprocess.Popen(  # noqa: S603 - given by our own parent
        arguments[2:],
        stdin=subprocess.DEVNULL,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )
    for asked in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(asked, lambda number, _frame: child.send_signal(number))

    def end_with_parent() -> None:
        while os.read(0, 1024):
            pass
        child.send_signal(orphan_signal)

    threading.Thread(target=end_with_parent, daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
