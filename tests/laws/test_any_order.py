"""Whatever is posted in whatever order, by whomever: intake, search, offers and homes keep the hub's promises.

The sample world's people say what they would post; a machine of hypothesis posts it in an order of its own, twice,
late, or as somebody else, and lets time pass in between.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from datetime import timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID, uuid5

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from placehub.drivers.records import Record
from placehub.postcodes import Postcodes
from placehub.sample.actors import Act, Actor, Lead
from placehub.sample.behaviour import Model
from placehub.sample.inmemory import InMemory
from placehub.sample.manager import ReferralManager
from placehub.sample.officer import Officer
from placehub.sample.world import FIRST_DAY, World, make_world
from placehub.streams import event_name

SEED: Final = 3
DAYS: Final = 6
USUAL: Final = 50
RUNS: Final = int(os.environ.get("PLACEHUB_ANY_ORDER_RUNS", str(USUAL)))
"""How many orders are tried: the same ones each time beside the other tests, others where more are asked for."""
AGAIN: Final = UUID(int=0x0A6A1)
POSTCODES: Final = Postcodes.open()
HAPPENED: Final[Counter[str]] = Counter()
"""How often each event came about, over all orders."""


@cache
def world() -> World:
    """Return the small world that every run begins with."""
    return make_world(SEED, "corner", POSTCODES, DAYS)


class AnyOrder(RuleBasedStateMachine):
    """One hub in memory, its people, and what they have written and not yet posted."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[Record] = []
        self.front = InMemory(SEED, POSTCODES, self.records.append)
        self.now = FIRST_DAY
        self.actors: dict[str, Actor] = {}
        self.written: list[Act] = []
        self.posted: list[Act] = []
        self.tries = 0
        self.told: dict[str, list[Any]] = defaultdict(list)

    @initialize()
    def all_join(self) -> None:
        """Everybody registers, and the lead's agreements stand."""
        self.front.register(world().parties, FIRST_DAY)
        self.actors = {one.code: self._hire(one.kind, one.code) for one in world().parties}
        for act in self.actors[world().lead.code].act(FIRST_DAY):
            self._post(act)

    def _hire(self, kind: str, code: str) -> Actor:
        if kind == "authority":
            return Officer(world(), code, Model())
        if kind == "provider":
            return ReferralManager(world(), code, Model(), lambda child: self.front.need(code, child))
        return Lead(world())

    def _post(self, act: Act, sender: str | None = None) -> None:
        self.tries += 1
        id = uuid5(AGAIN, f"{act.id}|{self.tries}")
        event = self.front.sealed.close(act.event, act.plain)
        self.front.hub.post(sender or act.sender, event, id, act.time)
        self.front.hub.settle()

    @rule(hours=st.sampled_from([1, 6, 12, 24]))
    def time_passes(self, hours: int) -> None:
        """The clock goes on, everybody reads and writes what they would post."""
        self.now += timedelta(hours=hours)
        for code, letters in self.front.turn(self.now).items():
            self.told[code] += letters
            self.actors[code].read(letters, self.now)
        self.written += [act for code in sorted(self.actors) for act in self.actors[code].act(self.now)]

    @precondition(lambda self: self.written)
    @rule(which=st.integers(0, 10_000), many=st.integers(1, 12))
    def some_are_posted(self, which: int, many: int) -> None:
        """What was written is posted, whatever was written before it."""
        for _ in range(min(many, len(self.written))):
            act = self.written.pop(which % len(self.written))
            self._post(act)
            self.posted.append(act)

    @precondition(lambda self: self.written)
    @rule()
    def all_are_posted(self) -> None:
        """Everything that was written is posted, the latest first."""
        while self.written:
            self._post(self.written[-1])
            self.posted.append(self.written.pop())

    @precondition(lambda self: self.posted)
    @rule(which=st.integers(0, 10_000))
    def one_is_posted_again(self, which: int) -> None:
        """What was posted is posted once more, as an event of its own."""
        self._post(self.posted[which % len(self.posted)])

    @precondition(lambda self: self.posted or self.written)
    @rule(which=st.integers(0, 10_000), who=st.integers(0, 10_000))
    def somebody_else_posts(self, which: int, who: int) -> None:
        """What one wrote is posted by another: it is refused, and nothing follows from it."""
        acts = [*self.posted, *self.written]
        act = acts[which % len(acts)]
        parties = {act.sender, getattr(act.event, "authority", ""), getattr(act.event, "provider", "")}
        others = [code for code in sorted(self.actors) if code not in parties]  # some events are both parties' to post
        before, refused = len(self.records), len(self.front.hub.refused)
        self._post(act, others[who % len(others)])
        assert len(self.front.hub.refused) == refused + 1, act.name
        taken = [one for one in self.records[before:] if not one.attributes.source.startswith("/organisations/")]
        assert taken == [], act.name

    def teardown(self) -> None:
        """Note what came about."""
        HAPPENED.update(event_name(type(one.event)) for one in self.records)

    def _of(self, name: str) -> list[Any]:
        return [one.event for one in self.records if event_name(type(one.event)) == name]

    @invariant()
    def counts_are_whole(self) -> None:
        """Each (stream, source, subject) counts 1, 2, 3 ..., and no id comes twice."""
        places: Counter[tuple[str, str, str]] = Counter()
        for one in self.records:
            place = one.topic, one.attributes.source, one.attributes.subject
            places[place] += 1
            assert one.attributes.sequence == places[place]
        assert len({(one.attributes.source, one.attributes.id) for one in self.records}) == len(self.records)

    @invariant()
    def each_case_has_one_search(self) -> None:
        """A case has one search, and a provider one invitation in it."""
        assert max(Counter(one.referral_id for one in self._of("SearchStarted")).values(), default=0) <= 1
        invited = Counter((one.referral_id, one.provider) for one in self._of("ProviderInvited"))
        assert max(invited.values(), default=0) <= 1

    @invariant()
    def no_home_is_over_full(self) -> None:
        """No more places of a home are held than it said it has."""
        places: dict[UUID, int] = {}
        held: dict[UUID, dict[UUID, int]] = defaultdict(dict)
        for one in (record.event for record in self.records if record.topic == "vacancy"):
            match event_name(type(one)):
                case "VacancyOpened" | "VacancyRevised":
                    places[one.vacancy_id] = one.home.places
                    held[one.vacancy_id].clear()
                case "VacancyReserved":
                    held[one.vacancy_id][one.offer_id] = len(one.placements)
                    assert sum(held[one.vacancy_id].values()) <= places[one.vacancy_id]
                case "VacancyReleased":
                    held[one.vacancy_id].pop(one.offer_id, None)

    @invariant()
    def a_selection_has_one_answer(self) -> None:
        """An offer that is selected is reserved or refused, at most once for each time it was selected."""
        selected = Counter(one.offer_id for one in self._of("OfferSelected"))
        answered = Counter(one.offer_id for one in (*self._of("VacancyReserved"), *self._of("SelectionRefused")))
        assert all(times <= selected[offer] for offer, times in answered.items())

    @invariant()
    def nobody_is_told_of_anothers_case(self) -> None:
        """A provider is told of a case it was invited to, or of what it posted itself; and never another's offer."""
        invited = {(one.referral_id, one.provider) for one in self._of("ProviderInvited")}
        announced = {(one.referral_id, code) for one in self._of("SearchAnnounced") for code in one.providers}
        providers = {one.code for one in world().providers}
        for code in providers & set(self.told):
            for letter in self.told[code]:
                case, source = getattr(letter.event, "referral_id", None), letter.attributes.source.rpartition("/")[2]
                if case is None or source == code:
                    continue
                if event_name(type(letter.event)) == "SearchAnnounced":
                    assert (case, code) in announced
                    continue
                assert (case, code) in invited, event_name(type(letter.event))
                assert source not in providers


def test_any_order() -> None:
    """Under many orders of acts, repeated, late and by others, every promise holds after every single step."""
    run_state_machine_as_test(
        AnyOrder,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=60,
            derandomize=RUNS <= USUAL,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert {"ProviderInvited", "OfferMade", "OfferSelected", "VacancyReserved", "PlacementAgreed"} <= set(HAPPENED)
