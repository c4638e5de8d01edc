"""When a clause that kept providers from bidding is to be answered; pure.

- **clause**: four weeks after commissioners were told of it (`ClauseFlagged`). Done by ClauseAnswered. The manager and
  every deputy are reminded once: the next tender is the only limit, and nobody is late before that. Clauses of one day
  are one reminder, until each has its answer; the view `tender_clauses` names them.
"""

from __future__ import annotations

from datetime import date

from placehub.codesign.tenders import Tenders
from placehub.governance.agreements import AgreementClock
from placehub.governance.policy import ANSWER_CLAUSE_WITHIN, ON_THE_DAY
from placehub.governance.reminding import Due


def dues(clock: AgreementClock, known: Tenders, today: date) -> tuple[Due, ...]:
    """Return what is due under an agreement of the clauses of its tenders."""
    days = {known.tenders[tender_id].flagged[clause] for tender_id, clause in known.unanswered(today)}
    return tuple(
        Due(
            kind="clause",
            due_on=day + ANSWER_CLAUSE_WITHIN,
            leads=ON_THE_DAY,
            to=clock.managers,
            posts=(clock.manager, *clock.deputies),
            covered_by=clock.covering(today),
            passes=True,
        )
        for day in sorted(days)
    )
