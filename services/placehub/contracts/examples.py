"""The examples beside each schema: read, written, and their codes looked up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from placehub.contracts.codec import Codec, Folder, from_json, to_json
from placehub.errors import Rejected
from placehub.mailboxes.checks import check_event
from placehub.streams import event_name, every_event

EXAMPLES: Final = "examples"
PLAYED_ON: Final = date(2026, 3, 2)
"""The day on which the examples' codes must hold: the story they tell begins then."""


def examples_of(folder: Path, cls: type) -> Iterator[Path]:
    """Yield the example files of an event, in the order of their names."""
    yield from sorted((folder / str(getattr(cls, "STREAM", "")) / EXAMPLES / event_name(cls)).glob("*.json"))


def check_examples(folder: Path, cls: type) -> list[str]:
    """Return what is wrong with an event's examples; having none is a problem too."""
    paths = list(examples_of(folder, cls))
    if not paths:
        return [f"{getattr(cls, 'STREAM', '')}.{event_name(cls)}: has no example; add one"]
    return [problem for path in paths for problem in _check(folder, path, cls)]


def _check(folder: Path, path: Path, cls: type) -> Iterator[str]:
    where = path.relative_to(folder).as_posix()
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        event = from_json(cls, document)
        check_event(event, PLAYED_ON)
        if to_json(event) != document:
            yield f"{where}: leaves fields out or writes them in another form; write what to_json gives"
        codec = Codec(Folder())
        if cls in every_event() and codec.decode(codec.encode(event)) != event:
            yield f"{where}: is not the same after encoding"
    except ValueError as error:
        yield f"{where}: is not JSON ({error})"
    except Rejected as why:
        yield f"{where}: {why}"
