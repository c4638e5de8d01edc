"""What may be said of a partnership event, by whom, and what is only marked for being late."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from placehub.agreements.events import AgendaShares
from placehub.errors import Rejected
from placehub.intake import rules
from placehub.intake.rules import Aggregate, Sender, check_aggregate
from placehub.partnership.checking import check_shares
from placehub.partnership.events import MinutesUsed

from ..delivery.making import said
from ..partnership.test_agendas import DAY, HELD, OF_LEAD, OF_PROVIDER, PLANNED, told

NOW = datetime(2026, 5, 20, 17, tzinfo=UTC)
KINDS = {"L": "consortium", "A": "authority", "P": "provider", "Q": "provider", "Z": "provider"}


def agreement(*events: Any) -> Aggregate:
    """An agreement of a lead, a member and two providers, after these."""
    return Aggregate("L", ("A", "L", "P", "Q"), 0, state="in force", agendas=told(*events))


def check(event: Any, known: Aggregate | None, now: datetime = NOW) -> Aggregate:
    """What is remembered of the agreement afterwards."""
    return check_aggregate(event, known, Sender(event.sender, KINDS[event.sender], "England", True), now)


BEFORE = agreement(PLANNED, OF_LEAD, OF_PROVIDER)
AFTER = agreement(PLANNED, OF_LEAD, OF_PROVIDER, HELD)


@pytest.mark.parametrize(
    ("event", "known", "field", "rule"),
    [
        (replace(PLANNED, sender="Z"), BEFORE, "sender", "party to the agreement"),
        (PLANNED, None, "agreement_id", "not known"),
        (replace(PLANNED, sender="P"), BEFORE, "partnership_event_id", "in use"),
        (replace(PLANNED, planned_for=date(2026, 6, 1)), AFTER, "planned_for", "after the day it was held"),
        (OF_LEAD, agreement(), "partnership_event_id", "planned under this agreement"),
        (HELD, agreement(), "partnership_event_id", "planned under this agreement"),
        (replace(OF_LEAD, sector="providers"), BEFORE, "sector", "sender's own"),
        (replace(OF_PROVIDER, sector="commissioners"), BEFORE, "sector", "sender's own"),
        (replace(OF_PROVIDER, minutes=-1), BEFORE, "minutes", "0 to 600"),
        (replace(OF_PROVIDER, sender="Q"), BEFORE, "item_id", "another's"),
        (replace(OF_PROVIDER, proposed_on=DAY + timedelta(days=1)), AFTER, "proposed_on", "was held"),
        (replace(HELD, held_on=DAY + timedelta(days=1)), BEFORE, "held_on", "future"),
        (replace(HELD, sender="P"), AFTER, "partnership_event_id", "another party"),
        (replace(HELD, used=(MinutesUsed(item_id=uuid4(), minutes=5),)), BEFORE, "used.0.item_id", "proposed"),
        (replace(HELD, used=HELD.used[:1] * 2), BEFORE, "used.1.item_id", "once"),
        (replace(HELD, used=(replace(HELD.used[0], minutes=601),)), BEFORE, "used.0.minutes", "0 to 600"),
    ],
)
def test_what_is_refused(event: Any, known: Aggregate | None, field: str, rule: str) -> None:
    """Strangers, what was never planned, another's item, and what cannot be: with field, rule and remedy."""
    with pytest.raises(Rejected) as why:
        check(event, known)
    assert (why.value.field, rule in why.value.rule, bool(why.value.remedy)) == (field, True, True)


def test_either_sector_plans_proposes_and_records() -> None:
    """Lead, member and provider alike; nothing else of the agreement changes."""
    for sender, sector in (("L", "commissioners"), ("A", "commissioners"), ("P", "providers")):
        known = check(replace(PLANNED, sender=sender), agreement())
        known = check(replace(OF_LEAD, sender=sender, sector=sector), known)
        held = replace(HELD, sender=sender, used=HELD.used[:1])
        known = check(replace(held, used=()), check(held, known))
        assert replace(known, agendas=agreement().agendas) == agreement()


@pytest.mark.parametrize(
    ("event", "known", "late"),
    [
        (PLANNED, agreement(), False),
        (replace(PLANNED, planned_for=date(2026, 4, 1)), agreement(), True),
        (OF_PROVIDER, agreement(PLANNED), False),
        (OF_PROVIDER, agreement(PLANNED, replace(HELD, used=())), True),
        (HELD, BEFORE, False),
        (replace(HELD, held_on=date(2026, 5, 1)), BEFORE, True),
    ],
)
def test_what_is_only_late(event: Any, known: Aggregate, late: bool) -> None:
    """An item of before the day told after it, and a meeting recorded weeks later, are taken and marked."""
    check(event, known)
    marks = rules.marks(event, said(event, f"/organisations/{event.sender}", time=NOW), known, NOW)
    assert marks == (("recorded_late",) if late else ())


def test_shares_that_cannot_be() -> None:
    """A share is 0 to 100 per cent, and both can be had at once."""
    check_shares(AgendaShares(commissioners=50, providers=50))
    for shares, field in (
        (AgendaShares(commissioners=-1, providers=50), "agenda_shares.commissioners"),
        (AgendaShares(commissioners=0, providers=101), "agenda_shares.providers"),
        (AgendaShares(commissioners=51, providers=50), "agenda_shares"),
    ):
        with pytest.raises(Rejected) as why:
            check_shares(shares)
        assert why.value.field == field
