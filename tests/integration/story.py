"""Organisations at their mailboxes, and the cases and homes they tell of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol, TypeVar
from uuid import UUID, uuid4

from kafka import KafkaProducer

from placehub.agreements.events import AgreementRegistered, ContractManager, ProviderJoined
from placehub.contracts.codec import Codec, Registry
from placehub.contracts.headers import Attributes, Headers, write_headers
from placehub.contracts.parts import FeeLine
from placehub.governance.events import ReminderCleared, ReminderRaised
from placehub.mailboxes.access import Access
from placehub.mailboxes.connection import login
from placehub.mailboxes.events import EventRejected
from placehub.mailboxes.inbox import Received
from placehub.mailboxes.mailbox import Mailbox, subject_of
from placehub.offers.events import OfferMade
from placehub.organisations.joining import Credentials
from placehub.placements.events import PlacementAgreed, PlacementStarted
from placehub.referrals.child import NotedChild
from placehub.referrals.events import EarlyNoticeGiven, LawfulBasis, OfferFeedback, OfferSelected, Wanted
from placehub.settings import Settings
from placehub.streams import full_name, outbox
from placehub.vacancies.events import VacancyClosed
from placehub.vacancies.reserving import placement_id

T = TypeVar("T")
SECTOR = "LS6 2"
FEES = (FeeLine(what="base fee", amount=Decimal("900.00"), unit="week"),)
BASIS = LawfulBasis(
    basis="public task",
    condition="safeguarding of children",
    purpose="find a foster home",
    authorised_by="team manager",
)


def registered(lead: str, *members: str, **terms: Any) -> AgreementRegistered:
    """Return a framework that an organisation leads, for these authorities or for itself, but for what is given."""
    manager = ContractManager(organisation=lead, post="manager", contact="manager@example.org")
    usual: dict[str, Any] = {
        "agreement_id": uuid4(),
        "name": "Test agreement (made up)",
        "kind": "framework",
        "nation": "England",
        "authorities": members or (lead,),
        "manager": manager,
        "deputies": (replace(manager, post="deputy"),),
        "starts_on": date(2026, 1, 1),
    }
    return AgreementRegistered(lead=lead, **(usual | terms))


class HubUnderTest(Protocol):
    """What these tests ask of the `hub` fixture."""

    settings: Settings

    @property
    def now(self) -> datetime:
        """The hub's simulated time."""
        ...

    def add(self, kind: str) -> Credentials:
        """Register an organisation."""
        ...

    def mailbox(self, credentials: Credentials) -> Mailbox:
        """Open an organisation's mailbox."""
        ...

    def settle(self) -> None:
        """Wait until the hub has read and published everything."""
        ...

    def pass_time(self, **duration: float) -> datetime:
        """Move the hub's clock on."""
        ...


@dataclass
class Desk:
    """One organisation at its mailbox, with everything that has come into its inbox."""

    hub: HubUnderTest
    credentials: Credentials
    mailbox: Mailbox
    received: list[Received] = field(default_factory=list)

    @property
    def code(self) -> str:
        """The organisation's code."""
        return self.credentials.code

    @property
    def access(self) -> Access:
        """What the organisation was given when it joined, as its own programs keep it."""
        settings = self.hub.settings
        return Access(
            organisation=self.code,
            bootstrap=settings.bootstrap,
            kafka_password=self.credentials.kafka_password,
            api=settings.api,
            api_token=self.credentials.api_token,
            tls_ca=settings.kafka_tls_ca,
        )

    def post(self, event: object, *, time: datetime | None = None, id: UUID | None = None) -> UUID:
        """Post an event that happened now, unless a time is given."""
        return self.mailbox.post(event, time=time or self.hub.now, id=id)

    def tell(self, event_type: str, document: dict[str, Any]) -> UUID:
        """Post a JSON document; its open parts are sealed first."""
        return self.mailbox.post_document(event_type, document, time=self.hub.now)

    def post_raw(self, value: bytes | None, headers: Headers) -> None:
        """Put bytes of one's own into the outbox, as a system without the SDK might."""
        access = login(self.hub.settings.bootstrap, self.code, self.credentials.kafka_password, None)
        with KafkaProducer(**access) as producer:
            producer.send(outbox(self.code), value, b"any", headers).get(timeout=20)

    def post_unchecked(self, event: object) -> UUID:
        """Post an event which the SDK would refuse to send."""
        api = self.hub.settings.api
        codec = Codec(Registry(f"{api}/registry", user=self.code, password=self.credentials.api_token))
        about = Attributes(
            id=uuid4(),
            source=f"/organisations/{self.code}",
            type=full_name(type(event)),
            subject=subject_of(event),
            time=self.hub.now,
        )
        access = login(self.hub.settings.bootstrap, self.code, self.credentials.kafka_password, None)
        with KafkaProducer(**access) as producer:
            place, key = outbox(self.code), about.subject.encode()
            producer.send(place, codec.encode(event), key, write_headers(about)).get(timeout=20)
        return about.id

    def got(self, cls: type[T], about: UUID | None = None) -> list[T]:
        """Return every event of that class in the inbox, of one case if it is given."""
        return [one.event for one in self.letters(cls, about)]

    def letters(self, cls: type, about: UUID | None = None) -> list[Received]:
        """As `got`, with the attributes."""
        self.received += self.mailbox.read_to_end()
        found = [one for one in self.received if type(one.event) is cls]
        return [one for one in found if about in (None, getattr(one.event, "referral_id", None))]

    def refusal_of(self, id: UUID) -> EventRejected:
        """Return the one refusal of the event posted under that id."""
        (found,) = [one for one in self.got(EventRejected) if one.rejected_id == id]
        return found


