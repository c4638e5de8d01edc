"""Nothing but the clock asks the machine for the time: else a simulated day would not be one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import placehub

ROOT = Path(placehub.__file__).parent
CALENDAR = {
    *((owner, name) for owner in ("datetime", "dt") for name in ("now", "utcnow", "today")),
    ("date", "today"),
    *(("time", name) for name in ("time", "time_ns", "localtime", "gmtime", "ctime", "strftime")),
    *(("func", name) for name in ("now", "current_timestamp", "current_date", "clock_timestamp")),
}
"""What tells the date or the time of day."""
STOPWATCH = {("time", name) for name in ("monotonic", "sleep", "perf_counter", "monotonic_ns")}
"""What only measures how long something takes."""
MAY_MEASURE = {
    "embedded": "servers and processes start and stop in the machine's time",
    "database.py": "how long a connection has rested is the machine's time",
    "drivers": "the broker and the database are waited for in the machine's time",
    "organisations/broker.py": "the broker's new rules come into force in the machine's time",
    "whole.py": "waits for services that run in the machine's time",
    "keys/client.py": "how long a key is remembered is the machine's time: the program that has it knows no other",
    "observing": "whether a loop still turns and a server answers shows in the machine's time",
    "evidence/verifying.py": "a head that was just signed is waited for in the machine's time",
    "faults": "faults are done to a hub, and what they cost is measured, in the machine's time",
    "bench": "how long things take is what a benchmark measures",
    "replaying": "how long a replay takes, and has still to go, is one of its figures",
    "sample/made.py": "how long making a world took is one of its figures",
}
"""Where the stopwatch is used, and why."""
# structlog's TimeStamper in app.py stamps log lines, which are read beside the logs of the machine's other programs.
MAY_TELL_THE_TIME = {
    "clock.py": "it is the clock",
    "faults/skewed.py": "it makes the machine's clock wrong, on purpose",
    "drivers/presence.py": "which workers live is asked of the database's own time, whatever day it is in the hub",
}


def calls(source: str, banned: set[tuple[str, str]]) -> list[str]:
    """Return every banned name of the source that is used or imported, with its line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", None)
            if (owner, node.attr) in banned:
                found.append(f"{node.lineno}: {owner}.{node.attr}")
        elif isinstance(node, ast.ImportFrom):
            found += [
                f"{node.lineno}: {node.module}.{one.name}" for one in node.names if (node.module, one.name) in banned
            ]
    return found


def modules(excepted: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the path and source of every module that is not excepted."""
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not any(name == one or name.startswith(f"{one}/") for one in excepted):
            yield name, path.read_text(encoding="utf-8")


def test_nobody_else_tells_the_time() -> None:
    """No module but the clock reads the date or the time of day."""
    assert {name: found for name, source in modules(MAY_TELL_THE_TIME) if (found := calls(source, CALENDAR))} == {}


def test_who_measures() -> None:
    """Waiting in the machine's time is done only where the machine is waited for."""
    allowed = MAY_TELL_THE_TIME | MAY_MEASURE
    assert {name: found for name, source in modules(allowed) if (found := calls(source, STOPWATCH))} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\ndatetime.now()",
        "import datetime as d\nd.datetime.now(d.UTC)",
        "import datetime\ndatetime.date.today()",
        "import time\ntime.time()",
        "from time import time\ntime()",
        "later = datetime.utcnow",
        "select(func.now())",
    ],
)
def test_the_ban_bites(source: str) -> None:
    """Each way to ask for the time is noticed."""
    assert calls(source, CALENDAR)
