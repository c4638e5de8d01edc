"""Encoding and decoding: any event survives, no bytes do harm."""

from __future__ import annotations

import io
import json
import struct
from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placehub.contracts import writing
from placehub.contracts.codec import Codec, Folder, from_json, parsed, to_json, to_record
from placehub.contracts.examples import examples_of
from placehub.contracts.parts import FeeLine
from placehub.contracts.schema import avro_schema
from placehub.errors import Rejected
from placehub.offers.events import FieldFeedback, ReferralFeedbackGiven
from placehub.placements.events import (
    MissingEpisodeRecorded,
    PlacementReviewed,
    PlacementStarted,
    SupportRequested,
)
from placehub.referrals.child import Child, NotedChild
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade
from placehub.search.events import InvitationUpdated, ProviderInvited
from placehub.streams import every_event, full_name

from .conftest import SCHEMAS
from .making import CONTROL, events_of

CODEC = Codec(Folder())
ID = UUID(int=5)
MISSING: Any = MissingEpisodeRecorded(
    placement_id=ID, authority="a", provider="b", kind="M", began_at=datetime(2026, 3, 2, tzinfo=UTC)
)
FEEDBACK: Any = ReferralFeedbackGiven(
    referral_id=ID, provider="SAMPLE-IFA-01", after_days=14, fields=(FieldFeedback(field="pets", found="described"),)
)
SUPPORT: Any = SupportRequested(
    placement_id=ID, authority="a", provider="b", support=FeeLine(what="x", amount=Decimal("4.50"), unit="week")
)
EVERY = pytest.mark.parametrize("cls", every_event(), ids=full_name)


def example(cls: type, name: str) -> Any:
    """Return one of the examples as an event."""
    path = next(one for one in examples_of(SCHEMAS, cls) if one.stem == name)
    return from_json(cls, json.loads(path.read_text(encoding="utf-8")))


def message(cls: type, body: bytes) -> bytes:
    """Return bytes that claim to be an event of the class."""
    return struct.pack(">bI", 0, Folder().id_of(cls)) + body


def number(value: int) -> bytes:
    """Return an integer as Avro writes it."""
    zigzag, out = (value << 1) ^ (value >> 63), b""
    while zigzag & ~0x7F:
        out, zigzag = out + bytes([zigzag & 0x7F | 0x80]), zigzag >> 7
    return out + bytes([zigzag])


def text(value: bytes) -> bytes:
    """Return text or bytes as Avro writes them."""
    return number(len(value)) + value


def refused(value: bytes | None) -> Rejected:
    """Return the refusal of these bytes; anything else fails the test."""
    with pytest.raises(Rejected) as caught:
        CODEC.decode(value)
    return caught.value


@EVERY
@settings(max_examples=25)
@given(data=st.data())
def test_every_event_survives_avro_and_json(cls: type, data: st.DataObject) -> None:
    """Any event of any class comes back the same from Avro bytes and from JSON."""
    event = data.draw(events_of(cls))
    assert CODEC.decode(CODEC.encode(event)) == event
    assert from_json(cls, json.loads(json.dumps(to_json(event)))) == event


@EVERY
@settings(max_examples=10)
@given(data=st.data())
def test_a_field_is_cut_out_of_its_bytes(cls: type, data: st.DataObject) -> None:
    """Without a field an event's bytes are those of the event with none; one that is never null is not cut out."""
    event = data.draw(events_of(cls))
    one = data.draw(st.sampled_from([field.name for field in fields(cls)]))
    value = CODEC.encode(event)
    cut = CODEC.without(value, one)
    (kind,) = (field["type"] for field in avro_schema(cls)["fields"] if field["name"] == one)
    assert cut == (CODEC.encode(replace(event, **{one: None})) if "null" in kind else None)
    assert CODEC.without(value, "nothing") is None


def as_a_whole(event: object) -> bytes:
    """Return an event's bytes, written at once."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, parsed(full_name(type(event))), to_record(event), disable_tuple_notation=True)
    return message(type(event), out.getvalue())


@pytest.mark.parametrize("cls", [ProviderInvited, InvitationUpdated])
@settings(max_examples=100)
@given(data=st.data())
def test_findings_that_stand_in_many_events_are_written_as_ever(cls: type, data: st.DataObject) -> None:
    """The very same findings in several homes and events have the bytes that the event has when written at once."""
    one, other = data.draw(events_of(cls)), data.draw(events_of(cls))
    findings = tuple(finding for home in one.homes for finding in home.findings)
    shared = replace(other, homes=tuple(replace(home, findings=findings) for home in (*one.homes, *other.homes)))
    for event in (one, shared, other):
        assert CODEC.encode(event) == as_a_whole(event)


def test_more_findings_than_are_kept_are_written_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has been written is forgotten when there is too much of it, and written anew."""
    monkeypatch.setattr(writing, "_MOST_KEPT", 2)
    codec, event = Codec(Folder()), example(ProviderInvited, "interest-only")
    assert [codec.encode(event) for _ in range(3)] == [as_a_whole(event)] * 3


