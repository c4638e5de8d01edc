"""Opening what is sealed: only when a person asks with a purpose, and kept who did before anything is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Connection, insert, select
from sqlalchemy.engine import Engine

from placehub.contracts.codec import from_json
from placehub.errors import NotFound
from placehub.keys.client import Sealer
from placehub.keys.sealed import Sealed
from placehub.portal.acting import Acting
from placehub.portal.people import Signed
from placehub.portal.tables import OPENED, PERSON
from placehub.portal.words import label

T = TypeVar("T")
PURPOSES: Final = ("answer an invitation", "prepare the placement", "check the referral", "safeguarding")
"""What a person may open a need for; the words go on record with the key service."""


def purposes() -> list[tuple[str, str]]:
    """Return what may be chosen, each as it is read."""
    return [(one, label("opening_purpose", one)) for one in PURPOSES]


def open_parts(
    engine: Engine, acting: Acting, who: Signed, about: str, purpose: str, parts: Sequence[Sealed], document: type[T]
) -> list[T | None]:
    """Open sealed needs of a case as the person's organisation; None for one that is not open to it.

    Each opening stands in the portal's record with the person, and in the evidence stream with the organisation.
    """
    row = {"organisation": who.organisation, "person_id": who.person_id, "about": about, "purpose": purpose}
    with engine.begin() as connection:
        connection.execute(insert(OPENED).values(**row, opened_at=acting.now()))
    with acting.keys(who.organisation) as keys:
        sealer = Sealer(keys)
        return [_opened(sealer, one, purpose, document) for one in parts]


def openings(connection: Connection, organisation: str, most: int, about: str = "") -> list[dict[str, Any]]:
    """Return what an organisation's own people opened, newest first: who, of which case, when and what for."""
    columns = (PERSON.c.name, OPENED.c.about, OPENED.c.purpose, OPENED.c.opened_at)
    found = select(*columns).outerjoin_from(OPENED, PERSON, PERSON.c.person_id == OPENED.c.person_id)
    found = found.where(OPENED.c.organisation == organisation).order_by(OPENED.c.id.desc()).limit(most)
    if about:
        found = found.where(OPENED.c.about == about)
    return [dict(row) for row in connection.execute(found).mappings()]


def _opened(sealer: Sealer, part: Sealed, purpose: str, document: type[T]) -> T | None:
    try:
        return cast(T, from_json(document, sealer.unseal(part, "need", purpose)))
    except NotFound:
        return None
