"""When the agenda of a partnership event is due to be balanced; pure.

- **agenda balance**: two weeks before the day, while it can still be changed, for every party of the agreement; at once
  where an item unbalances it within these weeks. Done when the agenda is balanced again or the event was held; once its
  day has passed nobody is reminded any more. What balanced means: `placehub.partnership.agendas`.
"""

from __future__ import annotations

from datetime import date

from placehub.agreements.events import AgendaShares
from placehub.governance.policy import BALANCE_LEADS
from placehub.governance.reminding import Due
from placehub.partnership.agendas import Agenda, short_of


def dues(agenda: Agenda, shares: AgendaShares, parties: tuple[str, ...], today: date) -> tuple[Due, ...]:
    """Return what is due of an agenda: nothing while it is balanced, once it was held, or after its day."""
    over = agenda.held_on is not None or today > agenda.planned_for
    if over or not short_of(agenda.planned_minutes(), shares):
        return ()
    return (Due(kind="agenda balance", due_on=agenda.planned_for, leads=BALANCE_LEADS, to=parties, passes=True),)
