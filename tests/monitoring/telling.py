"""One case, told over three streams, as a search that ends in a placement would be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from placehub.contracts.headers import Attributes
from placehub.contracts.parts import Basis
from placehub.drivers.records import Record
from placehub.offers.events import InterestExpressed, InvitationDeclined, OfferMade
from placehub.organisations.events import OrganisationRegistered
from placehub.placements.events import PlacementAgreed, PlacementEnded, PlacementStarted
from placehub.referrals.child import Child, NotedChild
from placehub.referrals.events import (
    EarlyNoticeGiven,
    InHouseSearchStarted,
    LawfulBasis,
    OfferSelected,
    ReferralMade,
    Wanted,
)
from placehub.search.events import (
    InvitationLapsed,
    OfferNotSelected,
    ProviderInvited,
    ReservedPlacement,
    SearchClosed,
    SearchStarted,
)
from placehub.streams import full_name, stream
from placehub.vacancies.events import Home, VacancyFilled, VacancyOpened, VacancyReserved

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
LAWFUL = LawfulBasis(
    basis="public task",
    condition="health or social care",
    purpose="find a foster home",
    authorised_by="placement officer",
)
Told = tuple[Any, str, datetime]


def basis(at: datetime) -> Basis:
    """A basis of no interest here."""
    offsets: dict[str, Any] = {"vacancy_offsets": (), "agreement_offsets": (), "organisation_offsets": ()}
    return Basis(
        decided_at=at, case_offset=1, referral_version=1, policy="1", codes="1", postcodes="1", rules="1", **offsets
    )


def record(told: Told, offset: int) -> Record:
    """Return the event as a processor reads it."""
    event, source, at = told
    name = full_name(type(event))
    subject = str(getattr(event, stream(name.partition(".")[0]).key))
    source = source if source.startswith("/") else f"/organisations/{source}"
    attributes = Attributes(id=uuid4(), source=source, type=name, subject=subject, time=at, sequence=offset + 1)
    return Record(event.STREAM, 0, offset, subject, attributes, event, None, [])


def registered(code: str, name: str | None = None, kind: str = "authority") -> Told:
    """An organisation joins the hub; without a name it is called by its code."""
    event = OrganisationRegistered(organisation=code, scheme="ons", kind=kind, name=name or code, nation="England")
    return event, "/hub/organisations", START


def opened(provider: str, vacancy_id: UUID, **home: Any) -> Told:
    """A home with room."""
    facts: dict[str, Any] = {
        "postcode_sector": "LS6 2",
        "places": 2,
        "kinds": ("short term", "emergency"),
        "min_age": 0,
        "max_age": 17,
        "sex": "any",
        "state": "now",
        "available_from": START.date(),
        "willing_until": START + timedelta(days=30),
    }
    event = VacancyOpened(
        vacancy_id=vacancy_id, provider=provider, household_ref=uuid4(), home=Home(**{**facts, **home})
    )
    return event, provider, START


class Case:
    """A search of one authority among two providers; the first is chosen."""

    def __init__(self, authority: str = "LA", *, early: bool = True, hours: int = 1) -> None:
        self.authority, self.one, self.two = authority, f"{authority}-P", f"{authority}-Q"
        self.referral_id, self.vacancy_id, self.offer_id, self.placement_id, self.child_id = (uuid4() for _ in range(5))
        self.early, self.told_at = early, START + timedelta(hours=hours)

    def _at(self, hours: float) -> datetime:
        return self.told_at + timedelta(hours=hours)

    def referral(self) -> Sequence[Told]:
        """What the `referral` stream says, in its order."""
        notice, made = (self._sought(cls) for cls in (EarlyNoticeGiven, ReferralMade))
        first = [(notice, self.authority, self._at(0))] if self.early else []
        because = type(notice if self.early else made).__name__
        started = SearchStarted(
            referral_id=self.referral_id,
            because=because,
            homes_considered=9,
            homes_fitting=2,
            basis=basis(self._at(0)),
        )
        told = [*first, (made, self.authority, self._at(0 if not self.early else 5))]
        return [told[0], (started, "/hub/search/referral/0", self._at(0)), *told[1:], *self._answers()]

    def _sought(self, cls: Any) -> Any:
        kind = NotedChild if cls is EarlyNoticeGiven else Child
        return cls(
            referral_id=self.referral_id,
            authority=self.authority,
            need_known_at=START,
            lawful_basis=LAWFUL,
            wanted=Wanted(kind="short term", near_sector="LS6 2"),
            children=(kind(child_id=self.child_id), kind(child_id=uuid4(), role="parent")),
        )

    def _answers(self) -> Sequence[Told]:
        hub, case = "/hub/search/referral/0", self.referral_id
        offered = OfferMade(
            referral_id=case,
            provider=self.one,
            offer_id=self.offer_id,
            vacancy_id=self.vacancy_id,
            referral_version=1,
            children=(self.child_id,),
            fee_lines=(),
            available_from=START.date(),
            valid_until=self._at(99),
        )
        selected = OfferSelected(
            referral_id=case, authority=self.authority, offer_id=self.offer_id, by="placement officer"
        )
        return [
            (self._invited(self.one), hub, self._at(1)),
            (self._invited(self.two), hub, self._at(2)),
            (InHouseSearchStarted(referral_id=case, authority=self.authority), self.authority, self._at(3)),
            (InterestExpressed(referral_id=case, provider=self.one, vacancy_id=self.vacancy_id), self.one, self._at(4)),
            (InvitationDeclined(referral_id=case, provider=self.two, reason="too far"), self.two, self._at(6)),
            (InvitationLapsed(referral_id=case, provider=self.two, respond_by=self._at(6)), hub, self._at(6)),
            (offered, self.one, self._at(7)),
            (selected, self.authority, self._at(8)),
            (OfferNotSelected(referral_id=case, provider=self.two, offer_id=uuid4()), hub, self._at(9)),
            (SearchClosed(referral_id=case, outcome="independent"), hub, self._at(30)),
        ]

    def _invited(self, provider: str) -> ProviderInvited:
        return ProviderInvited(
            referral_id=self.referral_id,
            provider=provider,
            interest_only=self.early,
            band="fits",
            homes=(),
            released_at=self._at(1),
            respond_by=self._at(6),
            basis=basis(self._at(1)),
        )

    def vacancy(self) -> Sequence[Told]:
        """What the `vacancy` stream says, in its order."""
        ids: dict[str, Any] = {
            "vacancy_id": self.vacancy_id,
            "referral_id": self.referral_id,
            "authority": self.authority,
            "provider": self.one,
        }
        places = (ReservedPlacement(placement_id=self.placement_id, child_id=self.child_id),)
        reserved = VacancyReserved(**ids, offer_id=self.offer_id, placements=places, places_left=1)
        filled = VacancyFilled(**ids, placement_id=self.placement_id, places_left=1)
        hub = "/hub/vacancies/vacancy/0"
        return [opened(self.one, self.vacancy_id), (reserved, hub, self._at(9)), (filled, hub, self._at(29))]

    def placement(self) -> Sequence[Told]:
        """What the `placement` stream says, in its order."""
        parties: dict[str, Any] = {
            "placement_id": self.placement_id,
            "authority": self.authority,
            "provider": self.one,
        }
        ids: dict[str, Any] = {
            **parties,
            "referral_id": self.referral_id,
            "vacancy_id": self.vacancy_id,
            "child_id": self.child_id,
        }
        agreed = PlacementAgreed(
            **ids,
            offer_id=self.offer_id,
            starts_on=date(2026, 3, 3),
            fee_lines=(),
        )
        started = PlacementStarted(**ids, started_on=date(2026, 3, 3))
        ended = PlacementEnded(**parties, referral_id=self.referral_id, ended_on=date(2026, 5, 3), planned=True)
        return [
            (agreed, self.authority, self._at(10)),
            (agreed, self.one, self._at(11)),
            (started, self.authority, self._at(28)),
            (ended, self.authority, self._at(900)),
        ]
