"""Made-up referrals of which as much is told as a test wants."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from placehub.keys.sealed import Sealed
from placehub.referrals.child import Child, ChildNeed, FamilyTime, RiskDetail, School
from placehub.referrals.events import LawfulBasis, ReferralMade, Wanted
from placehub.referrals.quality import RISKS

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TODAY = NOW.date()
CHILD, SIBLING = UUID(int=2), UUID(int=3)
LAWFUL = LawfulBasis(
    basis="public task", condition="health or social care", purpose="find a foster home", authorised_by="team manager"
)
SEALED = Sealed(key_id="made-up", nonce=b"0" * 12, ciphertext=b"1" * 32)


def a_referral(*children: Child, wanted: Wanted | None = None, **more: Any) -> ReferralMade:
    """Return a referral of these children, of which nothing else is told but what is given."""
    return ReferralMade(
        referral_id=UUID(int=1),
        authority="A1",
        need_known_at=NOW,
        lawful_basis=LAWFUL,
        wanted=wanted or Wanted(),
        children=children or (Child(child_id=CHILD),),
        **more,
    )


def a_detail(risk: str, last_date: date = TODAY) -> RiskDetail:
    """Return a risk of which all is told."""
    return RiskDetail(risk=risk, last_date=last_date, trigger="t", what_helps="w", safety_plan="s")


def all_of_a_child(child_id: UUID = CHILD, **other: Any) -> Child:
    """Return a child of whom all that stands open is told."""
    usual: dict[str, Any] = {
        "age_band": "8-10",
        "sex": "F",
        "risks_present": (RISKS[0],),
        "risks_none_known": RISKS[1:],
        "communication": ("None",),
        "home_adaptation": False,
        "cultural_needs": "Not required",
        "living_companions": "No preference",
        "pets": "Yes - can",
        "need": SEALED,
        "identity": SEALED,
    }
    return Child(child_id=child_id, **(usual | other))


def all_of_a_need(**other: Any) -> ChildNeed:
    """Return a need of which all is told, as `all_of_a_child` needs it."""
    usual: dict[str, Any] = {
        "age_years": 9,
        "ethnicity": "WBRI",
        "religion": "none",
        "first_language": "en",
        "disabilities": ("NONE",),
        "legal_status": "C2",
        "category_of_need": "N1",
        "why_now": "w",
        "care_plan_aim": "a",
        "placements_so_far": 0,
        "why_they_ended": "none",
        "what_worked": "w",
        "family_time": (FamilyTime(who="m", how_often="o", postcode="LS6 2", supervised=False, transport="t"),),
        "school": School(postcode="LS6 2", must_keep=True, ehcp=False, transport="t"),
        "health": "h",
        "risks": (a_detail(RISKS[0]),),
        "identity_needs": "i",
        "own_words": "o",
        "asked_on": TODAY,
        "support_agreed": "s",
    }
    return ChildNeed(**(usual | other))


ALL_WANTED: dict[str, Any] = {
    "kind": "short term",
    "needed_by": "in more than 5 days",
    "planned_start": date(2026, 3, 12),
    "planned_end": date(2026, 9, 12),
    "near_sector": "LS6 2",
    "foster_suitability": "Preferred",
    "residential_suitability": "Unsuitable",
    "supported_accommodation_suitability": "Unsuitable",
}
ALL_ELSE: dict[str, Any] = {"agreement_id": UUID(int=9), "out_of_hours_contact": "0113 496 0000"}
