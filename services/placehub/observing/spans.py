"""Spans, for whoever has an OpenTelemetry collector: what each process did because of one event.

An event's header `traceparent` names its trace and its span, both taken from ids of events. Nothing is added to a
record: with spans and without, streams and evidence are the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from placehub.contracts.headers import Attributes


class Published(Protocol):
    """A record that is sent: its topic and headers."""

    @property
    def topic(self) -> str:
        """Where it goes."""

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        """Its headers as they are sent."""


class Spans(Protocol):
    """Where spans go."""

    def taking_in(self, processor: str, events: Sequence[Attributes]) -> AbstractContextManager[None]:
        """Tell that events are taken in: from now until the block has ended, or failed."""
        ...

    def publishing(self, rows: Sequence[Published]) -> AbstractContextManager[None]:
        """Tell that records are published: from now until the broker has acknowledged all."""
        ...


class _Chosen:
    """Where this process's spans go; nowhere until one says so."""

    to: Spans | None = None


def begin(spans: Spans) -> None:
    """Send this process's spans there from now on."""
    _Chosen.to = spans


def taking_in(processor: str, events: Sequence[Attributes]) -> AbstractContextManager[None]:
    """Have what the block does told as taking these events in, where spans are told at all."""
    return _Chosen.to.taking_in(processor, events) if _Chosen.to and events else nullcontext()


def publishing(rows: Sequence[Published]) -> AbstractContextManager[None]:
    """Have what the block does told as publishing these records, where spans are told at all."""
    return _Chosen.to.publishing(rows) if _Chosen.to and rows else nullcontext()
