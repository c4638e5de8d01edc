"""How a dispute stands, as its stream tells it, and who may say what of it: the one fold of all who read it; pure.

The hub's word on who is to settle it counts from its place in the stream on, for every reader alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from datetime import date
from typing import Any, Final

from placehub.contracts.fields import record
from placehub.disputes.events import (
    ConcernedPost,
    DisputeEscalated,
    DisputeOutcomeAnswered,
    DisputeRaised,
    DisputeResolved,
    DisputeRouted,
    StatementGiven,
)
from placehub.errors import Rejected

NOBODY_FURTHER: Final = "nobody further"
"""Why it is routed anew to whom it was routed: a side asked for the next in line, and there is none."""
Event = DisputeRaised | DisputeRouted | StatementGiven | DisputeEscalated | DisputeResolved | DisputeOutcomeAnswered


@record
class Dispute:
    """One dispute. `sides`: who raised it, then the other."""

    sides: tuple[str, str]
    about: str
    concerns: tuple[ConcernedPost, ...] = ()
    raised_on: date
    routed_to: str | None = None
    """The organisation that is to settle it; None: nobody yet."""
    routed_before: str | None = None
    role: str | None = None
    because: str | None = None
    answer_by: date | None = None
    resolve_by: date | None = None
    routings: int = 0
    stated: tuple[str, ...] = ()
    """The sides that have given a statement; who raised it did so with it."""
    escalated: bool = False
    """Whether the next in line was asked for since it was routed last."""
    outcome: str | None = None
    resolved_on: date | None = None
    answers: dict[str, bool] = field(default_factory=dict)

    @property
    def accepted(self) -> bool | None:
        """Whether both sides accept the outcome; None while that is not said."""
        if not all(self.answers.values()):
            return False
        return True if len(self.answers) == len(self.sides) else None


def follow(known: Dispute | None, event: Event) -> Dispute | None:
    """Return the dispute after an event; one its sender has no right to changes nothing."""
    if isinstance(event, DisputeRaised):
        return known or _begin(event)
    if known is None or objection(known, event) is not None:
        return known
    return _FOLDS[type(event)](known, event)


def objection(known: Dispute | None, event: Any) -> Rejected | None:
    """Return why a party may not say this of the dispute; None where it may. What the hub says always stands."""
    if isinstance(event, DisputeRaised | DisputeRouted):
        return None
    if known is None:
        return Rejected("dispute_id", "must be a dispute raised under this agreement", "Name the one you were sent.")
    side, settles = event.sender in known.sides, event.sender == known.routed_to
    if isinstance(event, DisputeResolved) and not settles:
        rule = "a dispute is settled by the organisation it is routed to, and by no other"
        return Rejected("sender", rule, "See the last DisputeRouted.")
    if isinstance(event, DisputeEscalated) and not (side or settles):
        return Rejected("sender", "must be a side of the dispute or whoever it is routed to", "Leave it to them.")
    if isinstance(event, StatementGiven | DisputeOutcomeAnswered) and not side:
        return Rejected("sender", "must be one of the two sides of the dispute", "Leave it to them.")
    if isinstance(event, DisputeOutcomeAnswered) and known.outcome is None:
        return Rejected("dispute_id", "has no outcome to accept or not", "Answer once it is resolved.")
    return None


def _begin(event: DisputeRaised) -> Dispute:
    return Dispute(
        sides=(event.sender, event.against),
        about=event.about,
        concerns=event.concerns,
        raised_on=event.raised_on,
        stated=(event.sender,),
    )


def _routed(known: Dispute, event: DisputeRouted) -> Dispute:
    to = event.to.organisation if event.to else None
    on = replace(known, routed_to=to, routed_before=known.routed_to, routings=known.routings + 1, escalated=False)
    on = replace(on, role=event.role, because=event.because, answer_by=event.answer_by, resolve_by=event.resolve_by)
    if event.because == NOBODY_FURTHER:
        return on  # the outcome, if there is one, stands
    return replace(on, outcome=None, resolved_on=None, answers={})


def _stated(known: Dispute, event: StatementGiven) -> Dispute:
    return replace(known, stated=tuple(sorted({*known.stated, event.sender})))


def _resolved(known: Dispute, event: DisputeResolved) -> Dispute:
    return replace(known, outcome=event.outcome, resolved_on=event.resolved_on, answers={})


def _answered(known: Dispute, event: DisputeOutcomeAnswered) -> Dispute:
    return replace(known, answers={**known.answers, event.sender: event.accepted})


_FOLDS: Final[Mapping[type, Callable[[Dispute, Any], Dispute]]] = {
    DisputeRouted: _routed,
    StatementGiven: _stated,
    DisputeEscalated: lambda known, event: replace(known, escalated=True),
    DisputeResolved: _resolved,
    DisputeOutcomeAnswered: _answered,
}
