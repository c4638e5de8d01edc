"""The one place that knows how to reach PostgreSQL: an engine and the metadata every service's tables hang on.

Each service owns a PostgreSQL schema of its own name and declares its tables in its `tables.py` on `METADATA`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, Text, cast, create_engine, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError

from placehub.errors import Unavailable

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def connect(url: str, *, pool_size: int = 4, connect_seconds: int = 0) -> Engine:
    """Return an engine on `url` (`postgresql+psycopg://...`); nothing is opened until it is used.

    Connecting is given up after `connect_seconds`; 0 leaves it to the system. A transaction left idle for a
    minute is ended by the server, so that a stopped worker cannot hold its locks.
    """
    return create_engine(
        url,
        pool_size=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,  # an error text must not quote what was stored
        connect_args={
            "connect_timeout": connect_seconds,
            "options": "-c idle_in_transaction_session_timeout=60000 -c lock_timeout=30000 -c timezone=UTC",
        },
    )


def hold_names(connection: Connection, names: Sequence[str]) -> None:
    """Lock names until the transaction ends, in the order given: whoever locks several must always sort them."""
    ordered = func.unnest(cast(list(names), ARRAY(Text))).table_valued("name").render_derived()
    lock = func.pg_advisory_xact_lock(func.hashtextextended(ordered.c.name, 0))
    connection.execute(select(lock).select_from(ordered)).all()


def migrate(url: str) -> None:
    """Bring the database at `url` to this version's tables; harmless when it is there already.

    Raises Unavailable when it cannot be reached; the same may be tried again.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = url
    try:
        command.upgrade(config, "head")
    except OperationalError:
        raise Unavailable(
            "The database cannot be used. Is it up, and are host, name and password in PLACEHUB_DATABASE right?"
        ) from None
