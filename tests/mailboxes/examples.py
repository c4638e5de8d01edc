"""A referral as a placement system would write it, its sealed parts still open."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CANARY = "canary-3f9c"


def referral(authority: str) -> dict[str, Any]:
    """Return a whole ReferralMade with one child; every personal value holds the canary."""
    return {
        "referral_id": str(uuid4()),
        "authority": authority,
        "need_known_at": "2026-03-02T08:00:00+00:00",
        "lawful_basis": {
            "basis": "public task",
            "condition": "safeguarding of children",
            "purpose": "find a foster home",
            "authorised_by": "team manager",
        },
        "wanted": {"kind": "short term", "needed_by": "Today", "near_sector": "LS6 2"},
        "children": [
            {
                "child_id": str(uuid4()),
                "age_band": "8-10",
                "sex": "F",
                "need": {"age_years": 9, "why_now": CANARY, "risks": [{"risk": "riskMissing", "trigger": CANARY}]},
                "identity": {"name": CANARY, "date_of_birth": "2017-03-04"},
            }
        ],
    }


def changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy with another value at a dotted path; None takes the field away."""
    copy = deepcopy(document)
    *way, last = path.split(".")
    place: Any = copy
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return copy


def question(provider: str, child_id: str, words: Any) -> dict[str, Any]:
    """Return a ClarificationAsked with words about a child."""
    return {
        "referral_id": str(uuid4()),
        "provider": provider,
        "clarification_id": str(uuid4()),
        "child_id": child_id,
        "about": "children.pets",
        "question": words,
    }
