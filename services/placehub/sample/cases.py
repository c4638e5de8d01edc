"""The cases of the sample world: which children need a home, when, and what is known of them.

Every name, address and free text is made up, says so, and carries a canary of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Final, Literal
from uuid import UUID

from dateutil.relativedelta import relativedelta

from placehub.codes import band_of
from placehub.placements.events import MONTHS_BEFORE_18
from placehub.referrals.child import ChildIdentity, ChildNeed, FamilyTime, NotedChild, School
from placehub.referrals.events import Wanted
from placehub.sample import figures
from placehub.sample.chance import canary, known, made_id, rng
from placehub.sample.parties import Party
from placehub.sample.places import Places

Arm = Literal["hour 0", "after referral"]

WITHIN_MILES: Final = figures.Approximate("how far a search reaches", ((20, 0.65), (10, 0.15), (30, 0.20)))
LANGUAGES: Final = ("ar", "ku", "fa", "sq", "ps", "am")


@dataclass(frozen=True, slots=True)
class SampleChild:
    """One person of a case: what is said openly, what is sealed, and what an officer could find out."""

    early: NotedChild
    noted: NotedChild
    answer: NotedChild
    """As `noted`, with the facts that were missing: what an answer to a provider's question adds."""
    words: str
    """The sealed text of such an answer."""
    need: ChildNeed
    identity: ChildIdentity

    def month_of_18th_birthday(self, on: date) -> date | None:
        """Return the first day of that month once an officer may tell it; None: too early, or over, or not known."""
        born, first = self.identity.date_of_birth, on.replace(day=1)
        month: date | None = born and born.replace(day=1) + relativedelta(years=18)
        told = month is not None and first <= month <= first + relativedelta(months=MONTHS_BEFORE_18)
        return month if told else None


@dataclass(frozen=True, slots=True)
class Family:
    """What children of one case have in common."""

    faith: str | None
    """None: the officer does not know it."""
    culture_required: bool
    seen_at: str | None
    """Postcode of where the family is seen; None: not told."""


@dataclass(frozen=True, slots=True)
class Case:
    """One search for a home, as the authority's own record has it."""

    number: int
    referral_id: UUID
    authority: str
    nation: str
    arm: Arm
    need_known_at: datetime
    wanted: Wanted
    children: tuple[SampleChild, ...]
    canaries: tuple[str, ...]

    @property
    def emergency(self) -> bool:
        """Tell whether a home is needed today."""
        return self.wanted.needed_by == "Today"


def make_cases(
    seed: int, authorities: Sequence[Party], places: Places, count: int, steps: Sequence[datetime]
) -> tuple[Case, ...]:
    """Return the cases, earliest first; half of them, drawn by the seed, get an early notice."""
    chance = rng(seed, "cases")
    weights = [places.size(one.code) for one in authorities]
    owners = chance.choices(authorities, weights, k=count)
    moments = sorted(chance.choice(steps) for _ in range(count))
    kinds = [figures.KIND.draw(chance) for _ in range(count)]
    arms = _arms(chance, kinds)
    return tuple(
        _case(seed, number, owners[number], moments[number], kinds[number], arms[number], places)
        for number in range(count)
    )


