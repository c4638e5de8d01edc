"""A matching policy as data: what parties may agree on, and the one that is shipped; each number with its source.

A policy that would let the price outrank need cannot come into force: see `check_policy`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

from placehub.contracts.fields import Code, OpenWords, record
from placehub.errors import Rejected
from placehub.saying import said

TODAY: Final = "Today"
"""The code of `needed_by` that makes a search an emergency."""
MOST_HOURS: Final = 24 * 365
"""No window, wait or grace of a policy is longer: a year."""
MOST_MILES: Final = 1_000
"""No reach of a policy is further: from one end of Great Britain to the other, and more."""
MOST_WEIGHT: Final = 1_000
BAND, NEED, PRICE = "band", "need", "price"
"""Keys of `Policy.order` that the rules name themselves."""


@record
class Weight:
    """How much one need criterion counts in the order within a band."""

    criterion: str
    weight: int


@record
class WideningStep:
    """One step a search takes when too few homes fit."""

    radius_miles: int
    after_hours: int = 0
    """Hours the search waits for homes before it takes the step; 0: at once."""


@record
class TierDelay:
    """How much later than the first tier the providers of a tier are told, in hours; it never changes their order."""

    tier: int
    hours: int


@record
class Policy:
    """The numbers matching runs with; whoever changes one gives it another `version`."""

    version: Annotated[str, OpenWords()] = "default-2"
    """Of an agreed policy, the hub writes the document and its version here."""

    radius_miles: int = 30
    """How far a search reaches that names no distance.

    The hub's own choice: wider than the 20-mile line of England's looked-after children return, so that homes just
    beyond that line are seen too.
    """

    too_few: int = 3
    """Fewer providers with a fitting home than this make the search widen by a step. The hub's own choice."""

    widening: tuple[WideningStep, ...] = (
        WideningStep(radius_miles=50),
        WideningStep(radius_miles=100, after_hours=24),
    )
    """The steps in their order. A reach the authority itself has named is kept: it is told what more would bring.

    The hub's own choice: at once to the neighbouring authorities, after a day across the region.
    """

    audience: Annotated[str, Code("audience")] = "fitting"
    """Who is told of a search: those with a home that fits, or all parties to the agreement (in bands only)."""

    tiers: tuple[TierDelay, ...] = ()
    """Tiers an agreement insists on. None by default: everybody is told at the same time; in an emergency always."""

    in_house_first_hours: int = 0
    """Hours the independent sector waits while the authority looks among its own carers. None by default."""

    order: Annotated[tuple[str, ...], Code("order_key")] = (BAND, NEED, "distance", "available")
    """What orders homes: the band, then need by the weights, then what else is agreed; `price` only after both."""

    weights: tuple[Weight, ...] = (
        Weight(criterion="siblings", weight=16),
        Weight(criterion="school distance", weight=10),
        Weight(criterion="family time distance", weight=10),
        Weight(criterion="identity", weight=12),
        Weight(criterion="skills", weight=20),
        Weight(criterion="living companions", weight=8),
        Weight(criterion="available by", weight=4),
        Weight(criterion="stability", weight=12),
        Weight(criterion="freshness", weight=8),
    )
    """Order only within a band. Siblings as the correlation of instability with being placed without them (.16), skills
    after behaviour problems and parenting (.35, .29), both Konijn and others 2019; the rest is the hub's own choice.
    """

    response_hours: int = 20
    """How long a provider has to answer.

    The hub's own choice: who is told in the afternoon answers by the next midday, and the next best by the day after.
    """

    response_minutes_today: int = 60
    """The same in minutes when the home is needed today. The hub's own choice: an emergency runs in minutes, not days.
    """

    most_invited: int = 9
    """Providers invited when a search starts, best fit first; a vacancy that comes in sight later does not count.

    In place of who answers or lets the time pass the next best is invited, until an offer as good stands; none other
    that was seen at the start is invited for being confirmed again. From the hub's aim of 15 deliveries or fewer per
    placement, against 150 to 350 by blanket mailing. What it gives in simulation is in docs/benchmarks.md
    (`placehub world compare`). More is bought with deliveries alone. Three of ten deliveries are emergencies, in
    which every home that fits is told at once.
    """

    freshness_grace_hours: int = 0
    """How long after `willing_until` a vacancy still counts as fresh. None: willingness is the carer's own word."""

    fading_weeks: int = 8
    """Full weeks after `willing_until` until freshness counts nothing: half its weight at first, then evenly less.

    It orders homes whose word has run out among themselves; none is removed for it. The hub's own choice.
    """

    family_time_miles: int = 20
    """How far from where the family is seen a home may be. The 20-mile line of England's looked-after children return.
    """

    usual_limit: int = 3
    """Foster children in one home, unless all are siblings or it is exempt: Children Act 1989, Schedule 7."""

    ages_beyond_approval: int = 2
    """Years beyond the approved ages at which a variation of the terms of approval is still worth asking for.

    The hub's own choice. Outside the terms a child may stay up to six working days in an emergency: Care Planning,
    Placement and Case Review (England) Regulations 2010, regulation 23.
    """

    start_may_move_days: int = 7
    """Days a planned start may wait for a home that is coming, if the authority agrees. The hub's own choice."""

    asks_that_stretch: int = 3
    """Open questions on hard facts that make a home a stretch. The hub's own choice: `several` is three."""

    def response_window(self, needed_by: str | None) -> timedelta:
        """Return how long an invited provider has to answer."""
        if needed_by == TODAY:
            return timedelta(minutes=self.response_minutes_today)
        return timedelta(hours=self.response_hours)

    def reach_after(self, steps: int) -> int:
        """Return how many miles a search reaches that names no distance and has taken so many widening steps."""
        taken = self.widening[:steps]
        return taken[-1].radius_miles if taken else self.radius_miles

    def most_invited_at_start(self, needed_by: str | None) -> int | None:
        """Return how many providers are invited at the start; None: every one that fits, as in an emergency."""
        return None if needed_by == TODAY else self.most_invited


