"""Inserting many rows by one statement."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Column, DateTime, Engine, Identity, Integer, LargeBinary, MetaData, Table, Text, Uuid, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from placehub.database import insertion, rows_of

pytestmark = pytest.mark.broker


def test_rows_are_inserted_in_their_order(engine: Engine) -> None:
    """One statement inserts them, however many; each value comes back as it was, and they are numbered in order."""
    things = Table(
        "things",
        MetaData(),
        Column("id", Integer, Identity(always=True)),
        Column("word", Text),
        Column("lists", JSONB),
        Column("texts", ARRAY(Text)),
        Column("raw", LargeBinary),
        Column("at", DateTime(timezone=True)),
        Column("uuid", Uuid),
        prefixes=["TEMPORARY"],
    )
    rows = [
        {
            "word": None if n % 7 == 0 else f"{n}, {{}} 'ŵ\"",
            "lists": [["a", str(n)], ["b", "ŵ"]],
            "texts": ["a", "b.c"][: n % 3],
            "raw": None if n % 5 == 0 else bytes(range(n % 256)),
            "at": datetime(2026, 3, 2, 9, n % 60, tzinfo=UTC),
            "uuid": UUID(int=n),
        }
        for n in range(3000)
    ]
    with engine.begin() as connection:
        things.create(connection)
        ids = (
            connection.execute(insertion(things, *rows[0]).returning(things.c.id), rows_of(things, rows))
            .scalars()
            .all()
        )
        found = connection.execute(select(things).order_by(things.c.id)).mappings().all()
        things.drop(connection)
    assert len(ids) == len(rows)
    assert [{**one, "id": 0} for one in found] == [{**one, "id": 0} for one in rows]
