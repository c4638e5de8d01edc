"""What the views say of rejected events: dead letters, counted."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ARRAY, ColumnElement, Select, Text, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from placehub.monitoring.entitlement import party_s
from placehub.monitoring.tables import DEAD_LETTER
from placehub.monitoring.view import OPERATORS_OWN, View, named


def _rejected_events(as_of: ColumnElement[Any]) -> Select[Any]:
    letter = DEAD_LETTER.c
    grouped = (letter.sender, letter.type, letter.field, letter.reason, letter.state)
    # a remedy may name an id, so it is no part of what is counted together: the latest is shown
    remedies = func.array_agg(aggregate_order_by(letter.remedy, letter.rejected_at.desc()), type_=ARRAY(Text))
    count = func.count().label("count")
    return (
        select(
            named(letter.sender),
            *grouped[1:4],
            remedies[1].label("remedy"),
            letter.state,
            count,
            func.max(letter.rejected_at).label("last_at"),
        )
        .group_by(*grouped)
        .order_by(letter.sender, count.desc(), *grouped[1:])
    )


REJECTED_EVENTS: Final = View(
    name="rejected_events",
    title="Rejected events by sender and reason" + OPERATORS_OWN,
    says="Dead letters, counted. The rejected value itself is never kept.",
    columns={
        "sender": "Name of the organisation that posted",
        "type": "Type of the event, where it could be read",
        "field": "The field that was wrong",
        "reason": "The rule that it broke",
        "remedy": "What the sender was told to do, the last time",
        "state": "open, or retried or dropped by an operator",
        "count": "How many times",
        "last_at": "The last time",
    },
    select=_rejected_events,
    entitled=party_s("an organisation sees what it posted itself", lambda sender: DEAD_LETTER.c.sender == sender),
)
