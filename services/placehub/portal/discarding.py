"""Removing drafts, and with each the key that sealed it and nothing else: what was typed is then nowhere any more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete

from placehub.keys.erasing import OF_A_DRAFT, destroy_children
from placehub.portal.tables import DRAFT


def discard(connection: Connection, which: ColumnElement[bool], now: datetime) -> int:
    """Remove drafts and destroy the keys that are theirs alone, in the caller's transaction; return how many went.

    The key of a child that a case tells of, or of a household, stays: more than the draft is sealed under it.
    """
    gone = connection.execute(delete(DRAFT).where(which).returning(DRAFT.c.organisation, DRAFT.c.own_subject)).all()
    for owner in sorted({row.organisation for row in gone}):
        own = {row.own_subject for row in gone if row.organisation == owner and row.own_subject is not None}
        destroy_children(connection, owner, own, OF_A_DRAFT, now)
    return len(gone)
