"""The clock of an agreement: when it is to be consulted on, decided, given notice of, and when it ends; pure.

- **consult by**: `consult_by` of its terms, else 40 weeks before its end. Done when a consultation about its extension
  or termination is opened. Once overdue both sides are told.
- **answer**: the day a consultation closes, for each party that has not answered. Done when it has, or at the decision.
- **decide by**: `decide_by` of its terms, else 26 weeks before its end. Done by ExtensionDecided or TerminationDecided.
- **notice**: so many weeks before its end as its terms say, else 13. Done by the same.
- **end**: its last day, until it is extended. A termination leaves this one alone.

A consultation about an earlier end starts the same clock, counted from the end it proposes; the day of notice is then
the day to decide by. What an extension moves is counted from the new end by the policy, since the days of the terms
were those of the old one. An agreement without an end, or one too short for a day of the policy, has no such day.
Reminders go to the organisations of the manager *and* of every deputy, and name the posts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from placehub.agreements.events import (
    AgendaShares,
    AgreementRegistered,
    ConsultationAnswered,
    ConsultationOpened,
    ContractManager,
    ContractManagerAway,
    ContractManagerChanged,
    ExtensionDecided,
    PartyNamed,
    ProviderJoined,
    ProviderLeft,
    ReturnTerms,
    TerminationDecided,
)
from placehub.contracts.fields import record
from placehub.disputes.routing import Office
from placehub.disputes.standing import Event
from placehub.governance.disputes import DisputeClock, heard
from placehub.governance.events import DecisionAssessed
from placehub.governance.policy import (
    ANSWER_LEADS,
    CONSULT_BEFORE,
    CONSULTATION_DAYS,
    DECIDE_BEFORE,
    LEADS,
    NOTICE_WEEKS,
)
from placehub.governance.reminding import Due, Raised

Decision = ExtensionDecided | TerminationDecided


@record
class Consultation:
    """One consultation, and the answers that have come."""

    about: str
    opened_on: date
    closes_on: date
    proposed_end: date | None = None
    answers: tuple[UUID, ...] = ()
    answered_by: tuple[str, ...] = ()
    closed: bool = False
    """Whether a decision has been made since."""


@record
class BalanceClock:
    """What has been told of one partnership event's agenda, and how often."""

    raised: tuple[Raised, ...] = ()
    told: int = 0


@record
class AgreementClock:
    """What an agreement's days follow from."""

    agreement_id: UUID
    lead: str
    authorities: tuple[str, ...]
    providers: tuple[str, ...] = ()
    manager: ContractManager
    deputies: tuple[ContractManager, ...]
    away: ContractManagerAway | None = None
    starts_on: date
    ends_on: date | None
    consult_by: date | None = None
    decide_by: date | None = None
    notice_weeks: int = NOTICE_WEEKS
    consultation_days: int = CONSULTATION_DAYS
    consultations: dict[UUID, Consultation] = field(default_factory=dict)
    terminated: bool = False
    returns: ReturnTerms | None = None
    raised: tuple[Raised, ...] = ()
    neutral: ContractManager | None = None
    nation: str = "England"
    """Whose working days count."""
    disputes: dict[UUID, DisputeClock] = field(default_factory=dict)
    agenda_shares: AgendaShares | None = None
    balances: dict[UUID, BalanceClock] = field(default_factory=dict)
    """By partnership event whose agenda was ever out of balance."""

    @property
    def parties(self) -> tuple[str, ...]:
        """Both sides: the lead, the named members and the providers."""
        return tuple(sorted({self.lead, *self.authorities, *self.providers}))

    @property
    def managers(self) -> tuple[str, ...]:
        """The organisations of the manager and the deputies."""
        return tuple(sorted({one.organisation for one in (self.manager, *self.deputies)}))

    @property
    def under_way(self) -> tuple[Consultation, ...]:
        """The consultations on extension or termination that no decision has followed."""
        return tuple(one for one in self.consultations.values() if one.about != "terms" and not one.closed)

    @property
    def early_end(self) -> date | None:
        """The earliest end that a consultation under way proposes before the agreement's own."""
        ends = [one.proposed_end for one in self.under_way if one.about == "termination" and one.proposed_end]
        return min((end for end in ends if self.ends_on is None or end < self.ends_on), default=None)

    @property
    def to_decide_by(self) -> date | None:
        """The day by which it is to be decided; None: there is none."""
        if self.early_end is not None:
            return self.early_end - timedelta(weeks=self.notice_weeks)
        return self.decide_by or self._before_end(DECIDE_BEFORE)

    @property
    def to_consult_by(self) -> date | None:
        """The day by which a consultation is to be opened; None: there is none."""
        return self.consult_by or self._before_end(CONSULT_BEFORE)

    def _before_end(self, span: timedelta) -> date | None:
        day = self.ends_on - span if self.ends_on else None
        return day if day is not None and day > self.starts_on else None

    def covering(self, today: date) -> ContractManager | None:
        """Return the deputy that covers on that day; None while the manager is there."""
        away = self.away
        return away.deputy if away is not None and away.away_from <= today <= away.away_until else None

    def office(self, today: date) -> Office:
        """Return who may settle disputes on that day."""
        covers = self.covering(today)
        return Office(
            lead=self.lead,
            manager=self.manager,
            deputies=self.deputies,
            neutral=self.neutral,
            away=covers is not None,
            covers=covers,
            nation=self.nation,
        )


def dues(clock: AgreementClock, today: date) -> tuple[Due, ...]:
    """Return what is due under an agreement, done things left out."""
    end = clock.early_end or clock.ends_on
    days = {
        "consult by": None if clock.terminated or clock.under_way else clock.to_consult_by,
        "decide by": None if clock.terminated else clock.to_decide_by,
        "notice": None if clock.terminated or end is None else end - timedelta(weeks=clock.notice_weeks),
        "end": end,
    }
    managers = tuple(_due(clock, kind, day, today) for kind, day in days.items() if day is not None)
    return (*managers, *_answers(clock))


