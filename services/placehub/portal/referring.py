"""What an officer has typed of a child and the home that is wanted, as the events' documents; and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Protocol
from uuid import UUID, uuid5

from placehub.codes import band_of
from placehub.contracts.codec import from_json
from placehub.errors import Rejected
from placehub.portal.case import Case
from placehub.portal.words import gettext as _
from placehub.portal.words import typed_day, whole_number
from placehub.postcodes.notation import normalise_sector, sector_of
from placehub.referrals.child import ChildNeed
from placehub.referrals.events import ReferralMade
from placehub.referrals.quality import FACTS, RISKS, Fact, completeness, is_told, sections, value_of

MOST_CHILDREN: Final = 8
MOST_USEFUL: Final = 3
MOST_PLACEMENTS: Final = 200
TEXTS: Final = (
    *("legal_status", "why_now", "care_plan_aim", "health", "what_worked", "own_words", "ethnicity", "religion"),
    *("first_language", "category_of_need", "why_they_ended", "identity_needs", "support_agreed"),
)
"""What is written or chosen about a child, sealed: a field of the need -> the form's field of the same name."""
LISTS: Final = ("near", "avoid")
"""The same of which several may be told, with commas between."""
FIRST: Final = (
    *("wanted.near_sector", "children.age_band", "wanted.kind", "children.sex", "wanted.needed_by"),
    *("wanted.siblings_plan", "risks", "children.home_adaptation", "children.pets", "children.need.why_now"),
    *("children.need.school.must_keep", "children.need.family_time.who", "children.need.own_words"),
)
"""What to ask first where the hub has not tried yet what would change the result: what removes homes, then the rest."""


class Typed(Protocol):
    """What of a form is read here."""

    def text(self, name: str, otherwise: str = "") -> str:
        """Return what was typed."""
        ...

    def all(self, name: str) -> list[str]:
        """Return what was chosen."""
        ...

    def has(self, name: str) -> bool:
        """Tell whether it was sent."""
        ...

    def wrong(self, name: str, says: str) -> None:
        """Note what is wrong with a field."""
        ...

    def refuse(self, why: Rejected) -> None:
        """Note a refusal beside its field."""
        ...


@dataclass(frozen=True, slots=True)
class Quality:
    """How complete a referral is so far, and what to tell next."""

    score: int
    """Per cent."""
    missing: tuple[str, ...]
    """The three most useful missing facts, in words."""


def how_many(form: Typed, least: int = 1) -> int:
    """Return for how many children a form asks; never fewer than it did, one more where that was asked for."""
    given = form.text("children", str(least))
    count = int(given) if given.isascii() and given.isdigit() else least
    return max(1, min(MOST_CHILDREN, count + form.has("add_child")))


def basis(role: str) -> dict[str, str]:
    """Return why a child's data may be used: an authority's public task, never a parent's agreement."""
    return {
        "basis": "public task",
        "condition": "safeguarding of children",
        "purpose": "find a foster home",
        "authorised_by": role,
    }


def wanted(form: Typed, count: int) -> dict[str, Any]:
    """Return the home that is wanted; what is wrong is noted on the form."""
    found: dict[str, Any] = {name: form.text(name) for name in ("kind", "needed_by") if form.text(name)}
    if not form.text("needed_by"):
        form.wrong("needed_by", _("Choose when the home is needed."))
    near = form.text("near_sector")
    if near:
        sector = normalise_sector(near) or sector_of(near)
        if sector is None:
            form.wrong("near_sector", _("Enter a postcode or its first part with one digit more, like LS6 2."))
        found["near_sector"] = sector
    miles = _number(form, "within_miles", 1, 500)
    if miles is not None:
        found["within_miles"] = miles
    if count > 1 and form.text("siblings_plan"):
        found["siblings_plan"] = form.text("siblings_plan")
    return found


def noted_child(form: Typed, number: int, case_id: UUID) -> dict[str, Any]:
    """Return what an early notice tells of one child: bands and codes."""
    found: dict[str, Any] = {"child_id": str(child_id(case_id, number))}
    age = form.text(f"age_band_{number}")
    if age:
        found["age_band"] = age
    if form.text(f"sex_{number}"):
        found["sex"] = form.text(f"sex_{number}")
    return found


