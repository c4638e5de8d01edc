"""What a person has begun to type and wants to go on with later: kept sealed, for that person alone, for some days.

A draft is sealed under the key of the child (or of the household) it is about, which the key service holds: it is
never in clear in the database, and erasing the child destroys it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Engine

from placehub.errors import NotFound
from placehub.keys.client import Sealer
from placehub.keys.sealed import Sealed
from placehub.portal.acting import Acting
from placehub.portal.people import Signed
from placehub.portal.tables import DRAFT

KEPT: Final = timedelta(days=14)
"""How long a draft is kept after it was saved last."""
MOST: Final = 50
"""Drafts a person may have; saving one more removes the oldest."""
PURPOSE: Final = "go on with a draft"
"""What a draft's own key is opened for, as the key service records it."""
_OF_A_REQUEST: Final = ("form_token", "act_id", "draft", "save", "seen")
_COMPARTMENTS: Final = {"child": "need", "household": "household"}


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft, as it is listed: nothing that was typed."""

    draft_id: UUID
    kind: str
    """notice, referral, revision or offer."""
    about: str
    """The case, where there is one already."""
    saved_at: datetime
    ends_at: datetime

    @property
    def short(self) -> str:
        """The first characters of the case's id, by which people speak of it."""
        return self.about[:8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a draft is of, where it is gone on with, and whose key seals it."""

    kind: str
    address: str
    about: str = ""
    subject_kind: str
    subject_id: str


class Drafts:
    """Keeps drafts; may be shared between threads."""

    def __init__(self, engine: Engine, acting: Acting) -> None:
        self._engine = engine
        self._acting = acting

    def save(self, who: Signed, draft_id: UUID, place: Place, fields: list[tuple[str, str]]) -> None:
        """Keep what was typed; a draft that is saved again is replaced."""
        typed = [[name, value] for name, value in fields if name not in _OF_A_REQUEST and value]
        with self._acting.keys(who.organisation) as keys:
            compartment = _COMPARTMENTS[place.subject_kind]
            sealed = Sealer(keys).seal(place.subject_kind, place.subject_id, compartment, {"fields": typed})
        now = self._acting.now()
        row: dict[str, Any] = {
            "kind": place.kind,
            "address": place.address,
            "about": place.about,
            "compartment": compartment,
            **_columns(sealed),
            "saved_at": now,
            "ends_at": now + KEPT,
        }
        own = {"organisation": who.organisation, "person_id": who.person_id}
        mine = (DRAFT.c.organisation == who.organisation) & (DRAFT.c.person_id == who.person_id)
        with self._engine.begin() as connection:
            fresh = insert(DRAFT).values(draft_id=draft_id, **own, **row)
            connection.execute(fresh.on_conflict_do_update(index_elements=["draft_id"], set_=row, where=mine))
            newest = select(DRAFT.c.draft_id).where(mine).order_by(DRAFT.c.saved_at.desc()).limit(MOST)
            connection.execute(delete(DRAFT).where(mine, DRAFT.c.draft_id.not_in(newest)))

    def listed(self, who: Signed) -> list[Draft]:
        """Return a person's drafts for the organisation they act for, the last saved first."""
        names = ("draft_id", "kind", "about", "saved_at", "ends_at")
        wanted = select(*(DRAFT.c[one] for one in names)).where(self._own(who)).order_by(DRAFT.c.saved_at.desc())
        with self._engine.connect() as connection:
            return [Draft(*row) for row in connection.execute(wanted)]

    def address(self, who: Signed, draft_id: UUID) -> str:
        """Return where a draft is gone on with; NotFound for another's, and for one whose days are over."""
        with self._engine.connect() as connection:
            found = connection.scalar(select(DRAFT.c.address).where(self._own(who), DRAFT.c.draft_id == draft_id))
        if found is None:
            raise NotFound("There is no such draft. It may be sent already, or its days are over.")
        return str(found)

    def taken_up(self, who: Signed, draft_id: UUID, address: str) -> list[tuple[str, str]]:
        """Return what was typed, with the draft's id; NotFound where there is none of that page, or its key is gone."""
        wanted = select(DRAFT).where(self._own(who), DRAFT.c.draft_id == draft_id, DRAFT.c.address == address)
        with self._engine.connect() as connection:
            row = connection.execute(wanted).mappings().first()
        if row is None:
            raise NotFound("There is no such draft. It may be sent already, or its days are over.")
        with self._acting.keys(who.organisation) as keys:
            document = Sealer(keys).unseal(_sealed(dict(row)), row["compartment"], PURPOSE)
        return [*((str(name), str(value)) for name, value in document["fields"]), ("draft", str(draft_id))]

    def throw_away(self, who: Signed, draft_id: UUID) -> None:
        """Remove a person's own draft; harmless twice."""
        with self._engine.begin() as connection:
            connection.execute(delete(DRAFT).where(self._own(who), DRAFT.c.draft_id == draft_id))

    def _own(self, who: Signed) -> Any:
        mine = (DRAFT.c.organisation == who.organisation) & (DRAFT.c.person_id == who.person_id)
        return mine & (DRAFT.c.ends_at > self._acting.now())


def run_out(connection: Connection, now: datetime) -> int:
    """Remove drafts whose days are over, and return how many there were."""
    return connection.execute(delete(DRAFT).where(DRAFT.c.ends_at <= now)).rowcount


def draft_of(given: str, act_id: UUID) -> UUID:
    """Return the id of the draft a form was taken up from, or that of a new one."""
    try:
        return UUID(given)
    except ValueError:
        return uuid5(act_id, "draft")


def _columns(sealed: Sealed) -> dict[str, Any]:
    return {"key_id": sealed.key_id, "nonce": sealed.nonce, "ciphertext": sealed.ciphertext}


def _sealed(row: Mapping[str, Any]) -> Sealed:
    return Sealed(key_id=row["key_id"], nonce=bytes(row["nonce"]), ciphertext=bytes(row["ciphertext"]))
