"""What people have posted and their organisation was not told back yet."""

from __future__ import annotations

from sqlalchemy import Connection, select

from placehub.portal.tables import POSTED


def is_on_its_way(connection: Connection, organisation: str, subject: str) -> bool:
    """Tell whether people of an organisation have posted something about this."""
    mine = (POSTED.c.organisation == organisation) & (POSTED.c.about == subject)
    return connection.execute(select(POSTED.c.ce_id).where(mine).limit(1)).first() is not None
