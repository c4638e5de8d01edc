"""What the views say of how good referrals are: the trend, as it may be shared."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, select

from placehub.monitoring.entitlement import EVERYONE
from placehub.monitoring.quality import FEEDBACK_IN, FOUND, column, shared
from placehub.monitoring.tables import QUALITY
from placehub.monitoring.view import View, named


def _month(at: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.date_trunc("month", func.timezone("UTC", at))


def _referral_quality(as_of: ColumnElement[Any]) -> Select[Any]:
    row = QUALITY.c
    month = func.to_char(_month(row.made_at), "YYYY-MM")
    settled = func.bool_and(_month(row.made_at) < _month(as_of - FEEDBACK_IN))
    sums = [func.sum(row[name]).label(name) for name in ("asked", *map(column, FOUND), "answered")]
    return (
        select(
            named(row.authority),
            month.label("month"),
            func.count().label("referrals"),
            func.avg(row.first_completeness).label("first_completeness"),
            func.avg(row.completeness).label("completeness"),
            func.count().filter(row.contradictions > 0).label("contradictory"),
            *sums,
            settled.label("settled"),
        )
        .where(row.authority.is_not(None), _month(row.made_at) < _month(as_of))
        .group_by(row.authority, month)
        .order_by(row.authority, month)
    )


REFERRAL_QUALITY: Final = View(
    name="referral_quality",
    title="How good referrals are, by authority and month (small numbers are hidden)",
    says=(
        "Referrals by the month of ReferralMade, once it is over; what was found in the placement is told eight weeks "
        "later, when the feedback after 42 days is in. Counts are rounded to 5; where 1 to 5 would be told, the cell "
        "is empty, and so is what would give it away."
    ),
    columns={
        "authority": "Name of the authority",
        "month": "Month in which the referrals were made",
        "referrals": "ReferralMade events",
        "first_completeness": "Mean completeness of the first versions, from ReferralAssessed, 0 to 1",
        "completeness": "Mean completeness as the referrals now stand, from the latest ReferralAssessed",
        "contradictory": "Share of the referrals in which something cannot be true as they now stand",
        "asked_per_referral": "ClarificationAsked events for each referral",
        "described": "Fields that were as described, from ReferralFeedbackGiven",
        "different": "Fields that were different, from the same",
        "not_told": "Fields that mattered and were not told, from the same",
        "answered": "FeedbackAnswered events",
    },
    select=_referral_quality,
    share=shared,
    entitled=EVERYONE,
)
