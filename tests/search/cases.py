"""Made-up cases in any state, every act of the lifecycle table, and a view whose homes are given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from placehub.contracts.corrections import ReferralEventCorrected
from placehub.contracts.parts import Basis, FeeLine, HomeFit
from placehub.offers import events as offers
from placehub.referrals import events as referrals
from placehub.referrals.child import Child, NotedChild
from placehub.search.case import Case, Found, Invitation, Offer, Stay, told
from placehub.search.events import ReferralAssessed, Relaxation
from placehub.search.policy import DEFAULT, Policy
from placehub.search.splitting import Split
from placehub.vacancies.events import Home

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CASE, CHILD, SIBLING = UUID(int=1), UUID(int=2), UUID(int=3)
OFFER, OTHER_OFFER, HOME, OTHER_HOME = UUID(int=4), UUID(int=5), UUID(int=6), UUID(int=7)
ENDING = UUID(int=8)
"""A placement with a notice, in a case that is closed."""
AUTHORITY, PROVIDER, OTHER = "A1", "P1", "P2"
LATER = NOW + timedelta(days=3)
BASIS = Basis(
    decided_at=NOW,
    case_offset=0,
    referral_version=1,
    vacancy_offsets=(),
    agreement_offsets=(),
    organisation_offsets=(),
    policy="p",
    codes="c",
    postcodes="o",
    rules="r",
)


def a_fit(vacancy_id: UUID = HOME, band: str = "fits", miles: int = 1) -> HomeFit:
    """Return a home that fits."""
    return HomeFit(
        vacancy_id=vacancy_id,
        household_ref=UUID(int=vacancy_id.int + 1000),
        band=band,
        distance_miles=Decimal(miles),
        findings=(),
        questions=(),
    )


@dataclass
class Given:
    """A view of a world that is given: homes by vacancy, each with its provider."""

    homes: dict[UUID, tuple[str, HomeFit]] = field(default_factory=dict)
    now: datetime = NOW
    most: int | None = None
    parts: Split | None = None
    alone: dict[UUID, frozenset[UUID]] = field(default_factory=dict)
    """Whom a home takes alone; one that is not named takes everybody where there is a split."""
    homeless: tuple[UUID, ...] = ()
    """Whom no home takes even alone."""
    new: frozenset[UUID] = frozenset()
    elsewhere: frozenset[UUID] = frozenset()
    said: dict[UUID, Home] = field(default_factory=dict)
    hidden: frozenset[UUID] = frozenset()
    agreed: Policy = DEFAULT
    tiers: dict[str, int] = field(default_factory=dict)
    parties: frozenset[str] = frozenset()
    desks: dict[str, str] = field(default_factory=dict)
    farther: dict[int, dict[UUID, tuple[str, HomeFit]]] = field(default_factory=dict)
    """Homes that come within reach once so many widening steps are taken."""

    def policy(self, case: Case) -> Policy:
        """Return the policy given."""
        return self.agreed

    def tier(self, case: Case, provider: str) -> int | None:
        """Return the tier given."""
        return self.tiers.get(provider)

    def eligible(self, case: Case) -> frozenset[str]:
        """Return the parties given."""
        return self.parties

    def out_of_hours(self, provider: str) -> str | None:
        """Return the duty desk given."""
        return self.desks.get(provider)

    def removed_by(self, case: Case, providers: Iterable[str]) -> dict[str, tuple[str, int]]:
        """Return that each has one home, which was too far."""
        return dict.fromkeys(providers, ("distance", 1))

    def relaxations(self, case: Case) -> tuple[Relaxation, ...]:
        """Return one."""
        return (Relaxation(criterion="distance", homes=1),)

    def fitting(self, case: Case) -> int:
        """Return how many homes are within reach."""
        return len(self._reached(case))

    def by_provider(self, case: Case) -> dict[str, list[HomeFit]]:
        """Return every home within reach by its provider, in the order of their ids."""
        found: dict[str, list[HomeFit]] = {}
        for _, (provider, home) in sorted(self._reached(case).items()):
            found.setdefault(provider, []).append(home)
        return found

    def _reached(self, case: Case) -> dict[UUID, tuple[str, HomeFit]]:
        reached = dict(self.homes)
        for step in range(1, case.widened + 1):
            reached |= self.farther.get(step, {})
        return reached

    def considered(self, case: Case) -> tuple[int, dict[str, int]]:
        """Return as many homes as there are, and one that was too far."""
        return len(self.homes) + 1, {"distance": 1, "age": 0}

    def fits_among(self, case: Case, vacancies: Iterable[UUID]) -> list[HomeFit]:
        """Return those homes that are not out of sight."""
        known = (self.homes.get(one) for one in dict.fromkeys(vacancies) if one not in self.hidden)
        return [one[1] for one in known if one is not None]

    def owner(self, vacancy_id: UUID) -> str | None:
        """Return its provider."""
        return self.homes[vacancy_id][0] if vacancy_id in self.homes else None

    def declared(self, vacancy_id: UUID) -> Home | None:
        """Return the home as it is given that its provider declared it."""
        return self.said.get(vacancy_id)

    def in_sight(self, vacancy_id: UUID) -> bool:
        """Tell whether the home is not among those given as out of sight."""
        return vacancy_id not in self.hidden

    def offered_elsewhere(self, case: Case, vacancy_id: UUID) -> bool:
        """Tell whether the home is among those given as offered elsewhere."""
        return vacancy_id in self.elsewhere

    def household(self, vacancy_id: UUID) -> UUID | None:
        """Return its household."""
        return self.homes[vacancy_id][1].household_ref if vacancy_id in self.homes else None

    def vacancies_of(self, provider: str) -> list[UUID]:
        """Return the provider's vacancies."""
        return sorted(one for one, (owner, _) in self.homes.items() if owner == provider)

    def is_new(self, case: Case, vacancy_id: UUID) -> bool:
        """Tell whether the vacancy is among those given as new."""
        return vacancy_id in self.new

    def basis(self, case: Case) -> Basis:
        """Return any basis."""
        return BASIS

    def respond_by(self, case: Case) -> datetime:
        """Return a day from now."""
        return self.now + timedelta(days=1)

    def most_invited(self, case: Case) -> int | None:
        """Return the most given."""
        return self.most

    def assessed(self, case: Case) -> ReferralAssessed:
        """Return any assessment."""
        return ReferralAssessed(
            referral_id=case.referral_id, version=case.version, completeness=Decimal(1), questions=(), basis=BASIS
        )

    def split(self, case: Case) -> Split | None:
        """Return the split given."""
        return self.parts

    def fits_some(self, case: Case, vacancy_id: UUID, children: Iterable[UUID]) -> bool:
        """Tell whether the home is given as taking some of these children alone; where none is, all have one."""
        taken = self.alone.get(vacancy_id, frozenset(children)) if self.parts or self.alone else frozenset()
        return bool(taken & set(children))

    def without_a_home(self, case: Case) -> tuple[UUID, ...]:
        """Return those whom no home is given for."""
        return self.homeless


