"""A made-up consortium of four authorities and twelve providers, and what it does again and again in a year."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import cycle, islice
from typing import Any
from uuid import UUID, uuid4

from placehub.agreements.events import AgreementRegistered, ContractManager, ProviderJoined, ReturnTerms
from placehub.disputes.events import (
    DisputeOutcomeAnswered,
    DisputeRaised,
    DisputeResolved,
    DisputeRouted,
    StatementGiven,
)
from placehub.partnership.events import AgendaItemProposed, MinutesUsed, PartnershipEventHeld, PartnershipEventPlanned
from placehub.placements.events import PlacementPlanAgreed
from placehub.search.events import ProviderInvited
from placehub.vacancies.reserving import placement_id

from .story import Case, Desk, HubUnderTest, Town, desk, reminded


def post_of(one: Desk, post: str) -> ContractManager:
    """Return a post of an organisation."""
    return ContractManager(organisation=one.code, post=post, contact=f"{post}@example.org")


@dataclass(frozen=True)
class Placed:
    """One child who moved in."""

    case: Case
    vacancy_id: UUID
    provider: Desk
    offer_id: UUID

    @property
    def parties(self) -> dict[str, Any]:
        """What every event about the placement names."""
        placement = placement_id(self.offer_id, self.case.children[0])
        return {
            "placement_id": placement,
            "authority": self.case.authority.code,
            "provider": self.provider.code,
        }


@dataclass
class Consortium:
    """A framework of three authorities led by a consortium's office, and a fourth authority's own purchasing system."""

    hub: HubUnderTest
    lead: Desk
    authorities: tuple[Desk, ...]
    providers: tuple[Desk, ...]
    framework: UUID = field(default_factory=uuid4)
    system: UUID = field(default_factory=uuid4)
    placed: list[Placed] = field(default_factory=list)

    @classmethod
    def met(cls, hub: HubUnderTest) -> Consortium:
        """Register its organisations."""
        authorities = tuple(desk(hub, "authority") for _ in range(4))
        return cls(hub, desk(hub, "consortium"), authorities, tuple(desk(hub, "provider") for _ in range(12)))

    @property
    def of_framework(self) -> tuple[Desk, ...]:
        """The framework's providers."""
        return self.providers[:8]

    @property
    def of_system(self) -> tuple[Desk, ...]:
        """The purchasing system's providers; two are the framework's too."""
        return self.providers[6:]

    def everyone(self) -> Iterator[Desk]:
        """Yield every organisation."""
        yield from (self.lead, *self.authorities, *self.providers)

    def terms(self) -> tuple[AgreementRegistered, AgreementRegistered]:
        """Return both agreements: the framework is to be consulted on in 13 weeks and decided in 20."""
        today, (first, second, third, fourth) = self.hub.now.date(), self.authorities
        quarterly = ReturnTerms(every_months=3, template="quarterly-monitoring")
        framework = AgreementRegistered(
            agreement_id=self.framework,
            lead=self.lead.code,
            name="Consortium's framework (made up)",
            kind="framework",
            nation="England",
            authorities=(first.code, second.code, third.code),
            manager=post_of(self.lead, "manager"),
            deputies=(post_of(first, "deputy"),),
            starts_on=today,
            ends_on=today + timedelta(weeks=40),
            consult_by=today + timedelta(weeks=13),
            decide_by=today + timedelta(weeks=20),
            returns=quarterly,
        )
        system = replace(
            framework,
            agreement_id=self.system,
            lead=fourth.code,
            name="Fourth authority's purchasing system (made up)",
            kind="dynamic purchasing system",
            authorities=(fourth.code,),
            manager=post_of(fourth, "manager"),
            deputies=(post_of(fourth, "deputy"),),
            ends_on=None,
            consult_by=None,
            decide_by=None,
            neutral=post_of(self.lead, "neutral"),
        )
        return framework, system

    def begin(self) -> None:
        """Register both agreements; the providers join."""
        today = self.hub.now.date()
        for terms, by, providers in zip(
            self.terms(), (self.lead, self.authorities[3]), (self.of_framework, self.of_system), strict=True
        ):
            by.post(terms)
            for one in providers:
                about: dict[str, Any] = {"agreement_id": terms.agreement_id, "lead": by.code}
                by.post(ProviderJoined(**about, provider=one.code, joined_on=today))
        self.hub.settle()

    def place(self, quarter: int) -> list[Case]:
        """Place fifteen children, the first without a plan: twelve under the framework, three under the system.

        Return the framework's cases.
        """
        plans = [*self._plan(self.framework, self.authorities[:3], self.of_framework, 12, 4 * quarter)]
        plans += self._plan(self.system, self.authorities[3:], self.of_system, 3, 3 * quarter)
        homes = [town.open_home(provider) for town, provider in plans]
        self.hub.settle()
        cases = [town.case() for town, _ in plans]
        for case in cases:
            case.refer()
        self.hub.settle()
        of = zip(plans, homes, cases, strict=True)
        made = [Placed(case, home, one, case.offer(one, home)) for (_, one), home, case in of]
        self.hub.settle()
        for one in made:
            one.case.select(one.offer_id)
        self.hub.settle()
        for one in made:
            one.case.agree(one.offer_id, one.vacancy_id, one.provider)
        self.hub.settle()
        for one in made:
            one.case.start(one.offer_id, one.vacancy_id, one.provider)
        for one in made[1:]:
            plan = PlacementPlanAgreed(**one.parties, agreed_on=self.hub.now.date())
            one.case.authority.post(plan)
        self.hub.settle()
        self.placed += made
        return cases[:12]

    def _plan(
        self, agreement: UUID, authorities: Sequence[Desk], providers: Sequence[Desk], count: int, first: int
    ) -> Iterator[tuple[Town, Desk]]:
        turns = zip(cycle(authorities), islice(cycle(providers), first, first + count), strict=False)
        for authority, provider in turns:
            yield Town(self.hub, authority, tuple(providers), agreement_id=agreement), provider

    def invited(self, cases: Sequence[Case], provider: Desk) -> list[ProviderInvited]:
        """Return the invitations of a provider to some cases."""
        some = {case.id for case in cases}
        return [one for one in provider.got(ProviderInvited) if one.referral_id in some]


