"""What intake holds disputes against: that both sides are party, and that who speaks of one is a side; pure.

Who may settle one is the hub's own word on the agreement's stream, which is for whoever reads that stream to hold it
against: see `placehub.disputes.standing`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from placehub.disputes.events import (
    DisputeEscalated,
    DisputeOutcomeAnswered,
    DisputeRaised,
    DisputeResolved,
    StatementGiven,
)
from placehub.errors import Rejected
from placehub.saying import said

MOST_DISPUTES: Final = 500
"""Disputes under one agreement at most, so that no party fills what is kept of it."""
_MARK: Final = "dispute "
_OF_SIDES: Final = StatementGiven | DisputeOutcomeAnswered


def check_against(event: Any, kind: str, against: str | None) -> None:
    """Refuse a provider's dispute with anybody but an authority or consortium; both kinds as the hub has them.

    It would learn from the answer whether the other is party to the agreement, which is not a provider's to know.
    """
    if isinstance(event, DisputeRaised) and kind == "provider" and against in (None, "provider"):
        rule = "must be the agreement's lead or a named member"
        raise Rejected("against", rule, "Raise it with whoever commissions.")


def check_placement(event: Any, kind: str, known: Collection[str]) -> None:
    """Refuse a dispute about a placement of others; `known`: whose the placement is that it names, empty for nobody's.

    An open dispute holds the children of its case, so a provider names its own placements alone, and whoever
    commissions its own or the other side's. One that is not known is refused alike: nobody learns which there are.
    """
    if not isinstance(event, DisputeRaised) or event.placement_id is None:
        return
    if event.sender not in known and (kind == "provider" or event.against not in known):
        rule = "must be a placement of one of the two sides; a provider names its own"
        raise Rejected("placement_id", rule, "Name it as the events you were sent of it do, or leave it out.")


def check_dispute(event: Any, parties: Collection[str], known: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what cannot be said of a dispute; return what to remember. `parties` of the agreement, its lead too."""
    if isinstance(event, DisputeRaised):
        return _raised(event, parties, known)
    if isinstance(event, DisputeEscalated | DisputeResolved | _OF_SIDES):
        _check_known(event, _sides(event, known))
    return known


def _raised(event: DisputeRaised, parties: Collection[str], known: tuple[str, ...]) -> tuple[str, ...]:
    if event.against == event.sender or event.against not in parties:
        raise Rejected("against", "must be another party to the agreement", "Name whom the dispute is with.")
    if _sides(event, known):
        raise Rejected("dispute_id", "is in use already", "Choose a new id for another dispute.")
    if sum(one.startswith(_MARK) for one in known) >= MOST_DISPUTES:
        raise Rejected(
            "dispute_id", said("an agreement takes at most {most}", most=MOST_DISPUTES), "Ask the agreement's lead."
        )
    return (*known, f"{_MARK}{event.dispute_id} {event.sender} {event.against}")


def _check_known(event: Any, sides: Collection[str]) -> None:
    if not sides:
        rule = "must be a dispute that was raised under this agreement"
        raise Rejected("dispute_id", rule, "Name the dispute that you were sent.")
    if isinstance(event, _OF_SIDES) and event.sender not in sides:
        raise Rejected("sender", "must be one of the two sides of the dispute", "Leave it to them.")
    if isinstance(event, DisputeResolved) and event.sender in sides:
        raise Rejected("sender", "a side does not settle its own dispute", "See DisputeRouted for who does.")


def _sides(event: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    named = f"{_MARK}{event.dispute_id} "
    return next((tuple(one.removeprefix(named).split(" ")) for one in known if one.startswith(named)), ())
