"""Every example is what its class, this hub's codec and the Apache Avro library all understand alike."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from avro.io import BinaryDecoder, BinaryEncoder, DatumReader, DatumWriter
from avro.schema import parse

from placehub.contracts.codec import Codec, Folder, from_json, from_record, to_json, to_record
from placehub.contracts.examples import examples_of
from placehub.streams import every_event, full_name

from .conftest import SCHEMAS

CODEC = Codec(Folder())
HEADER = 5
SEALED = {"key_id", "nonce", "ciphertext"}
SHORTEST_CIPHERTEXT = 16
EXAMPLES = [
    pytest.param(cls, path, id=f"{full_name(cls)}-{path.stem}")
    for cls in every_event()
    for path in examples_of(SCHEMAS, cls)
]
SEVERAL = {
    "referral.ReferralMade": {"one-child", "sibling-group", "parent-and-child", "emergency-tonight"},
    "referral.EarlyNoticeGiven": {"one-child", "siblings-little-known", "parent-and-child"},
    "referral.OfferMade": {"one-child-all-in", "three-siblings-together", "parent-and-child", "emergency-tonight"},
    "referral.ProviderInvited": {
        "interest-only",
        "vacancy-opened-later",
        "three-siblings-together",
        "emergency-tonight",
    },
    "vacancy.VacancyOpened": {"two-places-now", "ask-the-carer-first", "parent-and-child", "coming-with-exclusions"},
}


def read(cls: type, path: Path) -> Any:
    """Return the example as an event."""
    return from_json(cls, json.loads(path.read_text(encoding="utf-8")))


def foreign_schema(cls: type) -> Any:
    """Return the schema file as the Apache library reads it."""
    return parse((SCHEMAS / f"{full_name(cls).replace('.', '/')}.avsc").read_text(encoding="utf-8"))


def uuids_as_text(value: Any) -> Any:
    """Return a record as the Apache library takes it: ids as text."""
    if isinstance(value, dict):
        return {name: uuids_as_text(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [uuids_as_text(part) for part in value]
    return str(value) if isinstance(value, UUID) else value


@pytest.mark.parametrize(("cls", "path"), EXAMPLES)
def test_an_example_is_read_and_survives_encoding(cls: type, path: Path) -> None:
    """An example reads into its class, and comes back the same from Avro and from JSON."""
    event = read(cls, path)
    assert CODEC.decode(CODEC.encode(event)) == event
    assert to_json(event) == json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("cls", "path"), EXAMPLES)
def test_the_apache_library_reads_what_the_hub_writes(cls: type, path: Path) -> None:
    """With the schema file alone, the Apache library reads our bytes to the same values and to the last byte."""
    event = read(cls, path)
    stream = io.BytesIO(CODEC.encode(event)[HEADER:])
    record: Any = DatumReader(foreign_schema(cls)).read(BinaryDecoder(stream))
    assert from_record(cls, record) == event
    assert not stream.read()


@pytest.mark.parametrize(("cls", "path"), EXAMPLES)
def test_the_hub_reads_what_the_apache_library_writes(cls: type, path: Path) -> None:
    """Bytes written by the Apache library decode to the same event."""
    event = read(cls, path)
    out = io.BytesIO()
    out.write(CODEC.encode(event)[:HEADER])
    DatumWriter(foreign_schema(cls)).write(uuids_as_text(to_record(event)), BinaryEncoder(out))
    assert CODEC.decode(out.getvalue()) == event


@pytest.mark.parametrize(("cls", "path"), EXAMPLES)
def test_sealed_parts_have_the_form_of_real_ones(cls: type, path: Path) -> None:
    """A sealed part of an example names a key by its id and has a nonce and an authenticated ciphertext."""

    def sealed(value: Any) -> list[dict[str, Any]]:
        if isinstance(value, dict):
            return [value] if set(value) == SEALED else [one for part in value.values() for one in sealed(part)]
        return [one for part in value for one in sealed(part)] if isinstance(value, list | tuple) else []

    for part in sealed(to_record(read(cls, path))):
        assert UUID(part["key_id"]).version == 4
        assert len(part["nonce"]) == 12
        assert len(part["ciphertext"]) > SHORTEST_CIPHERTEXT


@pytest.mark.parametrize("name", SEVERAL)
def test_the_main_events_have_several_examples(name: str) -> None:
    """Referral, notice, offer, invitation and vacancy are shown in their main shapes."""
    cls = next(one for one in every_event() if full_name(one) == name)
    assert SEVERAL[name] <= {path.stem for path in examples_of(SCHEMAS, cls)}


def test_the_examples_tell_one_case_from_notice_to_close() -> None:
    """One referral_id runs through notice, referral, invitation, offer, selection, reservation, placement and close."""
    story = (
        "EarlyNoticeGiven ProviderInvited ReferralMade InterestExpressed OfferMade OfferSelected ReservationRequested "
        "VacancyReserved PlacementAgreed PlacementStarted VacancyFilled OfferNotSelected SearchClosed"
    )
    told: dict[str, set[str]] = {}
    for cls in every_event():
        for path in examples_of(SCHEMAS, cls):
            told.setdefault(str(getattr(read(cls, path), "referral_id", None)), set()).add(cls.__name__)
    assert any(set(story.split()) <= events for events in told.values())
