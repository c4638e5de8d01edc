"""`placehub bench peers`: one view folded by the hub, by a plain Faust agent, by quixstreams and by Kafka Streams.

Same events, broker, rules and rows at the end; what moves the records and keeps the rows differs, and for Kafka Streams
the language. Each way is a process of its own, and they take turns. quixstreams pins what the hub has in later
versions, so it lives in a Python environment of its own that is made when it is first asked for; its pins come first
there, the rest is ours. Kafka Streams has the rules told again in Java (`java/Fold.java`), compiled when first asked
for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.schema import DropSchema

import placehub
from placehub.bench.jvm import command
from placehub.bench.kafka_streams import STREAM, fold_task
from placehub.bench.replaying import Timed, bare, ends_of, ratio, summed
from placehub.bench.running import SECONDS, told_by
from placehub.bench.timing import machine
from placehub.database import connect
from placehub.embedded.downloads import cache_folder
from placehub.errors import Misconfigured, Unavailable
from placehub.monitoring.tables import SEARCH
from placehub.replaying.shadow import make_tables
from placehub.settings import Settings

PACKAGE: Final = "quixstreams==3.28.1"
OURS: Final = ("live", "replay")
THEIRS: Final = ("faust", "quixstreams", "kafka-streams", "kafka-streams-2")
THREADS: Final[Mapping[str, int]] = {"kafka-streams": 1, "kafka-streams-2": 2}
"""Ways that are the Java program, each with so many threads."""
_READY: Final = "ready"


@dataclass(frozen=True, slots=True)
class Way:
    """How one way is run: a program that is told the schema and how many events there are."""

    command: Callable[[str, int], list[str]]
    told: Callable[[str, int], str | None] = lambda schema, events: None
    """What it reads from its standard input."""
    environment: Mapping[str, str] = field(default_factory=dict)


def measure(
    settings: Settings,
    repeats: int,
    tell: Callable[[str], None] = lambda line: None,
    ways: Sequence[str] = (*OURS, *THEIRS),
) -> dict[str, Any]:
    """Return what each way took to fold the stream `referral` as it is, and whether all came to the same rows.

    Unavailable when quixstreams or Kafka Streams is asked for and cannot be fetched; Misconfigured when the stream is
    empty, or a way ends without its rows.
    """
    runnable = {way: _way(settings, way, tell) for way in ways}
    ends = ends_of(settings, (STREAM,))
    if not ends:
        raise Misconfigured(f"The stream {STREAM} is empty: nobody looked for a home yet. Ask for more days.")
    runs: dict[str, list[Timed]] = {name: [] for name in ("bare", *ways)}
    later: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    different: dict[str, int] = dict.fromkeys(ways, 0)
    rows = 0
    for number in range(repeats):
        runs["bare"].append(bare(settings, ends, counted=True))
        with _schemas(settings, number, ways) as (engine, schemas):
            for way, schema in schemas.items():
                tell(f"run {number + 1} of {repeats}: {way}")
                timed, latter = _run(settings, runnable[way], way, schema, sum(ends.values()))
                runs[way].append(timed)
                later[way].append(latter)
            with engine.connect() as connection:
                rows = _rows(connection, schemas[ways[0]])
                for way, schema in schemas.items():
                    different[way] += _different(connection, schema, schemas[ways[0]])
    return {
        "machine": machine(),
        "events": sum(ends.values()),
        "rows": rows,
        "different": different,
        "ways": {name: summed(some) for name, some in runs.items()},
        "later": {way: _latter(some) for way, some in later.items()},
        "to_bare": {way: ratio(runs[way], runs["bare"]) for way in ways},
        "to_theirs": {
            f"{ours}/{theirs}": ratio(runs[ours], runs[theirs])
            for ours in OURS
            for theirs in THEIRS
            if ours in ways and theirs in ways
        },
    }


def _latter(some: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Return the middle figures of the latter halves of some runs."""
    rates, used = zip(*some, strict=True)
    return {"a_second": round(median(rates)), "busy_us_an_event": round(median(used), 1)}


