"""Under which ids the homes of a provider's own list are known to the hub."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from uuid import UUID, uuid4

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from placehub.portal.tables import REFERENCE


def ids_of(connection: Connection, organisation: str, kind: str, references: Iterable[str]) -> dict[str, UUID]:
    """Return each reference's id, drawn when it is told for the first time; the reference itself is not kept."""
    digests = {one: sha256(f"{organisation} {one}".encode()).digest() for one in references}
    if not digests:
        return {}
    rows = [{"organisation": organisation, "kind": kind, "of": one, "id": uuid4()} for one in digests.values()]
    connection.execute(insert(REFERENCE).values(rows).on_conflict_do_nothing())
    mine = (REFERENCE.c.organisation == organisation) & (REFERENCE.c.kind == kind)
    wanted = select(REFERENCE.c.of, REFERENCE.c.id).where(mine, REFERENCE.c.of.in_(digests.values()))
    found = {bytes(of): id for of, id in connection.execute(wanted)}
    return {reference: found[digest] for reference, digest in digests.items()}
