"""What an organisation was told of its agreements: who is in them, what is due, what is disputed; a fold of its inbox.

Pure. What one organisation was told is less than what the hub knows, and may be less than another was told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final, get_args
from uuid import UUID

from placehub.agreements import events as agreements
from placehub.agreements.events import ContractManager
from placehub.disputes import standing
from placehub.disputes.events import (
    DisputeEscalated,
    DisputeOutcomeAnswered,
    DisputeRaised,
    DisputeResolved,
    DisputeRouted,
    StatementGiven,
)
from placehub.disputes.standing import Dispute
from placehub.governance.events import DecisionAssessed, ReminderCleared, ReminderRaised
from placehub.portal.told import Told

OF_DISPUTES: Final = get_args(standing.Event)
CALENDAR: Final = ("agreement", "dispute", "partnership event")
"""What the reminders of the calendar are about; those of homes and placements stand with these."""


@dataclass(frozen=True, slots=True)
class Partners:
    """One agreement as one party was told of it."""

    agreement_id: UUID
    registered: agreements.AgreementRegistered | None = None
    manager: ContractManager | None = None
    deputies: tuple[ContractManager, ...] = ()
    authorities: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    ends_on: date | None = None
    away: agreements.ContractManagerAway | None = None
    decisions: tuple[DecisionAssessed, ...] = ()
    disputes: Mapping[UUID, Heard] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the agreement is called; its id where nobody was told."""
        return self.registered.name if self.registered else str(self.agreement_id)

    @property
    def lead(self) -> str | None:
        """Code of the lead commissioner's organisation."""
        return self.registered.lead if self.registered else None

    @property
    def posts(self) -> tuple[ContractManager, ...]:
        """The manager, then the deputies."""
        return (*((self.manager,) if self.manager else ()), *self.deputies)

    def commissions(self, organisation: str) -> bool:
        """Tell whether an organisation is the lead or a named member."""
        return organisation in (self.lead, *self.authorities)

    def others(self, organisation: str) -> tuple[str, ...]:
        """Return the parties a dispute of this organisation's may be with, as far as it knows them."""
        commissioners = tuple(one for one in (self.lead, *self.authorities) if one)
        parties = (*commissioners, *(self.providers if self.commissions(organisation) else ()))
        return tuple(one for one in dict.fromkeys(parties) if one != organisation)


@dataclass(frozen=True, slots=True)
class Heard:
    """One dispute with everything that was said, each with its day, in order."""

    dispute_id: UUID
    raised: DisputeRaised
    state: Dispute
    statements: tuple[tuple[str, Told], ...]
    """Who said it -> the event that says it: DisputeRaised or StatementGiven."""
    routings: tuple[DisputeRouted, ...] = ()
    resolved: DisputeResolved | None = None
    answers: tuple[DisputeOutcomeAnswered, ...] = ()

    def said_by(self, organisation: str) -> list[Told]:
        """Return what one side has stated, in order."""
        return [told for who, told in self.statements if who == organisation]

    def may(self, organisation: str) -> tuple[str, ...]:
        """Return the acts that are an organisation's now, of: state, escalate, resolve, answer."""
        side, settles = organisation in self.state.sides, organisation == self.state.routed_to
        open_to = {
            "state": side and self.state.accepted is not True,
            "resolve": settles and self.state.outcome is None,
            "answer": side and self.state.outcome is not None,
            "escalate": (side or settles) and self.state.accepted is not True,
        }
        return tuple(name for name, mine in open_to.items() if mine)


def fold(told: Iterable[Told]) -> dict[UUID, Partners]:
    """Return every agreement an organisation was told of, by id, in the order in which it heard of them."""
    found: dict[UUID, Partners] = {}
    for one in told:
        agreement_id = getattr(one.event, "agreement_id", None)
        if agreement_id is None:
            continue
        known = found.get(agreement_id) or Partners(agreement_id)
        found[agreement_id] = _follow(known, one)
    return found


