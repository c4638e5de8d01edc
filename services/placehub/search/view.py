"""What the search sees when it decides: its surroundings, the opened needs and the hub's time, for one step."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from pydantic import TypeAdapter

from placehub import codes
from placehub.contracts.parts import Basis, Finding, HomeFit
from placehub.keys.client import KeyClient
from placehub.referrals.child import Child, ChildNeed
from placehub.search.assessing import assess
from placehub.search.case import BANDS, Case, Facts
from placehub.search.events import ReferralAssessed, Relaxation
from placehub.search.fits import Fits
from placehub.search.homes import Spots, is_after
from placehub.search.looking import Looking, reach_of
from placehub.search.matching import RULES_VERSION, Match, judge, lookings_of, units_of, within_reach
from placehub.search.opened import PURPOSE, opened
from placehub.search.ordering import place_of
from placehub.search.policy import Policy
from placehub.search.questions import Search, mattering
from placehub.search.sought import Point, Sought, parted, sought_of
from placehub.search.splitting import MOST_HOMES, Fitting, Group, Room, Split, best_split
from placehub.search.surroundings import Surroundings
from placehub.search.together import Groups, open_groups
from placehub.search.unit import Unit
from placehub.search.vector import fits_among, match_columns
from placehub.search.withholding import relaxations, removed_by
from placehub.vacancies.events import Home

ENDED_EARLY: Final = "ended early here"
"""What removes a home where a placement of the case ended within a week, until the authority says it may be asked."""
ENOUGH_FOR_COLUMNS: Final = 3
"""Fewer homes are judged one by one: most are ruled out by the first criteria, before columns would have been asked."""
_NEED: Final = TypeAdapter(ChildNeed)
_CODES: Final = codes.version()


class Needs(Protocol):
    """Opens the needs of a case's children, in memory only, for the rules that ask for them."""

    def of(self, facts: Facts) -> Mapping[UUID, ChildNeed]:
        """Return the needs that could be opened, by child; one whose key is destroyed stays unknown."""
        ...


class KeyNeeds:
    """Opens needs through the key service."""

    def __init__(self, keys: KeyClient, purpose: str = PURPOSE) -> None:
        self._keys = keys
        self._purpose = purpose

    def of(self, facts: Facts) -> dict[UUID, ChildNeed]:
        """Return the needs that could be opened, by child; one whose key is destroyed stays unknown.

        Raises Rejected where one is not as it was to be sealed.
        """
        sealed = {
            child.child_id: child.need
            for child in facts.children
            if isinstance(child, Child) and child.need is not None
        }
        if not sealed:
            return {}
        keys = self._keys.open_many([one.key_id for one in sealed.values()], self._purpose)
        return {
            child_id: opened(keys[one.key_id], "need", one, _NEED)
            for child_id, one in sealed.items()
            if one.key_id in keys
        }