INVITED = example(ProviderInvited, "interest-only")
FIT = INVITED.homes[0]


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (replace(INVITED, homes=list(INVITED.homes)), "homes"),
        (replace(INVITED, homes=(FIT, "a home")), "homes.1"),
        (replace(INVITED, homes=(FIT, replace(FIT, need="500"))), "homes.1.need"),
        (replace(INVITED, homes=(replace(FIT, findings=(FIT,)),)), "homes.0.findings.0"),
        (replace(INVITED, homes=(replace(FIT, findings=(*FIT.findings[:1], None)),)), "homes.0.findings.1"),
        (
            replace(INVITED, homes=(FIT, replace(FIT, findings=(replace(FIT.findings[0], verdict=None),)))),
            "homes.1.findings.0.verdict",
        ),
        (replace(INVITED, provider=7), "provider"),
    ],
)
def test_what_does_not_fit_is_named_within_lists_of_findings(event: object, field: str) -> None:
    """Encoding refuses what does not fit in a home or in one of its findings, and names its field with its place."""
    with pytest.raises(Rejected) as caught:
        CODEC.encode(event)
    assert caught.value.field == field


@EVERY
@settings(max_examples=60)
@given(body=st.binary(max_size=300))
def test_hostile_bytes_are_only_ever_rejected(cls: type, body: bytes) -> None:
    """Bytes that claim to be an event are either that event or Rejected; no other error leaves the codec."""
    try:
        event = CODEC.decode(message(cls, body))
    except Rejected:
        return
    assert type(event) is cls


@settings(max_examples=500)
@given(value=st.binary(max_size=64))
def test_bytes_of_no_form_are_rejected(value: bytes) -> None:
    """Bytes that are no message at all are Rejected, or by rare chance an event."""
    with suppress(Rejected):
        CODEC.decode(value)


@EVERY
@settings(max_examples=40)
@given(data=st.data())
def test_a_spoilt_byte_does_no_harm(cls: type, data: st.DataObject) -> None:
    """An event with one byte changed is another event or Rejected."""
    path = data.draw(st.sampled_from(list(examples_of(SCHEMAS, cls))))
    value = bytearray(CODEC.encode(example(cls, path.stem)))
    at = data.draw(st.integers(0, len(value) - 1))
    value[at] ^= data.draw(st.integers(1, 255))
    with suppress(Rejected):
        CODEC.decode(bytes(value))


class _BeforeMonths(Folder):
    """The schemas of before a placement told of an 18th birthday."""

    def schema_of(self, schema_id: int) -> dict[str, Any] | None:
        schema = super().schema_of(schema_id)
        assert schema is not None
        return schema | {"fields": [one for one in schema["fields"] if one["name"] != "month_of_18th_birthday"]}


@pytest.mark.parametrize(("cls", "name"), [(PlacementStarted, "moved-in"), (PlacementReviewed, "first-review")])
def test_what_was_recorded_before_there_were_months_still_reads(cls: type, name: str) -> None:
    """Bytes written without the month of an 18th birthday are an event that does not tell it."""
    event = example(cls, name)
    recorded = CODEC.encode(event).removesuffix(number(0))
    assert Codec(_BeforeMonths()).decode(recorded) == event
    assert event.month_of_18th_birthday is None


def test_every_truncation_is_rejected() -> None:
    """A message cut off anywhere is Rejected."""
    whole = CODEC.encode(example(ReferralMade, "one-child"))
    for length in range(len(whole)):
        refused(whole[:length])


def test_trailing_bytes_are_rejected() -> None:
    """A message that goes on after its record is Rejected."""
    assert "end" in refused(CODEC.encode(MISSING) + b"\x00").rule


def test_a_tombstone_is_rejected() -> None:
    """A null value is Rejected, with what to post instead."""
    assert refused(None).field == "value"


