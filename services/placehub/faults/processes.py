"""A hub's processes as the operating system shows them: the children of one process, by their command lines."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from placehub.observing.usage import children_of

SERVER_MARKS: Final = {"kafka.Kafka": "kafka", "quarkus-run.jar": "registry", "postgres": "postgresql"}
"""What a server's command line has a word that ends so, and the server's name."""
NO_BYTE: Final = 0


@dataclass(frozen=True, order=True)
class Target:
    """One process of the hub."""

    name: str
    pid: int


def children(of: int) -> list[Target]:
    """Return the hub's processes under the process `of`: services by their processor's name, and servers.

    Servers are its children; services are, too, or were born of one that is.
    """
    own = children_of(of)
    below = [pid for one in own for pid in children_of(one)]
    named = {pid: _service(_words(pid)) for pid in below}
    named |= {pid: _service(words) or _server(words) for pid in own for words in [_words(pid)]}
    return sorted(Target(name, pid) for pid, name in named.items() if name)


def _words(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().replace("\0", " ").split()
    except OSError:  # it has ended meanwhile
        return []


def _service(words: list[str]) -> str | None:
    return words[words.index("run") + 1] if "placehub" in words and "run" in words[:-1] else None


def _server(words: list[str]) -> str | None:
    return next((name for mark, name in SERVER_MARKS.items() if any(word.endswith(mark) for word in words)), None)


def send(there: Collection[Target], target: Target, number: signal.Signals) -> bool:
    """Send a signal to one of those that are there; False when it is not: its number may be another's by now."""
    if target not in there:
        return False
    os.kill(target.pid, number)
    return True


def forbid_writing(target: Target) -> list[int]:
    """Let no file be written by a process and those under it, as on a full disk; return whom that was done to.

    The kernel then refuses every write of theirs (EFBIG); who is started anew may write again.
    """
    stopped = [target.pid, *children_of(target.pid)]
    for pid in stopped:
        _limit(pid, NO_BYTE)
    return stopped


def allow_writing(pids: list[int]) -> None:
    """Let those of the processes that are still there write again."""
    for pid in pids:
        _limit(pid, None)


def _limit(pid: int, most: int | None) -> None:
    """Limit the bytes of a file that a process may write; None: to what it might have at most."""
    try:
        owner = Path(f"/proc/{pid}").stat()
        hard = _hard(pid)
        soft = hard if most is None else most
        if owner.st_uid == os.geteuid():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
        else:  # root without every right of root may set the limits of its own processes alone: so, as the owner
            subprocess.run(
                ["/bin/true"],
                user=owner.st_uid,
                group=owner.st_gid,
                extra_groups=[],
                preexec_fn=lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard)),
                check=False,
            )
    except (FileNotFoundError, ProcessLookupError, subprocess.SubprocessError):  # it has ended meanwhile
        return


def _hard(pid: int) -> int:
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    word = next(line for line in lines if line.startswith("Max file size")).split()[4]
    return resource.RLIM_INFINITY if word == "unlimited" else int(word)
