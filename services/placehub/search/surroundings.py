"""The world as the search holds it in memory: homes, agreements and their providers, the offsets it stands for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final, get_args
from uuid import UUID

from placehub.agreements.agreed import Agreement, Event, follow
from placehub.agreements.events import AgreementRegistered, PartyNamed
from placehub.drivers.records import Record
from placehub.keys.sealed import Sealed
from placehub.organisations.events import (
    OUT_OF_HOURS,
    OrganisationDisabled,
    OrganisationRegistered,
    ProfileFact,
    ProfileFactChanged,
    ProfilePublished,
)
from placehub.postcodes import Postcodes
from placehub.search.homes import Homes
from placehub.search.opened import Households
from placehub.search.policy import DEFAULT, Policy
from placehub.search.questioned import WILLINGNESS, as_asked
from placehub.search.row import Since
from placehub.vacancies import events as vacancies
from placehub.vacancies.events import Home

WORLD: Final = ("vacancy", "agreement", "organisation", "placement")
"""The streams read whole by every search worker."""


_MOST_ELIGIBLE: Final = 1000  # a day's answers for all authorities and their agreements


class Surroundings:
    """Folds world events in the order of each stream; the same events give the same memory."""

    def __init__(
        self, postcodes: Postcodes, default: Policy = DEFAULT, *, households: Households | None = None
    ) -> None:
        """`default`: the policy of searches whose parties have agreed on none; `households` opens what is sealed.

        Without `households` none is ever opened.
        """
        self.postcodes = postcodes
        self.default = default
        self.unopened: set[UUID] = set()
        """Homes that stand, of which the household is sealed and its key destroyed."""
        self.homes = Homes()
        self.out_of_hours: dict[str, str] = {}
        """By provider, the telephone or mailbox of its duty desk."""
        self.offsets: dict[str, list[int]] = {}
        self._reserved: dict[UUID, dict[UUID, int]] = defaultdict(dict)
        self._providers: set[str] = set()
        self._shut_out: set[str] = set()
        self._agreed: dict[UUID, Agreement] = defaultdict(Agreement)
        self._agreements: dict[str, set[UUID]] = defaultdict(set)
        self._eligible: dict[tuple[str, UUID | None, date], frozenset[str]] = {}
        """What `eligible` has answered since memberships last changed: each search that is looked at asks."""
        self._vacancies: dict[str, set[UUID]] = defaultdict(set)
        self._offered: dict[UUID, dict[UUID, UUID]] = {}
        self._declared: dict[UUID, Home] = {}
        self._households = households
        self._sealed: dict[UUID, Sealed] = {}

    def learn(self, records: Sequence[Record], offsets: dict[str, list[int]]) -> None:
        """Fold records; `offsets` is what memory stands for afterwards."""
        for record in records:
            fold = _FOLD.get(type(record.event))
            if fold is not None:
                fold(self, record.event, record)
        self.offsets = offsets

    def open(self) -> None:
        """Open the sealed households that have come with homes that stand now, each once and all in one go.

        Raises Unavailable when the key service is away: they are still to be opened then.
        """
        if not self._sealed or self._households is None:
            return
        found = self._households.of(self._sealed)
        for vacancy_id, household in found.items():
            self.homes.open_household(vacancy_id, household)
        self.unopened |= self._sealed.keys() - found.keys()
        self._sealed = {}

    def eligible(self, authority: str, agreement_id: UUID | None, on: date) -> frozenset[str]:
        """Return the providers that may be searched for this authority on that day.

        Under a named agreement: those that joined it, neither left nor suspended, and nobody once it has ended. Else
        those of every agreement in force that the authority is party to; an authority without any searches every
        provider (spot).
        """
        asked = authority, agreement_id, on
        known = self._eligible.get(asked)
        if known is None:
            if len(self._eligible) >= _MOST_ELIGIBLE:
                self._eligible.clear()
            known = self._eligible[asked] = self._searched(authority, agreement_id, on)
        return known

    def _searched(self, authority: str, agreement_id: UUID | None, on: date) -> frozenset[str]:
        if agreement_id is not None:
            known = self._agreed.get(agreement_id)
            return known.searched(on) & self._providers if known else frozenset()
        every = (self._agreed[one] for one in self._agreements.get(authority, ()))
        in_force = [one for one in every if one.in_force(on)]
        if not in_force:
            return frozenset(self._providers)
        return frozenset().union(*(one.searched(on) for one in in_force)) & self._providers

    def policy_for(self, authority: str, agreement_id: UUID | None, at: datetime) -> Policy:
        """Return the policy in force at a time for a search of this authority.

        Under a named agreement: the one its parties have agreed on. Without a name: that of the authority's only
        agreement. Where nothing was agreed: the one that is shipped. An agreement's own response window goes before
        its policy's.
        """
        agreed = self._agreement_of(authority, agreement_id)
        return agreed.policy_for(at, self.default) if agreed else self.default

    def tier_of(self, authority: str, agreement_id: UUID | None, provider: str) -> int | None:
        """Return the provider's tier under the agreement whose policy decides; None where it has none."""
        agreed = self._agreement_of(authority, agreement_id)
        return agreed.joined.get(provider) if agreed else None

    def agreement(self, agreement_id: UUID) -> Agreement | None:
        """Return what is agreed under an agreement; None when it is not known."""
        return self._agreed.get(agreement_id)

    def _agreement_of(self, authority: str, agreement_id: UUID | None) -> Agreement | None:
        known = self._agreements.get(authority, set())
        if agreement_id is None and len(known) == 1:
            (agreement_id,) = known
        return self._agreed.get(agreement_id) if agreement_id else None

    def is_under(self, agreement_id: UUID, authority: str, named: UUID | None) -> bool:
        """Tell whether a search of this authority, which names that agreement or none, is made under the agreement."""
        return agreement_id == (named or agreement_id) and agreement_id in self._agreements.get(authority, ())

    def is_provider(self, organisation: str) -> bool:
        """Tell whether an organisation is, or was until it was shut out, a provider of the hub."""
        return organisation in self._providers or organisation in self._shut_out

    def is_active(self, organisation: str) -> bool:
        """Tell whether an organisation has not been shut out."""
        return organisation not in self._shut_out

    def vacancies_of(self, provider: str) -> frozenset[UUID]:
        """Return the provider's vacancies that are not closed."""
        return frozenset(self._vacancies.get(provider, ()))

    def declared(self, vacancy_id: UUID) -> Home | None:
        """Return a home as its provider last said it is, whatever was questioned since; None when it is closed."""
        row = self.homes.row(vacancy_id)
        return self._declared.get(vacancy_id, row.home) if row is not None else None

    def offered_in(self, vacancy_id: UUID) -> frozenset[UUID]:
        """Return the cases in which an offer of the vacancy stands."""
        return frozenset(self._offered.get(vacancy_id, {}).values())

    def _offer(self, event: vacancies.VacancyOffered, record: Record) -> None:
        self._offered.setdefault(event.vacancy_id, {})[event.offer_id] = event.referral_id

    def _offer_ended(self, event: vacancies.VacancyOfferEnded, record: Record) -> None:
        standing = self._offered.get(event.vacancy_id, {})
        standing.pop(event.offer_id, None)
        if not standing:
            self._offered.pop(event.vacancy_id, None)

    def _question(self, event: vacancies.VacancyFactQuestioned, record: Record) -> None:
        row = self.homes.row(event.vacancy_id)
        if row is not None and event.fact not in row.questioned:
            self._declared.setdefault(event.vacancy_id, row.home)
            self._ask(event.vacancy_id, row.questioned | {event.fact}, record)

    def _ask(self, vacancy_id: UUID, facts: frozenset[str], record: Record) -> None:
        self.homes.question(vacancy_id, as_asked(self._declared[vacancy_id], facts), facts, _since(record))

    def _opened(self, event: vacancies.VacancyOpened | vacancies.VacancyRevised, record: Record) -> None:
        sector = self.postcodes.sector(event.home.postcode_sector)
        place = (sector.east, sector.north) if sector else (None, None)
        east, north = place
        self.homes.put(
            event.vacancy_id,
            event.provider,
            event.household_ref,
            event.home,
            east,
            north,
            event.version,
            _since(record),
            authority=sector.authority if sector else None,
        )
        self._vacancies[event.provider].add(event.vacancy_id)
        self._forget_household(event.vacancy_id)
        if event.household is not None:
            self._sealed[event.vacancy_id] = event.household
        self._declared.pop(event.vacancy_id, None)  # what the provider says anew stands until it is contradicted again
        held = sum(self._reserved.get(event.vacancy_id, {}).values())
        if held:
            self.homes.places_left(event.vacancy_id, max(0, event.home.places - held), _since(record))

    def _confirmed(self, event: vacancies.VacancyConfirmed, record: Record) -> None:
        at = record.attributes.taken_at
        self.homes.confirm(event.vacancy_id, event.willing_until, _since(record), at)
        row = self.homes.row(event.vacancy_id)
        if row is not None and row.questioned & WILLINGNESS:
            self._ask(event.vacancy_id, row.questioned - WILLINGNESS, record)

    def _paused(self, event: vacancies.VacancyPaused, record: Record) -> None:
        self.homes.pause(event.vacancy_id, _since(record))

    def _closed(self, event: vacancies.VacancyClosed, record: Record) -> None:
        self.homes.close(event.vacancy_id)
        self._forget_household(event.vacancy_id)
        self._declared.pop(event.vacancy_id, None)
        self._vacancies[event.provider].discard(event.vacancy_id)

    def _forget_household(self, vacancy_id: UUID) -> None:
        self._sealed.pop(vacancy_id, None)
        self.unopened.discard(vacancy_id)

    def _reserve(self, event: vacancies.VacancyReserved, record: Record) -> None:
        self._reserved[event.vacancy_id][event.offer_id] = len(event.placements)
        self.homes.places_left(event.vacancy_id, event.places_left or 0, _since(record))

    def _release(self, event: vacancies.VacancyReleased, record: Record) -> None:
        self._reserved[event.vacancy_id].pop(event.offer_id, None)
        self.homes.places_left(event.vacancy_id, event.places_left or 0, _since(record))

    def _filled(self, event: vacancies.VacancyFilled, record: Record) -> None:
        # the place stays taken until the provider next says how many are free
        self._reserved.pop(event.vacancy_id, None)
        self.homes.places_left(event.vacancy_id, event.places_left or 0, _since(record))

    def _register(self, event: AgreementRegistered, record: Record) -> None:
        for authority in event.authorities:
            self._agreements[authority].add(event.agreement_id)
        self._agree(event, record)

    def _named(self, event: PartyNamed, record: Record) -> None:
        self._agreements[event.authority].add(event.agreement_id)
        self._agree(event, record)

    def _agree(self, event: Event, record: Record) -> None:
        self._eligible.clear()
        known = self._agreed[event.agreement_id]
        self._agreed[event.agreement_id] = follow(known, event, record.attributes.taken_at)

    def _registered(self, event: OrganisationRegistered, record: Record) -> None:
        if event.kind == "provider":
            self._eligible.clear()
            self._providers.add(event.organisation)

    def _profile(self, event: ProfilePublished, record: Record) -> None:
        """Take a whole profile: a fact that is not in it does not hold any more."""
        self.out_of_hours.pop(event.organisation, None)
        for fact in event.facts:
            self._profile_fact(event.organisation, fact)

    def _profile_fact(self, organisation: str, fact: ProfileFact) -> None:
        if fact.name == OUT_OF_HOURS:
            self.out_of_hours[organisation] = fact.value

    def _disabled(self, event: OrganisationDisabled, record: Record) -> None:
        self._eligible.clear()
        self._providers.discard(event.organisation)
        self._shut_out.add(event.organisation)


def _since(record: Record) -> Since:
    return record.partition, record.offset


_FOLD: Final[dict[type, Callable[[Surroundings, Any, Record], None]]] = {
    vacancies.VacancyOpened: Surroundings._opened,
    vacancies.VacancyRevised: Surroundings._opened,
    vacancies.VacancyConfirmed: Surroundings._confirmed,
    vacancies.VacancyPaused: Surroundings._paused,
    vacancies.VacancyClosed: Surroundings._closed,
    vacancies.VacancyReserved: Surroundings._reserve,
    vacancies.VacancyReleased: Surroundings._release,
    vacancies.VacancyFilled: Surroundings._filled,
    vacancies.VacancyFactQuestioned: Surroundings._question,
    vacancies.VacancyOffered: Surroundings._offer,
    vacancies.VacancyOfferEnded: Surroundings._offer_ended,
    **dict.fromkeys(get_args(Event), Surroundings._agree),
    AgreementRegistered: Surroundings._register,
    PartyNamed: Surroundings._named,
    OrganisationRegistered: Surroundings._registered,
    OrganisationDisabled: Surroundings._disabled,
    ProfilePublished: Surroundings._profile,
    ProfileFactChanged: lambda around, event, record: around._profile_fact(event.organisation, event.fact),
}
