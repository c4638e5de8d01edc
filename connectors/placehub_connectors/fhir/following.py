"""What an organisation's inbox says of each search and of each provider asked, folded; pure.

An event that is set aside never was: everything of a case is kept by ce_id and folded anew, so that what it changed is
as it was before. No part that is sealed is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from placehub.contracts.corrections import PlacementEventCorrected, ReferralEventCorrected
from placehub.contracts.parts import FeeLine
from placehub.mailboxes.inbox import Received
from placehub.offers.events import OfferMade, OfferRevised
from placehub.placements.events import PlacementAgreed, PlacementStarted
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade, ReferralRevised, SelectionWithdrawn
from placehub.search.events import EventSetAside, InvitationClosed, InvitationUpdated, ProviderInvited, SearchClosed
from placehub_connectors.fhir.states import FAILED, IN_ERROR, INVITED, LAPSED, OVER, REQUEST, TASK, TaskState

INVITES: Final = (ProviderInvited, InvitationUpdated)
TELLS: Final = (EarlyNoticeGiven, ReferralMade, ReferralRevised)
CORRECTIONS: Final = (ReferralEventCorrected, PlacementEventCorrected)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One search as the organisation knows it."""

    referral_id: UUID
    status: str = "active"
    told: Any = None
    """The notice or referral as it stands; None for whoever was not told it."""
    authored: datetime
    changed: datetime
    version: int = 1
    """Counts the events that made and changed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One provider in one search."""

    referral_id: UUID
    provider: str
    state: TaskState
    reason: str | None = None
    interest_only: bool = False
    band: str | None = None
    homes: tuple[UUID, ...] = ()
    respond_by: datetime | None = None
    offer_id: UUID | None = None
    offered_for: frozenset[UUID] = frozenset()
    fee_lines: tuple[FeeLine, ...] = ()
    agreed: bool = False
    moved_in: frozenset[UUID] = frozenset()
    """The children whose placement with it has started."""
    authored: datetime
    changed: datetime
    version: int = 1

    @property
    def id(self) -> UUID:
        """The Task's id: the same for every reader."""
        return uuid5(self.referral_id, f"fhir task {self.provider}")

    @property
    def is_placed(self) -> bool:
        """Whether every child it offered for has moved in."""
        return bool(self.offered_for) and self.moved_in >= self.offered_for


@dataclass(frozen=True, slots=True)
class Case:
    """One search, and who was asked, by organisation."""

    search: Search
    asked: Mapping[str, Asked] = field(default_factory=dict)


def case_of(events: Iterable[Received], reader: str) -> Case | None:
    """Return the case these events of it make to a reader, in their order; None where none says there is a search."""
    known = list(events)
    gone = {one.event.set_aside for one in known if isinstance(one.event, EventSetAside)}
    wrong = {one.event.corrects for one in known if isinstance(one.event, CORRECTIONS)}
    case = None
    for one in known:
        if one.attributes.id not in gone:
            case = _follow(case, one, reader, wrong=one.attributes.id in wrong)
    return case


def _follow(case: Case | None, received: Received, reader: str, *, wrong: bool) -> Case | None:
    event, at = received.event, received.attributes.taken_at
    if case is None:
        search = _begun(event, at, wrong=wrong)
        return Case(search, _all({}, event, at, wrong=wrong)) if search else None
    asked = _all(case.asked, event, at, wrong=wrong)
    return Case(_search(case.search, event, at, _over(event, asked.get(reader), reader), wrong=wrong), asked)


def _begun(event: Any, at: datetime, *, wrong: bool) -> Search | None:
    if not isinstance(event, (*TELLS, *INVITES)):
        return None
    told = event if isinstance(event, TELLS) else None
    status = IN_ERROR if wrong and told else "active"
    return Search(referral_id=event.referral_id, status=status, told=told, authored=at, changed=at)


def _over(event: Any, mine: Asked | None, reader: str) -> str | None:
    """Return what an event makes of the search to a provider, which is told of its own part alone."""
    if getattr(event, "provider", None) != reader:
        return None
    if isinstance(event, ProviderInvited):
        return "active"
    closed = isinstance(event, InvitationClosed) and event.reason in OVER
    placed = isinstance(event, PlacementStarted) and mine is not None and mine.is_placed
    return "completed" if closed or placed else None


def _search(search: Search, event: Any, at: datetime, over: str | None, *, wrong: bool) -> Search:
    status = REQUEST.get(type(event)) or (over if over != search.status else None)
    if status is None:
        return search
    ended = isinstance(event, SearchClosed) and search.status == "revoked"
    told = event if isinstance(event, TELLS) else search.told
    after = IN_ERROR if wrong else search.status if ended else status
    return replace(search, status=after, told=told, changed=at, version=search.version + 1)


def _all(asked: Mapping[str, Asked], event: Any, at: datetime, *, wrong: bool) -> Mapping[str, Asked]:
    provider = _provider(asked, event)
    if provider is None:
        return asked
    known = asked.get(provider)
    after = _changed(known, event, at) if known else _first(provider, event, at)
    if after is None:
        return asked
    if wrong:
        after = replace(after, state=TaskState(IN_ERROR, after.state.business))
    return {**asked, provider: after}


def _first(provider: str, event: Any, at: datetime) -> Asked | None:
    if not isinstance(event, INVITES):
        return None  # an offer of somebody whose invitation the inbox holds no more
    case = event.referral_id
    made = Asked(referral_id=case, provider=provider, state=INVITED, authored=at, changed=at)
    return replace(made, **_facts(made, event))


def _changed(known: Asked, event: Any, at: datetime) -> Asked | None:
    state = _state(known, event)
    if state is None and not isinstance(event, INVITES):
        return None
    return replace(
        known,
        state=state or known.state,
        reason=getattr(event, "reason", None) if state and state.status in ("rejected", "cancelled") else None,
        changed=at,
        version=known.version + 1,
        **_facts(known, event),
    )


def _state(known: Asked, event: Any) -> TaskState | None:
    if isinstance(event, SelectionWithdrawn) and known.agreed:
        return FAILED
    if isinstance(event, InvitationUpdated) and known.state == LAPSED:
        return INVITED
    return TASK.get(type(event))


def _facts(known: Asked, event: Any) -> dict[str, Any]:
    if isinstance(event, INVITES):
        homes = tuple(one.vacancy_id for one in event.homes)
        told = {"interest_only": event.interest_only, "band": event.band, "respond_by": event.respond_by}
        return {"homes": homes, **told}
    if isinstance(event, (OfferMade, OfferRevised)):
        children = frozenset(event.children)
        return {"offer_id": event.offer_id, "fee_lines": event.fee_lines, "offered_for": children}
    if isinstance(event, PlacementStarted):
        return {"moved_in": known.moved_in | {event.child_id}}
    return {"agreed": True} if isinstance(event, PlacementAgreed) else {}


def _provider(asked: Mapping[str, Asked], event: Any) -> str | None:
    named = getattr(event, "provider", None)
    if named is not None:
        return str(named)
    offer = getattr(event, "offer_id", None)  # what an authority says of an offer names nobody
    return next((one.provider for one in asked.values() if offer and one.offer_id == offer), None)
