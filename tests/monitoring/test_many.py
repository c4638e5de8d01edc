"""A country's worth of rows in one transaction: more than PostgreSQL takes parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select

from placehub.database import among
from placehub.drivers.tables import OUTGOING
from placehub.monitoring.processor import apply_changes
from placehub.monitoring.tables import WITHHELD

pytestmark = pytest.mark.broker
MANY = 35_000
"""Rows of which each is named by two parts: 70,000 parameters, where there may be 65,535."""


def test_a_batch_changes_more_rows_than_there_are_parameters(engine: Engine) -> None:
    """Three hundred providers told of a hundred searches in one batch are all folded, as at England's size."""

    def change(row: Mapping[str, Any]) -> dict[str, Any]:
        return {**row, "homes": (row["homes"] or 0) + 1}

    keys = [(UUID(int=number), "MANY") for number in range(MANY)]
    with engine.connect() as connection:
        for _ in range(2):
            apply_changes(connection, WITHHELD, [(key, change) for key in keys])
        mine = select(func.count()).where(WITHHELD.c.provider == "MANY", WITHHELD.c.homes == 2)
        assert connection.execute(mine).scalar_one() == MANY
        connection.rollback()


def test_no_key_names_no_row(engine: Engine) -> None:
    """Without a key the condition holds for nothing; with very many of one part it still is one parameter."""
    with engine.connect() as connection:
        for keys in ([], [(number,) for number in range(-2 * MANY, 0)]):
            assert connection.execute(select(OUTGOING.c.id).where(among([OUTGOING.c.id], keys))).all() == []
