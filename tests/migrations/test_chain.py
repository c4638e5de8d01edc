"""The migrations: one after the other, and together exactly the tables the services declare."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

import placehub.migrations
from placehub.database import METADATA
from placehub.migrations.tables import SCHEMAS

FOLDER = Path(placehub.migrations.__file__).parent


def test_the_migrations_make_what_is_declared(engine: Engine) -> None:
    """A database brought to this version has every declared table, column, index and comment, and no other."""
    with engine.connect() as connection:
        options = {
            "include_schemas": True,
            "compare_type": True,
            "include_name": lambda name, kind, _: kind != "schema" or name in SCHEMAS,
        }
        assert compare_metadata(MigrationContext.configure(connection, opts=options), METADATA) == []


def test_they_are_one_chain() -> None:
    """There is one first and one last migration, so that everybody's database has one history."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    scripts = ScriptDirectory.from_config(config)
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1
