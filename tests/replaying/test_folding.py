"""Rows folded in memory and written by COPY, in a database in which no service runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from placehub.contracts.headers import Attributes
from placehub.drivers.records import Record
from placehub.monitoring.processor import Monitoring
from placehub.monitoring.tables import SEARCH, STORY
from placehub.offers.events import InterestExpressed, InvitationDeclined
from placehub.postcodes import Postcodes
from placehub.replaying.folding import Folding
from placehub.replaying.shadow import SAMPLE, make_tables

pytestmark = pytest.mark.broker
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CASES = UUID(int=11), UUID(int=12)


def _record(offset: int, event: Any, sequence: int, ce_id: int) -> Record:
    about = Attributes(
        id=UUID(int=ce_id),
        source="/organisations/P1",
        type="",
        subject="",
        time=NOW,
        recorded_at=NOW,
        sequence=sequence,
    )
    return Record("referral", 0, offset, str(event.referral_id), about, event, None, [])


def _declined(case: UUID) -> InvitationDeclined:
    return InvitationDeclined(referral_id=case, provider="P1", reason="no vacancy now")


def test_rows_are_written_forgotten_and_read_again(engine: Engine) -> None:
    """A row changes on after it was written; a repeat counts once; of two events with one id the first is told."""
    first = _record(0, InterestExpressed(referral_id=CASES[0], provider="P1", vacancy_id=UUID(int=9)), 1, 1)
    declined = _record(1, _declined(CASES[0]), 2, 2)
    same_id = _record(2, _declined(CASES[1]), 1, 2)
    with engine.connect() as connection:
        make_tables(connection, SAMPLE)
        folding = Folding("monitoring", [(Monitoring(Postcodes.open()), lambda record: True)], SAMPLE)
        folding.begin(connection)
        for some in ([first], [first, declined], [same_id]):
            folding.take(connection, some)
            assert folding.rows > 0
            folding.write(connection)
            folding.forget()
            assert folding.rows == 0
        rows = {row["referral_id"]: row for row in connection.execute(select(SEARCH)).mappings()}
        told = connection.execute(select(STORY.c.event, STORY.c.referral_id).order_by(STORY.c.ce_id)).all()
        connection.rollback()
    assert [(rows[one]["declines"], rows[one]["first_interest_at"]) for one in CASES] == [(1, NOW), (1, None)]
    assert [tuple(one) for one in told] == [("InterestExpressed", CASES[0]), ("InvitationDeclined", CASES[0])]
