"""Which documents the parties to an agreement have agreed, and from when: a fold of the `agreement` stream; pure.

**When a version is in force.** From `in_force_from`, or from the moment at which the lead *and* more than half of the
providers that had joined at that moment have agreed, whichever is later; the lead alone where nobody has joined. Who
proposes a version has agreed to it. A moment is the hub's own time of taking the event in, so no sender can date an
agreement back. Who joins later does not undo what was agreed. A version gives way to a higher one of its document,
never to a lower one; of several documents the one that came into force last decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from placehub.agreements.events import AgreementRegistered, DocumentAgreed, DocumentProposed, ProviderJoined
from placehub.search.policy import DEFAULT, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a matching policy: who has agreed to it, and since when it is agreed on."""

    document_id: UUID
    number: int
    policy: Policy
    not_before: datetime
    agreed_by: frozenset[str]
    agreed_at: datetime | None = None

    @property
    def since(self) -> datetime | None:
        """When it came or comes into force; None while it is not agreed."""
        return None if self.agreed_at is None else max(self.not_before, self.agreed_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One agreement: who is party to it, and the policies its parties have proposed."""

    lead: str | None = None
    authorities: tuple[str, ...] = ()
    joined: Mapping[str, int | None] = field(default_factory=dict)
    """Providers that joined, each with its tier."""
    response_hours: int | None = None
    """The agreement's own response window, which goes before its policy's."""
    versions: tuple[Version, ...] = ()

    def policy_for(self, at: datetime, default: Policy = DEFAULT) -> Policy:
        """Return the policy that decides at that time: the agreed one, else the default; with the agreement's hours."""
        policy = self.policy_at(at) or default
        return policy if self.response_hours is None else replace(policy, response_hours=self.response_hours)

    def policy_at(self, at: datetime) -> Policy | None:
        """Return the policy that its parties had in force at that time; None where they had none."""
        newest: dict[UUID, Version] = {}
        for one in self.versions:
            known = newest.get(one.document_id)
            if one.since is not None and one.since <= at and (known is None or known.number < one.number):
                newest[one.document_id] = one
        if not newest:
            return None
        return max(newest.values(), key=lambda one: (one.since, one.document_id)).policy


Event = AgreementRegistered | ProviderJoined | DocumentProposed | DocumentAgreed


def follow(known: Agreement, event: Event, at: datetime) -> Agreement:
    """Return the agreement after an event of its stream that the hub took in `at` that time."""
    if isinstance(event, AgreementRegistered):
        return replace(known, lead=event.lead, authorities=event.authorities, response_hours=event.response_hours)
    if isinstance(event, ProviderJoined):
        return replace(known, joined={**known.joined, event.provider: event.tier})
    if isinstance(event, DocumentProposed):
        return _proposed(known, event, at)
    number, said = event.document_version, event.sender
    versions = tuple(
        _agree(known, one, said, at) if (one.document_id, one.number) == (event.document_id, number) else one
        for one in known.versions
    )
    return replace(known, versions=versions)


def _proposed(known: Agreement, event: DocumentProposed, at: datetime) -> Agreement:
    names = {(one.document_id, one.number) for one in known.versions}
    if event.policy is None or (event.document_id, event.document_version) in names:
        return known
    made = Version(
        document_id=event.document_id,
        number=event.document_version,
        policy=replace(event.policy, version=f"{event.document_id} v{event.document_version}"),
        not_before=event.in_force_from,
        agreed_by=frozenset(),
    )
    return replace(known, versions=(*known.versions, _agree(known, made, event.sender, at)))


def _agree(known: Agreement, version: Version, party: str, at: datetime) -> Version:
    agreed_by = version.agreed_by | {party}
    if version.agreed_at is None and is_agreed(known, agreed_by):
        return replace(version, agreed_by=agreed_by, agreed_at=at)
    return replace(version, agreed_by=agreed_by)


def is_agreed(known: Agreement, agreed_by: frozenset[str]) -> bool:
    """Tell whether the lead and more than half of the providers that have joined are among those who agreed."""
    providers = len(agreed_by & known.joined.keys())
    return known.lead in agreed_by and (not known.joined or 2 * providers > len(known.joined))