@contextmanager
def _schemas(settings: Settings, number: int, ways: Sequence[str]) -> Iterator[tuple[Engine, dict[str, str]]]:
    """Yield an empty schema for each way; they are gone afterwards."""
    engine = connect(settings.database.get_secret_value())
    schemas = {way: f"peer_{way}_{number}" for way in ways}
    try:
        for schema in schemas.values():
            with engine.begin() as connection:
                make_tables(connection, schema)
        yield engine, schemas
    finally:
        with engine.begin() as connection:
            for schema in schemas.values():
                connection.execute(DropSchema(schema, cascade=True, if_exists=True))
        engine.dispose()


def _way(settings: Settings, way: str, tell: Callable[[str], None]) -> Way:
    """Return how a way is run, with what it needs in the cache."""
    if way in THREADS:
        start = command("Fold")
        return Way(
            lambda schema, events: start, lambda schema, events: fold_task(settings, schema, events, THREADS[way])
        )
    python, around = (_python(tell), {"PYTHONPATH": _path()}) if way == "quixstreams" else (Path(sys.executable), {})
    words = [str(python), "-m", "placehub.bench.contestants", way]
    return Way(lambda schema, events: [*words, schema, str(events)], environment=around)


def _run(settings: Settings, by: Way, way: str, schema: str, events: int) -> tuple[Timed, tuple[float, float]]:
    """Let one way fold everything in a process of its own; also return what its latter half took."""
    told = told_by(settings, way, by.command(schema, events), by.told(schema, events), by.environment)
    later = (told["later_a_second"], told["later_busy_us"])
    return Timed(events, told["seconds"], told["busy"], told["memory_mb"]), later


def _rows(connection: Connection, schema: str) -> int:
    return int(connection.execute(text(f'SELECT count(*) FROM "{schema}"."{SEARCH.name}"')).scalar_one())  # noqa: S608  # ours


def _different(connection: Connection, one: str, other: str) -> int:
    """Return how many rows of the view only one of two schemas has."""
    first, second = (f'TABLE "{schema}"."{SEARCH.name}"' for schema in (one, other))
    both = f"({first} EXCEPT {second}) UNION ALL ({second} EXCEPT {first})"
    return int(connection.execute(text(f"SELECT count(*) FROM ({both}) AS unlike")).scalar_one())  # noqa: S608  # ours


def home() -> Path:
    """Return the folder of quixstreams' environment, in the user's cache."""
    return cache_folder() / PACKAGE.replace("==", "-")


def _python(tell: Callable[[str], None]) -> Path:
    """Return the Python that has quixstreams, made if there is none; Unavailable when it cannot be had."""
    if not (home() / _READY).exists():
        tell(f"{PACKAGE} is installed in an environment of its own, once")
        home().parent.mkdir(parents=True, exist_ok=True)
        # made beside its place and put there whole, as two may make it at once
        with tempfile.TemporaryDirectory(dir=home().parent, prefix="peers-") as made:
            _install(Path(made) / "env")
            if not (home() / _READY).exists():
                shutil.rmtree(home(), ignore_errors=True)
                with suppress(OSError):
                    (Path(made) / "env").rename(home())
    return home() / "bin" / "python"


def _install(folder: Path) -> None:
    venv.create(folder, with_pip=True)
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*command, PACKAGE], capture_output=True, check=False, timeout=SECONDS).returncode:  # noqa: S603  # fixed
        raise Unavailable(f"{PACKAGE} cannot be installed. Is the package index to be reached? Try again.")
    (folder / _READY).write_text(PACKAGE, encoding="utf-8")


def _path() -> str:
    """Return where that environment finds this hub and what it needs, after all that it has of its own.

    It is told for each run: nothing of a checkout is kept in the cache, where several would find it.
    """
    own = [str(one) for one in home().glob("lib/python*/site-packages")]
    ours = [str(Path(placehub.__file__).parents[1]), *(one for one in sys.path if one.endswith("site-packages"))]
    return os.pathsep.join([*own, *ours])