def child_id(case_id: UUID, number: int) -> UUID:
    """Return a child's pseudonym in a case that begins here."""
    return uuid5(case_id, f"child {number}")


def child(form: Typed, number: int, pseudonym: UUID) -> dict[str, Any]:
    """Return what a referral tells of one child, need and identity still open; they are sealed before it is posted."""
    found: dict[str, Any] = {"child_id": str(pseudonym)}
    age = _number(form, f"age_years_{number}", 0, 17)
    if age is not None:
        found["age_band"] = band_of(age)
    for name in ("sex", "pets", "living_companions"):
        if form.text(f"{name}_{number}"):
            found[name] = form.text(f"{name}_{number}")
    present = [one for one in form.all(f"risks_{number}") if one in RISKS]
    if present:
        found["risks_present"] = present
    if form.has(f"risks_others_{number}"):
        found["risks_none_known"] = [one for one in RISKS if one not in present]
    if form.text(f"home_adaptation_{number}"):
        found["home_adaptation"] = form.text(f"home_adaptation_{number}") == "yes"
    need, identity = _need(form, number, age), _identity(form, number)
    return found | ({"need": need} if need else {}) | ({"identity": identity} if identity else {})


def fields_of(number: int) -> dict[str, str]:
    """Return, for what a referral tells of one child, the form's field: the first that begins a path is it."""
    need = (*TEXTS, *LISTS, "asked_on", "placements_so_far")
    within = f"children.{number}."
    found = {f"{within}need.{name}": f"{name}_{number}" for name in need}
    found |= {f"{within}need.school.postcode": f"school_postcode_{number}"}
    found |= {f"{within}need.family_time.0.who": f"family_who_{number}"}
    found |= {f"{within}need.family_time": f"family_often_{number}"}
    found |= {f"{within}identity.name": f"name_{number}", f"{within}identity": f"born_{number}"}
    found |= {f"{within}{name}": f"{name}_{number}" for name in ("sex", "pets", "living_companions", "home_adaptation")}
    return found | {f"{within}risks": f"risks_{number}", within: f"age_years_{number}"}


def _need(form: Typed, number: int, age: int | None) -> dict[str, Any]:
    found: dict[str, Any] = {name: text for name in TEXTS if (text := form.text(f"{name}_{number}"))}
    for name in LISTS:
        several = [one.strip().upper() for one in form.text(f"{name}_{number}").split(",") if one.strip()]
        found |= {name: several} if several else {}
    if age is not None:
        found["age_years"] = age
    placements = _number(form, f"placements_so_far_{number}", 0, MOST_PLACEMENTS)
    if placements is not None:
        found["placements_so_far"] = placements
    asked = _day(form, f"asked_on_{number}")
    if asked:
        found["asked_on"] = asked.isoformat()
    school: dict[str, Any] = {}
    if form.text(f"school_must_keep_{number}"):
        school["must_keep"] = form.text(f"school_must_keep_{number}") == "yes"
    if form.text(f"school_postcode_{number}"):
        school["postcode"] = form.text(f"school_postcode_{number}").upper()
    who = form.text(f"family_who_{number}")
    if who:
        often = form.text(f"family_often_{number}")
        found["family_time"] = [{"who": who} | ({"how_often": often} if often else {})]
    return found | ({"school": school} if school else {})


