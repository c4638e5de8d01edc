"""An agreement as its stream tells it, for whoever asks from outside the search."""

from __future__ import annotations

from uuid import UUID

from placehub.agreements.agreed import Agreement, Event, follow
from placehub.drivers.reading import read_streams
from placehub.settings import Settings


def agreement_of(settings: Settings, agreement_id: UUID) -> Agreement | None:
    """Return the agreement with everything its parties have said so far; None when it is not known."""
    found = None
    for record in read_streams(settings, ("agreement",))["agreement"]:
        if isinstance(record.event, Event) and record.event.agreement_id == agreement_id:
            found = follow(found or Agreement(), record.event, record.attributes.taken_at)
    return found
