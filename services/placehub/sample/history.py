"""The streams as they stand, read by the operator with the hub's own credentials, for checking a run afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from kafka import TopicPartition

from placehub.contracts.codec import from_json
from placehub.drivers.brokers import reader
from placehub.drivers.records import Record
from placehub.errors import HubError
from placehub.keys.client import KeyClient, Sealer
from placehub.mailboxes.connection import ends_of
from placehub.referrals.child import Child, ChildNeed
from placehub.settings import Settings
from placehub.streams import inbox
from placehub.vacancies.events import Household


class Doorbell:
    """Tells whose inbox has grown, so that nobody has to look in vain; it sees how much there is, never what."""

    def __init__(self, settings: Settings, organisations: Iterable[str]) -> None:
        self._consumer = reader(settings)
        self._places = {code: TopicPartition(inbox(code), 0) for code in organisations}
        self._seen: dict[str, int] = dict.fromkeys(self._places, 0)

    def rung(self) -> list[str]:
        """Return the organisations with something new since the last call, in their own order."""
        ends = ends_of(self._consumer, list(self._places.values()))
        grown = [code for code, place in self._places.items() if ends[place] > self._seen[code]]
        self._seen.update((code, ends[self._places[code]]) for code in grown)
        return grown

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close(autocommit=False)


def open_needs(settings: Settings, referrals: Iterable[Record]) -> Mapping[UUID, ChildNeed]:
    """Return the needs that are open to the hub, by child: the rules that ask for them are re-checked on them too."""
    children = {
        child.child_id: child
        for record in referrals
        for child in getattr(record.event, "children", ())
        if isinstance(child, Child) and child.need is not None
    }
    client = KeyClient(settings.api, "hub", settings.api_token.get_secret_value())
    try:
        client.open_many((child.need.key_id for child in children.values() if child.need), "re-check invitations")
        return {child_id: need for child_id, child in children.items() if (need := _open(Sealer(client), child))}
    finally:
        client.close()


def _open(sealer: Sealer, child: Child) -> ChildNeed | None:
    try:
        opened = sealer.unseal(child.need, "need", "re-check invitations") if child.need else None
    except HubError:  # destroyed, or not open to us: the check goes on with what is said openly
        return None
    return None if opened is None else _need(opened)


def open_households(settings: Settings, vacancies: Iterable[Record]) -> Mapping[str, Household]:
    """Return the households that are open to the hub, by the ids of their keys."""
    sealed = {one.key_id: one for record in vacancies if (one := getattr(record.event, "household", None)) is not None}
    client = KeyClient(settings.api, "hub", settings.api_token.get_secret_value())
    try:
        found = client.open_many(sealed, "re-check invitations")
        sealer = Sealer(client)
        return {one: _household(sealer.unseal(sealed[one], "household", "re-check invitations")) for one in found}
    finally:
        client.close()


def _household(document: Mapping[str, object]) -> Household:
    household: Household = from_json(Household, document)
    return household


def _need(document: Mapping[str, object]) -> ChildNeed:
    need: ChildNeed = from_json(ChildNeed, document)
    return need
