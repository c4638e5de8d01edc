"""What a level weighs: towards the band, and as a share of the need that is met. Weights order only within a band."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from placehub.search.looking import Level
from placehub.search.ordering import FULL
from placehub.search.policy import Policy

HARD_FACTS: Final = frozenset({"state", "distance", "kind", "available by", "siblings", "age", "sex", "risks"})
"""Criteria that no support can make up for: an open question on one of them always counts."""
ORDER_ONLY: Final = frozenset({"school distance", "family time distance", "stability", "out of area"})
"""Criteria that order homes within a band and lower none."""

HALF: Final = FULL // 2
SHARES: Final[Mapping[Level, int]] = {
    Level.FITS: FULL,
    Level.NOT_KNOWN: HALF,
    Level.ASK_AUTHORITY: HALF,
    Level.NEEDS_SUPPORT: HALF,
    Level.ASK_CARER: HALF,
    Level.LESSER_FIT: 0,
    Level.NEEDS_VARIATION: 0,
    Level.DOES_NOT_FIT: 0,
}
"""How much of a criterion's weight a level brings, in thousandths. Unknown is half: it is neither met nor missed."""

WEEK: Final = 7 * 24 * 3_600_000_000
"""In microseconds."""


def weights(policy: Policy) -> dict[str, int]:
    """Return the weight of each need criterion."""
    return {one.criterion: one.weight for one in policy.weights}


def fresh_share(stale: int, policy: Policy) -> int:
    """Return the share of freshness: full while the carer's word stands, then half, less with each full week.

    `stale` is how many microseconds the word has run out. The policy's `fading_weeks` later it is nothing.
    """
    if stale <= 0:
        return FULL
    left = policy.fading_weeks - stale // WEEK
    return HALF * left // policy.fading_weeks if left > 0 else 0


def need_of(levels: Mapping[str, Level], stale: int, policy: Policy) -> int:
    """Return the weighted share of the need criteria that a home meets, 0 to 1000."""
    weighed = weights(policy)
    shares = {name: SHARES[levels[name]] for name in weighed} | {"freshness": fresh_share(stale, policy)}
    total = sum(weighed.values())
    return sum(weight * shares[name] for name, weight in weighed.items()) // total if total else HALF