@dataclass(frozen=True)
class Dispute:
    """One dispute between two sides."""

    of: Consortium
    agreement_id: UUID
    sender: Desk
    against: Desk
    id: UUID = field(default_factory=uuid4)
    placement_id: UUID | None = None

    def raise_it(self) -> UUID:
        """Post it."""
        today: date = self.of.hub.now.date()
        return self.sender.post(
            DisputeRaised(
                agreement_id=self.agreement_id,
                dispute_id=self.id,
                sender=self.sender.code,
                against=self.against.code,
                about="payment",
                placement_id=self.placement_id,
                statement="An invoice was paid late (made up).",
                raised_on=today,
            )
        )

    def routed(self) -> tuple[str, str, str]:
        """Return whom it went to, as whom and why, as its sender was told last."""
        told = [one for one in self.sender.got(DisputeRouted) if one.dispute_id == self.id][-1]
        assert told.to is not None
        return told.to.organisation, told.role, told.because

    def settle(self) -> None:
        """Let the other side speak, whoever it went to resolve it, and both sides accept."""
        whose, _, _ = self.routed()
        about: dict[str, Any] = {"agreement_id": self.agreement_id, "dispute_id": self.id}
        words = "It had come without a number (made up)."
        self.against.post(StatementGiven(**about, statement_id=uuid4(), sender=self.against.code, statement=words))
        by = next(one for one in self.of.everyone() if one.code == whose)
        today = self.of.hub.now.date()
        by.post(
            DisputeResolved(
                **about, sender=by.code, outcome="settled", finding="Numbers from now on (made up).", resolved_on=today
            )
        )
        self.of.hub.settle()
        for side in (self.sender, self.against):
            side.post(DisputeOutcomeAnswered(**about, sender=side.code, accepted=True))
        self.of.hub.settle()


@dataclass(frozen=True)
class Meeting:
    """One partnership event with an item of each sector."""

    of: Consortium
    agreement_id: UUID
    commissioner: Desk
    provider: Desk
    planned_for: date
    id: UUID = field(default_factory=uuid4)
    items: tuple[UUID, UUID] = field(default_factory=lambda: (uuid4(), uuid4()))

    @property
    def about(self) -> dict[str, Any]:
        """What every event about it names."""
        return {"agreement_id": self.agreement_id, "partnership_event_id": self.id}

    def plan(self, planner: Desk) -> None:
        """Post when it is to be."""
        told: dict[str, Any] = {"kind": "forum", "title": "Forum (made up)", "planned_for": self.planned_for}
        planner.post(PartnershipEventPlanned(**self.about, **told, sender=planner.code))
        self.of.hub.settle()

    def propose(self, commissioners: int, providers: int) -> None:
        """Post how long each sector asks for."""
        told: dict[str, Any] = {"title": "An item (made up)", "proposed_on": self.of.hub.now.date()}
        sides = (self.commissioner, "commissioners", commissioners), (self.provider, "providers", providers)
        for item_id, (by, sector, minutes) in zip(self.items, sides, strict=True):
            of_sector: dict[str, Any] = {"item_id": item_id, "sector": sector, "minutes": minutes}
            by.post(AgendaItemProposed(**self.about, **told, **of_sector, sender=by.code))
        self.of.hub.settle()

    def hold(self, commissioners: int, providers: int) -> None:
        """Post how long each item took."""
        minutes = zip(self.items, (commissioners, providers), strict=True)
        used = tuple(MinutesUsed(item_id=item_id, minutes=some) for item_id, some in minutes)
        by = self.commissioner
        by.post(PartnershipEventHeld(**self.about, sender=by.code, held_on=self.planned_for, used=used))
        self.of.hub.settle()

    def told(self, *desks: Desk) -> list[list[int | str]]:
        """Return what each was told of its agenda's balance."""
        return [reminded(one, self.id, "agenda balance") for one in desks]