def _follow(known: Partners, one: Told) -> Partners:
    if isinstance(one.event, OF_DISPUTES):
        return _dispute(known, one)
    step = _FOLDS.get(type(one.event))
    return step(known, one.event) if step else known


def _registered(known: Partners, event: agreements.AgreementRegistered) -> Partners:
    managed = replace(known, registered=event, manager=event.manager, deputies=event.deputies)
    return replace(managed, authorities=event.authorities, ends_on=event.ends_on)


def _named(known: Partners, event: agreements.PartyNamed) -> Partners:
    return replace(known, authorities=tuple(dict.fromkeys((*known.authorities, event.authority))))


def _managed(known: Partners, event: agreements.ContractManagerChanged) -> Partners:
    return replace(known, manager=event.manager, deputies=event.deputies, away=None)


def _joined(known: Partners, event: agreements.ProviderJoined) -> Partners:
    return replace(known, providers=tuple(sorted({*known.providers, event.provider})))


def _left(known: Partners, event: agreements.ProviderLeft) -> Partners:
    return replace(known, providers=tuple(one for one in known.providers if one != event.provider))


_FOLDS: Final[Mapping[type, Callable[[Partners, Any], Partners]]] = {
    agreements.AgreementRegistered: _registered,
    agreements.PartyNamed: _named,
    agreements.ContractManagerChanged: _managed,
    agreements.ContractManagerAway: lambda known, event: replace(known, away=event),
    agreements.ProviderJoined: _joined,
    agreements.ProviderLeft: _left,
    agreements.ExtensionDecided: lambda known, event: replace(known, ends_on=event.extended_until),
    agreements.TerminationDecided: lambda known, event: replace(known, ends_on=event.ends_on),
    DecisionAssessed: lambda known, event: replace(known, decisions=(*known.decisions, event)),
}


def _dispute(known: Partners, one: Told) -> Partners:
    event, heard = one.event, known.disputes.get(one.event.dispute_id)
    state = standing.follow(heard.state if heard else None, event)
    if state is None:
        return known
    if heard is None:
        heard = Heard(event.dispute_id, event, state, ((event.sender, one),))
    elif state == heard.state and not isinstance(event, StatementGiven | DisputeEscalated):
        return known
    else:
        heard = _hear(replace(heard, state=state), one)
    return replace(known, disputes={**known.disputes, event.dispute_id: heard})


def _hear(heard: Heard, one: Told) -> Heard:
    match one.event:
        case StatementGiven():
            return replace(heard, statements=(*heard.statements, (one.event.sender, one)))
        case DisputeRouted():
            return replace(heard, routings=(*heard.routings, one.event))
        case DisputeResolved():
            return replace(heard, resolved=one.event, answers=())
        case DisputeOutcomeAnswered():
            return replace(heard, answers=(*heard.answers, one.event))
    return heard


@dataclass(frozen=True, slots=True)
class Due:
    """One thing of the calendar."""

    subject_id: UUID
    about: str
    kind: str
    due_on: date
    overdue: bool
    because: str | None = None
    """Why nobody is reminded of it any more: done, or moved; None: it stands."""


def calendar(told: Iterable[Told]) -> list[Due]:
    """Return what an organisation was reminded of and what came of it: overdue first, then by day."""
    found: dict[tuple[UUID, str, date], Due] = {}
    for one in told:
        event = one.event
        if not isinstance(event, ReminderRaised | ReminderCleared) or event.about not in CALENDAR:
            continue
        place = (event.subject_id, event.kind, event.due_on)
        if isinstance(event, ReminderRaised):
            found[place] = Due(event.subject_id, event.about, event.kind, event.due_on, event.overdue)
        else:
            found[place] = Due(event.subject_id, event.about, event.kind, event.due_on, False, event.because)
    return sorted(found.values(), key=lambda due: (due.because is not None, not due.overdue, due.due_on, due.kind))
