"""Alembic's entry: one connection, one transaction, one hub at a time."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, text

from placehub.database import METADATA
from placehub.migrations.tables import SCHEMAS

LOCK = 6_021_023
"""Advisory lock: two processes that start at once migrate one after the other."""


def _run() -> None:
    engine = create_engine(context.config.attributes["url"])
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        for schema in SCHEMAS:
            connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
        context.configure(connection=connection, target_metadata=METADATA, include_schemas=True, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


_run()
