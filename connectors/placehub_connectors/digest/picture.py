"""What a provider has before it, put together from its inbox: searches to answer and homes to confirm; pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from placehub.mailboxes.events import DataUseEnded, EventRejected
from placehub.offers.events import InterestExpressed, InvitationDeclined, OfferMade
from placehub.organisations.events import OrganisationRegistered
from placehub.search.events import InvitationClosed, InvitationLapsed, InvitationUpdated, ProviderInvited
from placehub.vacancies.events import (
    VacancyClosed,
    VacancyConfirmed,
    VacancyFilled,
    VacancyOpened,
    VacancyPaused,
    VacancyReleased,
    VacancyReserved,
    VacancyRevised,
)

SOON: Final = timedelta(days=7)
"""A home whose carer's word ends within it is told of."""
_INVITED: Final = (ProviderInvited, InvitationUpdated)
_ANSWERED: Final = (InterestExpressed, OfferMade, InvitationDeclined)
_OVER: Final = (InvitationClosed, InvitationLapsed, DataUseEnded)
_PLACES: Final = (VacancyReserved, VacancyReleased, VacancyFilled)


@dataclass(frozen=True, slots=True)
class OpenHome:
    """A home as its provider may be shown it: nothing of it is sealed."""

    sector: str
    min_age: int
    max_age: int
    places: int
    willing_until: datetime
    paused: bool = False

    @property
    def may_be_confirmed(self) -> bool:
        """Whether it has room and is not paused: confirming a paused home would open it again."""
        return self.places > 0 and not self.paused


@dataclass(frozen=True, slots=True)
class Picture:
    """`due`: by when each search wants its first answer; `answered`: those that have one."""

    due: dict[UUID, datetime] = field(default_factory=dict)
    answered: frozenset[UUID] = frozenset()
    homes: dict[UUID, OpenHome] = field(default_factory=dict)
    refused: frozenset[UUID] = frozenset()
    """Ids of events of its own that the hub refused."""
    nation: str = ""
    """Where the provider is registered; empty until the inbox has told."""

    def waiting(self, now: datetime) -> list[datetime]:
        """Return by when each search that is not answered wants its answer, soonest first."""
        return sorted(due for case, due in self.due.items() if case not in self.answered and due > now)

    def to_confirm(self, until: datetime) -> tuple[UUID, ...]:
        """Return the homes that may be confirmed and whose carer's word ends before a time."""
        return tuple(id for id, one in self.homes.items() if one.may_be_confirmed and one.willing_until < until)

    def going_stale(self, now: datetime) -> list[datetime]:
        """Return when the carer's word ends for each open home where it does within the week or has, soonest first."""
        found = [one.willing_until for one in self.homes.values() if one.may_be_confirmed]
        return sorted(until for until in found if until < now + SOON)


def seen(picture: Picture, event: Any) -> Picture:
    """Return the picture after an event of the inbox; events must come in the inbox's order, and may come again."""
    if isinstance(event, _INVITED):
        return replace(picture, due={**picture.due, event.referral_id: event.respond_by})
    if isinstance(event, _ANSWERED):
        return replace(picture, answered=picture.answered | {event.referral_id})
    if isinstance(event, _OVER):
        gone = event.referral_id
        left = {case: due for case, due in picture.due.items() if case != gone}
        return replace(picture, due=left, answered=picture.answered - {gone})
    if isinstance(event, EventRejected):
        return replace(picture, refused=picture.refused | ({event.rejected_id} if event.rejected_id else set()))
    if isinstance(event, OrganisationRegistered):
        return replace(picture, nation=event.nation)
    return replace(picture, homes=_homes(picture.homes, event))


def _homes(homes: dict[UUID, OpenHome], event: Any) -> dict[UUID, OpenHome]:
    if isinstance(event, (VacancyOpened, VacancyRevised)):
        home = event.home
        shown = OpenHome(home.postcode_sector, home.min_age, home.max_age, home.places, home.willing_until)
        return {**homes, event.vacancy_id: shown}
    known = homes.get(getattr(event, "vacancy_id", None))  # type: ignore[arg-type]  # None is nobody's id
    if known is None:
        return homes
    if isinstance(event, VacancyClosed):
        return {id: one for id, one in homes.items() if id != event.vacancy_id}
    return {**homes, event.vacancy_id: _changed(known, event)}


def _changed(home: OpenHome, event: Any) -> OpenHome:
    if isinstance(event, VacancyConfirmed):
        return replace(home, willing_until=event.willing_until, paused=False)
    if isinstance(event, VacancyPaused):
        return replace(home, paused=True)
    if isinstance(event, _PLACES) and event.places_left is not None:
        return replace(home, places=event.places_left)
    return home
