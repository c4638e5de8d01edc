"""History as it stands in the streams, case by case: what parties said, what the hub said, what came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from placehub.audit.log import Log, everywhere
from placehub.audit.whatif.outcomes import Outcome
from placehub.contracts.parts import Basis
from placehub.drivers.records import Record
from placehub.placements.events import PlacementStarted
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade
from placehub.search.events import EventSetAside, ProviderInvited
from placehub.streams import full_name

BEGINS: Final = (EarlyNoticeGiven, ReferralMade)


@dataclass(frozen=True, slots=True)
class Invited:
    """One invitation of history, without its homes: who, when, and what the hub knew."""

    id: UUID
    referral_id: UUID
    provider: str
    at: datetime
    offset: int
    basis: Basis | None


@dataclass(slots=True)
class Story:
    """One case: the authority's events, each provider's answers, and what came of it."""

    referral_id: UUID
    facts: Any
    began_at: datetime
    said: list[Record] = field(default_factory=list)
    """What the authority said, in order."""
    answers: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    """What each provider said, in order."""
    invitations: list[Invited] = field(default_factory=list)
    bases: dict[UUID, Basis] = field(default_factory=dict)
    """Event -> what the hub knew when it took it in."""
    outcome: Outcome = field(default_factory=Outcome)
    set_aside: set[UUID] = field(default_factory=set)
    """What the hub had no place for."""

    def followed(self, answer: Record) -> datetime:
        """Return when the authority had last said something before an answer was given."""
        before = [one.attributes.taken_at for one in self.said if one.offset < answer.offset]
        return before[-1] if before else self.began_at


def stories(log: Log, begin: datetime | None = None, end: datetime | None = None) -> dict[UUID, Story]:
    """Return every case that began in the time from `begin` up to `end`."""
    found: dict[UUID, Story] = {}
    for number in range(log.partitions("referral")):
        found |= _of_partition(log.records("referral", number), begin, end)
    started = full_name(PlacementStarted)
    for record in everywhere(log, "placement", {started}):
        if record.event.referral_id in found:
            found[record.event.referral_id].outcome.take(record.event, record.attributes.taken_at)
    return found


def _of_partition(records: Iterator[Record], begin: datetime | None, end: datetime | None) -> dict[UUID, Story]:
    found: dict[UUID, Story] = {}
    said: dict[UUID, Record] = {}
    for record in records:
        event, at = record.event, record.attributes.taken_at
        story = found.get(event.referral_id)
        if story is None:
            if not isinstance(event, BEGINS) or (begin and at < begin) or (end and at >= end):
                continue
            story = found[event.referral_id] = Story(event.referral_id, event, at)
        if record.attributes.source.startswith("/organisations/"):
            _said(story, record)
            said[record.attributes.id] = record
        else:
            _decided(story, record)
    for id, record in said.items():
        story = found[record.event.referral_id]
        if id not in story.set_aside:
            story.outcome.take(record.event, record.attributes.taken_at)
    return found


def _said(story: Story, record: Record) -> None:
    sender = record.attributes.source.removeprefix("/organisations/")
    if sender == story.facts.authority:
        story.said.append(record)
        if isinstance(record.event, BEGINS):
            story.facts = record.event
    else:
        story.answers[sender].append(record)


def _decided(story: Story, record: Record) -> None:
    event, because = record.event, record.attributes.because
    if isinstance(event, EventSetAside):
        story.set_aside.add(event.set_aside)
        return
    if isinstance(event, ProviderInvited):
        at, about = record.attributes.taken_at, record.attributes
        story.invitations.append(Invited(about.id, event.referral_id, event.provider, at, record.offset, event.basis))
    basis = getattr(event, "basis", None)
    if because is not None and basis is not None:
        story.bases.setdefault(because, basis)
    story.outcome.take(event, record.attributes.taken_at)
