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

from placehub.contracts.parts import FeeLine
from placehub.mailboxes.inbox import Received
from placehub_connectors.fhir.states import FAILED, IN_ERROR, REQUEST, TASK, TaskState

INVITED: Final = ("ProviderInvited", "InvitationUpdated")
TOLD: Final = ("EarlyNoticeGiven", "ReferralMade", "ReferralRevised")


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
    """Counts the events that changed it."""


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
    fee_lines: tuple[FeeLine, ...] = ()
    agreed: bool = False
    authored: datetime
    changed: datetime
    version: int = 1

    @property
    def id(self) -> UUID:
        """The Task's id: the same for every reader."""
        return uuid5(self.referral_id, f"fhir task {self.provider}")


@dataclass(frozen=True, slots=True)
class Case:
    """One search, and who was asked, by organisation."""

    search: Search
    asked: Mapping[str, Asked] = field(default_factory=dict)


def case_of(events: Iterable[Received]) -> Case | None:
    """Return the case these events of it make, in their order; None where none says that there is a search."""
    known = list(events)
    gone = {one.event.set_aside for one in known if _name(one) == "EventSetAside"}
    wrong = {one.event.corrects for one in known if _name(one) == "EventCorrected"}
    case = None
    for one in known:
        if one.attributes.id not in gone:
            case = _follow(case, one, wrong=one.attributes.id in wrong)
    return case


def _follow(case: Case | None, received: Received, *, wrong: bool) -> Case | None:
    name, event, at = _name(received), received.event, received.attributes.taken_at
    if case is None:
        if name not in (*TOLD, *INVITED):
            return None
        case = Case(Search(referral_id=event.referral_id, authored=at, changed=at, version=0))
    return replace(
        case, search=_search(case.search, name, event, at, wrong=wrong), asked=_all(case, received, wrong, at)
    )


def _search(search: Search, name: str, event: Any, at: datetime, *, wrong: bool) -> Search:
    if name not in REQUEST:
        return search if search.version else replace(search, version=1)
    ended = name == "SearchClosed" and search.status == "revoked"
    status = IN_ERROR if wrong else search.status if ended else REQUEST[name]
    told = event if name in TOLD else search.told
    return replace(search, status=status, told=told, changed=at, version=search.version + 1)


def _all(case: Case, received: Received, wrong: bool, at: datetime) -> Mapping[str, Asked]:
    provider = _provider(case, received.event)
    if provider is None:
        return case.asked
    after = _asked(case.asked.get(provider), provider, received, at)
    if after is None:
        return case.asked
    if wrong:
        after = replace(after, state=TaskState(IN_ERROR, after.state.business))
    return {**case.asked, provider: after}


def _asked(known: Asked | None, provider: str, received: Received, at: datetime) -> Asked | None:
    name, event = _name(received), received.event
    if known is None:
        if name not in INVITED:
            return None  # an offer of somebody whose invitation the inbox holds no more
        known = Asked(
            referral_id=event.referral_id,
            provider=provider,
            state=TASK["ProviderInvited"],
            authored=at,
            changed=at,
            version=0,
        )
    state = _state(known, name)
    if state is None and name not in INVITED:
        return None
    return replace(
        known,
        state=state or known.state,
        reason=getattr(event, "reason", None) if state and state.status in ("rejected", "cancelled") else None,
        changed=at,
        version=known.version + 1,
        **_facts(name, event),
    )


def _state(known: Asked, name: str) -> TaskState | None:
    if name == "SelectionWithdrawn" and known.agreed:
        return FAILED
    if name == "InvitationUpdated" and known.state == TASK["InvitationLapsed"]:
        return TASK["ProviderInvited"]
    return TASK.get(name)


def _facts(name: str, event: Any) -> dict[str, Any]:
    if name in INVITED:
        homes = tuple(one.vacancy_id for one in event.homes)
        told = {"interest_only": event.interest_only, "band": event.band, "respond_by": event.respond_by}
        return {"homes": homes, **told}
    if name in ("OfferMade", "OfferRevised"):
        return {"offer_id": event.offer_id, "fee_lines": event.fee_lines}
    return {"agreed": True} if name == "PlacementAgreed" else {}


def _provider(case: Case, event: Any) -> str | None:
    named = getattr(event, "provider", None)
    if named is not None:
        return str(named)
    offer = getattr(event, "offer_id", None)  # what an authority says of an offer names nobody
    return next((one.provider for one in case.asked.values() if offer and one.offer_id == offer), None)


def _name(received: Received) -> str:
    return type(received.event).__name__
