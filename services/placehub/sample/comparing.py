"""Who would have offered a home under blanket mailing, and who does under the policy: simulated, search by search.

The design is paired. Each search of a sample world is made twice at the same moment among the same homes: once by the
hub's own decisions (`search.deciding`, the very code of the live hub, but for what is only told: `QuietSight`) and
once as a mailing to every provider of the authority's agreements. Who answers, and when, is drawn by (provider,
search), and what a carer says by (carer, search): the same coin falls in both arms, so that the arms differ by who
was asked and by nothing else. The homes stand still while a search lasts; those that open meanwhile count in neither
arm. Then the market moves on as the policy left it: the place taken is taken. A search lasts until its officer
chooses, an own carer is found, or the officer gives up. A delivery is one provider told of one search.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid5

from placehub.contracts.parts import FeeLine
from placehub.errors import Rejected
from placehub.offers.events import InvitationDeclined, OfferMade
from placehub.referrals.child import Child, ChildNeed
from placehub.referrals.events import LawfulBasis, ReferralMade
from placehub.sample import behaviour
from placehub.sample.behaviour import BANDS, Model
from placehub.sample.cases import Case
from placehub.sample.chance import rng
from placehub.search.case import Case as Search
from placehub.search.case import Decided, Facts
from placehub.search.deciding import decide, due
from placehub.search.events import InvitationUpdated, ProviderInvited, ReferralAssessed, Relaxation
from placehub.search.view import Sight

BASIS: Final = LawfulBasis(
    basis="public task", condition="health or social care", purpose="find a foster home", authorised_by="team manager"
)
ANSWER, LOOK = "answer", "look"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one provider says to one search, and after how long; None is silence."""

    after: timedelta
    home: UUID | None


@dataclass(frozen=True, slots=True)
class Ended:
    """What one arm of one search came to."""

    deliveries: int
    updates: int
    first_offer: timedelta | None
    chosen: UUID | None
    """The vacancy the officer takes; None when the search ended otherwise."""
    offered: Mapping[UUID, timedelta]
    """Every home offered by the time the officer chose."""


class People:
    """How providers and carers answer one search: the same coins whoever is asked."""

    def __init__(self, seed: int, model: Model, case: Case, true: Mapping[UUID, int], willing: frozenset[UUID]):
        """`true`: the band, as its place in `BANDS`, of each home that fits in truth, in the policy's order."""
        self._seed, self._model, self._case = seed, model, case
        self._true, self._willing = true, willing
        self._ranks = {one: nth for nth, one in enumerate(true)}

    def rank(self, vacancy_id: UUID) -> int:
        """Return how well a home fits in truth: its place in the order of all that do."""
        return self._ranks[vacancy_id]

    def band(self, vacancy_id: UUID) -> int:
        """Return in which band a home fits in truth, best first."""
        return self._true[vacancy_id]

    def answer(self, provider: str, homes: Sequence[UUID]) -> Answer | None:
        """Return what a provider says that was told of these homes: its best carer who says yes, or no."""
        chance = rng(self._seed, "answers", provider, self._case.referral_id)
        after = behaviour.hesitation(self._model, chance, emergency=self._case.emergency, asked_before=False)
        if after is None:
            return None
        ranked = sorted((one for one in homes if one in self._true), key=self.rank)
        said = (one for one in ranked if self._says_yes(one))
        return Answer(after, next(said, None))

    def _says_yes(self, vacancy_id: UUID) -> bool:
        if vacancy_id not in self._willing:
            return False
        chance = rng(self._seed, "carer", vacancy_id, self._case.referral_id)
        return behaviour.says_yes(self._model, chance, BANDS[self._true[vacancy_id]])


def facts_of(case: Case) -> ReferralMade:
    """Return the referral of a sample case, open but for what is known to the hub by its key."""
    return ReferralMade(
        referral_id=case.referral_id,
        authority=case.authority,
        need_known_at=case.need_known_at,
        lawful_basis=BASIS,
        wanted=case.wanted,
        children=tuple(Child(**{name: getattr(one.noted, name) for name in NOTED}) for one in case.children),
    )


def begun(case: Case) -> Search:
    """Return a sample case as the search has it when it begins."""
    return Search(
        referral_id=case.referral_id, state="referred", facts=facts_of(case), offset=0, invitations={}, offers={}
    )


NOTED: Final = tuple(name for name in Child.__dataclass_fields__ if name not in ("need", "identity"))


class CaseNeeds:
    """The needs of one case's children, as the hub opens them."""

    def __init__(self, case: Case) -> None:
        self._needs = {one.noted.child_id: one.need for one in case.children}

    def of(self, facts: Facts) -> Mapping[UUID, ChildNeed]:
        """Return them by child."""
        return self._needs


class QuietSight(Sight):
    """Sees what the search sees, and works out nothing that is only told: nobody reads it here.

    How good the referral is, why others were not invited, which single relaxation would bring how many homes, and how
    siblings could be parted: none of them changes who is invited, and together they take half of a search's time.
    """

    def assessed(self, case: Search) -> ReferralAssessed:
        """Return that nothing was looked at."""
        return ReferralAssessed(
            referral_id=case.referral_id, version=case.version, completeness=Decimal(0), questions=()
        )

    def removed_by(self, case: Search, providers: Iterable[str]) -> dict[str, tuple[str, int]]:
        """Return no reason."""
        return {}

    def relaxations(self, case: Search) -> tuple[Relaxation, ...]:
        """Return none."""
        return ()

    def without_a_home(self, case: Search) -> tuple[UUID, ...]:
        """Return the first child: so no split is looked for."""
        return (case.facts.children[0].child_id,)