def _arms(chance: Random, kinds: Sequence[str]) -> list[Arm]:
    """Draw the arms so that each has half of the emergencies and half of the others."""
    arms: list[Arm] = ["hour 0"] * len(kinds)
    for group in (True, False):
        members = [number for number, kind in enumerate(kinds) if (kind == "emergency") is group]
        for number in chance.sample(members, len(members) // 2):
            arms[number] = "after referral"
    return arms


def _case(seed: int, number: int, owner: Party, known_at: datetime, kind: str, arm: Arm, places: Places) -> Case:
    chance = rng(seed, "case", number)
    postcode, sector = places.draw(owner.code, chance)
    ages = _ages(chance, kind)
    family = _family(seed, number, owner, kind, places)
    people = tuple(
        _person(
            seed, f"{number}-{nth}", chance, owner, kind, age, nth == 0 and kind == "parent and child", postcode, family
        )
        for nth, age in enumerate(ages)
    )
    tokens = tuple(token for nth in range(len(ages)) for token in _marks(seed, f"{number}-{nth}").values())
    return Case(
        number=number,
        referral_id=made_id(seed, "referral", number),
        authority=owner.code,
        nation=owner.nation,
        arm=arm,
        need_known_at=known_at,
        wanted=_wanted(chance, kind, known_at, sector, len(ages)),
        children=people,
        canaries=tokens,
    )


def _family(seed: int, number: int, owner: Party, kind: str, places: Places) -> Family:
    chance = rng(seed, "family", number)
    near = places.nearest(owner.code, 1) if chance.random() < 0.2 else []
    seen_at, _ = places.draw(near[0] if near else owner.code, chance)
    faith = "Muslim" if kind == "UASC" else figures.FAITH.draw(chance)
    return Family(
        faith=known(chance, 0.85, lambda: faith),
        culture_required=kind == "UASC" or chance.random() < 0.15,
        seen_at=known(chance, 0.80, lambda: seen_at),
    )


def _ages(chance: Random, kind: str) -> list[int]:
    if kind == "parent and child":
        return [chance.randint(16, 24), 0]
    if kind in ("remand", "UASC"):
        return [chance.randint(14, 17)]
    first = chance.randint(*figures.AGE.draw(chance))
    siblings = figures.SIBLINGS.draw(chance)
    return [first, *(min(17, max(0, first + chance.choice((-6, -4, -3, -2, 2, 3, 4)))) for _ in range(siblings - 1))]


def _wanted(chance: Random, kind: str, known_at: datetime, sector: str, people: int) -> Wanted:
    if kind == "emergency":
        needed_by, days = "Today", 0
    elif chance.random() < 0.45:
        needed_by, days = "in less than 5 days", chance.randint(2, 4)
    else:
        needed_by, days = "in more than 5 days", chance.randint(6, 14)
    siblings = people > 1 and kind != "parent and child"
    return Wanted(
        kind=kind,
        needed_by=needed_by,
        planned_start=known_at.date() + timedelta(days=days),
        siblings_plan=figures.TOGETHER.draw(chance) if siblings else None,
        near_sector=sector,
        within_miles=WITHIN_MILES.draw(chance),
        foster_suitability="Preferred",
        residential_suitability="Not specified",
        supported_accommodation_suitability="Not specified",
    )


def _person(
    seed: int,
    who: str,
    chance: Random,
    owner: Party,
    kind: str,
    age: int,
    parent: bool,
    postcode: str,
    family: Family,
) -> SampleChild:
    culture = "Required" if kind == "UASC" else chance.choice(("Not required", "Not required", "Not Known"))
    full = NotedChild(
        child_id=made_id(seed, "child", who),
        role="parent" if parent else "child",
        looked_after=age < 18,
        age_band=band_of(age),
        sex="F" if parent else figures.SEX.draw(chance),
        communication=("ESOL",) if kind == "UASC" else ("None",),
        home_adaptation=chance.random() < 0.02,
        cultural_needs="Required" if family.culture_required else culture,
        living_companions=chance.choices(("No preference", "Solo placement recommended"), (0.85, 0.15))[0],
        pets=chance.choices(("Yes - can", "No", "Yes - must"), (0.85, 0.12, 0.03))[0],
        **_risks(chance, age),
    )
    noted = replace(
        full,
        home_adaptation=known(chance, 0.75, lambda: full.home_adaptation),
        living_companions=known(chance, 0.80, lambda: full.living_companions),
        pets=known(chance, 0.75, lambda: full.pets),
    )
    marks = _marks(seed, who)
    return SampleChild(
        early=_early(chance, noted),
        noted=noted,
        answer=full,
        words=f"Made-up answer {marks['words']}",
        need=_need(chance, marks, owner, kind, age, postcode, family),
        identity=_identity(chance, marks, who, age, postcode),
    )


def _risks(chance: Random, age: int) -> dict[str, tuple[str, ...]]:
    present, none_known = [], []
    for risk, young, older in figures.RISKS:
        if chance.random() < (older if age >= 10 else young):
            present.append(risk)
        elif chance.random() >= figures.RISK_NOT_SAID:
            none_known.append(risk)
    return {"risks_present": tuple(present), "risks_none_known": tuple(none_known)}


def _early(chance: Random, noted: NotedChild) -> NotedChild:
    """Return what is known at once: fewer facts, and nothing that later turns out otherwise."""
    return replace(
        noted,
        risks_present=tuple(risk for risk in noted.risks_present if chance.random() < 0.7),
        risks_none_known=tuple(risk for risk in noted.risks_none_known if chance.random() < 0.5),
        home_adaptation=None,
        cultural_needs=None,
        living_companions=None,
        pets=None,
    )


def _marks(seed: int, who: str) -> dict[str, str]:
    names = ("name", "address", "phone", "notes", "why_now", "health", "own_words", "family", "words")
    return {name: canary(seed, "child", who, name) for name in names}


def _need(
    chance: Random, marks: dict[str, str], owner: Party, kind: str, age: int, postcode: str, family: Family
) -> ChildNeed:
    # Legal status, category of need and ethnicity are England's lists: left out elsewhere.
    english = owner.nation == "England"
    legal = "J1" if kind == "remand" else "V2" if kind == "UASC" else figures.LEGAL_STATUS.draw(chance)
    seen = FamilyTime(
        who=f"Sample Parent {marks['family']}", how_often="weekly", postcode=family.seen_at, supervised=True
    )
    return ChildNeed(
        age_years=age,
        ethnicity=figures.ETHNICITY.draw(chance) if english else None,
        religion=family.faith,
        first_language=chance.choice(LANGUAGES) if kind == "UASC" else "en",
        disabilities=("NONE",) if english and chance.random() < 0.9 else None,
        legal_status=legal if english else None,
        category_of_need=("N8" if kind == "UASC" else figures.CATEGORY_OF_NEED.draw(chance)) if english else None,
        why_now=f"Made-up reason {marks['why_now']}",
        placements_so_far=chance.choice((0, 0, 1, 1, 2, 3, 5)),
        family_time=(seen,),
        school=School(postcode=postcode, must_keep=chance.random() < 0.4) if age >= 5 else None,
        health=f"Made-up health note {marks['health']}",
        own_words=f"Made-up words {marks['own_words']}" if age >= 5 else None,
        support_agreed="additional supervision" if chance.random() < 0.15 else None,
    )


def _identity(chance: Random, marks: dict[str, str], who: str, age: int, postcode: str) -> ChildIdentity:
    return ChildIdentity(
        name=f"Sample Child {who} {marks['name']}",
        date_of_birth=date(2026 - age - 1, chance.randint(4, 12), chance.randint(1, 28)),
        address=f"{who} Sample Road {marks['address']}",
        postcode=postcode,
        phone=f"01632 960000 {marks['phone']}",
        notes=f"Made up for the sample world {marks['notes']}",
    )
