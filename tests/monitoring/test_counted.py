"""What monitoring does not read of an event changes nothing it makes of it."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import fastavro
import pytest

from placehub.contracts.codec import UNREAD, Codec, Folder, from_json, to_record
from placehub.contracts.examples import examples_of
from placehub.contracts.headers import Attributes
from placehub.drivers.records import Record
from placehub.monitoring.processor import COUNTED, Monitoring
from placehub.postcodes import Postcodes

from ..contracts.conftest import SCHEMAS

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def made_of(event: Any) -> list[Any]:
    """Return the rows and the story that monitoring makes of one event."""
    about = Attributes(id=UUID(int=1), source="/hub/search/referral/0", type="", subject="", time=NOW, recorded_at=NOW)
    record = Record("referral", 0, 0, "", about, event, None, [])
    views = Monitoring(Postcodes.open())
    rows = [(table.name, key, change({})) for table, some in views.changes([record]) for key, change in some]
    return [rows, views.told([record])]


@pytest.mark.parametrize("cls", COUNTED, ids=lambda cls: cls.__name__)
def test_items_that_are_counted_need_not_be_read(cls: type) -> None:
    """Of every example, the same rows and sentence come of the whole event and of one whose items were only counted."""
    whole, thin = Codec(Folder()), Codec(Folder(), COUNTED)
    for path in examples_of(SCHEMAS, cls):
        event = from_json(cls, json.loads(path.read_text(encoding="utf-8")))
        value = whole.encode(event)
        read = thin.decode(value)
        for field in COUNTED[cls]:
            assert getattr(read, field) == (UNREAD,) * len(getattr(event, field))
        assert made_of(read) == made_of(whole.decode(value))
        assert made_of(read)[1][0]["sentence"]


class Earlier(Folder):
    """Schemas in which what is counted stands first, as a version of the hub might have written it."""

    def schema_of(self, schema_id: int) -> dict[str, Any] | None:
        """Return the schema of that number, its fields in another order."""
        schema = super().schema_of(schema_id)
        return schema and schema | {"fields": schema["fields"][::-1]}


@pytest.mark.parametrize("cls", COUNTED, ids=lambda cls: cls.__name__)
def test_items_are_counted_wherever_they_were_written(cls: type) -> None:
    """A list that its writer had before other fields is gone through, and comes to the same event."""
    whole, now, earlier = Codec(Folder()), Codec(Folder(), COUNTED), Codec(Earlier(), COUNTED)
    for path in examples_of(SCHEMAS, cls):
        event = from_json(cls, json.loads(path.read_text(encoding="utf-8")))
        value = whole.encode(event)
        out = io.BytesIO()
        fastavro.schemaless_writer(out, Earlier().schema_of(Folder().id_of(cls)) or {}, to_record(event))
        assert earlier.decode(value[:5] + out.getvalue()) == now.decode(value)


@pytest.mark.parametrize("cls", COUNTED, ids=lambda cls: cls.__name__)
def test_items_are_counted_in_a_block_that_tells_its_length(cls: type) -> None:
    """A list may begin with its number of items below zero and their length in bytes: it is counted all the same."""
    whole, thin = Codec(Folder()), Codec(Folder(), COUNTED)
    path = next(iter(examples_of(SCHEMAS, cls)))
    event = from_json(cls, json.loads(path.read_text(encoding="utf-8")))
    (field,) = COUNTED[cls]
    (first, *_) = getattr(event, field)
    one, none = (whole.encode(replace(event, **{field: homes})) for homes in ((first,), ()))
    items = one[len(none) :].removesuffix(b"\0")
    length = io.BytesIO()
    fastavro.schemaless_writer(length, {"type": "long"}, len(items))
    told = none[:-1] + b"\x01" + length.getvalue() + items + b"\0"
    assert getattr(thin.decode(told), field) == (UNREAD,)
    assert whole.decode(told) == whole.decode(one)
