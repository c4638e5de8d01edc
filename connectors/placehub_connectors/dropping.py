"""A watched folder: every file handed in there is read, sent, reported on and put away, once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from placehub.clock import Clock
from placehub.errors import Misconfigured
from placehub_connectors.ledger import Ledger
from placehub_connectors.mapping.language import Mapping
from placehub_connectors.planning import SET_ASIDE, plan_file
from placehub_connectors.posting import Post, hear_refusals, post_waiting
from placehub_connectors.reading.tables import MOST_BYTES
from placehub_connectors.results import FORMS, counts, results_text, write_whole

DONE: Final = "done"
"""Folder, within the watched one, of files that were read, each with its results beside it."""
RESULTS: Final = ".results"
_PASSED_OVER: Final = (".", "~$")
_UNFINISHED: Final = (".tmp", ".part", ".crdownload")


@dataclass(frozen=True, slots=True)
class Done:
    """One file that was read: where it and its results now are, and how many rows came to what."""

    file: Path
    results: Path
    counts: dict[str, int]

    @property
    def clean(self) -> bool:
        """Tell whether no row was set aside."""
        return SET_ASIDE not in self.counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """How files are taken. `closing`: the event for what a `full` file names no more."""

    form: str = "csv"
    full: bool = False
    closing: str = ""


class Drop:
    """One folder, its ledger, mapping and outbox."""

    def __init__(
        self, folder: Path, mapping: Mapping, ledger: Ledger, mailbox: Post, clock: Clock, choices: Choices
    ) -> None:
        self._folder, self._mapping, self._ledger, self._mailbox = folder, mapping, ledger, mailbox
        self._clock, self._choices = clock, choices
        self._seen: dict[Path, tuple[int, int]] = {}
        self._begun = False

    def look(self, *, settled: bool = False) -> list[Done]:
        """Send what waits, then take every file that is there; with `settled`, only those unchanged since last time.

        Unavailable when the hub is away: what was written down is sent next time.
        """
        post_waiting(self._ledger, self._mailbox)
        self._hear()
        if not self._begun:
            # A file that was put away just before the process ended is not written down as done yet.
            self._ledger.gone({path.name: self._digest(path, _bytes(path)) for path in self._files(settled=False)})
            self._begun, self._seen = True, {}
        return [self._take(path) for path in self._files(settled)]

    def _hear(self) -> None:
        """Write what the hub has refused since into the results of its file, where they still lie."""
        hear_refusals(self._ledger, self._mailbox)
        for digest, name, report in self._ledger.untold():
            for form in FORMS:
                results = _places(self._folder / name, digest, form)[1]
                if results.exists():
                    write_whole(results, results_text(report, form), _mode(results))
            self._ledger.done(digest)

    def _files(self, settled: bool) -> Iterator[Path]:
        found = {path: _state(path) for path in sorted(self._folder.iterdir()) if _is_file(path)}
        seen, self._seen = self._seen, found
        yield from (path for path, state in found.items() if not settled or seen.get(path) == state)

    def _take(self, path: Path) -> Done:
        data = _bytes(path)
        digest = self._digest(path, data)
        # Written down already: the process ended before the file was put away, and what it came to stands.
        if self._ledger.report(digest) is None:
            self._write_down(path.name, data, digest)
        post_waiting(self._ledger, self._mailbox)
        report = self._ledger.report(digest) or []
        done = _put_away(path, digest, report, self._choices.form)
        self._ledger.done(digest)
        return done

    def _digest(self, path: Path, data: bytes) -> str:
        whole = hashlib.sha256(data).hexdigest()
        return self._ledger.names.digest("file", self._mapping.name, path.name, whole).hex()

    def _write_down(self, name: str, data: bytes, digest: str) -> None:
        ledger, choices = self._ledger, self._choices
        plan = plan_file(
            self._mapping,
            name,
            digest,
            data,
            ledger.said(self._mapping.name),
            ledger.names,
            self._clock.now(),
            full=choices.full,
            closing=choices.closing,
        )
        report = [one.facts() for one in plan.lines]
        ledger.write_down(name, digest, report, plan.letters, self._mapping.name, plan.said or {})


def _is_file(path: Path) -> bool:
    passed_over = path.name.startswith(_PASSED_OVER) or path.suffix.lower() in _UNFINISHED
    return not passed_over and path.is_file() and not path.is_symlink()


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Misconfigured(f"{path.name} cannot be read: {error.strerror}. Give this user the right to.") from None


def _put_away(path: Path, digest: str, report: list[dict[str, Any]], form: str) -> Done:
    place, results = _places(path, digest, form)
    place.parent.mkdir(exist_ok=True)
    # what is said of a file is no more open than the file
    write_whole(results, results_text(report, form), _mode(path))
    path.replace(place)
    return Done(place, results, counts(report))


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o666


def _places(path: Path, digest: str, form: str) -> tuple[Path, Path]:
    # Each file has a place of its own: the same name may be handed in every day.
    place = path.parent / DONE / f"{path.stem}.{digest[:8]}{path.suffix}"
    return place, place.with_name(f"{place.name}{RESULTS}.{form}")
