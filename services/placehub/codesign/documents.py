"""The documents of an agreement, in all their versions, and who has agreed to them: a fold of its stream; pure.

**When a version is in force.** From `in_force_from`, or from the moment at which both sectors have agreed, whichever is
later. A sector has agreed when enough of those who speak for it at that moment have (`agreeing`), by the rule that was
in force when the version was proposed. A moment is the hub's own time of taking the event in, so no sender can date an
agreement back. Who joins or is named later does not undo what was agreed. A version gives way to a higher one of its
document, never to a lower one; of several documents of a kind the one that came into force last is the one that runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from placehub.agreements.events import AgreementRegistered, PartyNamed, ProviderJoined, ProviderLeft
from placehub.codesign.agreeing import MAJORITY, Seat, Voices, agreeing, voices
from placehub.codesign.events import Clause, DocumentAgreed, DocumentProposed, RepresentativeNamed
from placehub.contracts.fields import record

POLICY: Final = "matching policy"
"""The code of `document_kind` that comes with numbers."""


@record
class Version:
    """One version of a document: what it consists of, who has agreed to it, and since when it is agreed on."""

    document_id: UUID
    number: int
    kind: str
    clauses: dict[str, str]
    """Id of each clause -> the digest of what it says."""
    not_before: datetime
    rule: str
    agreed_by: tuple[str, ...] = ()
    agreed_at: datetime | None = None

    @property
    def since(self) -> datetime | None:
        """When it came or comes into force; None while it is not agreed."""
        return None if self.agreed_at is None else max(self.not_before, self.agreed_at)


@record
class Documents:
    """Who speaks for the two sectors of an agreement, and the versions put to them by their names."""

    lead: str | None = None
    authorities: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    """That have joined and not said that they leave."""
    rule: str = MAJORITY
    seats: tuple[Seat, ...] = ()
    versions: dict[str, Version] = field(default_factory=dict)

    def voices(self, on: date) -> Voices:
        """Return who speaks for each sector on that day."""
        return voices(self.lead, self.providers, self.seats, on)

    def in_force(self, kind: str, at: datetime) -> str | None:
        """Return the name of the version of that kind that runs at that time; None: none was agreed."""
        newest: dict[UUID, Version] = {}
        for one in self.versions.values():
            known = newest.get(one.document_id)
            if one.kind != kind or one.since is None or one.since > at:
                continue
            if known is None or known.number < one.number:
                newest[one.document_id] = one
        last = max(newest.values(), key=lambda one: (one.since, one.document_id), default=None)
        return name_of(last.document_id, last.number) if last else None


Event = (
    AgreementRegistered
    | PartyNamed
    | ProviderJoined
    | ProviderLeft
    | RepresentativeNamed
    | DocumentProposed
    | DocumentAgreed
)


def name_of(document_id: UUID, number: int) -> str:
    """Return what a version is called, in a decision's basis too."""
    return f"{document_id} v{number}"


def digest(clause: Clause) -> str:
    """Return what tells whether two clauses say the same."""
    return sha256(f"{clause.about}\n{clause.text}".encode()).hexdigest()[:16]


def follow(known: Documents, event: Any, at: datetime) -> Documents:
    """Return the documents after an event of the stream that the hub took in `at` that time."""
    fold = _FOLDS.get(type(event))
    return fold(known, event, at) if fold else known


def _register(known: Documents, event: AgreementRegistered, at: datetime) -> Documents:
    return replace(known, lead=event.lead, authorities=event.authorities, rule=event.document_rule)


def _name(known: Documents, event: PartyNamed, at: datetime) -> Documents:
    return replace(known, authorities=tuple(dict.fromkeys((*known.authorities, event.authority))))


def _join(known: Documents, event: ProviderJoined, at: datetime) -> Documents:
    return replace(known, providers=tuple(sorted({*known.providers, event.provider})))


def _leave(known: Documents, event: ProviderLeft, at: datetime) -> Documents:
    return replace(known, providers=tuple(one for one in known.providers if one != event.provider))


def _seat(known: Documents, event: RepresentativeNamed, at: datetime) -> Documents:
    told = ("sector", "seat", "representative", "post", "term_from", "term_until")
    seat = Seat(**{name: getattr(event, name) for name in told})
    others = (one for one in known.seats if one.representative != seat.representative)
    return replace(known, seats=(*others, seat))


def _propose(known: Documents, event: DocumentProposed, at: datetime) -> Documents:
    name = name_of(event.document_id, event.document_version)
    if name in known.versions:
        return known
    made = Version(
        document_id=event.document_id,
        number=event.document_version,
        kind=event.kind,
        clauses={one.clause_id: digest(one) for one in event.clauses},
        not_before=event.in_force_from,
        rule=known.rule,
    )
    return _with(known, name, _yes(known, made, event.sender, at))


def _agree(known: Documents, event: DocumentAgreed, at: datetime) -> Documents:
    name = name_of(event.document_id, event.document_version)
    if name not in known.versions:
        return known
    return _with(known, name, _yes(known, known.versions[name], event.sender, at))


def _with(known: Documents, name: str, version: Version) -> Documents:
    return replace(known, versions={**known.versions, name: version})


def _yes(known: Documents, version: Version, sender: str, at: datetime) -> Version:
    agreed_by = tuple(sorted({*version.agreed_by, sender}))
    of = known.voices(at.date())
    agreed = version.agreed_at is None and agreeing(of, agreed_by, version.rule) == of.keys()
    return replace(version, agreed_by=agreed_by, agreed_at=at if agreed else version.agreed_at)


_FOLDS: Final[Mapping[type, Callable[[Documents, Any, datetime], Documents]]] = {
    AgreementRegistered: _register,
    PartyNamed: _name,
    ProviderJoined: _join,
    ProviderLeft: _leave,
    RepresentativeNamed: _seat,
    DocumentProposed: _propose,
    DocumentAgreed: _agree,
}
