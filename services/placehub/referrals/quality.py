"""How complete a referral is, by section: every fact a provider needs to answer, as data, and how it is counted.

A section scores what is told of what could be told; the whole is the mean of the sections, so that thirteen risks do
not drown why the child moves. A fact that does not apply (the school of a baby) counts as told. Telling one more fact
never lowers the score: a present risk is worth one part, and each of four details of it another; a risk said to be
not known is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from placehub.codes import code_list
from placehub.contracts.fields import Code, Doc, record
from placehub.referrals.child import ChildNeed, NotedChild
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade, ReferralRevised

Facts = EarlyNoticeGiven | ReferralMade | ReferralRevised
Needs = Mapping[UUID, ChildNeed]

NOT_TOLD: Final = frozenset({"Not Known", "Not Specified", "Not specified", "U"})
"""Codes that say that nothing is known: they count as not told."""
RISKS: Final = tuple(value.code for value in code_list("risk").values)
"""The thirteen risks of the Placements Data Standard v2, in its order."""
RISK_DETAILS: Final = ("last_date", "trigger", "what_helps", "safety_plan")
"""What a carer must know of a risk that is present."""
PARTS_OF_A_RISK: Final = 1 + len(RISK_DETAILS)
_BEFORE_SCHOOL: Final = frozenset({"0", "1-2", "3-4"})


@record
class SectionScore:
    """How much of one section of a referral is told."""

    section: Annotated[str, Code("referral_section")]
    told: Annotated[int, Doc("Facts that are told, over all children")]
    of: Annotated[int, Doc("Facts that could be told")]


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact a provider needs: its section, its field, and the field of the Placements Data Standard it stands for.

    A path below `children` is asked of each child, any other once. `of_child`: not asked of a parent who comes along.
    `moot`: tells of which child it cannot be asked, so that it counts as told.
    """

    section: str
    path: str
    standard: str = ""
    of_child: bool = False
    moot: Callable[[NotedChild], bool] = lambda child: False


def _too_young(child: NotedChild) -> bool:
    return child.age_band in _BEFORE_SCHOOL


def _facts(section: str, within: str, *names: str, **more: Any) -> tuple[Fact, ...]:
    return tuple(Fact(section, f"{within}{name}", **more) for name in names)


_CHILD: Final = "children."
_NEED: Final = "children.need."

FACTS: Final[tuple[Fact, ...]] = (
    *_facts("child", _CHILD, "age_band", "sex"),
    *_facts("child", _NEED, "age_years"),
    *_facts("child", _NEED, "legal_status", "category_of_need", of_child=True),
    Fact("child", "children.communication", "specificCommunicationRequirements"),
    *_facts("child", _CHILD, "identity"),
    *_facts("health", _NEED, "health", "disabilities"),
    Fact("health", "children.home_adaptation", "homeAdaptation"),
    *_facts(
        "school", _NEED, "school.postcode", "school.must_keep", "school.ehcp", "school.transport",
        of_child=True, moot=_too_young,
    ),
    *_facts(
        "family time", _NEED, "family_time.who", "family_time.how_often", "family_time.postcode",
        "family_time.supervised", "family_time.transport",
    ),
    *_facts("identity", _NEED, "ethnicity", "religion", "first_language", "identity_needs"),
    Fact("identity", "children.cultural_needs", "culturalNeeds"),
    *_facts("history", _NEED, "placements_so_far", "why_they_ended", "what_worked", of_child=True),
    Fact("wanted home", "wanted.needed_by", "neededBy"),
    Fact("wanted home", "wanted.near_sector", "preferredLocation"),
    Fact("wanted home", "wanted.siblings_plan"),
    Fact("wanted home", "wanted.foster_suitability", "fosterCareSuitability"),
    Fact("wanted home", "wanted.residential_suitability", "residentialCareSuitability"),
    Fact("wanted home", "wanted.supported_accommodation_suitability", "supportedAccommodationSuitability"),
    Fact("wanted home", "children.living_companions", "livingCompanions"),
    Fact("wanted home", "children.pets", "pets"),
    Fact("wanted home", "children.need.avoid"),
    *_facts("expected of the placement", "wanted.", "kind", "planned_start", "planned_end"),
    *_facts("expected of the placement", _NEED, "why_now", "care_plan_aim", of_child=True),
    Fact("expected of the placement", "children.need.support_agreed", "additionalSupport"),
    *_facts("own words", _NEED, "own_words", "asked_on", of_child=True, moot=_too_young),
    *_facts("contacts", "", "agreement_id", "out_of_hours_contact"),
)  # fmt: skip
"""Every fact that is scored, but for the risks, which `risks` counts."""

