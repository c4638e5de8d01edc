"""`docs/events.md`: every event with its fields, as the Avro schemas say them, and what sealed parts hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from placehub.codes import names
from placehub.contracts.schema import avro_schema
from placehub.errors import Misconfigured
from placehub.handbook.writing import anchor, code, page, section, table
from placehub.mailboxes.checks import described
from placehub.streams import MAILBOX, MAILBOX_EVENTS, STREAMS, full_name

_INTRO = """\
A field that *may be absent* says nothing when it is: absent means unknown, never "no". Codes are checked against the
[dated lists](codes.md). A field tagged PII or SENSITIVE is personal: it travels only inside a sealed part.

The same, for programs: `schemas/avro/<stream>/<EventName>.avsc`, with examples beside each."""

_SEALED_INTRO = """\
On the wire a sealed part is only `{key_id, nonce, ciphertext}`: AES-256-GCM over a JSON document. These are the
documents. In a file for `placehub publish` a part may be given open: it is checked and sealed before it is sent."""

_WORDS: Final = {"string": "text", "boolean": "yes or no", "long": "whole number", "bytes": "bytes"}
_LOGICAL: Final = {
    "timestamp-micros": "time (UTC)",
    "date": "day",
    "uuid": "UUID",
    "decimal": "amount, two decimals",
}
_COLUMNS: Final = ("field", "type", "says", "codes", "tags")

Schema = Mapping[str, Any]


def events() -> str:
    """Return the page."""
    schemas = {full_name(cls): avro_schema(cls) for cls in _every()}
    documents = {cls.__name__: avro_schema(cls) for cls in _documents()}
    parts = _parts([*schemas.values(), *documents.values()], set(documents))
    sources = [*((one.name, one.events) for one in STREAMS), (MAILBOX, MAILBOX_EVENTS)]
    return page(
        "Every event and its fields",
        "the event classes (`placehub.contracts.schema`)",
        _INTRO,
        *(section(f"Stream `{name}`", *(_event(cls, schemas) for cls in found)) for name, found in sources),
        section("What sealed parts hold", _SEALED_INTRO, *(_record(one) for one in documents.values())),
        section("Parts that events share", *(_record(one) for one in parts)),
    )


def _every() -> Iterator[type]:
    for one in STREAMS:
        yield from one.events
    yield from MAILBOX_EVENTS


def _event(cls: type, schemas: Mapping[str, Schema]) -> str:
    name = full_name(cls)
    return section(code(name), str(schemas[name]["doc"]), _fields(schemas[name]), level=3)


def _record(schema: Schema) -> str:
    return section(code(schema["name"]), str(schema.get("doc", "")), _fields(schema), level=3)


def _fields(schema: Schema) -> str:
    return table(_COLUMNS, [_row(one) for one in schema["fields"]])


def _row(field: Schema) -> tuple[str, ...]:
    listed = field.get("placehub:codes")
    if listed and listed not in names():
        raise Misconfigured(f"{field['name']} names the code list {listed}, which does not exist. Correct its class.")
    return (
        code(field["name"]),
        _told(field),
        str(field.get("doc", "")),
        f"[{listed}](codes.md#{anchor(str(listed))})" if listed else "",
        ", ".join(field.get("confluent:tags", ())),
    )


def _told(field: Schema) -> str:
    told = _type(field["type"])
    default = field.get("default")
    if "default" not in field or default in (None, [], {}):
        return told
    return f"{told}; {default if not isinstance(default, bool) else 'yes' if default else 'no'} if absent"


def _type(kind: Any) -> str:
    if isinstance(kind, list):
        return f"{_type(kind[1])}, may be absent"
    if isinstance(kind, str):
        return _WORDS.get(kind) or _link(kind.rpartition(".")[2])
    if kind["type"] == "array":
        return f"list of {_type(kind['items'])}"
    if kind["type"] == "map":
        return f"names with {_type(kind['values'])}"
    return _link(kind["name"]) if kind["type"] == "record" else _LOGICAL[kind["logicalType"]]


def _link(name: str) -> str:
    return f"[{name}](#{anchor(name)})"


def _documents() -> list[type]:
    found: dict[type, None] = {}
    for cls in _every():
        _find_documents(cls, found, set())
    return sorted(found, key=lambda cls: cls.__name__)


def _find_documents(cls: type, found: dict[type, None], seen: set[type]) -> None:
    for field in described(cls):
        if field.seals is not None:
            found[field.seals.document] = None
        elif field.record is not None and field.record not in seen:
            _find_documents(field.record, found, seen | {field.record})


def _parts(schemas: Iterable[Schema], told: set[str]) -> list[Schema]:
    """Return every nested record once, by name; Misconfigured when one name stands for two."""
    found: dict[str, Schema] = {}
    for schema in schemas:
        for part in _nested(schema):
            known = found.setdefault(part["name"], part)
            if _fields(known) != _fields(part):
                raise Misconfigured(f"Two different parts are called {part['name']}. Rename one.")
    return [found[name] for name in sorted(found) if name not in told]


def _nested(kind: Any) -> Iterator[Schema]:
    """Yield the records within a type, however deep."""
    if isinstance(kind, list):
        for one in kind:
            yield from _within(one)
    elif isinstance(kind, dict):
        for one in (*(field["type"] for field in kind.get("fields", ())), kind.get("items"), kind.get("values")):
            yield from _within(one)


def _within(kind: Any) -> Iterator[Schema]:
    if isinstance(kind, dict) and kind.get("type") == "record":
        yield kind
    yield from _nested(kind)
