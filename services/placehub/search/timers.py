"""When each open case is next looked at: most of the time nothing in a case is due, and to see so must cost little."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from placehub.search import offering, releasing
from placehub.search.case import Case, View
from placehub.search.policy import Policy

_SPARE = 1000
"""Cases that have ended and are still held, before they are let go together."""


def next_due(case: Case, view: View) -> datetime | None:
    """Return before when `deciding.due` changes nothing of a case; None: at no time, while it and its policy last.

    It may name a time that is past, and a time at which nothing turns out to be due.
    """
    if not case.live:
        return None
    times = [one.respond_by for one in case.invitations.values() if one.state == "invited"]
    times += [one.valid_until for one in case.offers.values() if one.state in offering.STANDING]
    if case.searching:
        times += releasing.waits(case, view)
    return min(times, default=None)


class Timers:
    """The next time of each case, worked out again once the case or the policy in force is another."""

    def __init__(self) -> None:
        self._known: dict[UUID, tuple[Case, Policy, datetime | None]] = {}

    def is_due(self, case: Case, view: View) -> bool:
        """Tell whether anything in a case may be due at the view's time."""
        policy, known = view.policy(case), self._known.get(case.referral_id)
        if known is None or known[0] is not case or known[1] is not policy:
            known = self._known[case.referral_id] = case, policy, next_due(case, view)
        return known[2] is not None and known[2] <= view.now

    def keep(self, count: int) -> None:
        """Forget all of them once many more are held than there are cases: what is asked for is worked out anew."""
        if len(self._known) > 2 * count + _SPARE:
            self._known.clear()
