"""Spans sent to an OpenTelemetry collector by OTLP over HTTP; needs the extra `traces`.

A span has the names of topic, type and processor, and the event's id: no subject, no field of an event, no key.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from placehub.contracts.headers import Attributes
from placehub.contracts.traces import is_traceparent, span_id_of, trace_id_of
from placehub.observing.spans import Published
from placehub.streams import INBOX

SERVICE: Final = "placehub"


class _Ids(RandomIdGenerator):
    """Ids as the SDK draws them, but for a span whose ids stand in its event's header."""

    def __init__(self) -> None:
        self._next = threading.local()

    def give(self, trace_id: str, span_id: str) -> None:
        """Let the next span of this thread have these ids."""
        self._next.trace, self._next.span = int(trace_id, 16), int(span_id, 16)

    def generate_trace_id(self) -> int:
        """Return the id given, else one drawn."""
        return self._taken("trace") or super().generate_trace_id()

    def generate_span_id(self) -> int:
        """Return the id given, else one drawn."""
        return self._taken("span") or super().generate_span_id()

    def _taken(self, which: str) -> int:
        given: int = getattr(self._next, which, 0)
        setattr(self._next, which, 0)
        return given


class Exported:
    """Sends one process's spans to a collector, in the background: what it cannot send is dropped, nothing waits."""

    def __init__(self, endpoint: str, process: str, worker: str) -> None:
        """`endpoint` is the whole address, as http://127.0.0.1:4318/v1/traces."""
        self._ids = _Ids()
        about = {"service.name": SERVICE, "service.instance.id": worker, "placehub.process": process}
        self._provider = TracerProvider(id_generator=self._ids, resource=Resource.create(about))
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
        self._tracer = self._provider.get_tracer(SERVICE)

    @contextmanager
    def taking_in(self, processor: str, events: Sequence[Attributes]) -> Iterator[None]:
        """Send a span for each event, a child of the event's own."""
        spans = [
            self._tracer.start_span(
                f"take in {one.type}",
                _within(one.trace_id, span_id_of(one.traceparent)),
                SpanKind.CONSUMER,
                _said(one.type, str(one.id), {"placehub.processor": processor}),
            )
            for one in events
        ]
        with _ended(spans):
            yield

    @contextmanager
    def publishing(self, rows: Sequence[Published]) -> Iterator[None]:
        """Send a span for each record: in a stream it is the event's own, in an inbox a child of that."""
        with _ended([span for one in rows if (span := self._published(one)) is not None]):
            yield

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()

    def _published(self, row: Published) -> Span | None:
        told = {name: value.decode() for name, value in row.headers}
        kind, id, trace = told.get("ce_type", ""), told.get("ce_id", ""), told.get("traceparent", "")
        if not kind or not is_traceparent(trace):
            return None
        ids = trace_id_of(trace), span_id_of(trace)
        said = _said(kind, id, {"messaging.destination.name": row.topic})
        if row.topic.startswith(INBOX):
            return self._tracer.start_span(f"deliver {kind}", _within(*ids), SpanKind.PRODUCER, said)
        if not id.replace("-", "").startswith(ids[1]):  # the sender's own span: ours is a child of it
            return self._tracer.start_span(f"publish {kind}", _within(*ids), SpanKind.PRODUCER, said)
        cause = told.get("ce_because", "").replace("-", "")[:16]
        self._ids.give(*ids)
        return self._tracer.start_span(
            f"publish {kind}", _within(ids[0], cause) if cause else Context(), SpanKind.PRODUCER, said
        )


def _within(trace_id: str, span_id: str) -> Context:
    parent = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(1))
    return set_span_in_context(NonRecordingSpan(parent), Context())


def _said(kind: str, id: str, more: dict[str, str]) -> dict[str, str]:
    return {"messaging.system": "kafka", "cloudevents.event_type": kind, "cloudevents.event_id": id, **more}


@contextmanager
def _ended(spans: Sequence[Span]) -> Iterator[None]:
    """End the spans when the block has; a fault is told by its kind alone, since its words may hold anything."""
    try:
        yield
    except BaseException as error:
        for one in spans:
            one.set_status(Status(StatusCode.ERROR, type(error).__name__))
        raise
    finally:
        for one in spans:
            one.end()
