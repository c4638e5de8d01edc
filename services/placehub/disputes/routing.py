"""Who settles a dispute: the first in line who is there and has no part in it; pure.

The line is the contract manager, the deputies (first the one that covers), the lead, and last the neutral agreed
beforehand. Nobody settles what their own organisation is a side of, nor what names their own post: conflict is by
organisation and by person, of whom the hub knows the post alone. A manager who is away is passed over until back.

Whoever is escalated past is not asked again, nor is anyone of an earlier role than it was moved on to: a manager who
comes new to the agreement is not handed what was moved on from the last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from placehub.agreements.events import ContractManager
from placehub.disputes.events import ConcernedPost

LEAD_POST: Final = "lead commissioner"
ROLES: Final = ("manager", "deputy", "lead", "neutral")
"""The roles in the line, in their order; of the list `dispute_role`, which has `nobody` beside them."""
IN_LINE: Final = "in line"
CONFLICT: Final = "conflict of interest"
AWAY: Final = "manager away"
NO_NEUTRAL: Final = "no neutral agreed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Who may settle disputes under an agreement on a day, and by which nation's working days."""

    lead: str
    manager: ContractManager
    deputies: tuple[ContractManager, ...]
    neutral: ContractManager | None = None
    away: bool = False
    covers: ContractManager | None = None
    nation: str = "England"


@dataclass(frozen=True, slots=True)
class Place:
    """One place in the line: whose it is, and in which role."""

    role: str
    post: ContractManager


@dataclass(frozen=True, slots=True)
class Route:
    """Where a dispute goes and why; `place` is None where nobody without a part in it is there."""

    place: Place | None
    because: str


def line(office: Office) -> Iterator[Place]:
    """Yield the places in their order."""
    yield Place("manager", office.manager)
    first = (office.covers,) if office.covers is not None else ()
    for one in dict.fromkeys((*first, *office.deputies)):
        yield Place("deputy", one)
    yield Place("lead", ContractManager(organisation=office.lead, post=LEAD_POST, contact=office.manager.contact))
    if office.neutral is not None:
        yield Place("neutral", office.neutral)


def route(
    office: Office,
    sides: tuple[str, ...],
    concerns: tuple[ConcernedPost, ...] = (),
    passed: Iterable[ConcernedPost] = (),
    floor: str = ROLES[0],
) -> Route:
    """Return where a dispute between these sides goes now.

    `passed`: the posts that were escalated past; `floor`: the role it was moved on to last.
    """
    named, gone = ({(one.organisation, one.post) for one in posts} for posts in (concerns, passed))
    because = IN_LINE
    for place in line(office):
        post = (place.post.organisation, place.post.post)
        if place.role == "manager" and office.away:
            because = AWAY
        elif place.post.organisation in sides or post in named:
            because = CONFLICT
        elif ROLES.index(place.role) >= ROLES.index(floor) and post not in gone:
            return Route(place, because)
    return Route(None, NO_NEUTRAL)