@pytest.mark.parametrize("schema_id", [0, len(every_event()) + 1, 2**32 - 1])
def test_an_unknown_schema_id_is_rejected(schema_id: int) -> None:
    """A schema id that the registry does not know is Rejected as such."""
    assert refused(struct.pack(">bI", 0, schema_id) + b"x").field == "schema id"


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (replace(MISSING, began_at=datetime(2026, 3, 2)), "began_at"),  # noqa: DTZ001  # that is what is refused
        (replace(MISSING, placement_id="5"), "placement_id"),
        (replace(MISSING, kind=None), "kind"),
        (replace(MISSING, kind="\ud800"), "kind"),
        (replace(FEEDBACK, after_days=2**63), "after_days"),
        (replace(FEEDBACK, after_days=True), "after_days"),
        (replace(FEEDBACK, fields=("pets",)), "fields.0"),
        (replace(SUPPORT, support=replace(SUPPORT.support, amount=Decimal("1.234"))), "support.amount"),
        (replace(SUPPORT, support=replace(SUPPORT.support, amount=Decimal("12345678901.00"))), "support.amount"),
        (replace(SUPPORT, support=replace(SUPPORT.support, amount=Decimal("NaN"))), "support.amount"),
    ],
)
def test_an_event_that_does_not_fit_its_class_is_not_written(event: object, field: str) -> None:
    """Encoding refuses a value of the wrong type or out of range, and names its field."""
    with pytest.raises(Rejected) as caught:
        CODEC.encode(event)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"began_at": "2026-03-02T09:30:00"}, "began_at"),
        ({"began_at": 1772443800}, "began_at"),
        ({"placement_id": "Katie"}, "placement_id"),
        ({"provider": 7}, "provider"),
        ({"note": "Katie"}, "note"),
    ],
)
def test_json_is_taken_as_it_is(change: dict[str, Any], field: str) -> None:
    """JSON of a wrong type, without a time zone or with a field too many is refused; the value is never repeated."""
    with pytest.raises(Rejected) as caught:
        from_json(MissingEpisodeRecorded, to_json(MISSING) | change)
    assert caught.value.field == field
    assert "Katie" not in str(caught.value)
    assert "`K`" not in str(caught.value)


def test_sealed_bytes_are_read_in_both_alphabets_of_base64() -> None:
    """Sealed bytes may be given as plain or as URL-safe base64."""
    event = example(ReferralMade, "one-child")
    document = to_json(event)
    for part in (document["children"][0]["need"], document["children"][0]["identity"]):
        part["ciphertext"] = part["ciphertext"].replace("-", "+").replace("_", "/")
    assert from_json(ReferralMade, document) == event


def test_an_early_notice_never_carries_a_sealed_part() -> None:
    """A referral's child put into an early notice leaves its need and identity behind."""
    child = example(ReferralMade, "one-child").children[0]
    notice = example(EarlyNoticeGiven, "one-child")
    taken = CODEC.decode(CODEC.encode(replace(notice, children=(child,)))).children[0]
    assert type(child) is Child
    assert type(taken) is NotedChild


@pytest.mark.parametrize("character", [*CONTROL, "\ud800"], ids=ascii)
def test_text_holds_no_control_characters(character: str) -> None:
    """A control character in text, or half a character, is refused by its field, read or written, and not repeated."""
    wrong = replace(MISSING, kind=f"a{character}b")
    with pytest.raises(Rejected) as why:
        CODEC.encode(wrong)
    assert why.value.field == "kind"
    assert character not in str(why.value)


def test_lines_and_tabs_are_text() -> None:
    """Line ends and tabs are let be."""
    assert CODEC.decode(CODEC.encode(replace(MISSING, kind="a\r\n\tb"))).kind == "a\r\n\tb"


def test_a_maps_key_is_not_repeated() -> None:
    """What a map's key is called is its sender's choice, so it is not named as a field."""
    document = to_json(example(ProviderInvited, "interest-only"))
    document["homes"][0]["findings"][0]["facts"] = {"Sam\x00": "x"}
    with pytest.raises(Rejected) as why:
        from_json(ProviderInvited, document)
    assert "Sam" not in str(why.value)


def test_a_foreign_first_byte_is_rejected() -> None:
    """A message that begins otherwise than the Confluent wire format is Rejected as such."""
    assert "wire format" in refused(b"\x01" + CODEC.encode(MISSING)[1:]).rule


NUMBERS = (-1, -5, 2**31, 2**40, 2**62, -(2**62), -(2**63))


@settings(max_examples=200)
@given(data=st.data())
def test_any_change_of_bytes_is_refused_or_read(data: st.DataObject) -> None:
    """However the bytes of an event are bent, they are an event or Rejected, never anything else."""
    cls = data.draw(st.sampled_from(every_event()))
    value = bytearray(CODEC.encode(data.draw(events_of(cls))))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(5, len(value)))
        value[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.binary(max_size=4) | st.sampled_from(NUMBERS).map(number)
        )
    with suppress(Rejected):
        assert type(CODEC.decode(bytes(value))) is cls
