"""What Avro can carry, enforced on every event class: no field can forget it and no reader meets more.

Integers have 64 bits, decimals twelve digits with two after the point, times a zone, and text no control characters
but line ends and tabs: PostgreSQL stores no NUL, and what an operator prints must not steer a terminal.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any, Final

from fastavro.read import LOGICAL_READERS
from pydantic import TypeAdapter
from pydantic_core import SchemaSerializer, SchemaValidator

LARGEST_BYTES: Final = 1_000_000
"""The largest event, in bytes unpacked; the broker's own limit lies a little above, for headers."""
PRECISION: Final = 12
SCALE: Final = 2
TEXT: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
"""What text looks like."""

_LIMITS: Final[dict[str, dict[str, Any]]] = {
    "int": {"ge": -(2**63), "le": 2**63 - 1},
    "decimal": {"max_digits": PRECISION, "decimal_places": SCALE},
    "datetime": {"tz_constraint": "aware"},
    "str": {"pattern": TEXT},
    # Dataclasses do not check what they are made of: so whoever writes one does.
    "dataclass": {"revalidate_instances": "always"},
}


@cache
def shape(cls: type) -> tuple[SchemaValidator, SchemaSerializer]:
    """Return what checks and what writes out objects of the class, within the limits."""
    adapter: TypeAdapter[Any] = TypeAdapter(cls)
    schema = adapter.core_schema
    _limit(schema)
    return SchemaValidator(schema), SchemaSerializer(schema)


def _limit(schema: Any) -> None:
    if isinstance(schema, dict):
        kind = schema.get("type")
        schema.update(_LIMITS.get(kind, {}) if isinstance(kind, str) else {})
        for part in schema.values():
            _limit(part)
    elif isinstance(schema, list | tuple):
        for part in schema:
            _limit(part)


def _decimal(data: bytes, writer_schema: Any = None, reader_schema: Any = None) -> Decimal:
    """Read an Avro decimal exactly; ValueError when it has more digits than its schema allows.

    fastavro's own reader rounds such a number, and takes a minute over a megabyte of digits.
    """
    digits, scale = int(writer_schema["precision"]), int(writer_schema.get("scale", 0))
    if len(data) > digits:  # a digit takes less than half a byte
        raise ValueError("The decimal is longer than its precision.")
    unscaled = int.from_bytes(data, "big", signed=True)
    if abs(unscaled) >= 10**digits:
        raise ValueError("The decimal has more digits than its precision.")
    return Decimal(unscaled).scaleb(-scale)


LOGICAL_READERS["bytes-decimal"] = _decimal
