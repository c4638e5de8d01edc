"""How connections to the database are kept and used again, against a real one."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError

from placehub.database import connect, reading


def end(engine: Engine, pid: int) -> None:
    """End a connection as a database that goes away does."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})


def own_pid(connection: Connection) -> int:
    """Return which of the server's processes serves this connection."""
    return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def test_a_connection_that_has_rested_is_tried(engine: Engine) -> None:
    """Where it is gone another is opened, and whoever asks notices nothing."""
    url = engine.url.render_as_string(hide_password=False)
    ours = connect(url, pool_size=1, tried_after=1e-9)
    with ours.connect() as connection:
        first = own_pid(connection)
    end(engine, first)
    with ours.connect() as connection:
        assert own_pid(connection) != first
    ours.dispose()


def test_a_connection_of_just_now_is_used_as_it_is(engine: Engine) -> None:
    """Where it was ended that very moment one who asks is refused, and the next is not."""
    url = engine.url.render_as_string(hide_password=False)
    ours = connect(url, pool_size=1, tried_after=3600.0)
    with ours.connect() as connection:
        first = own_pid(connection)
    end(engine, first)
    with pytest.raises(OperationalError), ours.connect() as connection:
        own_pid(connection)
    with ours.connect() as connection:
        assert own_pid(connection) != first
    ours.dispose()


def test_what_only_reads_begins_no_transaction(engine: Engine) -> None:
    """Each statement stands for itself; on the same connection what writes has its transaction as ever."""
    ours = connect(engine.url.render_as_string(hide_password=False), pool_size=1)
    with reading(ours).connect() as connection:
        connection.execute(text("SELECT 1"))
        assert connection.execute(text("SELECT now() = statement_timestamp()")).scalar_one()
        pid = own_pid(connection)
    with ours.begin() as connection:
        connection.execute(text("SELECT 1"))
        assert not connection.execute(text("SELECT now() = statement_timestamp()")).scalar_one()
        assert own_pid(connection) == pid
    ours.dispose()