def desk(hub: HubUnderTest, kind: str) -> Desk:
    """Register an organisation and sit down at its mailbox."""
    credentials = hub.add(kind)
    return Desk(hub, credentials, hub.mailbox(credentials))


def reminded(desk: Desk, subject: UUID, kind: str) -> list[int | str]:
    """Return the weeks that were left, or `overdue`, of each reminder of that kind about a subject, then `cleared`."""
    raised = [one for one in desk.got(ReminderRaised) if (one.subject_id, one.kind) == (subject, kind)]
    cleared = [one for one in desk.got(ReminderCleared) if (one.subject_id, one.kind) == (subject, kind)]
    assert not any(one.to for some in (raised, cleared) for one in some), "who else is told is nobody's to know"
    return ["overdue" if one.weeks_left is None else one.weeks_left for one in raised] + ["cleared" for _ in cleared]


@dataclass
class Town:
    """An authority's agreement with some providers, the homes opened for one test, and an authority beside it."""

    hub: HubUnderTest
    authority: Desk
    providers: tuple[Desk, ...]
    agreement_id: UUID = field(default_factory=uuid4)
    homes: dict[UUID, Desk] = field(default_factory=dict)
    neighbour: Desk | None = None

    def begin(self) -> None:
        """Register the agreement, led by the authority, and let the providers join."""
        self.authority.post(registered(self.authority.code, agreement_id=self.agreement_id))
        for provider in self.providers:
            self.join(provider)

    def join(self, provider: Desk, tier: int | None = None) -> None:
        """Let a provider join, or say anew in which tier it is."""
        joined: dict[str, Any] = {"agreement_id": self.agreement_id, "lead": self.authority.code, "tier": tier}
        self.authority.post(ProviderJoined(**joined, provider=provider.code, joined_on=date(2026, 1, 1)))

    def end(self) -> None:
        """Close every home, so that no later test meets it."""
        for vacancy_id, provider in self.homes.items():
            provider.post(VacancyClosed(vacancy_id=vacancy_id, provider=provider.code))

    def open_home(self, provider: Desk, *, household: dict[str, Any] | None = None, **known: Any) -> UUID:
        """Open a vacancy that fits `notice()`, but for what is given."""
        vacancy_id = uuid4()
        home = {
            "postcode_sector": SECTOR,
            "places": 1,
            "kinds": ["long term", "short term"],
            "min_age": 0,
            "max_age": 17,
            "sex": "any",
            "sibling_places": 3,
            "state": "now",
            "available_from": self.hub.now.date().isoformat(),
            "willing_until": (self.hub.now + timedelta(days=60)).isoformat(),
            "children_at_home": [],
            "pets": [],
            "children_placed": 0,
            "weekly_fee": "900.00",
        }
        document = {
            "vacancy_id": str(vacancy_id),
            "provider": provider.code,
            "household_ref": str(uuid4()),
            "home": home | known,
        }
        if household:
            document["household"] = household
        provider.tell("VacancyOpened", document)
        self.homes[vacancy_id] = provider
        return vacancy_id

    def case(self, children: int = 1, authority: Desk | None = None) -> Case:
        """Think up a case; nothing is posted."""
        return Case(self, authority or self.authority, tuple(uuid4() for _ in range(children)))


