"""The one place that speaks to the public package registry of Java programs, through jgo."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

from placehub.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from jgo.maven import MavenContext

_TIMEOUT_SECONDS = 60


class Repository:
    """Fetches files into `folder`, which belongs to this one download."""

    def __init__(self, context: MavenContext, folder: Path) -> None:
        self._context = context
        self.folder = folder

    def file(self, group: str, name: str, version: str, classifier: str = "", packaging: str = "jar") -> Path:
        """Fetch one file and return its path."""
        component = self._context.project(group, name).at_version(version)
        return Path(component.artifact(classifier, packaging).resolve())

    def class_path(self, *programs: str) -> list[tuple[str, str]]:
        """Fetch programs, `group:name:version`, with all they need to run together; return (name, version) of each jar.

        What several of them need is there once, in one version.
        """
        from jgo.maven import Dependency

        asked = [one.split(":") for one in programs]
        wanted = [Dependency(self._context.project(*one[:2]).at_version(one[2]).artifact()) for one in asked]
        found, needed = self._context.resolver.resolve(wanted)
        for dependency in (*found, *needed):
            dependency.artifact.resolve()
        return [(dependency.artifactId, dependency.version) for dependency in (*found, *needed)]

    def gather(self, folder: Path) -> None:
        """Move every jar that was fetched into one folder."""
        for path in sorted(self.folder.rglob("*.jar")):
            path.rename(folder / path.name)


@contextmanager
def downloading(title: str, staging: Path) -> Iterator[Repository]:
    """Lend a repository under `staging`, gone at the end; says on stderr what is fetched and how it ended.

    Any failure on the way becomes Unavailable, one sentence.
    """
    progress = _Progress(title)
    folder = staging / ".repository"
    complaints = _Complaints()
    logger = logging.getLogger("jgo")
    logger.addHandler(complaints)
    try:
        yield Repository(_context(folder, progress), folder)
        if complaints.found:
            raise Unavailable(f"{title} arrived damaged. Try again, from another network.")
        progress.done()
    except (RuntimeError, OSError) as error:  # jgo's own, and every network failure (requests raises OSErrors)
        progress.failed()
        raise Unavailable(
            f"{title} is not in the cache yet and could not be fetched ({type(error).__name__}). "
            "Connect this machine to the internet for the first start, or copy the cache of another one."
        ) from error
    finally:
        logger.removeHandler(complaints)
        rmtree(folder, ignore_errors=True)


def _context(folder: Path, progress: _Progress) -> MavenContext:
    try:
        from jgo.maven import MavenContext, PythonResolver
    except ImportError:
        raise Misconfigured("Fetching the embedded servers needs jgo: pip install 'placehub[embedded]'.") from None
    resolver = PythonResolver(progress_callback=progress.file)
    return MavenContext(repo_cache=folder, local_repos=[], resolver=resolver, timeout=_TIMEOUT_SECONDS)


class _Complaints(logging.Handler):
    """Notices jgo's warning that a file differs from its published checksum, which it would go on with."""

    found = False

    def emit(self, record: logging.LogRecord) -> None:
        self.found = self.found or "Checksum mismatch" in record.getMessage()


class _Progress:
    """One line on stderr: on a terminal it counts up in place, elsewhere it is written once at the end."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._terminal = sys.stderr.isatty()
        self._began = self._shown = time.monotonic()
        self._bytes = 0
        self._write(f"Fetching {title} (once) ...", last=not self._terminal)

    @contextmanager
    def file(self, _name: str, _size: int) -> Iterator[Callable[[int], None]]:
        yield self._count

    def done(self) -> None:
        seconds = time.monotonic() - self._began
        self._write(f"Fetched {self._title}: {self._bytes / 1e6:.0f} MB in {seconds:.0f} s", last=True)

    def failed(self) -> None:
        if self._terminal:
            self._write("", last=True)

    def _count(self, read: int) -> None:
        self._bytes += read
        if self._terminal and time.monotonic() - self._shown > 0.2:
            self._shown = time.monotonic()
            self._write(f"Fetching {self._title} (once) ... {self._bytes / 1e6:.0f} MB", last=False)

    def _write(self, text: str, *, last: bool) -> None:
        sys.stderr.write(("\r\x1b[K" if self._terminal else "") + text + ("\n" if last else ""))
        sys.stderr.flush()
