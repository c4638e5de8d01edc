"""Who manages a placement for its authority: the posts of the agreements between its two parties; a fold.

A placement names no agreement. So those count to which its authority is party and which its provider has joined, ended
ones and ones it has left too, since what was placed under them stays under them. Of their posts only those of the
authority itself are named: the lead of a consortium, or another member whose post is a deputy, is no party to the
placement and is told nothing of the child.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from uuid import UUID

from placehub.agreements.events import (
    AgreementRegistered,
    ContractManager,
    ContractManagerAway,
    ContractManagerChanged,
    PartyNamed,
    ProviderJoined,
)

Event = AgreementRegistered | PartyNamed | ProviderJoined | ContractManagerChanged | ContractManagerAway


@dataclass(frozen=True, slots=True)
class Posts:
    """Managers, then deputies; and who of these covers for a manager, and when."""

    posts: tuple[ContractManager, ...] = ()
    absences: tuple[ContractManagerAway, ...] = ()

    def covering(self, today: date) -> ContractManager | None:
        """Return the deputy that covers on that day; None while every manager is there."""
        return next((one.deputy for one in self.absences if one.away_from <= today <= one.away_until), None)


NOBODY: Final = Posts()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Managed:
    """One agreement: its parties and its posts."""

    authorities: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()
    manager: ContractManager | None = None
    deputies: tuple[ContractManager, ...] = ()
    away: ContractManagerAway | None = None


@dataclass(slots=True)
class Managing:
    """The posts of every agreement, asked for by the two parties of a placement."""

    _known: dict[UUID, _Managed] = field(default_factory=dict)
    _found: dict[tuple[str, str], Posts] = field(default_factory=dict)
    """Answers that hold until an agreement says something new: every placement is asked for every day."""

    def learn(self, event: Event) -> None:
        """Follow an event of an agreement's stream."""
        self._known[event.agreement_id] = _after(self._known.get(event.agreement_id, _Managed()), event)
        self._found.clear()

    def of(self, authority: str, provider: str) -> Posts:
        """Return who manages the authority's placements with the provider."""
        parties = authority, provider
        if parties not in self._found:
            between = (one for one in self._known.values() if authority in one.authorities and provider in one.joined)
            self._found[parties] = _posts(list(between), authority)
        return self._found[parties]


def _posts(agreements: Iterable[_Managed], authority: str) -> Posts:
    managers = [one.manager for one in agreements if one.manager]
    deputies = [deputy for one in agreements for deputy in one.deputies]
    own = dict.fromkeys(one for one in (*managers, *deputies) if one.organisation == authority)
    absences = [one.away for one in agreements if one.away and one.manager and one.manager.organisation == authority]
    return Posts(tuple(own), tuple(one for one in absences if one.deputy in own))


def _after(known: _Managed, event: Event) -> _Managed:
    if isinstance(event, AgreementRegistered):
        parties = frozenset((event.lead, *event.authorities))
        return replace(known, authorities=parties, manager=event.manager, deputies=event.deputies)
    if isinstance(event, PartyNamed):
        return replace(known, authorities=known.authorities | {event.authority})
    if isinstance(event, ProviderJoined):
        return replace(known, joined=known.joined | {event.provider})
    if isinstance(event, ContractManagerChanged):
        return replace(known, manager=event.manager, deputies=event.deputies, away=None)
    return replace(known, away=event)