def facts_of(cls: type, version: int = 1, children: tuple[UUID, ...] = (CHILD,)) -> Any:
    """Return a notice, a referral or its revision."""
    kind = NotedChild if cls is referrals.EarlyNoticeGiven else Child
    known: dict[str, Any] = {
        "referral_id": CASE,
        "authority": AUTHORITY,
        "need_known_at": NOW,
        "lawful_basis": referrals.LawfulBasis(
            basis="public task", condition="vital interests", purpose="find a foster home", authorised_by="director"
        ),
        "wanted": referrals.Wanted(),
        "children": tuple(kind(child_id=one) for one in children),
    }
    if cls is not referrals.EarlyNoticeGiven:
        known["version"] = version
    return cls(**known)


def an_offer(offer_id: UUID = OFFER, provider: str = PROVIDER, state: str = "open", vacancy_id: UUID = HOME) -> Offer:
    """Return an offer as a case holds it."""
    return Offer(
        offer_id=offer_id,
        provider=provider,
        vacancy_id=vacancy_id,
        children=(CHILD,),
        state=state,
        available_from=NOW.date(),
        valid_until=LATER,
        referral_version=1,
    )


def a_stay(**known: Any) -> Stay:
    """Return the child's placement in the home, started today, but for what is given."""
    usual: dict[str, Any] = {
        "child_id": CHILD,
        "provider": PROVIDER,
        "vacancy_id": HOME,
        "household_ref": None,
        "started_on": NOW.date(),
    }
    return Stay(**(usual | known))


