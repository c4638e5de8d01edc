"""An event class as an Avro schema."""

from __future__ import annotations

import json
import types
from dataclasses import MISSING, Field, asdict, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import fastavro
from fastavro.schema import SchemaParseException, UnknownType, parse_schema

from placehub.contracts.fields import Code, Doc, Tag
from placehub.streams import event_name

AvroType = str | dict[str, Any] | list[Any]

_SIMPLE: dict[type, AvroType] = {
    str: "string",
    bytes: "bytes",
    bool: "boolean",
    int: "long",
    datetime: {"type": "long", "logicalType": "timestamp-micros"},
    date: {"type": "int", "logicalType": "date"},
    UUID: {"type": "string", "logicalType": "uuid"},
    Decimal: {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2},
}


def avro_schema(cls: type) -> dict[str, Any]:
    """Return the event's whole schema, nested records inline, its namespace the stream."""
    return _record(cls, str(getattr(cls, "STREAM", "")), set(), event_name(cls))


def of_fields(schema: Any, some: list[Any]) -> Any:
    """Return the schema of a record of that name with some fields, its own or others, as fastavro takes it."""
    return parse_schema({"type": "record", "name": schema["name"], "fields": some})


def _record(cls: type, namespace: str, seen: set[str], name: str) -> dict[str, Any]:
    seen.add(name)
    hints = get_type_hints(cls, include_extras=True)
    return {
        "type": "record",
        "name": name,
        "namespace": namespace,
        "doc": (cls.__doc__ or "").strip().splitlines()[0],
        "fields": [_field(one, hints[one.name], namespace, seen) for one in fields(cls)],
    }


def _field(one: Field[Any], hint: Any, namespace: str, seen: set[str]) -> dict[str, Any]:
    plain, marks = unpack(hint)
    avro = {"name": one.name, "type": _type(plain, namespace, seen)}
    docs = [mark.text for mark in marks if isinstance(mark, Doc)]
    tags = [mark.name for mark in marks if isinstance(mark, Tag)]
    lists = [mark.list for mark in marks if isinstance(mark, Code)]
    if docs:
        avro["doc"] = docs[-1]
    if tags:
        avro["confluent:tags"] = tags
    if lists:
        avro["placehub:codes"] = lists[-1]
    if one.default is not MISSING:
        avro["default"] = [_plain(each) for each in one.default] if isinstance(one.default, tuple) else one.default
    return avro


def _plain(value: Any) -> Any:
    """Return an item of a default as JSON writes it."""
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def unpack(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """Split `Annotated[X, ...]` (also within a union or a tuple) into X and every mark found."""
    if get_origin(hint) is Annotated:
        inner, marks = unpack(hint.__origin__)
        return inner, (*marks, *hint.__metadata__)
    if get_origin(hint) in (Union, types.UnionType, tuple):
        marks = tuple(mark for part in get_args(hint) if part is not ... for mark in unpack(part)[1])
        return hint, marks
    return hint, ()


def optional(hint: Any) -> tuple[Any, bool]:
    """Return the type without None, and whether None was allowed."""
    if get_origin(hint) in (Union, types.UnionType):
        rest = [part for part in get_args(hint) if part is not type(None)]
        return rest[0], True
    return hint, False


def _type(hint: Any, namespace: str, seen: set[str]) -> AvroType:
    plain = unpack(hint)[0]
    inner, nullable = optional(plain)
    if nullable:
        return ["null", _type(inner, namespace, seen)]
    if get_origin(plain) is tuple:
        return {"type": "array", "items": _type(get_args(plain)[0], namespace, seen)}
    if get_origin(plain) is dict:
        return {"type": "map", "values": _type(get_args(plain)[1], namespace, seen)}
    if is_dataclass(plain) and isinstance(plain, type):
        name = plain.__name__
        return f"{namespace}.{name}" if name in seen else _record(plain, namespace, seen, name)
    return _SIMPLE[plain]


def schema_text(cls: type) -> str:
    """Return the text of the event's `.avsc`."""
    return json.dumps(avro_schema(cls), indent=2, ensure_ascii=False) + "\n"


def schema_problem(text: str) -> str | None:
    """Say why a text is no Avro schema, its defaults included; None when it is one."""
    try:
        schema = json.loads(text)
        parse_schema(schema)
        return _default_problem(schema)
    except (ValueError, KeyError, TypeError, SchemaParseException, UnknownType) as error:
        return f"{type(error).__name__}: {error}"


def _default_problem(schema: Any) -> str | None:
    if isinstance(schema, list):
        return next((found for part in schema if (found := _default_problem(part))), None)
    if not isinstance(schema, dict):
        return None
    kind = schema.get("type")
    first = kind[0] if isinstance(kind, list) else kind  # a default is of a union's first branch
    if "default" in schema and not _is_of(schema["default"], first):
        return f"the default of {schema.get('name')} is not of its type"
    parts = [kind, schema.get("items"), schema.get("values"), *schema.get("fields", ())]
    return next((found for part in parts if (found := _default_problem(part))), None)


def _is_of(default: Any, kind: Any) -> bool:
    if default == [] and isinstance(kind, dict) and kind["type"] == "array":
        return True  # whatever its items are: they may be named elsewhere
    return bool(fastavro.validate(default, kind, raise_errors=False))
