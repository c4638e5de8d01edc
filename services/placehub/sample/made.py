"""Worlds too large to live through mailboxes: made by the bulk shell, kept on disk by what they follow from.

A made world is one Avro object container file for each stream, every record with its partition, offset, key, headers
and value, and beside them the verdicts and figures. The same seed, scale, days and rules give the same decisions; the
sealed parts differ in their bytes, since sealing is never the same twice.
"""

from __future__ import annotations

import hashlib
import json
import resource
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import version
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

import fastavro
from fastavro.write import Writer

from placehub import codes
from placehub.contracts.codec import Codec, Folder
from placehub.contracts.headers import write_headers
from placehub.contracts.schema import schema_text
from placehub.drivers.records import Record
from placehub.errors import NotFound
from placehub.postcodes import Postcodes
from placehub.postcodes.store import cache_folder
from placehub.sample.inmemory import InMemory
from placehub.sample.resuming import EVERY_SECONDS, NOTE, Notes, Stopped, alone, go_on
from placehub.sample.stage import Stage
from placehub.sample.verdicts import verdict, write_verdicts
from placehub.sample.world import FIRST_DAY, SCALES, World, make_world
from placehub.search.matching import RULES_VERSION
from placehub.search.policy import DEFAULT
from placehub.streams import STREAMS, every_event

WORLDS: Final = "worlds"
"""Folder of made worlds in the user's cache."""
FIGURES: Final = "figures.json"
VERDICTS: Final = "verdicts.json"
LAYOUT: Final = 1
"""Counts up whenever a made world is written in another way."""
TOLD_EVERY: Final = timedelta(days=7)
BLOCK_BYTES: Final = 256_000
BLOCK_RECORDS: Final = 20_000
"""Records kept until they are written together."""
RECORD: Final[dict[str, Any]] = {
    "type": "record",
    "name": "MadeRecord",
    "namespace": "placehub.sample",
    "fields": [
        {"name": "partition", "type": "int"},
        {"name": "offset", "type": "long"},
        {"name": "key", "type": "string"},
        {"name": "type", "type": "string"},
        {"name": "headers", "type": {"type": "map", "values": "string"}},
        {"name": "value", "type": "bytes"},
    ],
}
"""One record of a stream; `value` is Avro of the schema named by `type`, without the registry's five bytes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which world."""

    scale: str = "england"
    seed: int = 1
    days: int = 365
    most: int | None = None
    """Events after which the world ends before its days are over, at the end of a step; None: it never does."""

    def folder(self, postcodes: Postcodes) -> Path:
        """Return where it is kept: another version of anything it follows from gives another place."""
        rests_on = (
            LAYOUT,
            version("placehub"),
            RULES_VERSION,
            DEFAULT,
            SCALES.get(self.scale),
            postcodes.version,
            codes.version(),
            *(schema_text(cls) for cls in every_event()),
        )
        mark = hashlib.sha256("\n".join(map(str, rests_on)).encode()).hexdigest()[:12]
        size = f"{self.days}-days" + (f"-{self.most}-events" if self.most else "")
        return cache_folder() / WORLDS / f"{self.scale}-{size}-seed-{self.seed}-{mark}"


@dataclass(slots=True)
class _Files:
    """The streams' files while they are written, and what is counted meanwhile.

    Writing takes a third of the time, and nothing waits for it: each block of records is written by a process of its
    own, forked with the block in its memory, while the world goes on in this one.
    """

    folder: Path
    events: Counter[str] = field(default_factory=Counter)
    verdicts: list[tuple[str, str, str, str]] = field(default_factory=list)
    _block: list[Record] = field(default_factory=list)
    _writing: BaseProcess | None = None

    def take(self, record: Record) -> None:
        """Have one record written, and note its verdict if it has one."""
        self.events[record.attributes.type] += 1
        if record.topic == "referral" and (told := verdict(record)) is not None:
            self.verdicts.append(told)
        self._block.append(record)
        if len(self._block) >= BLOCK_RECORDS:
            self._write()

    def finish(self) -> None:
        """Return once everything is written. OSError when it could not be."""
        self._write()
        self._written()

    def sizes(self) -> dict[str, int]:
        """Return how long each stream's file is, everything taken so far being written."""
        self.finish()
        return {one.name: one.stat().st_size for one in self.folder.glob("*.avro")}

    def _write(self) -> None:
        self._written()
        self._writing = get_context("fork").Process(target=_append, args=(self.folder, self._block), daemon=True)
        self._writing.start()
        self._block = []

    def _written(self) -> None:
        if self._writing is not None:
            self._writing.join()
            code, self._writing = self._writing.exitcode, None
            if code:
                raise OSError(f"The streams could not be written in {self.folder}. Make room there, then start again.")


def _append(folder: Path, records: Sequence[Record]) -> None:
    codec = Codec(Folder())
    by_stream: dict[str, list[Record]] = {}
    for record in records:
        by_stream.setdefault(record.topic, []).append(record)
    for topic, some in by_stream.items():
        with (folder / f"{topic}.avro").open("a+b") as out:
            writer = Writer(out, RECORD, codec="deflate", sync_interval=BLOCK_BYTES)
            for record in some:
                writer.write(_made_record(codec, record))
            writer.flush()


