"""W3C trace context: which texts are one, and how an event gets its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from placehub.contracts.headers import Attributes, read_headers, write_headers
from placehub.contracts.traces import is_traceparent, trace_id_of, traceparent

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def event(text: str = "", id: UUID = UUID(int=7)) -> Attributes:  # noqa: B008 - a constant
    """Return an event that came with this traceparent."""
    about = Attributes(id=id, source="/s", type="t", subject="s", time=datetime(2026, 3, 2, tzinfo=UTC))
    return replace(about, traceparent=text)


@given(st.uuids(), st.uuids())
def test_ours_is_read_by_others(id: UUID, of: UUID) -> None:
    """OpenTelemetry reads what is written here: the trace given, the span from the event's id."""
    for text, expected in ((traceparent(id), id.int), (traceparent(id, of.hex), of.int)):
        context = trace.get_current_span(TraceContextTextMapPropagator().extract({"traceparent": text}))
        assert context.get_span_context().trace_id == expected
        assert context.get_span_context().span_id == id.int >> 64
        assert is_traceparent(text) == context.get_span_context().is_valid
        assert trace_id_of(text) == f"{expected:032x}"


def test_an_event_begins_its_own_trace() -> None:
    """Without a traceparent an event is in the trace of its own id, and says so in its headers."""
    about = event(id=UUID("5f0c6c2e-8f5e-4d33-9f0e-6f6f8f1f2a10"))
    assert about.trace_id == about.id.hex
    assert dict(write_headers(about))["traceparent"] == f"00-{about.id.hex}-5f0c6c2e8f5e4d33-01".encode()


def test_a_given_trace_is_kept() -> None:
    """What the sender gave goes on as it is."""
    assert event(GIVEN).trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert read_headers(write_headers(event(GIVEN))).traceparent == GIVEN


@pytest.mark.parametrize(
    "wrong",
    [
        "a child's name",
        GIVEN.upper(),
        GIVEN + "-more",
        GIVEN.replace("00-", "ff-", 1),
        "00-" + "0" * 32 + "-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-" + "0" * 16 + "-01",
        GIVEN[:-1],
        " " + GIVEN,
    ],
)
def test_what_is_none_is_not_passed_on(wrong: str) -> None:
    """A header that is no traceparent could hold anything: the event begins its own trace."""
    headers = [(name, value) for name, value in write_headers(event()) if name != "traceparent"]
    about = read_headers([*headers, ("traceparent", wrong.encode())])
    assert about.traceparent == traceparent(about.id)
