"""Whether events, streams, schema files and examples agree: nothing drifted, nothing missing, nothing orphaned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Final

from placehub.contracts.disclosure import check_fields
from placehub.contracts.examples import EXAMPLES, check_examples
from placehub.contracts.schema import schema_problem, schema_text
from placehub.streams import MAILBOX, STREAMS, event_name, every_event, full_name

RELEASED: Final = "released"
"""Folder of the schemas of released versions, beside the streams' folders."""

_KEYS: Final = {one.name: None if one.single_partition else one.key for one in STREAMS} | {MAILBOX: "organisation"}


def check_catalogue(folder: Path, events: Sequence[type] | None = None) -> list[str]:
    """Return every problem of the catalogue, one sentence each; none when all agree.

    `folder` is `schemas/avro`; `events` is every event of the catalogue unless others are given.
    """
    chosen = every_event() if events is None else tuple(events)
    named = tuple(cls for cls in chosen if getattr(cls, "STREAM", None) in _KEYS)
    return [
        *_check_names(chosen),
        *_check_streams(chosen),
        *_check_keys(named),
        *check_fields(named),
        *_check_files(folder, named),
        *(problem for cls in named for problem in _check_schema(folder, cls)),
        *(problem for cls in named for problem in check_examples(folder, cls)),
    ]


def _check_names(events: Iterable[type]) -> list[str]:
    counted = Counter(f"{getattr(cls, 'STREAM', '')}.{event_name(cls)}" for cls in events)
    return [f"{name}: {number} events have this name; rename one" for name, number in counted.items() if number > 1]


def _check_streams(events: Iterable[type]) -> list[str]:
    told = {cls: getattr(cls, "STREAM", None) for cls in events}
    lost = [f"{event_name(cls)}: names no stream of the catalogue" for cls, name in told.items() if name not in _KEYS]
    return lost + [f"stream {name}: carries no event" for name in _KEYS if name not in told.values()]


def _check_keys(events: Iterable[type]) -> list[str]:
    wanted = ((cls, _KEYS[full_name(cls).partition(".")[0]]) for cls in events)
    return [
        f"{full_name(cls)}: has no field {key}, the key of its stream"
        for cls, key in wanted
        if key is not None and key not in {one.name for one in fields(cls)}
    ]


def _schema_path(cls: type) -> str:
    return full_name(cls).replace(".", "/") + ".avsc"


def _check_files(folder: Path, events: Iterable[type]) -> list[str]:
    """Find what has no event: a folder, a schema, examples, or a file that is neither."""
    schemas = {_schema_path(cls) for cls in events}
    examples = {f"{path.rpartition('/')[0]}/{EXAMPLES}/{Path(path).stem}" for path in schemas}
    orphans = []
    for path in sorted(one for one in folder.rglob("*") if one.relative_to(folder).parts[0] != RELEASED):
        name = path.relative_to(folder).as_posix()
        home = path.parent.relative_to(folder).as_posix()
        if path.is_dir():
            known = name in _KEYS or path.name == EXAMPLES or name in examples
        else:
            known = name in schemas or (home in examples and path.suffix == ".json")
        if not known:
            orphans.append(f"{name}: belongs to no event or stream of the catalogue; remove it")
    return orphans + [f"{name}: the stream has no folder" for name in _KEYS if not (folder / name).is_dir()]


def _check_schema(folder: Path, cls: type) -> list[str]:
    name = _schema_path(cls)
    path = folder / name
    if not path.is_file():
        return [f"{name}: is missing; write the schemas again"]
    text = path.read_text(encoding="utf-8")
    if problem := schema_problem(text):
        return [f"{name}: is not valid Avro ({problem})"]
    if text != schema_text(cls):
        return [f"{name}: is not what the class says; write the schemas again"]
    return []
