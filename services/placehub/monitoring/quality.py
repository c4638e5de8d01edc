"""How good referrals are: what each event of a case changes in its row, and what is shared of many of them; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from placehub.contracts.headers import Attributes
from placehub.monitoring.fold import Fold, Row
from placehub.monitoring.suppression import SMALL, hidden, shared_share
from placehub.offers.events import ClarificationAsked, ReferralFeedbackGiven
from placehub.referrals.events import FeedbackAnswered, ReferralMade
from placehub.search.events import ReferralAssessed
from placehub.search.feedback import AFTER_DAYS

FEEDBACK_IN: Final = timedelta(weeks=8)
"""After the last of `AFTER_DAYS` a provider has two weeks more; then what was found of a month is counted for good."""
FOUND: Final = ("described", "different", "not told")
"""What a provider may find of a field; the columns are named so, with `_` for the blank."""


def _made(row: Row, event: ReferralMade, attributes: Attributes) -> dict[str, Any]:
    return {"authority": event.authority, "made_at": attributes.time}


def _assessed(row: Row, event: ReferralAssessed, attributes: Attributes) -> dict[str, Any]:
    """Take the latest assessment; that of the first version of the referral is kept beside it."""
    now = {"completeness": event.completeness, "contradictions": len(event.contradictions)}
    return now | ({"first_completeness": event.completeness} if event.version == 1 else {})


def _asked(row: Row, event: ClarificationAsked, attributes: Attributes) -> dict[str, Any]:
    return {"asked": (row.get("asked") or 0) + 1}


def _found(row: Row, event: ReferralFeedbackGiven, attributes: Attributes) -> dict[str, Any]:
    if event.after_days not in AFTER_DAYS:  # the search refused it
        return {}
    found = [one.found for one in event.fields]
    return {column(name): (row.get(column(name)) or 0) + found.count(name) for name in FOUND}


def _answered(row: Row, event: FeedbackAnswered, attributes: Attributes) -> dict[str, Any]:
    return {"answered": (row.get("answered") or 0) + 1}


QUALITY: Final[Mapping[type, Fold]] = {
    ReferralMade: _made,
    ReferralAssessed: _assessed,
    ClarificationAsked: _asked,
    ReferralFeedbackGiven: _found,
    FeedbackAnswered: _answered,
}
"""Events of the `referral` stream, in their one order, and what each changes in the row of the referral's quality."""


def column(found: str) -> str:
    """Return the column a finding is counted in."""
    return found.replace(" ", "_")


def shared(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the sums by authority and month as they may be shared: small numbers hidden, means only of more."""
    return [_shared(row) for row in rows]


def _shared(row: Row) -> dict[str, Any]:
    count = row["referrals"]
    enough = count > SMALL
    return {
        "authority": row["authority"],
        "month": row["month"],
        "referrals": hidden(count),
        "first_completeness": _mean(row["first_completeness"]) if enough else None,
        "completeness": _mean(row["completeness"]) if enough else None,
        "contradictory": shared_share(row["contradictory"], count),
        "asked_per_referral": _per(row["asked"], count),
        **{name: hidden(row[name]) if row["settled"] else None for name in (*map(column, FOUND), "answered")},
    }


def _per(part: int, count: int) -> Decimal | None:
    """Return a mean of two shared counts; None where either is hidden."""
    shown, of = hidden(part), hidden(count)
    return None if shown is None or not of else round(Decimal(shown) / of, 1)


def _mean(value: Decimal | None) -> Decimal | None:
    return None if value is None else round(Decimal(value), 2)
