"""Two workers that monitor fold one row: neither loses what the other has told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, delete, select

from placehub.monitoring.processor import Change, apply_changes
from placehub.monitoring.tables import SEARCH

from ..statements import counted
from ..waiting import until_waits, waiting


@pytest.fixture
def case(engine: Engine) -> Iterator[UUID]:
    """A case of which nothing is known."""
    case_id = uuid4()
    yield case_id
    with engine.begin() as connection:
        connection.execute(delete(SEARCH).where(SEARCH.c.referral_id == case_id))


def invited(case: UUID) -> list[Change]:
    """Return what one more invitation changes of a case."""

    def more(row: Mapping[str, Any]) -> dict[str, Any]:
        return {**row, "invitations": row["invitations"] + 1, "age_bands": ["0-4", "5-9"]}

    return [((case,), more)]


def invitations(engine: Engine, case: UUID) -> int:
    """Return how many invitations the row tells of."""
    with engine.connect() as connection:
        row = connection.execute(select(SEARCH).where(SEARCH.c.referral_id == case)).one()
    assert (row.age_bands, row.outcome) == (["0-4", "5-9"], None)
    return int(row.invitations)


@pytest.mark.parametrize("known", [False, True])
def test_who_comes_second_folds_on(engine: Engine, case: UUID, known: bool) -> None:
    """Whoever comes while another's transaction makes or changes the row waits, and goes on from what stands then."""
    if known:
        with engine.begin() as connection:
            apply_changes(connection, SEARCH, invited(case))

    def second() -> None:
        with engine.begin() as connection:
            apply_changes(connection, SEARCH, invited(case))

    with engine.connect() as first:
        apply_changes(first, SEARCH, [*invited(case), *invited(case)])
        with waiting(second):
            until_waits(engine)
            first.commit()
    assert invitations(engine, case) == 3 + known


def test_a_row_is_written_once(engine: Engine, case: UUID) -> None:
    """A row that is new is made as it ends: looked for and inserted; one that is there is locked and brought to it."""
    for _ in range(2):
        with engine.begin() as connection, counted(connection) as asked:
            apply_changes(connection, SEARCH, invited(case) * 5)
        assert [one.split()[0] for one in asked] == ["SELECT", "INSERT"]
    assert invitations(engine, case) == 10
