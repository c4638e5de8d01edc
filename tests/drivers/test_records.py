"""What a stream holds that this version cannot read stops its reader, and says so."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from placehub.contracts.codec import Codec, Folder
from placehub.contracts.headers import Attributes, write_headers
from placehub.drivers.records import Message, not_taken_in, read_event
from placehub.errors import Misconfigured
from placehub.streams import every_event, full_name
from placehub.vacancies.events import VacancyPaused

HOME = UUID(int=7)
EVENT = VacancyPaused(vacancy_id=HOME, provider="Jocasta")
ABOUT = Attributes(
    id=UUID(int=1),
    source="/organisations/P1",
    type=full_name(VacancyPaused),
    subject=str(HOME),
    time=datetime(2026, 3, 2, 9, tzinfo=UTC),
    sequence=1,
)
WHOLE = Message("vacancy", 3, 17, str(HOME).encode(), Codec(Folder()).encode(EVENT), write_headers(ABOUT))


class Later(Folder):
    """The schemas as a later version registers them: it has given the event another name."""

    def schema_of(self, schema_id: int) -> dict[str, Any] | None:
        """Return the schema under its new name."""
        known = super().schema_of(schema_id)
        return json.loads(json.dumps(known | {"name": "HomeVisited"})) if known else None


def test_what_is_whole_is_read() -> None:
    """A record of a known event is read."""
    assert read_event(Codec(Folder()), WHOLE).event == EVENT


@pytest.mark.parametrize(
    ("codec", "message"),
    [
        (Codec(Later()), WHOLE),
        (Codec(Folder()), replace(WHOLE, value=b"\x00" + (len(every_event()) + 1).to_bytes(4, "big") + b"x")),
        (Codec(Folder()), replace(WHOLE, key=b"\xff\xfe")),
        (Codec(Folder()), replace(WHOLE, headers=[])),
        (Codec(Folder()), replace(WHOLE, value=None)),
    ],
    ids=["an event of a later version", "an unknown schema", "a key that is no text", "no headers", "a tombstone"],
)
def test_what_cannot_be_read_stops_the_reader(codec: Codec, message: Message) -> None:
    """Nothing of a stream may be passed over: one sentence names the record and asks for the upgrade."""
    with pytest.raises(Misconfigured, match=r"vacancy/3/17 .*Upgrade this process") as why:
        read_event(codec, message)
    assert "Jocasta" not in str(why.value)


@pytest.mark.parametrize(
    ("came", "taken"),
    [
        ([17, 18, 19], [17, 18, 19]),
        ([15, 16, 17, 18], [17, 18]),
        ([17, 18, 17, 18, 19], [17, 18, 19]),
        ([19, 20, 17, 18, 19, 20], [17, 18, 19, 20]),
        ([12, 13], []),
    ],
)
def test_what_is_read_again_is_taken_in_once(came: list[int], taken: list[int]) -> None:
    """Whatever comes twice or out of order in one batch is taken in once, in the log's order, and nothing is left."""
    batch = [replace(WHOLE, offset=offset) for offset in came]
    assert [one.offset for one in not_taken_in(batch, 17)] == taken
