"""The calendar of agreements: what is due, overdue and done under each, for its parties and nobody else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.engine import Engine

from placehub.agreements.events import AgreementRegistered, ExtensionDecided, ProviderJoined
from placehub.governance.events import DecisionAssessed, ReminderCleared, ReminderRaised
from placehub.monitoring.processor import Monitoring
from placehub.monitoring.views import VIEWS
from placehub.postcodes import Postcodes

from ..delivery.making import whole
from .telling import record, registered
from .test_views import _handle

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
FIRST, SECOND = date(2026, 6, 1), date(2026, 9, 1)


def test_the_calendar_shows_each_party_its_agreements(engine: Engine) -> None:
    """What was raised, cleared and decided late, in order of the days; a stranger sees nothing of it."""
    agreement_id, lead, member, provider, stranger = uuid4(), *(f"X{uuid4().hex[:8]}" for _ in range(4))
    about: dict[str, Any] = {"subject_id": agreement_id, "about": "agreement", "to": (lead,)}
    own: dict[str, Any] = {"agreement_id": agreement_id, "lead": lead}
    events = (
        whole(AgreementRegistered, **own, authorities=(member,), ends_on=date(2026, 12, 31)),
        whole(ProviderJoined, **own, provider=provider),
        whole(ReminderRaised, **about, kind="consult by", due_on=FIRST, overdue=False),
        whole(ReminderRaised, **about, kind="decide by", due_on=SECOND, overdue=True),
        whole(ReminderCleared, **about, kind="consult by", due_on=FIRST, because="done"),
        whole(ExtensionDecided, **own, extended_until=date(2028, 12, 31)),
        whole(DecisionAssessed, agreement_id=agreement_id, decision="extension", late_days=9, not_consulted=True),
    )
    with engine.begin() as connection:
        told = [record((event, lead, AT), number) for number, event in enumerate(events)]
        _handle(Monitoring(Postcodes.open()), connection, told)
        joined = [registered(who) for who in (lead, member, provider, stranger)]
        _handle(Monitoring(Postcodes.open()), connection, [record(one, number) for number, one in enumerate(joined)])
        view = VIEWS["agreement_calendar"]
        seen = {who: view.rows(connection, AT, who) for who in (lead, member, provider, stranger)}
    assert not seen[stranger]
    assert seen[lead] == seen[member] == seen[provider]
    assert [(row["what"], row["state"]) for row in seen[lead]] == [("consult by", "done"), ("decide by", "overdue")]
    last = seen[lead][-1]
    assert (last["ends_on"], last["decision"], last["late_days"]) == (date(2028, 12, 31), "extension", 9)
    assert provider not in str(seen[member])