ELSEWHERE: Final[Mapping[str, str]] = {
    "childId": "always told: `children.child_id`",
    "siblingCount": "follows from `children`",
    "communicationNeeds": "follows from `children.communication`: `None`, or what is needed",
    "deprivationOfLiberty": "not part of a referral for fostering",
    **dict.fromkeys(RISKS, "the section `risks`"),
}
"""Fields of the standard's referral that no fact stands for, and why."""

SECTIONS: Final = ("child", "risks", *dict.fromkeys(fact.section for fact in FACTS if fact.section != "child"))
"""The sections, in the order in which they are told."""


def sections(facts: Facts, needs: Needs) -> tuple[SectionScore, ...]:
    """Return the score of every section; of an early notice only what a notice may tell is asked."""
    told: dict[str, int] = dict.fromkeys(SECTIONS, 0)
    of: dict[str, int] = dict.fromkeys(SECTIONS, 0)
    for section, got, most in (*_of_facts(facts, needs), *_of_risks(facts, needs)):
        told[section] += got
        of[section] += most
    return tuple(SectionScore(section=name, told=told[name], of=of[name]) for name in SECTIONS if of[name])


def completeness(scores: tuple[SectionScore, ...]) -> Decimal:
    """Return the mean of the sections, 0 to 1, in hundredths."""
    shares = [Decimal(one.told) / one.of for one in scores]
    return round(sum(shares, Decimal()) / max(len(shares), 1), 2)


def value_of(facts: Facts, child: NotedChild | None, need: ChildNeed | None, path: str) -> Any:
    """Return what stands at a scored path, for that child; None where nothing does."""
    steps = path.split(".")
    holder: Any = facts
    if steps[0] == "children":
        holder, steps = (need, steps[2:]) if steps[1] == "need" else (child, steps[1:])
    for step in steps:
        if isinstance(holder, tuple):
            holder = next((found for one in holder if is_told(found := getattr(one, step))), None)
        else:
            holder = getattr(holder, step, None)
    return holder


def is_told(value: Any) -> bool:
    """Tell whether a value says anything: not absent, not empty, not a code that means it is not known."""
    if isinstance(value, str):
        return bool(value.strip()) and value not in NOT_TOLD
    return value is not None and value != ()


def _of_facts(facts: Facts, needs: Needs) -> Iterator[tuple[str, int, int]]:
    for fact in FACTS:
        if isinstance(facts, EarlyNoticeGiven) and _is_of_a_referral(fact):
            continue
        if not fact.path.startswith(_CHILD):
            yield fact.section, _once(facts, fact), 1
            continue
        for child in facts.children:
            if not (fact.of_child and child.role == "parent"):
                yield fact.section, _of_child(facts, fact, child, needs.get(child.child_id)), 1


def _is_of_a_referral(fact: Fact) -> bool:
    return fact.path.startswith((_NEED, "children.identity", "out_of_hours"))


def _once(facts: Facts, fact: Fact) -> int:
    if fact.path == "wanted.siblings_plan" and len(facts.children) == 1:
        return 1
    return int(is_told(value_of(facts, None, None, fact.path)))


def _of_child(facts: Facts, fact: Fact, child: NotedChild, need: ChildNeed | None) -> int:
    if fact.path == "children.need.avoid":
        return int(need is not None)  # matching reads it so: an opened need without an area has none to avoid
    return int(fact.moot(child) or is_told(value_of(facts, child, need, fact.path)))


def _of_risks(facts: Facts, needs: Needs) -> Iterator[tuple[str, int, int]]:
    notice = isinstance(facts, EarlyNoticeGiven)
    whole = 1 if notice else PARTS_OF_A_RISK
    for child in facts.children:
        need = needs.get(child.child_id)
        for risk in RISKS:
            yield "risks", _of_risk(child, need, risk, whole), whole


def _of_risk(child: NotedChild, need: ChildNeed | None, risk: str, whole: int) -> int:
    if risk not in child.risks_present:
        return whole if risk in child.risks_none_known else 0
    told = [one for one in need.risks if one.risk == risk] if need else []
    return min(1 + sum(any(is_told(getattr(one, name)) for one in told) for name in RISK_DETAILS), whole)
