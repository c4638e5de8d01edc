"""The documents of an agreement as its stream tells them, for whoever asks from outside."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from placehub.codesign.listing import Told, told
from placehub.drivers.reading import read_streams
from placehub.drivers.records import Record
from placehub.settings import Settings


def documents_of(settings: Settings, agreement_id: UUID) -> Told:
    """Return everything told of an agreement's documents so far; nothing where it is not known."""
    return _told(one for one in _records(settings) if one.key == str(agreement_id))


def all_documents(settings: Settings) -> dict[UUID, Told]:
    """Return the same of every agreement under which a document was proposed, by its id."""
    by_agreement: dict[str, list[Record]] = {}
    for one in _records(settings):
        by_agreement.setdefault(one.key, []).append(one)
    found = {UUID(key): _told(those) for key, those in sorted(by_agreement.items())}
    return {key: known for key, known in found.items() if known.proposed}


def _records(settings: Settings) -> Iterable[Record]:
    return read_streams(settings, ("agreement",))["agreement"]


def _told(records: Iterable[Record]) -> Told:
    return told((one.event, one.attributes.taken_at) for one in records)
