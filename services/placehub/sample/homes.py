"""The homes of the sample world: households, which of their places are vacant, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final
from uuid import UUID

from placehub.codes import band_of
from placehub.sample import figures
from placehub.sample.chance import canary, known, made_id, rng
from placehub.sample.parties import Party
from placehub.sample.places import Places
from placehub.vacancies.events import ChildAtHome, Exclusion, Home, Household

AGES: Final = figures.Approximate(
    "approved ages",
    (((0, 4), 0.14), ((0, 10), 0.22), ((5, 12), 0.14), ((5, 17), 0.20), ((8, 17), 0.10), ((0, 17), 0.20)),
)
APPROVED_SEX: Final = figures.Approximate("approved sex", (("any", 0.86), ("M", 0.06), ("F", 0.08)))
KINDS: Final = (
    *(("emergency", 0.50), ("bridging", 0.65), ("long term", 0.60)),
    *(("parent and child", 0.10), ("short break", 0.25), ("remand", 0.10), ("UASC", 0.20)),
)
"""Share of homes that take each kind; all take `short term`."""
REFUSED_RISKS: Final = (
    *(("riskToOthersFire", 0.30), ("riskToOthersSexual", 0.30), ("riskToOthersAnimals", 0.10)),
    *(("riskToOthersPhysical", 0.12), ("riskSelfHarm", 0.06), ("riskSexualExploitation", 0.08)),
    *(("riskCriminalExploitation", 0.10), ("riskDrugAlcohol", 0.06), ("riskMissing", 0.05)),
)
"""Share of homes that cannot take each risk."""
SKILLS: Final = (
    *("therapeutic parenting", "trauma-informed care", "Makaton", "autism", "self-harm"),
    *("sexual exploitation", "criminal exploitation", "epilepsy", "foetal alcohol", "UASC"),
)
FRESH_DAYS: Final = (7, 20)
"""How long, from and to, a carer's word still stands when the vacancy is opened."""
OPEN_AT_ONCE: Final = 0.80
"""Share of the vacancies that are there on the first day; the others open during the days."""
FIRST_DAYS: Final = 30
"""Days in which the vacancies of the published share open; later ones take the place of those that were filled."""


@dataclass(frozen=True, slots=True)
class SampleHome:
    """One household with room: what its provider knows, and what will happen to it."""

    vacancy_id: UUID
    household_ref: UUID
    provider: str
    opens_at: datetime
    home: Home
    household: Household
    canaries: tuple[str, ...]
    pauses_at: datetime | None = None
    closes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Household:
    number: int
    provider: Party
    places: int
    free: int
    nth: str = ""
    """Tells a later vacancy of the household from its first."""

    @property
    def name(self) -> object:
        """What chance knows the vacancy by."""
        return self.nth or self.number


def make_homes(
    seed: int, providers: Sequence[Party], places: Places, households: int, steps: Sequence[datetime]
) -> tuple[SampleHome, ...]:
    """Return the households that have room, of `households` in all; `steps` are the mornings on which one may open.

    Where there are more mornings than `FIRST_DAYS`, as many vacancies more come each month as come in the first.
    """
    every = list(_households(seed, providers, places, households))
    first = [_home(seed, one, places, steps[:FIRST_DAYS], steps) for one in every if one.free]
    return (*first, *_later(seed, every, places, steps, len(first)))


def _later(
    seed: int, every: Sequence[_Household], places: Places, steps: Sequence[datetime], first: int
) -> Iterator[SampleHome]:
    chance = rng(seed, "later vacancies")
    mornings = steps[FIRST_DAYS:]
    more = round(first * (1 - OPEN_AT_ONCE) * len(mornings) / FIRST_DAYS)
    for nth in range(more):
        one = chance.choice(every)
        free = replace(one, free=1, nth=f"{one.number}-{nth}")
        yield _home(seed, free, places, [chance.choice(mornings)], steps)


def _households(seed: int, providers: Sequence[Party], places: Places, count: int) -> Iterator[_Household]:
    chance = rng(seed, "households")
    weights = [places.size(one.areas[0]) for one in providers]
    owners = chance.choices(providers, weights, k=count)
    sizes = [figures.PLACES_IN_HOUSEHOLD.draw(chance) for _ in range(count)]
    every = [number for number, size in enumerate(sizes) for _ in range(size)]
    free = [0] * count
    for number in chance.sample(every, min(figures.vacant_places_in(count), len(every))):
        free[number] += 1
    return (_Household(number, owners[number], sizes[number], free[number]) for number in range(count))