def _identity(form: Typed, number: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if form.text(f"name_{number}"):
        found["name"] = form.text(f"name_{number}")
    born = _day(form, f"born_{number}")
    if born:
        found["date_of_birth"] = born.isoformat()
    return found


def quality(document: Mapping[str, Any], case: Case | None) -> Quality:
    """Return how complete a referral would be, and the three facts that would help most.

    What the hub found by trying answers goes first; after it what removes homes.
    """
    plain, needs = _opened(document)
    try:
        facts = from_json(ReferralMade, plain)
    except Rejected:
        return Quality(0, ())
    found = [_path(one.field) for one in case.assessed.questions] if case and case.assessed else []
    missing = {one.path: one for one in FACTS if any(_is_missing(one, facts, needs, child) for child in facts.children)}
    if any(set(RISKS) - {*child.risks_present, *child.risks_none_known} for child in facts.children):
        missing["risks"] = Fact("risks", "risks")
    ordered = [one for one in (*found, *FIRST, *missing) if one in missing]
    asked = list(dict.fromkeys(ordered))[:MOST_USEFUL]
    return Quality(int(completeness(sections(facts, needs)) * 100), tuple(in_question(one) for one in asked))


def _opened(document: Mapping[str, Any]) -> tuple[dict[str, Any], dict[UUID, ChildNeed]]:
    """Return a referral without its sealed parts, and the needs that were typed."""
    needs, children = {}, []
    for one in document["children"]:
        open_parts = {name: one[name] for name in one if name not in ("need", "identity")}
        children.append(open_parts)
        if "need" in one:
            try:
                needs[UUID(one["child_id"])] = from_json(ChildNeed, one["need"])
            except Rejected:
                continue
    return {**document, "children": children}, needs


def _is_missing(fact: Fact, facts: ReferralMade, needs: Mapping[UUID, ChildNeed], child: Any) -> bool:
    if fact.path == "wanted.siblings_plan" and len(facts.children) == 1:
        return False
    need = needs.get(child.child_id)
    if fact.path == "children.need.avoid":
        return need is None
    return not fact.moot(child) and not is_told(value_of(facts, child, need, fact.path))


def _path(field: str) -> str:
    """Return a question's field as the scored facts have it: without the child's number."""
    steps = [step for step in field.split(".") if not step.isdigit()]
    path = ".".join(steps)
    return "risks" if "risks" in path else path


def in_question(path: str) -> str:
    """Return what asks for a field of the referral, given by its dotted path."""
    said = ASKED.get(path)
    return said() if said else _plain(path)


def _plain(path: str) -> str:
    words = path.removeprefix("children.").removeprefix("need.").removeprefix("wanted.").replace(".", ": ")
    return words.replace("_", " ").capitalize()


ASKED: Final = {
    "wanted.near_sector": lambda: _("Where should the home be near to?"),
    "children.age_band": lambda: _("How old is the child?"),
    "wanted.kind": lambda: _("What kind of placement is it?"),
    "children.sex": lambda: _("Is the child a boy or a girl?"),
    "wanted.needed_by": lambda: _("When is the home needed?"),
    "wanted.siblings_plan": lambda: _("Should the brothers and sisters stay together?"),
    "risks": lambda: _("Which risks are there, and which are known not to be there?"),
    "children.home_adaptation": lambda: _("Does the home have to be adapted?"),
    "children.pets": lambda: _("May there be pets?"),
    "children.living_companions": lambda: _("Which other children may live there?"),
    "children.need.why_now": lambda: _("Why is a home needed now?"),
    "children.need.school.must_keep": lambda: _("Must the child keep the school?"),
    "children.need.family_time.who": lambda: _("Whom in the family does the child see?"),
    "children.need.own_words": lambda: _("What does the child say?"),
    "children.need.legal_status": lambda: _("What is the legal status?"),
    "children.communication": lambda: _("How does the child communicate?"),
    "children.identity": lambda: _("Who is the child? It is sealed, and shown to nobody you do not disclose it to."),
    "children.risks_present": lambda: _("Which risks are there?"),
    "children.need.health": lambda: _("How is the child's health?"),
    "children.need.what_worked": lambda: _("What has worked so far?"),
    "children.need.care_plan_aim": lambda: _("What is the aim of the care plan?"),
    "children.need.support_agreed": lambda: _("Which support is agreed, and who pays for it?"),
    "wanted.planned_start": lambda: _("From which day is the home needed?"),
    "agreement_id": lambda: _("Under which agreement is it searched?"),
    "out_of_hours_contact": lambda: _("Which duty desk can be called out of hours?"),
}
"""Field of a referral, or scored fact -> the question that asks for it."""


def _number(form: Typed, name: str, least: int, most: int) -> int | None:
    try:
        return whole_number(name, form.text(name), least, most)
    except Rejected as why:
        form.refuse(why)
        return None


def _day(form: Typed, name: str) -> date | None:
    try:
        return typed_day(name, form.text(name))
    except Rejected as why:
        form.refuse(why)
        return None
