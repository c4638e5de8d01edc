"""What the Java program `Fold` is told, so that Kafka Streams comes to the rows that the hub does."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import ARRAY, Boolean, Column, Date, DateTime, Integer

from placehub.bench.jvm import task
from placehub.monitoring.processor import COUNTED, area_of
from placehub.monitoring.tables import SEARCH
from placehub.postcodes import Postcodes
from placehub.settings import Settings
from placehub.streams import full_name

STREAM: Final = "referral"
_AVRO: Final[tuple[tuple[type, Any], ...]] = (
    (ARRAY, {"type": "array", "items": "string"}),
    (Boolean, "boolean"),
    (Date, {"type": "int", "logicalType": "date"}),
    (DateTime, {"type": "long", "logicalType": "timestamp-micros"}),
    (Integer, "int"),
)


def fold_task(settings: Settings, schema: str, events: int, threads: int) -> str:
    """Return the task of folding the stream into the table `search` of a schema; passwords are in it."""
    return task(
        settings,
        f"bench-{schema}",
        events,
        threads,
        stream=STREAM,
        schema=schema,
        row=_row(),
        areas=_areas(),
        counted={full_name(cls): list(fields) for cls, fields in COUNTED.items()},
    )


def _row() -> Mapping[str, Any]:
    """Return the table's columns as an Avro record, in which counts alone are never null."""
    return {"type": "record", "name": "Row", "fields": [_field(one) for one in SEARCH.c]}


def _field(column: Column[Any]) -> Mapping[str, Any]:
    kind = next((avro for known, avro in _AVRO if isinstance(column.type, known)), "string")
    count = column.server_default is not None and isinstance(column.type, Integer)
    return {"name": column.name, "type": kind if count else ["null", kind]}


@cache
def _areas() -> Mapping[str, str | None]:
    """Return the name of each sector's authority, as the views have it."""
    postcodes = Postcodes.open()
    return {one: area_of(postcodes, one) for one in postcodes.sectors()}
