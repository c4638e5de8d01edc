"""CloudEvents headers: ours, and as the CloudEvents SDK reads and writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from cloudevents.core.bindings import kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from placehub.contracts.headers import Attributes, Headers, read_headers, write_headers
from placehub.errors import Rejected

NOON = datetime(2026, 3, 2, 12, 0, 0, 250, tzinfo=UTC)
SENT = Attributes(
    id=UUID("5f0c6c2e-8f5e-4d33-9f0e-6f6f8f1f2a10"),
    source="/organisations/E08000035",
    type="referral.ReferralMade",
    subject="2f3f1c53-5a1e-4a55-8f7b-0f0b3c0f7a11",
    time=NOON,
    sequence=7,
    recorded_at=NOON + timedelta(minutes=1),
    marks=("recorded_late", "out_of_policy"),
    because=UUID("9c1c9a36-9d9c-4d0a-8e58-0d8cf6b0f7d2"),
    dataschema="http://registry.example/schemas/ids/12",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
)
WORDS = st.text("abcdefghijklmnopqrstuvwxyzABCÄé0123456789-_./ ", min_size=1, max_size=30)
TIMES = st.datetimes(timezones=st.just(UTC))
ATTRIBUTES = st.builds(
    Attributes,
    id=st.uuids(),
    source=WORDS,
    type=WORDS,
    subject=WORDS,
    time=TIMES,
    sequence=st.integers(0, 10**17),
    recorded_at=st.none() | TIMES,
    marks=st.lists(st.sampled_from(["recorded_late", "out_of_policy"]), unique=True).map(tuple),
    because=st.none() | st.uuids(),
    dataschema=st.none() | WORDS,
    traceparent=st.just("") | WORDS,
    extra=st.just({}),
)


def spoilt(name: str, value: bytes | None) -> Headers:
    """Return good headers with one of them changed, or left out."""
    kept = [(one, text) for one, text in write_headers(SENT) if one != name]
    return kept if value is None else [*kept, (name, value)]


def refused(headers: Headers) -> Rejected:
    """Return the refusal of these headers."""
    with pytest.raises(Rejected) as caught:
        read_headers(headers)
    return caught.value


def test_a_foreign_headers_name_is_never_repeated() -> None:
    """What another header is called is its sender's choice, and may be anything, twice."""
    assert read_headers([*write_headers(SENT), ("ce_Sam\x00", b""), ("ce_Sam\x00", b"\xff")]) == SENT


@given(ATTRIBUTES)
def test_attributes_survive_the_headers(attributes: Attributes) -> None:
    """Attributes written as headers are read back the same."""
    assert read_headers(write_headers(attributes)) == attributes


@pytest.mark.parametrize("name", ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time"])
@pytest.mark.parametrize(
    "value", [None, b"", b"\xff\xfe", b"%ff"], ids=["missing", "empty", "not UTF-8", "bad percent"]
)
def test_a_missing_or_unreadable_header_is_named(name: str, value: bytes | None) -> None:
    """Each required header that is missing, empty or no text is Rejected by its name."""
    assert refused(spoilt(name, value)).field == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_specversion", "0.3"),
        ("ce_id", "first"),
        ("ce_time", "yesterday"),
        ("ce_time", "2026-03-02T09:30:00"),
        ("ce_time", "0001-01-01T00:00:00+14:00"),
        ("ce_recordedtime", "later"),
        ("ce_toldtime", "later"),
        ("ce_because", "a timer"),
        ("ce_sequence", "-1"),
        ("ce_sequence", "²"),
        ("ce_sequence", "9" * 5000),
    ],
)
def test_an_invalid_header_is_named_without_its_value(name: str, value: str) -> None:
    """A header that is not of its form is Rejected by its name; its value is not repeated."""
    why = refused(spoilt(name, value.encode()))
    assert why.field == name
    assert value not in (why.rule, why.remedy)


def test_a_header_sent_twice_is_rejected() -> None:
    """Two readers could take different ones, so a header sent twice is Rejected."""
    assert refused([*write_headers(SENT), ("ce_type", b"referral.OfferMade")]).field == "ce_type"


def test_foreign_headers_are_let_be() -> None:
    """Headers that are not CloudEvents', even binary ones, neither matter nor travel on."""
    assert read_headers([*write_headers(SENT), ("x-agent", b"\xff\x00"), ("x-agent", b"\xff")]) == SENT


def test_times_are_read_as_utc() -> None:
    """A time with another offset is the same moment in UTC."""
    summer = NOON.astimezone(timezone(timedelta(hours=1)))
    read = read_headers(spoilt("ce_time", summer.isoformat().encode())).time
    assert read == NOON
    assert read.tzinfo is UTC


def test_the_sdk_reads_our_headers() -> None:
    """The CloudEvents SDK reads every attribute we wrote, in binary mode, to the same value."""
    message = kafka.KafkaMessage(headers=dict(write_headers(SENT)), key=SENT.subject.encode(), value=b"\x00\xff")
    event = kafka.from_binary_event(message, _Opaque())
    assert event.get_id() == str(SENT.id)
    assert (event.get_source(), event.get_type(), event.get_subject()) == (SENT.source, SENT.type, SENT.subject)
    assert event.get_time() == SENT.time
    assert event.get_dataschema() == SENT.dataschema
    assert event.get_datacontenttype() == "application/avro"
    assert event.get_specversion() == "1.0"
    assert event.get_extension("sequence") == "7"
    assert event.get_extension("marks") == "recorded_late,out_of_policy"
    assert event.get_data() == b"\x00\xff"


def test_we_read_the_sdks_headers() -> None:
    """An event posted with the CloudEvents SDK, which percent-encodes its headers, is read to the same attributes."""
    named = {"id": str(SENT.id), "source": SENT.source, "type": SENT.type, "subject": SENT.subject, "time": SENT.time}
    event = CloudEvent(named | {"specversion": "1.0", "datacontenttype": "application/avro"}, b"\x00")
    read = read_headers(list(kafka.to_binary_event(event, _Opaque()).headers.items()))
    assert (read.id, read.source, read.type) == (SENT.id, SENT.source, SENT.type)
    assert (read.subject, read.time) == (SENT.subject, SENT.time)


class _Opaque(JSONFormat):
    """Values are Avro: the SDK hands them on as they are."""

    def read_data(self, body: bytes, datacontenttype: str | None) -> Any:
        return body

    def write_data(self, data: Any, datacontenttype: str | None) -> bytes:
        return bytes(data)