FOUND = (Found(provider=PROVIDER, after_days=14, field="children.pets"),)
"""What the provider with whom the child lives has said of the referral."""
SELECTED = {"reserving": "selected", "reserved": "reserved"}
"""State of a case -> state of the offer it has selected."""
PLACED = {"closed": "reserved"}
"""State of a case -> state of the offer under which the child was placed."""


def a_case(state: str, invitation: str = "offered", offer: str | None = None, **other: Any) -> Case:
    """Return a case in that state with one invited provider and its offer."""
    usual: dict[str, Any] = {
        "referral_id": CASE,
        "state": state,
        "facts": facts_of(referrals.EarlyNoticeGiven if state == "noticed" else referrals.ReferralMade),
        "offset": 3,
        "invitations": {
            PROVIDER: Invitation(
                provider=PROVIDER, state=invitation, homes=told((a_fit(),)), respond_by=NOW + timedelta(1)
            )
        },
        "offers": {OFFER: an_offer(state=offer or PLACED.get(state) or SELECTED.get(state, "open"))},
        "found": FOUND if state == "closed" else (),
        "stays": {ENDING: a_stay(noticed=True)} if state == "closed" else {},
    }
    return Case(**(usual | other))


_WORDS: dict[str, Any] = {
    "referral_id": CASE,
    "authority": AUTHORITY,
    "provider": PROVIDER,
    "sender": AUTHORITY,
    "offer_id": OFFER,
    "vacancy_id": HOME,
    "clarification_id": UUID(int=30),
    "child_id": CHILD,
    "continues": UUID(int=31),
    "corrects": UUID(int=32),
    "children": (CHILD,),
    "groups": ((CHILD,),),
    "fee_lines": (FeeLine(what="base fee", amount=Decimal(900), unit="week"),),
    "referral_version": 1,
    "available_from": NOW.date(),
    "valid_until": LATER,
    "found": True,
    "after_days": 14,
    "fields": (),
    "field": "children.pets",
    "answer": "accepted",
    "words": None,
}
ACTED: tuple[type, ...] = (
    referrals.EarlyNoticeWithdrawn,
    referrals.ReferralWithdrawn,
    referrals.ReferralContinued,
    referrals.InHouseSearchStarted,
    referrals.InHouseSearchConcluded,
    referrals.ClarificationAnswered,
    referrals.OfferQueried,
    referrals.SupportLineRefused,
    referrals.SplitConfirmed,
    referrals.DisclosureGranted,
    referrals.OfferSelected,
    referrals.SelectionWithdrawn,
    offers.ClarificationAsked,
    offers.InterestExpressed,
    offers.OfferMade,
    offers.OfferRevised,
    offers.OfferReconfirmed,
    offers.OfferWithdrawn,
    offers.InvitationDeclined,
    offers.ReferralFeedbackGiven,
    referrals.FeedbackAnswered,
    ReferralEventCorrected,
)
"""Every event of organisations about a case, but for its facts."""
FACTS: tuple[type, ...] = (referrals.EarlyNoticeGiven, referrals.ReferralMade, referrals.ReferralRevised)


_WORDED = (
    referrals.ClarificationAnswered,
    referrals.OfferQueried,
    referrals.SplitConfirmed,
    offers.ClarificationAsked,
)


def an_act(cls: type, **other: Any) -> Any:
    """Return an event of that class about `a_case`, but for what is given."""
    if cls in FACTS:
        return facts_of(cls, **other)
    names = [one.name for one in fields(cls)]
    needed = {name: _WORDS.get(name, "other") for name in names if name not in ("feedback", "recorded_for")}
    if cls is offers.OfferMade:
        needed["offer_id"] = OTHER_OFFER
    if cls is referrals.DisclosureGranted:
        needed["children"] = (referrals.DisclosedChild(child_id=CHILD, identity=None),)
    sealed = ("question", "answer", "reason", "family_time_plan")
    if cls in (
        referrals.ClarificationAnswered,
        referrals.OfferQueried,
        referrals.SplitConfirmed,
        offers.ClarificationAsked,
    ):
        needed = {name: value for name, value in needed.items() if name not in sealed}
    return cls(**(needed | other))