def _made_record(codec: Codec, record: Record) -> dict[str, Any]:
    return {
        "partition": record.partition,
        "offset": record.offset,
        "key": record.key,
        "type": record.attributes.type,
        "headers": {name: value.decode() for name, value in write_headers(record.attributes)},
        "value": codec.encode(record.event)[5:],
    }


def make(asked: Asked, tell: Callable[[str], None] = lambda line: None) -> tuple[Path, dict[str, Any]]:
    """Return the folder of a made world and its figures, making it first when it is not kept already.

    One that was stopped goes on where it last was noted, unless the code is another by now. Conflict while another
    process makes it.

    Figures: `events`, all and by type; `seconds` of wall time it took; `memory_mb` at most; `days` it came to;
    `searches` and `homes` of the whole world; how many events were `refused`.
    NotFound for a scale there is none of.
    """
    if asked.scale not in SCALES:
        raise NotFound(f"There is no scale {asked.scale!r}. Use one of: {', '.join(SCALES)}.")
    postcodes = Postcodes.open()
    folder = asked.folder(postcodes)
    if (folder / FIGURES).exists():
        return folder, json.loads((folder / FIGURES).read_text())
    growing = folder.with_suffix(".growing")
    growing.parent.mkdir(parents=True, exist_ok=True)
    with alone(growing):
        figures = _play(asked, postcodes, growing, tell)
        (growing / NOTE).unlink(missing_ok=True)
        (growing / FIGURES).write_text(json.dumps(figures, indent=1))
        shutil.rmtree(folder, ignore_errors=True)
        growing.rename(folder)
    return folder, figures


@dataclass(slots=True)
class _Making:
    """A world that is being made, as it is noted down."""

    world: World
    files: _Files
    front: InMemory
    stage: Stage


def _begin(asked: Asked, postcodes: Postcodes, folder: Path) -> Stopped:
    for left in folder.iterdir():
        left.unlink()
    world, files = make_world(asked.seed, asked.scale, postcodes, asked.days), _Files(folder)
    front = InMemory(asked.seed, postcodes, files.take)
    making = _Making(world, files, front, Stage(front, world))
    making.stage.prepare()
    return Stopped(making, FIRST_DAY, 0.0, {})


def _play(asked: Asked, postcodes: Postcodes, folder: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    began = noted = time.perf_counter()
    stopped = go_on(folder) or _begin(asked, postcodes, folder)
    making: _Making = stopped.world
    world, files, notes = making.world, making.files, Notes(folder)
    last = stopped.last
    for last in _told(world, files, tell, [one for one in world.steps if not stopped.sizes or one > stopped.last]):
        making.stage.step(last)
        if asked.most and files.events.total() >= asked.most:
            break
        if time.perf_counter() - noted >= EVERY_SECONDS:
            spent = stopped.seconds + time.perf_counter() - began
            notes.write(Stopped(making, last, spent, files.sizes()))
            noted = time.perf_counter()
    notes.finish()
    files.finish()
    write_verdicts(folder / VERDICTS, files.verdicts)
    return {
        "scale": asked.scale,
        "seed": asked.seed,
        "days": (last - FIRST_DAY).days + 1,
        "organisations": len(world.parties),
        "homes": len(world.homes),
        "searches": len(world.cases),
        "steps": len(world.steps),
        "events": sum(files.events.values()),
        "verdicts": len(set(files.verdicts)),
        "refused": len(making.front.hub.refused),
        "seconds": round(stopped.seconds + time.perf_counter() - began, 1),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 * (1024 if _COUNTS_BYTES else 1)),
        "megabytes": round(sum(one.stat().st_size for one in folder.iterdir()) / 1e6, 1),
        "by_type": dict(files.events.most_common()),
    }


_COUNTS_BYTES: Final = sys.platform == "darwin"


def _told(world: World, files: _Files, tell: Callable[[str], None], steps: Sequence[datetime]) -> Iterator[datetime]:
    due, began = (steps[0] if steps else FIRST_DAY) + TOLD_EVERY, time.perf_counter()
    for now in steps:
        yield now
        if now >= due:
            due += TOLD_EVERY
            tell(
                f"simulated day {(now - FIRST_DAY).days} of {world.scale.days}: "
                f"{sum(files.events.values()):,} events in {time.perf_counter() - began:,.0f} s"
            )


def read_made(folder: Path, stream: str) -> Iterator[dict[str, Any]]:
    """Yield one stream's records in the order in which they were made, each as `RECORD` says."""
    if stream not in {one.name for one in STREAMS}:
        raise NotFound(f"There is no stream {stream}.")
    path = folder / f"{stream}.avro"
    if not path.exists():
        return
    with path.open("rb") as file:
        for record in fastavro.reader(file):
            assert isinstance(record, dict)
            yield record
