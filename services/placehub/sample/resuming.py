"""A world that was stopped while it was made goes on from its last note, by the same code, in another process.

The note is Python's own serialisation of everything in memory, in the user's own cache: nobody else can write there
(a folder or file that others may write to is refused), and it is read only by the very code that wrote it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pickle
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files as package_files
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

from placehub.embedded.ownership import own_folder
from placehub.errors import Conflict

NOTE: Final = "resume.pickle"
EVERY_SECONDS: Final = 300.0
"""How much work is lost at most when the making is killed."""


@dataclass(slots=True)
class Stopped:
    """A world at the end of one of its steps."""

    world: Any
    """Whatever makes it, with all it knows."""
    last: datetime
    """The last step that was done."""
    seconds: float
    """How long it has taken so far."""
    sizes: Mapping[str, int]
    """Bytes of each file that belong to it; what was written later does not."""


class Notes:
    """Writes notes, each by a process of its own, forked with everything in its memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writing: BaseProcess | None = None

    def write(self, stopped: Stopped) -> None:
        """Begin to write a note; it takes the place of the last one when it is whole."""
        self.finish()
        self._writing = get_context("fork").Process(target=_write, args=(self._folder, stopped), daemon=True)
        self._writing.start()

    def finish(self) -> None:
        """Return once the note is written; one that failed leaves the one before."""
        if self._writing is not None:
            self._writing.join()
            self._writing = None


def go_on(folder: Path) -> Stopped | None:
    """Return the world a folder has a note of, its files cut back to what belongs to it; None: there is none to use."""
    path = folder / NOTE
    try:
        about = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(about.st_mode) or about.st_uid != os.geteuid() or about.st_mode & 0o077:
        raise Conflict(f"{path} is not this user's alone. Remove it, and the world is made anew.")
    with path.open("rb") as file:
        if file.read(len(_code())) != _code():  # written by other code: it would go on as something between the two
            return None
        stopped: Stopped = pickle.load(file)  # noqa: S301 - this user's own, see above
    for name, size in stopped.sizes.items():
        os.truncate(folder / name, size)
    return stopped


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; Conflict when another one makes this world."""
    own_folder(folder, 0o700)
    handle = os.open(folder.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Conflict(f"Another process makes the world in {folder}. Wait for it, or stop it.") from None
    else:
        yield
    finally:
        os.close(handle)


def _write(folder: Path, stopped: Stopped) -> None:
    fresh = folder / f"{NOTE}.new"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(_code())
        pickle.dump(stopped, file, pickle.HIGHEST_PROTOCOL)
    fresh.replace(folder / NOTE)


@cache
def _code() -> bytes:
    """Return the mark of the hub's own code, 32 bytes."""
    root = Path(str(package_files("placehub")))
    mark = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        mark.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return mark.digest()
