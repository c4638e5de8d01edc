"""What is said of a child: openly (bands and codes), sealed as need, sealed as identity."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from placehub.contracts.fields import PII, SENSITIVE, Code, Doc, Seals, record
from placehub.contracts.parts import ChildId, Risk
from placehub.keys.sealed import Sealed


@record
class RiskDetail:
    """More on one risk, for the carer who would keep the child safe."""

    risk: Risk
    last_date: Annotated[date | None, SENSITIVE] = None
    trigger: Annotated[str | None, SENSITIVE] = None
    what_helps: Annotated[str | None, SENSITIVE] = None
    safety_plan: Annotated[str | None, SENSITIVE] = None


@record
class School:
    """The child's school and whether it must be kept."""

    postcode: Annotated[str | None, PII] = None
    must_keep: bool | None = None
    ehcp: Annotated[bool | None, SENSITIVE, Doc("Has an education, health and care plan")] = None
    transport: Annotated[str | None, PII] = None


@record
class FamilyTime:
    """Time with one member of the family."""

    who: Annotated[str, PII]
    how_often: Annotated[str | None, PII] = None
    postcode: Annotated[str | None, PII] = None
    supervised: bool | None = None
    transport: Annotated[str | None, PII] = None


@record
class ChildNeed:
    """The *need* compartment: opened for invited providers, and by the hub for the rules that ask for it."""

    age_years: Annotated[int | None, PII] = None
    ethnicity: Annotated[str | None, Code("ethnicity"), SENSITIVE] = None
    religion: Annotated[str | None, SENSITIVE] = None
    first_language: Annotated[str | None, Code("language"), PII] = None
    disabilities: Annotated[tuple[str, ...] | None, Code("disability"), SENSITIVE] = None
    legal_status: Annotated[str | None, Code("legal_status"), SENSITIVE] = None
    category_of_need: Annotated[str | None, Code("category_of_need"), SENSITIVE] = None
    why_now: Annotated[str | None, SENSITIVE] = None
    care_plan_aim: Annotated[str | None, SENSITIVE] = None
    placements_so_far: Annotated[int | None, SENSITIVE] = None
    why_they_ended: Annotated[str | None, SENSITIVE] = None
    what_worked: Annotated[str | None, SENSITIVE] = None
    family_time: tuple[FamilyTime, ...] = ()
    school: School | None = None
    health: Annotated[str | None, SENSITIVE] = None
    risks: tuple[RiskDetail, ...] = ()
    identity_needs: Annotated[str | None, SENSITIVE] = None
    near: Annotated[tuple[str, ...], PII, Doc("Postcodes or sectors to be near to")] = ()
    avoid: Annotated[tuple[str, ...], PII, Doc("Postcodes, sectors or districts to keep away from")] = ()
    own_words: Annotated[str | None, SENSITIVE, Doc("The child's own words")] = None
    asked_on: Annotated[date | None, Doc("When the child was asked")] = None
    support_agreed: Annotated[str | None, SENSITIVE] = None


@record
class ChildIdentity:
    """The *identity* compartment: opened only for a provider to whom the authority discloses it."""

    name: Annotated[str | None, PII] = None
    date_of_birth: Annotated[date | None, PII] = None
    address: Annotated[str | None, PII] = None
    postcode: Annotated[str | None, PII] = None
    phone: Annotated[str | None, PII] = None
    notes: Annotated[str | None, SENSITIVE] = None


@record
class NotedChild:
    """One child as an early notice may tell of: bands and codes only. Absent = unknown, never "no"."""

    child_id: ChildId
    role: Annotated[str, Code("person_role")] = "child"
    looked_after: Annotated[bool | None, Doc("Who is looked after, where a parent is placed with a child")] = None
    age_band: Annotated[str | None, Code("age_band")] = None
    sex: Annotated[str | None, Code("sex")] = None
    risks_present: Annotated[tuple[str, ...], Code("risk"), Doc("Standard v2 risks marked `Risk Present`")] = ()
    risks_none_known: Annotated[tuple[str, ...], Code("risk"), Doc("Standard v2 risks marked `No known risk`")] = ()
    communication: Annotated[tuple[str, ...] | None, Code("communication")] = None
    home_adaptation: bool | None = None
    cultural_needs: Annotated[str | None, Code("cultural_needs")] = None
    living_companions: Annotated[str | None, Code("living_companions")] = None
    pets: Annotated[str | None, Code("pets")] = None


@record
class Child(NotedChild):
    """One child of a referral: the open facts, and the two sealed compartments."""

    need: Annotated[Sealed | None, SENSITIVE, Seals(ChildNeed, "child", "need")] = None
    identity: Annotated[Sealed | None, PII, Seals(ChildIdentity, "child", "identity")] = None