DEFAULT = Policy()
"""The policy in force until parties agree on another."""


BOUNDS: Final[dict[str, tuple[int, int]]] = {
    "radius_miles": (1, MOST_MILES),
    "too_few": (0, 100),
    "in_house_first_hours": (0, MOST_HOURS),
    "response_hours": (1, MOST_HOURS),
    "response_minutes_today": (5, 60 * MOST_HOURS),
    "most_invited": (1, 10_000),
    "freshness_grace_hours": (0, MOST_HOURS),
    "fading_weeks": (1, 520),
    "family_time_miles": (0, MOST_MILES),
    "usual_limit": (1, 100),
    "ages_beyond_approval": (0, 20),
    "start_may_move_days": (0, 365),
    "asks_that_stretch": (1, 100),
}
"""The least and the most each number of a policy may be, so that no policy can stop the hub that runs it."""


def check_policy(policy: Policy) -> None:
    """Raise Rejected, naming field, rule and remedy, when a policy cannot come into force.

    Need comes before price: homes are ordered by band first, then by need, and only then, if it is agreed, by price.
    A weight is no place for a price either, and a tier may only delay. Every number is within bounds.
    """
    if policy.order[:2] != (BAND, NEED):
        rule = "must begin with `band`, then `need`: no policy, tier or rank can make the price outrank need"
        raise Rejected("policy.order", rule, "Put `price` behind both, or leave it out.")
    if len(set(policy.order)) < len(policy.order):
        raise Rejected("policy.order", "must name each key once", "Leave out the second one.")
    _check_numbers(policy)


def _check_numbers(policy: Policy) -> None:
    for name, (least, most) in BOUNDS.items():
        if not least <= getattr(policy, name) <= most:
            raise Rejected(
                f"policy.{name}",
                said("must be {least} to {most}", least=least, most=most),
                "Give a number within these bounds.",
            )
    _check_weights(policy)
    _check_tiers(policy)
    _check_widening(policy)


def _check_weights(policy: Policy) -> None:
    known = {one.criterion for one in DEFAULT.weights}
    for at, weight in enumerate(policy.weights):
        if weight.criterion not in known or not 0 <= weight.weight <= MOST_WEIGHT:
            rule = said(
                "must be a need criterion with a weight of 0 to {most}; a price has no weight. One of: {names}",
                most=MOST_WEIGHT,
                names=", ".join(sorted(known)),
            )
            raise Rejected(f"policy.weights.{at}", rule, "Correct or leave out the weight.")
    if len({one.criterion for one in policy.weights}) < len(policy.weights):
        raise Rejected("policy.weights", "must weigh each criterion once", "Leave out the second one.")


def _check_tiers(policy: Policy) -> None:
    for at, tier in enumerate(policy.tiers):
        if not 0 <= tier.hours <= MOST_HOURS:
            rule = said("a tier may only delay, by 0 to {most} hours", most=MOST_HOURS)
            raise Rejected(f"policy.tiers.{at}.hours", rule, "Give a number within these bounds.")
    if len({one.tier for one in policy.tiers}) < len(policy.tiers):
        raise Rejected("policy.tiers", "must name each tier once", "Leave out the second one.")


def _check_widening(policy: Policy) -> None:
    reach = policy.radius_miles
    for at, step in enumerate(policy.widening):
        if not reach < step.radius_miles <= MOST_MILES:
            rule = said("each step must reach further than the last, to {most} miles at most", most=MOST_MILES)
            raise Rejected(f"policy.widening.{at}", rule, "Widen step by step.")
        if not 0 <= step.after_hours <= MOST_HOURS:
            raise Rejected(
                f"policy.widening.{at}.after_hours",
                said("must be 0 to {most}", most=MOST_HOURS),
                "Give a number within these bounds.",
            )
        reach = step.radius_miles
