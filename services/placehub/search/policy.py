"""The matching policy that is shipped: the numbers of the rules, each with its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

TODAY = "Today"
"""The code of `needed_by` that makes a search an emergency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The numbers matching runs with; whoever changes one gives it another `version`."""

    version: str = "default-1"

    radius_miles: int = 30
    """How far a search reaches that names no distance.

    The hub's own choice: wider than the 20-mile line of England's looked-after children return, so that homes just
    beyond that line are seen too.
    """

    response_hours: int = 24
    """How long a provider has to answer. The hub's own choice: one working day."""

    response_hours_today: int = 1
    """The same when the home is needed today. The hub's own choice: an emergency runs in minutes, not days."""

    most_invited: int = 15
    """Providers invited when a search starts, best fit first; a vacancy that comes in sight later does not count.

    One that was seen at the start, and came after those that fitted better, is not invited for being confirmed again.
    From the hub's aim of 15 deliveries or fewer per placement, against 150 to 350 by blanket mailing.
    """

    freshness_grace_hours: int = 0
    """How long after `willing_until` a vacancy still counts as fresh. None: willingness is the carer's own word."""

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
        return timedelta(hours=self.response_hours_today if needed_by == TODAY else self.response_hours)

    def most_invited_at_start(self, needed_by: str | None) -> int | None:
        """Return how many providers are invited at the start; None: every one that fits, as in an emergency."""
        return None if needed_by == TODAY else self.most_invited


DEFAULT = Policy()
"""The policy in force until parties agree on another."""
