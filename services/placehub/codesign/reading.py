"""The documents of an agreement as its stream tells them, for whoever asks from outside."""

from __future__ import annotations

from uuid import UUID

from placehub.codesign.listing import Told, told
from placehub.drivers.reading import read_streams
from placehub.settings import Settings


def documents_of(settings: Settings, agreement_id: UUID) -> Told:
    """Return everything told of an agreement's documents so far; nothing where it is not known."""
    records = read_streams(settings, ("agreement",))["agreement"]
    return told((one.event, one.attributes.taken_at) for one in records if one.key == str(agreement_id))
