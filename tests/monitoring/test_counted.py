"""What monitoring does not read of an event changes nothing it makes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from placehub.contracts.codec import UNREAD, Codec, Folder, from_json
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
