"""Inserting many rows by one statement."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Column, DateTime, Engine, Identity, Integer, LargeBinary, MetaData, Table, Text, Uuid, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from placehub.database import insertion, rows_of, upsert

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


@pytest.mark.parametrize("may_be_missing", [False, True])
def test_rows_are_made_or_brought_to_what_is_said(engine: Engine, may_be_missing: bool) -> None:
    """Documents and lists too, those that may be missing as well; what is said once stays, and so do other columns."""
    things = Table(
        "things",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("state", JSONB, nullable=False),
        Column("first", Text),
        Column("other", Text),
        Column("texts", ARRAY(Text), nullable=may_be_missing),
        prefixes=["TEMPORARY"],
    )

    def rows(word: str, numbers: range) -> list[dict[str, Any]]:
        return [
            {"id": n, "state": {"is": [word, None, n]}, "first": word, "texts": [word, "ŵ"][: n % 3]} for n in numbers
        ]

    with engine.begin() as connection:
        things.create(connection)
        upsert(connection, things, rows("old", range(3)), once=("first",))
        upsert(connection, things, rows("new", range(1, 5)), once=("first",))
        upsert(connection, things, [])
        found = connection.execute(select(things).order_by(things.c.id)).mappings().all()
        things.drop(connection)
    kept = [{"other": None, **one} for one in rows("old", range(1)) + rows("new", range(1, 5))]
    kept[1]["first"] = kept[2]["first"] = "old"
    assert [dict(one) for one in found] == kept


def test_a_list_that_may_be_missing_is_missing(engine: Engine) -> None:
    """No list is not an empty list."""
    things = Table(
        "things",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("texts", ARRAY(Text)),
        prefixes=["TEMPORARY"],
    )
    with engine.begin() as connection:
        things.create(connection)
        upsert(connection, things, [{"id": 1, "texts": None}, {"id": 2, "texts": []}])
        found = connection.execute(select(things.c.texts).order_by(things.c.id)).scalars().all()
        things.drop(connection)
    assert found == [None, []]