@dataclass(slots=True)
class _Clock:
    """When a search ends, as far as is known now."""

    until: datetime
    waits: timedelta
    first_offer: datetime | None = None

    def offered(self, at: datetime) -> None:
        if self.first_offer is None:
            self.first_offer = at
            self.until = min(self.until, at + self.waits)


def _clock(seed: int, model: Model, case: Case) -> tuple[_Clock, datetime | None]:
    """Return the clock, and when an own carer is found, if one is."""
    own = behaviour.in_house(model, rng(seed, "in-house", case.referral_id), case.emergency)
    found_at = case.need_known_at + own.after if own.found else None
    until = case.need_known_at + timedelta(days=model.gives_up_days)
    return _Clock(min(until, found_at or until), behaviour.waits(model, case.emergency)), found_at


def by_mailing(
    seed: int, model: Model, case: Case, people: People, homes: Mapping[str, Sequence[UUID]], providers: int
) -> Ended:
    """Return what comes of telling every provider; `homes` are each one's own that fit in truth."""
    clock, found_at = _clock(seed, model, case)
    answers = {provider: people.answer(provider, some) for provider, some in homes.items()}
    offers = {one.home: one.after for one in answers.values() if one and one.home}
    first = min(offers.values(), default=None)
    if first is not None and case.need_known_at + first <= clock.until:
        clock.offered(case.need_known_at + first)
    at_hand = {one: after for one, after in offers.items() if case.need_known_at + after <= clock.until}
    return _ended(case, people, clock, found_at, at_hand, providers, 0)


class _Hub:
    """One search as the hub leads it."""

    def __init__(self, seed: int, model: Model, case: Case, search: Search, sight: Sight, people: People) -> None:
        self._case, self._sight, self._people = case, sight, people
        self.clock, self.found_at = _clock(seed, model, case)
        self._due: list[tuple[datetime, int, str, str, UUID | None]] = []
        self._nth = 0
        self._search = search
        self.deliveries = self.updates = 0
        self.at_hand: dict[UUID, timedelta] = {}
        self.told: set[str] = set()

    def play(self) -> None:
        """Let the search run until it ends."""
        self._take(decide(None, self._search.facts, 0, self._sight))
        while self._due and self._due[0][0] <= self.clock.until:
            now, _, what, provider, home = heapq.heappop(self._due)
            self._sight.now = now
            if what == LOOK:
                self._take(due(self._search, self._sight))
            else:
                self._answer(now, provider, home)

    def _answer(self, now: datetime, provider: str, home: UUID | None) -> None:
        event = _offer(self._case, provider, home, now) if home else _no(self._case, provider)
        try:
            self._take(decide(self._search, event, 1, self._sight))
        except Rejected:
            return
        if home:
            self.at_hand[home] = now - self._case.need_known_at
            self.clock.offered(now)

    def _take(self, decided: Decided) -> None:
        self._search = decided.case
        for event in decided.events:
            self.updates += isinstance(event, InvitationUpdated)
            if isinstance(event, ProviderInvited):
                self._invited(event)

    def _invited(self, event: ProviderInvited) -> None:
        self.deliveries += 1
        self.told.add(event.provider)
        now = self._sight.now
        answer = self._people.answer(event.provider, [one.vacancy_id for one in event.homes])
        self._later(event.respond_by, LOOK, event.provider, None)
        if answer is not None:
            self._later(now + answer.after, ANSWER, event.provider, answer.home)

    def _later(self, at: datetime, what: str, provider: str, home: UUID | None) -> None:
        self._nth += 1
        heapq.heappush(self._due, (at, self._nth, what, provider, home))


def by_policy(
    seed: int, model: Model, case: Case, search: Search, sight: Sight, people: People
) -> tuple[Ended, frozenset[str]]:
    """Return what comes of the hub's own decisions, and which providers were told."""
    hub = _Hub(seed, model, case, search, sight, people)
    hub.play()
    ended = _ended(case, people, hub.clock, hub.found_at, hub.at_hand, hub.deliveries, hub.updates)
    return ended, frozenset(hub.told)


def _ended(
    case: Case,
    people: People,
    clock: _Clock,
    found_at: datetime | None,
    at_hand: Mapping[UUID, timedelta],
    deliveries: int,
    updates: int,
) -> Ended:
    own_first = found_at is not None and found_at <= clock.until
    best = min(at_hand, key=people.rank, default=None)
    first = None if clock.first_offer is None else clock.first_offer - case.need_known_at
    return Ended(deliveries, updates, first, None if own_first else best, dict(at_hand))


def _offer(case: Case, provider: str, home: UUID, now: datetime) -> OfferMade:
    return OfferMade(
        referral_id=case.referral_id,
        provider=provider,
        offer_id=uuid5(case.referral_id, str(home)),
        vacancy_id=home,
        children=tuple(one.noted.child_id for one in case.children),
        referral_version=1,
        available_from=now.date(),
        valid_until=now + timedelta(days=30),
        fee_lines=(FeeLine(what="base fee", amount=Decimal(900), unit="week"),),
    )


def _no(case: Case, provider: str) -> InvitationDeclined:
    return InvitationDeclined(referral_id=case.referral_id, provider=provider, reason="carer unavailable")
