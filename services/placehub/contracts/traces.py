"""W3C trace context: the id under which an event, and all that came of it, is followed.

Ids are taken from those of the events, so that a decision made again is traced the same: an event that nothing caused
begins a trace under its own id, and the span of any event is the first half of its id.
"""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

_FORM: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def is_traceparent(text: str) -> bool:
    """Tell whether a text is a `traceparent` as W3C Trace Context writes it; the later parts of later versions are not.

    What is none is never passed on: it could be anything.
    """
    return _FORM.fullmatch(text) is not None


def traceparent(event: UUID, trace_id: str = "") -> str:
    """Return the `traceparent` of an event in a trace (32 hexadecimal digits); without one it begins its own."""
    return f"00-{trace_id or event.hex}-{event.hex[:16]}-01"


def span_id_of(text: str) -> str:
    """Return the span id of a `traceparent`."""
    return text[36:52]


def trace_id_of(text: str) -> str:
    """Return the trace id of a `traceparent`."""
    return text[3:35]
