"""A processor that an operator asks to begin anew: each of its processes ends in order, and whoever keeps it starts it.

Embedded that is the supervisor, in a deployment the restart policy of its container.
"""

from __future__ import annotations

import os
import signal

from sqlalchemy import Connection, select, update

from placehub.drivers.presence import worker_id
from placehub.drivers.tables import WORKER
from placehub.errors import Conflict


def restart(connection: Connection, processor: str) -> int:
    """Ask every process of a processor that was seen lately to begin anew; return how many. Conflict: there is none."""
    mine = update(WORKER).where(WORKER.c.processor == processor).values(restart=True)
    asked = connection.execute(mine).rowcount
    if not asked:
        raise Conflict(f"No process of {processor} was seen lately. See why it does not run.")
    return int(asked)


def begin_anew_if_asked(connection: Connection) -> None:
    """End this process in order, as by SIGTERM, when it was asked to begin anew."""
    mine = select(WORKER.c.restart).where(WORKER.c.worker_id == worker_id())
    if connection.execute(mine).scalar():
        os.kill(os.getpid(), signal.SIGTERM)