class Sight:
    """The view of one step: `now` and the surroundings stand still while it decides."""

    def __init__(self, surroundings: Surroundings, needs: Needs, now: datetime) -> None:
        self.now = now
        self._around = surroundings
        self._needs = needs
        self._policies: dict[tuple[str, UUID | None], Policy] = {}
        self._matched: tuple[Sought, Match] | None = None
        # the facts are kept with what follows from them, or their id could be another's
        self._needs_of: dict[int, tuple[Facts, Mapping[UUID, ChildNeed]]] = {}
        self._sought: dict[tuple[int, int, Groups], tuple[Facts, Sought]] = {}
        self._lookings: dict[int, tuple[Sought, tuple[Looking, ...]]] = {}
        self._units: dict[int, tuple[Sought, tuple[Unit, ...]]] = {}
        self._grouped: tuple[Facts, dict[int, Fits]] | None = None

    def policy(self, case: Case) -> Policy:
        """Return the policy in force now for this case."""
        place = case.facts.authority, case.facts.agreement_id
        known = self._policies.get(place)
        if known is None:
            known = self._policies[place] = self._around.policy_for(*place, self.now)
        return known

    def tier(self, case: Case, provider: str) -> int | None:
        """Return the provider's tier under the agreement whose policy decides; None where it has none."""
        return self._around.tier_of(case.facts.authority, case.facts.agreement_id, provider)

    def eligible(self, case: Case) -> frozenset[str]:
        """Return the providers that may be searched for this case."""
        return self._around.eligible(case.facts.authority, case.facts.agreement_id, self.now.date())

    def out_of_hours(self, provider: str) -> str | None:
        """Return the telephone or mailbox of the provider's duty desk, where it has named one."""
        return self._around.out_of_hours.get(provider)

    def removed_by(self, case: Case, providers: Iterable[str]) -> dict[str, tuple[str, int]]:
        """Return, by provider, what kept its best home out, and how many open homes it has."""
        return removed_by(self._around.homes, self._units_of(case, self._look(case)), providers)

    def relaxations(self, case: Case) -> tuple[Relaxation, ...]:
        """Return how many homes each single relaxation would bring, most first."""
        return relaxations(self._around.homes, self._units_of(case, self._look(case)))

    def fitting(self, case: Case) -> int:
        """Return how many homes fit, but for those the authority is asked about first."""
        fits = self._match(case).fits
        return sum(self._asked(case, one) is not None for one in fits) if case.stays else len(fits)

    def fits(self, case: Case) -> Fits:
        """Return every home that fits, best first, those the authority is asked about first among them."""
        return self._match(case).fits

    def by_provider(self, case: Case) -> dict[str, Sequence[HomeFit]]:
        """Return the fitting homes of each provider, best first, providers in the order of their best home.

        Homes the authority is asked about first are left out. A home is put into findings when it is read.
        """
        fits = self._match(case).fits
        if not case.stays:
            return {provider: fits.some(ranks) for provider, ranks in fits.by_provider().items()}
        found: dict[str, list[HomeFit]] = {}
        for provider, ranks in fits.by_provider().items():
            homes = [home for home in (self._asked(case, fits[rank]) for rank in ranks) if home is not None]
            if homes:
                found[provider] = homes
        return dict(sorted(found.items(), key=lambda one: place_of(one[1][0], self.policy(case).order)))

    def considered(self, case: Case) -> tuple[int, dict[str, int]]:
        """Return how many homes were considered, and how many each rule removed."""
        found = self._match(case)
        asked = sum(self._asked(case, one) is None for one in found.fits) if case.stays else 0
        return found.considered, {**found.removed, ENDED_EARLY: asked} if asked else found.removed

    def fits_among(self, case: Case, vacancies: Iterable[UUID]) -> list[HomeFit]:
        """Return those of these homes that fit now, in their order."""
        found = self._fit(case, self._look(case), dict.fromkeys(vacancies))
        return [home for home in (self._asked(case, one) for one in found) if home is not None]

    def _fit(self, case: Case, sought: Sought, vacancies: Collection[UUID]) -> list[HomeFit]:
        homes = self._around.homes
        if len(vacancies) < ENOUGH_FOR_COLUMNS:
            rows = [row for row in map(homes.row, vacancies) if row is not None and row.live]
            judged = [judge(self._lookings_of(case, sought), row) for row in rows]
            return [one for one in judged if isinstance(one, HomeFit)]
        at = homes.entries(vacancies)
        return fits_among(homes, self._units_of(case, sought), at[homes.columns.live[at]])

    def judged(self, case: Case, vacancy_id: UUID) -> HomeFit | Finding | None:
        """Return how the home fits, or the first finding that rules it out; None when it is not open."""
        row = self._around.homes.row(vacancy_id)
        if row is None or not row.live:
            return None
        found = judge(self._lookings_of(case, self._look(case)), row)
        if not isinstance(found, HomeFit):
            return found
        asked = self._asked(case, found)
        return (
            Finding(criterion=ENDED_EARLY, verdict="does not fit", facts={"ask": "authority"})
            if asked is None
            else asked
        )

    def household(self, vacancy_id: UUID) -> UUID | None:
        """Return whose home the vacancy is in, by pseudonym, or None when it is not known any more."""
        row = self._around.homes.row(vacancy_id)
        return row.household_ref if row is not None else None

    def _asked(self, case: Case, home: HomeFit) -> HomeFit | None:
        """Leave out a home where a placement of this case ended early, unless the authority said it may be asked.

        Its fit is the same as ever: an early ending is no judgement of the home.
        """
        if not case.stays or home.vacancy_id not in case.facts.wanted.invite_again:
            return None if case.is_asked_first(home.vacancy_id, home.household_ref) else home
        noted = Finding(criterion=ENDED_EARLY, verdict="fits", facts={"asked": "authority"})
        return replace(home, findings=(*home.findings, noted))

    def within_reach(self, case: Case, spots: Spots) -> frozenset[str]:
        """Return the providers of these spots that the search can reach at all."""
        return within_reach(self._place(case), reach_of(self._miles(case), self.policy(case)), spots)

    def place(self, case: Case) -> tuple[float, float] | None:
        """Return the grid metres of the centre of a search; None when it is not told or not known."""
        return self._place(case)

    def owner(self, vacancy_id: UUID) -> str | None:
        """Return the vacancy's provider, or None when it is not open."""
        return self._around.homes.provider(vacancy_id)

    def declared(self, vacancy_id: UUID) -> Home | None:
        """Return the home as its provider last said it is, or None when it is closed."""
        return self._around.declared(vacancy_id)

    def in_sight(self, vacancy_id: UUID) -> bool:
        """Tell whether a home is matched at all now: open, not paused, with a place left."""
        row = self._around.homes.row(vacancy_id)
        return row is not None and row.live

    def offered_elsewhere(self, case: Case, vacancy_id: UUID) -> bool:
        """Tell whether an offer of the home stands in another case."""
        return bool(self._around.offered_in(vacancy_id) - {case.referral_id})

    def vacancies_of(self, provider: str) -> list[UUID]:
        """Return the provider's vacancies that are not closed, in a fixed order."""
        return sorted(self._around.vacancies_of(provider))

    def is_new(self, case: Case, vacancy_id: UUID) -> bool:
        """Tell whether a vacancy came in sight after every home was last looked at for this case."""
        row = self._around.homes.row(vacancy_id)
        return row is not None and is_after(row.since, case.matched)

    def basis(self, case: Case) -> Basis:
        """Return what the hub knows now."""
        offsets = self._around.offsets
        return Basis(
            decided_at=self.now,
            case_offset=case.offset,
            referral_version=case.version,
            vacancy_offsets=tuple(offsets.get("vacancy", ())),
            agreement_offsets=tuple(offsets.get("agreement", ())),
            organisation_offsets=tuple(offsets.get("organisation", ())),
            policy=self.policy(case).version,
            codes=_CODES,
            postcodes=self._around.postcodes.version,
            rules=RULES_VERSION,
        )

    def respond_by(self, case: Case) -> datetime:
        """Return when an invitation sent now must be answered."""
        return self.now + self.policy(case).response_window(case.facts.wanted.needed_by)

    def most_invited(self, case: Case) -> int | None:
        """Return how many providers are invited when a search starts; None: all that fit."""
        return self.policy(case).most_invited_at_start(case.facts.wanted.needed_by)

    def assessed(self, case: Case) -> ReferralAssessed:
        """Return how good the notice or referral in force is, and what to ask first."""
        facts, found = case.facts, self._match(case)
        search = Search(
            self._look(case),
            self._around.homes,
            self.eligible(case),
            self.now,
            self.policy(case),
            found,
            tuple(child.child_id for child in facts.children),
            notice=case.version == 0,
        )
        return assess(facts, self._opened(facts), mattering(search), self.now, self.basis(case))

    def _opened(self, facts: Facts) -> Mapping[UUID, ChildNeed]:
        """Return the opened needs; the key service is asked once for the same facts."""
        known = self._needs_of.get(id(facts))
        if known is None:
            known = self._needs_of[id(facts)] = facts, self._needs.of(facts)
        return known[1]

    def _miles(self, case: Case) -> int | None:
        """Return how far the search reaches: as the authority said, else as far as the steps taken lead."""
        named = case.facts.wanted.within_miles
        return self.policy(case).reach_after(case.widened) if named is None and case.widened else named

    def split(self, case: Case) -> Split | None:
        """Return the best way to part siblings whom no home takes together; None when there is none."""

        def fitting(group: Group) -> Room:
            fits = self._fitting(case, group)
            best = fits[:MOST_HOMES]
            homes = [Fitting(one.vacancy_id, BANDS.index(one.band), self._place_of(one.vacancy_id)) for one in best]
            return Room(len(fits), homes)

        children = [child.child_id for child in case.facts.children]
        return best_split(children, case.facts.wanted.siblings_preference, fitting)

    def fits_some(self, case: Case, vacancy_id: UUID, children: Iterable[UUID]) -> bool:
        """Tell whether the home fits some of these children, each alone."""
        return bool(self._fit(case, self._look(case, tuple((child,) for child in children)), [vacancy_id]))

    def without_a_home(self, case: Case) -> tuple[UUID, ...]:
        """Return those of the children whom no home takes even alone."""
        children = (child.child_id for child in case.facts.children)
        return tuple(child for child in children if not self._fitting(case, (child,)))

    def _fitting(self, case: Case, group: Group) -> Fits:
        """Return the homes that fit a group of a case's children by themselves; kept for the case last asked about."""
        sought = self._look(case, (group,))
        if self._grouped is None or self._grouped[0] is not case.facts:
            self._grouped = case.facts, {}
        kept = self._grouped[1]
        known = kept.get(id(sought))
        if known is None:
            known = kept[id(sought)] = match_columns(self._around.homes, self._units_of(case, sought)).fits
        return known

    def _place_of(self, vacancy_id: UUID) -> tuple[float, float] | None:
        row = self._around.homes.row(vacancy_id)
        return None if row is None or row.east is None or row.north is None else (row.east, row.north)

    def _match(self, case: Case) -> Match:
        sought = self._look(case)
        if self._matched is None or self._matched[0] is not sought:
            self._matched = (sought, match_columns(self._around.homes, self._units_of(case, sought)))
        return self._matched[1]

    def _units_of(self, case: Case, sought: Sought) -> tuple[Unit, ...]:
        """Return the search as columns are asked for it."""
        known = self._units.get(id(sought))
        if known is None:
            found = units_of(self._around.homes, self._lookings_of(case, sought))
            known = self._units[id(sought)] = sought, found
        return known[1]

    def _lookings_of(self, case: Case, sought: Sought) -> tuple[Looking, ...]:
        known = self._lookings.get(id(sought))
        if known is None:
            found = lookings_of(sought, self.eligible(case), self.now, self.policy(case))
            known = self._lookings[id(sought)] = sought, found
        return known[1]

    def _place(self, case: Case) -> tuple[float, float] | None:
        return self._around.postcodes.centre(case.facts.wanted.near_sector)

    def _where(self, postcode: str) -> Point | None:
        """Return where a postcode of an opened need lies: its sector's centre, the finest place matching works with."""
        found = self._around.postcodes.find(postcode)
        return self._around.postcodes.centre(found.sector if found else postcode)

    def _look(self, case: Case, groups: Groups | None = None) -> Sought:
        """Return what is looked for, as far as the search reaches: these groups, or those who have no place held."""
        groups = open_groups(case) if groups is None else groups
        place = id(case.facts), case.widened, groups
        known = self._sought.get(place)
        if known is None:
            whole = parted(self._sought_of(case), groups)
            known = self._sought[place] = case.facts, replace(whole, within_miles=self._miles(case))
        return known[1]

    def _sought_of(self, case: Case) -> Sought:
        return sought_of(
            case.facts,
            self._opened(case.facts),
            self._place(case),
            where=self._where,
            adjoining=self._around.postcodes.adjoining(case.facts.authority),
        )
