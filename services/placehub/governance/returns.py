"""When returns are to be confirmed, and when the two sides are to meet; pure.

- **return**: so many days after a period has ended as the agreement's terms say. Done when both sides have confirmed
  its latest version; while it has not been produced the lead alone is reminded. Without such terms there is none.
- **meeting**: four weeks after both sides have confirmed a return without having met since its period began. Done by
  MeetingHeld. So numbers never take the place of talking to each other.
"""

from __future__ import annotations

from datetime import date, timedelta

from placehub.governance.agreements import AgreementClock
from placehub.governance.policy import MEET_WITHIN
from placehub.governance.reminding import Due
from placehub.returns.periods import last_complete
from placehub.returns.standing import Partnership


def dues(clock: AgreementClock, known: Partnership, today: date) -> tuple[Due, ...]:
    """Return what is due under an agreement of its returns and meetings."""
    return (*_returns(clock, known, today), *_meetings(known))


def _returns(clock: AgreementClock, known: Partnership, today: date) -> tuple[Due, ...]:
    if clock.returns is None:
        return ()
    waiting: dict[date, set[str]] = {}
    for one in known.returns.values():
        if one.confirmed_on is None:
            waiting.setdefault(one.latest.ends_on, set()).update(one.sides - one.confirmed.keys())
    starts_on, ends_on = last_complete(today, clock.returns.every_months)
    lives = ends_on >= clock.starts_on and (clock.ends_on is None or starts_on <= clock.ends_on)
    if lives and all(one.latest.ends_on != ends_on for one in known.returns.values()):
        waiting[ends_on] = {clock.lead}
    days = clock.returns.confirm_days
    return tuple(_due("return", day + timedelta(days=days), days, to) for day, to in sorted(waiting.items()))


def _meetings(known: Partnership) -> tuple[Due, ...]:
    waiting: dict[date, set[str]] = {}
    for one in known.returns.values():
        confirmed_on, latest = one.confirmed_on, one.latest
        if (
            confirmed_on is not None
            and len(one.sides) > 1
            and not known.has_met(latest.of_organisation, latest.starts_on)
        ):
            waiting.setdefault(confirmed_on + MEET_WITHIN, set()).update(one.sides)
    return tuple(_due("meeting", day, MEET_WITHIN.days, to) for day, to in sorted(waiting.items()))


def _due(kind: str, day: date, lead: int, to: set[str]) -> Due:
    return Due(kind=kind, due_on=day, leads=(lead,), to=tuple(sorted(to)))