def _due(clock: AgreementClock, kind: str, day: date, today: date) -> Due:
    return Due(
        kind=kind,
        due_on=day,
        leads=LEADS,
        to=clock.managers,
        seen_by=clock.parties,
        posts=(clock.manager, *clock.deputies),
        covered_by=clock.covering(today),
        passes=kind == "end",
    )


def _answers(clock: AgreementClock) -> tuple[Due, ...]:
    waiting = [
        (one, tuple(sorted(set(clock.parties) - {clock.lead, *one.answered_by})))
        for one in clock.consultations.values()
        if not one.closed
    ]
    return tuple(
        Due(kind="answer", due_on=one.closes_on, leads=ANSWER_LEADS, to=to, passes=True) for one, to in waiting if to
    )


def assess(clock: AgreementClock, decision: Decision, decision_id: UUID) -> DecisionAssessed:
    """Return what the hub notes beside a decision; `clock` as it was before."""
    limit = clock.to_decide_by
    asked = clock.consultations.get(decision.consultation_id) if decision.consultation_id else None
    replied = {one.answer_id for one in decision.replies}
    return DecisionAssessed(
        agreement_id=clock.agreement_id,
        decision_id=decision_id,
        decision="extension" if isinstance(decision, ExtensionDecided) else "termination",
        late_days=max(0, (decision.decided_on - limit).days) if limit else 0,
        not_consulted=asked is None or _open_days(asked, decision.decided_on) < clock.consultation_days,
        unanswered=tuple(one for one in asked.answers if one not in replied) if asked else (),
    )


def _open_days(asked: Consultation, decided_on: date) -> int:
    return (min(asked.closes_on, decided_on) - asked.opened_on).days


def begin(event: AgreementRegistered, before: AgreementClock | None = None) -> AgreementClock:
    """Return the clock of an agreement that is registered, or registered anew."""
    clock = AgreementClock(
        agreement_id=event.agreement_id,
        lead=event.lead,
        authorities=event.authorities,
        manager=event.manager,
        deputies=event.deputies,
        starts_on=event.starts_on,
        ends_on=event.ends_on,
        consult_by=event.consult_by,
        decide_by=event.decide_by,
        notice_weeks=NOTICE_WEEKS if event.notice_weeks is None else event.notice_weeks,
        returns=event.returns,
        agenda_shares=event.agenda_shares,
        consultation_days=CONSULTATION_DAYS if event.consultation_days is None else event.consultation_days,
        neutral=event.neutral,
        nation=event.nation,
    )
    if before is None:
        return clock
    names = ("providers", "away", "consultations", "raised", "disputes", "balances")
    return replace(clock, **{name: getattr(before, name) for name in names})


def follow(clock: AgreementClock | None, event: Any) -> AgreementClock | None:
    """Return the clock after an event of the agreement's stream; None while it has not been registered."""
    if isinstance(event, AgreementRegistered):
        return begin(event, clock)
    if isinstance(event, Event):
        return clock and _disputed(clock, event)
    fold = _FOLDS.get(type(event))
    return fold(clock, event) if clock is not None and fold is not None else clock


def _disputed(clock: AgreementClock, event: Event) -> AgreementClock:
    after = heard(clock.disputes.get(event.dispute_id), event)
    return clock if after is None else replace(clock, disputes={**clock.disputes, event.dispute_id: after})


def _opened(clock: AgreementClock, event: ConsultationOpened) -> AgreementClock:
    one = Consultation(
        about=event.about, opened_on=event.opened_on, closes_on=event.closes_on, proposed_end=event.proposed_end
    )
    return replace(clock, consultations={**clock.consultations, event.consultation_id: one})


def _answered(clock: AgreementClock, event: ConsultationAnswered) -> AgreementClock:
    one = clock.consultations.get(event.consultation_id)
    if one is None or event.answer_id in one.answers:
        return clock
    one = replace(one, answers=(*one.answers, event.answer_id), answered_by=(*one.answered_by, event.sender))
    return replace(clock, consultations={**clock.consultations, event.consultation_id: one})


def _decided(clock: AgreementClock, event: Decision) -> AgreementClock:
    closed = {
        key: one if one.about == "terms" else replace(one, closed=True) for key, one in clock.consultations.items()
    }
    extended = isinstance(event, ExtensionDecided)
    return replace(
        clock,
        ends_on=event.extended_until if isinstance(event, ExtensionDecided) else event.ends_on,
        consult_by=None if extended else clock.consult_by,
        decide_by=None if extended else clock.decide_by,
        terminated=not extended,
        consultations=closed,
    )


def _with(clock: AgreementClock, provider: str, *, joined: bool) -> AgreementClock:
    others = tuple(one for one in clock.providers if one != provider)
    return replace(clock, providers=(*others, provider) if joined else others)


_FOLDS: Final[Mapping[type, Callable[[AgreementClock, Any], AgreementClock]]] = {
    PartyNamed: lambda clock, event: replace(clock, authorities=(*clock.authorities, event.authority)),
    ProviderJoined: lambda clock, event: _with(clock, event.provider, joined=True),
    ProviderLeft: lambda clock, event: _with(clock, event.provider, joined=False),
    ContractManagerChanged: lambda clock, event: replace(
        clock, manager=event.manager, deputies=event.deputies, away=None
    ),
    ContractManagerAway: lambda clock, event: replace(clock, away=event),
    ConsultationOpened: _opened,
    ConsultationAnswered: _answered,
    ExtensionDecided: _decided,
    TerminationDecided: _decided,
}