@dataclass
class Case:
    """One case of an authority."""

    town: Town
    authority: Desk
    children: tuple[UUID, ...]
    id: UUID = field(default_factory=uuid4)

    def notice(self, previous_placement: UUID | None = None, **wanted: Any) -> UUID:
        """Give an early notice of it; after a placement that ends, too."""
        usual: dict[str, Any] = {
            "kind": "long term",
            "needed_by": "in more than 5 days",
            "siblings_plan": "together",
            "near_sector": SECTOR,
        }
        return self.authority.post(
            EarlyNoticeGiven(
                referral_id=self.id,
                authority=self.authority.code,
                agreement_id=self.town.agreement_id,
                need_known_at=self.town.hub.now,
                lawful_basis=BASIS,
                wanted=Wanted(**(usual | wanted)),
                children=tuple(NotedChild(child_id=one, age_band="8-10", sex="F") for one in self.children),
                previous_placement=previous_placement,
            )
        )

    def referral(self, need: dict[str, Any] | None = None, identity: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return its referral as a placement system would write it, sealed parts still open."""
        sealed = {"need": need or {"age_years": 9}, "identity": identity or {"name": "made up"}}
        return {
            "referral_id": str(self.id),
            "authority": self.authority.code,
            "agreement_id": str(self.town.agreement_id),
            "need_known_at": self.town.hub.now.isoformat(),
            "lawful_basis": {
                "basis": BASIS.basis,
                "condition": BASIS.condition,
                "purpose": BASIS.purpose,
                "authorised_by": BASIS.authorised_by,
            },
            "wanted": {
                "kind": "long term",
                "needed_by": "in more than 5 days",
                "siblings_plan": "together",
                "near_sector": SECTOR,
            },
            "children": [{"child_id": str(one), "age_band": "8-10", "sex": "F", **sealed} for one in self.children],
        }

    def refer(self, **sealed: Any) -> UUID:
        """Make its referral."""
        return self.authority.tell("ReferralMade", self.referral(**sealed))

    def offer(self, provider: Desk, vacancy_id: UUID, **other: Any) -> UUID:
        """Let a provider offer a home for all its children; return the offer's id."""
        made = self.offer_of(provider, vacancy_id, **other)
        provider.post(made)
        return made.offer_id

    def offer_of(self, provider: Desk, vacancy_id: UUID, **other: Any) -> OfferMade:
        """Return an offer that is in order, but for what is given."""
        usual: dict[str, Any] = {
            "referral_id": self.id,
            "provider": provider.code,
            "offer_id": uuid4(),
            "vacancy_id": vacancy_id,
            "referral_version": 1,
            "children": self.children,
            "fee_lines": FEES,
            "available_from": self.town.hub.now.date(),
            "valid_until": self.town.hub.now + timedelta(days=30),
        }
        return OfferMade(**(usual | other))

    def select(self, offer_id: UUID, **more: Any) -> UUID:
        """Let the authority select an offer, with feedback on every other it has got, unless something else is said."""
        others = sorted({one.offer_id for one in self.authority.got(OfferMade, self.id)} - {offer_id})
        told = tuple(OfferFeedback(offer_id=one, feedback="another home fitted better") for one in others)
        more = {"feedback": told} | more
        return self.authority.post(
            OfferSelected(
                referral_id=self.id, authority=self.authority.code, offer_id=offer_id, by="placement officer", **more
            )
        )

    def agreement(
        self, offer_id: UUID, vacancy_id: UUID, provider: Desk, child_id: UUID | None = None
    ) -> PlacementAgreed:
        """Return the terms for one child, the first unless one is named."""
        child_id = child_id or self.children[0]
        return PlacementAgreed(
            placement_id=placement_id(offer_id, child_id),
            referral_id=self.id,
            offer_id=offer_id,
            vacancy_id=vacancy_id,
            child_id=child_id,
            authority=self.authority.code,
            provider=provider.code,
            starts_on=self.town.hub.now.date(),
            fee_lines=FEES,
        )

    def agree(self, offer_id: UUID, vacancy_id: UUID, provider: Desk) -> None:
        """Let both sides post the same terms."""
        for child_id in self.children:
            agreed = self.agreement(offer_id, vacancy_id, provider, child_id)
            self.authority.post(agreed)
            provider.post(agreed)

    def place(self, offer_id: UUID, vacancy_id: UUID, provider: Desk) -> None:
        """Let an offer be selected, its terms agreed and the children move in, each decided before the next."""
        self.select(offer_id)
        self.town.hub.settle()
        self.agree(offer_id, vacancy_id, provider)
        self.town.hub.settle()
        self.start(offer_id, vacancy_id, provider)
        self.town.hub.settle()

    def start(self, offer_id: UUID, vacancy_id: UUID, provider: Desk, children: Sequence[UUID] | None = None) -> None:
        """Let the children move in; all of them, unless some are named."""
        for child_id in self.children if children is None else children:
            self.authority.post(
                PlacementStarted(
                    placement_id=placement_id(offer_id, child_id),
                    referral_id=self.id,
                    vacancy_id=vacancy_id,
                    child_id=child_id,
                    authority=self.authority.code,
                    provider=provider.code,
                    started_on=self.town.hub.now.date(),
                )
            )


def play(town: Town) -> tuple[Case, UUID, UUID]:
    """Run a case to a reserved place with the first provider; return it, its home and its offer."""
    provider = town.providers[0]
    home = town.open_home(provider)
    town.hub.settle()
    case = town.case()
    case.refer()
    town.hub.settle()
    offer = case.offer(provider, home)
    town.hub.settle()
    case.select(offer)
    town.hub.settle()
    return case, home, offer


@contextmanager
def living_town(hub: HubUnderTest, provider: Desk, **home: Any) -> Iterator[Town]:
    """Yield an agreement of a new authority with a provider, and a home of the provider's that was told."""
    made = Town(hub, desk(hub, "authority"), (provider,))
    made.begin()
    made.open_home(provider, **home)
    hub.settle()
    yield made
    made.end()
    made.authority.mailbox.close()
