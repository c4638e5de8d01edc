"""When the hub reminds, where an agreement names no day of its own: the hub's own choice, no statute's.

An agreement's terms go before all of these (`AgreementRegistered`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

LEADS: Final = (84, 56, 28)
"""Days before an agreement's days, a planned end and an 18th birthday, at which is reminded: 12, 8 and 4 weeks."""
REVIEW_LEADS: Final = (14,)
"""The same for a placement's review, of which the first is due within weeks of the start."""
PLAN_LEADS: Final = (3,)
"""The same for a placement plan, of which the day is near when it is known: the Friday before, where it is a Monday."""
ANSWER_LEADS: Final = (7,)
"""The same for the answer to a consultation."""
ON_THE_DAY: Final = (0,)
"""The same for what is told when it happens."""
CONSULT_BEFORE: Final = timedelta(weeks=40)
"""How long before its end an agreement is consulted on: the consultation has closed when it is to be decided."""
DECIDE_BEFORE: Final = timedelta(weeks=26)
"""How long before its end it is decided whether an agreement goes on."""
NOTICE_WEEKS: Final = 13
"""Notice to be given before an agreement ends, or ends early."""
MEET_WITHIN: Final = timedelta(weeks=4)
"""How long after both sides have confirmed a return they are to have met."""
ANSWER_CLAUSE_WITHIN: Final = timedelta(weeks=4)
"""How long after commissioners were told of a flagged clause they are reminded that it has no answer: as for a meeting,
so that the answer is there well before a next tender. The hub's own choice, as all here."""
BALANCE_LEADS: Final = (14,)
"""Days before a partnership event at which its agenda has to be balanced: it can still be changed."""
CONSULTATION_DAYS: Final = 28
"""Least days for which a consultation is open to count as one."""
STATEMENT_WORKING_DAYS: Final = 10
"""Working days in which each side of a dispute gives its statement, and later says whether it accepts the outcome."""
RESOLVE_WORKING_DAYS: Final = 20
"""Working days in which whoever a dispute is routed to resolves it; then it goes to the next in line."""
DISPUTE_LEADS: Final = (7,)
"""Days before a dispute's days at which is reminded."""
