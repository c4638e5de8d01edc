"""Who is searched under an agreement, and which documents its parties have agreed: a fold of its stream; pure.

**Who is searched.** The providers that joined, but for those that have left or are suspended, each from the day its
event names; nobody once the agreement has ended. What has been placed under it stays as it was agreed.

**When a version is in force.** From `in_force_from`, or from the moment at which the lead *and* more than half of the
providers that had joined at that moment have agreed, whichever is later; the lead alone where nobody has joined. Who
proposes a version has agreed to it. A moment is the hub's own time of taking the event in, so no sender can date an
agreement back. Who joins later does not undo what was agreed. A version gives way to a higher one of its document,
never to a lower one; of several documents the one that came into force last decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from placehub.agreements.events import (
    AgreementRegistered,
    DocumentAgreed,
    DocumentProposed,
    ExtensionDecided,
    PartyNamed,
    ProviderJoined,
    ProviderLeft,
    ProviderSuspended,
    SuspensionLifted,
    TerminationDecided,
)
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
    leaves: Mapping[str, date] = field(default_factory=dict)
    """Of these, those that leave or have left, and on which day."""
    suspended: Mapping[str, date] = field(default_factory=dict)
    """Of these, those that are suspended, and from which day."""
    ends_on: date | None = None
    """Its last day, as it was agreed, extended or terminated last; None: it has none."""
    response_hours: int | None = None
    """The agreement's own response window, which goes before its policy's."""
    versions: tuple[Version, ...] = ()

    def in_force(self, on: date) -> bool:
        """Tell whether it has not ended before that day."""
        return self.ends_on is None or on <= self.ends_on

    def searched(self, on: date) -> frozenset[str]:
        """Return the providers that may be searched under it on that day."""
        if not self.in_force(on):
            return frozenset()
        return frozenset(one for one in self.joined if not (_since(self.leaves, one, on) or self.is_suspended(one, on)))

    def is_suspended(self, provider: str, on: date) -> bool:
        """Tell whether the provider is suspended on that day."""
        return _since(self.suspended, provider, on)

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


Membership = PartyNamed | ProviderJoined | ProviderLeft | ProviderSuspended | SuspensionLifted
Term = AgreementRegistered | ExtensionDecided | TerminationDecided
Event = Term | Membership | DocumentProposed | DocumentAgreed


def _since(days: Mapping[str, date], provider: str, on: date) -> bool:
    return provider in days and days[provider] <= on


def follow(known: Agreement, event: Event, at: datetime) -> Agreement:
    """Return the agreement after an event of its stream that the hub took in `at` that time."""
    if isinstance(event, Term):
        return _terms(known, event)
    if isinstance(event, Membership):
        return _member(known, event)
    if isinstance(event, DocumentProposed):
        return _proposed(known, event, at)
    number, said = event.document_version, event.sender
    versions = tuple(
        _agree(known, one, said, at) if (one.document_id, one.number) == (event.document_id, number) else one
        for one in known.versions
    )
    return replace(known, versions=versions)


def _terms(known: Agreement, event: Term) -> Agreement:
    if isinstance(event, AgreementRegistered):
        own = {name: getattr(event, name) for name in ("lead", "authorities", "response_hours", "ends_on")}
        return replace(known, **own)
    return replace(known, ends_on=event.extended_until if isinstance(event, ExtensionDecided) else event.ends_on)


def _member(known: Agreement, event: Membership) -> Agreement:
    if isinstance(event, PartyNamed):
        return replace(known, authorities=tuple(dict.fromkeys((*known.authorities, event.authority))))
    one = event.provider
    if isinstance(event, ProviderJoined):
        return replace(known, joined={**known.joined, one: event.tier}, leaves=_without(known.leaves, one))
    if isinstance(event, ProviderLeft):
        return replace(known, leaves={**known.leaves, one: event.left_on})
    if isinstance(event, ProviderSuspended):
        return replace(known, suspended={**known.suspended, one: event.suspended_on})
    return replace(known, suspended=_without(known.suspended, one))


def _without(days: Mapping[str, date], provider: str) -> dict[str, date]:
    return {name: day for name, day in days.items() if name != provider}


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
    """Tell whether the lead and more than half of the providers that have joined are among those who agreed.

    Who has said that it leaves counts no more.
    """
    voting = known.joined.keys() - known.leaves.keys()
    return known.lead in agreed_by and (not voting or 2 * len(agreed_by & voting) > len(voting))
