"""Whether a schema may follow a released one: each must read what the other has written (FULL_TRANSITIVE).

The Apache Avro library decides what its rules cover; what it does not look at (logical types) is checked here. Nothing
is released as long as there is no folder `schemas/avro/released/<version>/`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.errors import SchemaParseException
from avro.schema import Schema, make_avsc_object

from placehub.contracts.catalogue import RELEASED
from placehub.contracts.codec import Registry, event_class
from placehub.contracts.schema import avro_schema
from placehub.streams import MAILBOX, STREAMS, every_event, full_name

AT_ONCE: Final = 8
"""Questions to the registry at once."""
_NAMESPACES: Final = frozenset((MAILBOX, *(one.name for one in STREAMS)))
_LOGICAL: Final = ("logicalType", "precision", "scale")


def check_compatible(new: Mapping[str, Any], released: Mapping[str, Any]) -> list[str]:
    """Return why the two schemas cannot read each other's events; none when they can."""
    try:
        newer, older = _parsed(new), _parsed(released)
    except SchemaParseException as error:
        return [f"{new.get('name')}: is not valid Avro ({error})"]
    unread, unreadable = _unreadable(newer, older, new), _unreadable(older, newer, released)
    return [
        *(f"{new['name']}: the new version cannot read a released event: {why}" for why in unread),
        *(f"{new['name']}: a released version cannot read a new event: {why}" for why in unreadable),
        *(f"{new['name']}: {where} has another logical type" for where in _logical_changes(new, released)),
    ]


def check_released(folder: Path) -> list[str]:
    """Return every problem of this version's events with those of all released versions."""
    found = []
    for path in sorted((folder / RELEASED).glob("*/*/*.avsc")):
        name = f"{path.parent.name}.{path.stem}"
        cls = event_class(name)
        version = path.parent.parent.name
        if cls is None:
            found.append(f"{version}: {name} was released and is gone; old events could not be read any more")
        else:
            released = json.loads(path.read_text(encoding="utf-8"))
            found += [f"{version}: {problem}" for problem in check_compatible(avro_schema(cls), released)]
    return found


def check_registered(registry: Registry) -> list[str]:
    """Return every problem of this version's events with those a registry holds, all versions; may be Unavailable."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        versions = pool.map(registry.versions_of, map(full_name, every_event()))
    found = []
    for cls, known in zip(every_event(), versions, strict=True):
        for one in known:
            where = f"registry, {one.subject} version {one.version}"
            found += [f"{where}: {problem}" for problem in check_compatible(avro_schema(cls), one.schema)]
    gone = (name for name in registry.subjects() if event_class(name) is None and name.partition(".")[0] in _NAMESPACES)
    return [*found, *(f"registry: {name} is gone here; its events could not be read any more" for name in gone)]


def _parsed(schema: Mapping[str, Any]) -> Schema:
    return make_avsc_object(schema)


def _unreadable(reader: Schema, writer: Schema, read_as: Mapping[str, Any]) -> list[str]:
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]  # the library leaves it untyped
    result = checker.get_compatibility(reader, writer)
    if result.compatibility is SchemaCompatibilityType.compatible:
        return []
    kinds = ", ".join(sorted(str(kind.value).replace("_", " ") for kind in result.incompatibilities))
    fields = ", ".join(sorted({_field_at(read_as, one) for one in result.locations} - {""}))
    if fields:
        kinds = f"{fields}: {kinds}"
    return [f"{kinds}: {message}" for message in sorted(result.messages)] or [kinds]


def _field_at(schema: Any, location: str) -> str:
    """Return the dotted name of the field at the library's place in the schema: `/fields/4/type/fields/1/type`."""
    names = []
    for step in filter(None, location.split("/")):
        if isinstance(schema, list):
            schema = schema[int(step)] if step.isdigit() and int(step) < len(schema) else None
        else:
            schema = schema.get(step) if isinstance(schema, dict) else None
        if isinstance(schema, dict) and "name" in schema and step.isdigit() and "fields" not in schema:
            names.append(str(schema["name"]))
    return ".".join(names)


def _logical_changes(new: Any, released: Any) -> Iterator[str]:
    """Yield the places both versions have whose bytes would read well and mean something else."""
    before = dict(_logical_types(released, ""))
    for where, logical in _logical_types(new, ""):
        if where in before and before[where] != logical:
            yield where


def _logical_types(schema: Any, where: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield every field's place and logical type, those of its union's branches and items included."""
    if isinstance(schema, list):
        for branch in schema:
            if branch != "null":
                yield from _logical_types(branch, where)
    elif not isinstance(schema, dict):
        yield where, (None, None, None)
    elif schema["type"] == "record":
        for field in schema["fields"]:
            yield from _logical_types(field["type"], f"{where}.{field['name']}".lstrip("."))
    elif schema["type"] in ("array", "map"):
        yield from _logical_types(schema.get("items", schema.get("values")), where)
    else:
        yield where, tuple(schema.get(one) for one in _LOGICAL)
