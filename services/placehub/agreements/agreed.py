"""Who is searched under an agreement, and which policy its parties have agreed: a fold of its stream; pure.

**Who is searched.** The providers that joined, but for those that have left or are suspended, each from the day its
event names; nobody once the agreement has ended. What has been placed under it stays as it was agreed.

**Which policy decides.** The matching policy that is in force among the agreement's documents, as
`placehub.codesign.documents` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from placehub.agreements.events import (
    AgreementRegistered,
    ExtensionDecided,
    PartyNamed,
    ProviderJoined,
    ProviderLeft,
    ProviderSuspended,
    SuspensionLifted,
    TerminationDecided,
)
from placehub.codesign import documents
from placehub.codesign.documents import POLICY, Documents
from placehub.codesign.events import DocumentAgreed, DocumentProposed, RepresentativeNamed
from placehub.search.policy import DEFAULT, Policy


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
    documents: Documents = field(default_factory=Documents)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    """By the name of the version that brought each."""

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
        name = self.documents.in_force(POLICY, at)
        return self.policies[name] if name else None


Membership = PartyNamed | ProviderJoined | ProviderLeft | ProviderSuspended | SuspensionLifted
Term = AgreementRegistered | ExtensionDecided | TerminationDecided
Event = Term | Membership | RepresentativeNamed | DocumentProposed | DocumentAgreed


def _since(days: Mapping[str, date], provider: str, on: date) -> bool:
    return provider in days and days[provider] <= on


def follow(known: Agreement, event: Event, at: datetime) -> Agreement:
    """Return the agreement after an event of its stream that the hub took in `at` that time."""
    known = replace(known, documents=documents.follow(known.documents, event, at))
    if isinstance(event, Term):
        return _terms(known, event)
    if isinstance(event, Membership):
        return _member(known, event)
    return _proposed(known, event) if isinstance(event, DocumentProposed) else known


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


def _proposed(known: Agreement, event: DocumentProposed) -> Agreement:
    name = documents.name_of(event.document_id, event.document_version)
    if event.policy is None or name in known.policies:
        return known
    return replace(known, policies={**known.policies, name: replace(event.policy, version=name)})
