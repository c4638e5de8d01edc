"""The assessment of a referral, put together: what is told, what is in doubt, what to ask; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from placehub.contracts.parts import Basis
from placehub.referrals.doubts import contradictions, stale
from placehub.referrals.events import EarlyNoticeGiven
from placehub.referrals.quality import Facts, Needs, completeness, sections
from placehub.search.events import Question, ReferralAssessed
from placehub.search.questions import QUESTIONS, Mattering


def assess(
    facts: Facts, needs: Needs, matters: Sequence[Mattering], now: datetime, basis: Basis | None = None
) -> ReferralAssessed:
    """Return the assessment of the facts in force; it names fields, sections, codes and numbers, never a value."""
    scores, today = sections(facts, needs), now.date()
    return ReferralAssessed(
        referral_id=facts.referral_id,
        version=0 if isinstance(facts, EarlyNoticeGiven) else facts.version,
        completeness=completeness(scores),
        sections=scores,
        stale=stale(facts, needs, today),
        contradictions=contradictions(facts, needs, today),
        blocking=tuple(dict.fromkeys(one.field for one in matters if one.blocks)),
        questions=tuple(
            Question(field=one.field, risk=one.risk, matters=one.matters) for one in matters[:QUESTIONS] if one.matters
        ),
        basis=basis,
    )