def _home(
    seed: int, one: _Household, places: Places, opens: Sequence[datetime], steps: Sequence[datetime]
) -> SampleHome:
    chance = rng(seed, "home", one.name)
    postcode, sector = places.draw(chance.choice(one.provider.areas), chance)
    opens_at = opens[0] if chance.random() < OPEN_AT_ONCE else chance.choice(opens)
    household, tokens = _sealed_part(seed, one, postcode)
    pauses, closes = chance.random() < 0.04, chance.random() < 0.03
    later = [step for step in steps if step > opens_at] or [opens_at + timedelta(days=1)]
    return SampleHome(
        vacancy_id=made_id(seed, "vacancy", one.name),
        household_ref=made_id(seed, "household", one.number),
        provider=one.provider.code,
        opens_at=opens_at,
        home=_facts(chance, one, sector, opens_at),
        household=household,
        canaries=tokens,
        pauses_at=chance.choice(later) if pauses else None,
        closes_at=chance.choice(later) if closes else None,
    )


def _facts(chance: Random, one: _Household, sector: str, opens_at: datetime) -> Home:
    low, high = AGES.draw(chance)
    state = chance.choices(("now", "coming", "ask carer"), (0.76, 0.12, 0.12))[0]
    stale = chance.random() < 0.10
    pets = known(chance, 0.85, lambda: chance.choice(((), (), (), ("dog",), ("cat",), ("dog", "cat"))))
    return Home(
        postcode_sector=sector,
        places=one.free,
        kinds=("short term", *(kind for kind, share in KINDS if chance.random() < share)),
        min_age=low,
        max_age=high,
        sex=APPROVED_SEX.draw(chance),
        sibling_places=known(chance, 0.80, lambda: one.free),
        languages=known(chance, 0.90, lambda: chance.choice((("en",), ("en",), ("en",), ("en", "ur"), ("en", "pl")))),
        children_at_home=known(chance, 0.85, lambda: _at_home(chance, one.places - one.free, low, high)),
        pets=pets,
        smoking=known(chance, 0.90, lambda: chance.random() < 0.10),
        adapted=known(chance, 0.70, lambda: chance.random() < 0.15),
        skills=known(chance, 0.85, lambda: tuple(sorted(chance.sample(SKILLS, chance.randint(0, 3))))),
        school_run_miles=known(chance, 0.70, lambda: chance.choice((3, 5, 8, 12))),
        exclusions=_exclusions(chance, bool(pets)),
        state=state,
        children_placed=one.places - one.free,
        approved_places=one.places,
        exemption=True if one.places > 3 else None,
        available_from=opens_at.date() + timedelta(days=chance.randint(3, 12) if state == "coming" else 0),
        willing_until=opens_at + timedelta(days=chance.randint(1, 3) if stale else chance.randint(*FRESH_DAYS)),
        weekly_fee=Decimal(chance.randrange(780, 1180, 10)),
    )


def _at_home(chance: Random, placed: int, low: int, high: int) -> tuple[ChildAtHome, ...]:
    ages = [chance.randint(low, high) for _ in range(placed)]
    return tuple(ChildAtHome(age_band=band_of(age), sex=figures.SEX.draw(chance)) for age in ages)


def _exclusions(chance: Random, animals: bool) -> tuple[Exclusion, ...]:
    refused = [risk for risk, share in REFUSED_RISKS if chance.random() < share]
    if animals and "riskToOthersAnimals" not in refused:
        refused.append("riskToOthersAnimals")
    return tuple(
        Exclusion(risk=risk, younger_child=risk == "riskToOthersPhysical" and chance.random() < 0.5) for risk in refused
    )


def _sealed_part(seed: int, one: _Household, postcode: str) -> tuple[Household, tuple[str, ...]]:
    number, chance = one.number, rng(seed, "who lives there", one.number)
    english = one.provider.nation == "England"  # the list of ethnicities is England's
    marks = {name: canary(seed, "household", number, name) for name in ("carers", "address", "phone", "notes")}
    document = Household(
        carers=f"Sample Carers {number:04} {marks['carers']}",
        address=f"{number} Sample Street {marks['address']}",
        postcode=postcode,
        phone=f"01632 96{number:04} {marks['phone']}",
        faiths=known(chance, 0.80, lambda: (figures.FAITH.draw(chance),)),
        ethnicities=known(chance, 0.85, lambda: _carers(chance)) if english else None,
        notes=f"Made up for the sample world {marks['notes']}",
    )
    return document, tuple(marks.values())


def _carers(chance: Random) -> tuple[str, ...]:
    return tuple(sorted({figures.CARERS_ETHNICITY.draw(chance) for _ in range(chance.choice((1, 2, 2)))}))
