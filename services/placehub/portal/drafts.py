"""What a person has begun to type and wants to go on with later: kept sealed, for that person alone, for some days.

A draft is sealed under the key of the child (or of the household) it is about, which the key service holds: it is
never in clear in the database, and erasing the child destroys it too. Where there is no such child yet it has a key of
its own, which goes with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from sqlalchemy import ColumnElement, Connection, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Engine

from placehub.database import hold_names, reading
from placehub.errors import Conflict, NotFound
from placehub.keys.client import Sealer
from placehub.keys.erasing import OF_A_DRAFT, destroy_children
from placehub.keys.sealed import Sealed
from placehub.portal.acting import Acting
from placehub.portal.discarding import discard
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
    subject_id: str | None
    """None: of a child that no case tells of yet."""


class Drafts:
    """Keeps drafts; may be shared between threads."""

    def __init__(self, engine: Engine, acting: Acting) -> None:
        self._engine = engine
        self._reads = reading(engine)
        self._acting = acting

    def save(self, who: Signed, draft_id: UUID, place: Place, fields: list[tuple[str, str]]) -> None:
        """Keep what was typed; a draft that is saved again is replaced. Conflict where it is thrown away meanwhile."""
        typed = [[name, value] for name, value in fields if name not in _OF_A_REQUEST and value]
        mine = (DRAFT.c.organisation == who.organisation) & (DRAFT.c.person_id == who.person_id)
        with self._reads.connect() as connection:
            before = connection.scalar(select(DRAFT.c.own_subject).where(mine, DRAFT.c.draft_id == draft_id))
        own = (before or uuid4()) if place.subject_id is None else None
        with self._acting.keys(who.organisation) as keys:
            compartment = _COMPARTMENTS[place.subject_kind]
            subject_id = place.subject_id or str(own)
            sealed = Sealer(keys).seal(place.subject_kind, subject_id, compartment, {"fields": typed})
        now = self._acting.now()
        row: dict[str, Any] = {
            "kind": place.kind,
            "address": place.address,
            "about": place.about,
            "compartment": compartment,
            "own_subject": own,
            **_columns(sealed),
            "saved_at": now,
            "ends_at": now + KEPT,
        }
        writer = {"organisation": who.organisation, "person_id": who.person_id}
        with self._engine.begin() as connection:
            _make_way(connection, mine & (DRAFT.c.draft_id == draft_id), draft_id, before, own, now)
            fresh = insert(DRAFT).values(draft_id=draft_id, **writer, **row)
            connection.execute(fresh.on_conflict_do_update(index_elements=["draft_id"], set_=row, where=mine))
            newest = select(DRAFT.c.draft_id).where(mine).order_by(DRAFT.c.saved_at.desc()).limit(MOST)
            discard(connection, mine & DRAFT.c.draft_id.not_in(newest), now)

    def listed(self, who: Signed) -> list[Draft]:
        """Return a person's drafts for the organisation they act for, the last saved first."""
        names = ("draft_id", "kind", "about", "saved_at", "ends_at")
        wanted = select(*(DRAFT.c[one] for one in names)).where(self._own(who)).order_by(DRAFT.c.saved_at.desc())
        with self._reads.connect() as connection:
            return [Draft(*row) for row in connection.execute(wanted)]

    def address(self, who: Signed, draft_id: UUID) -> str:
        """Return where a draft is gone on with; NotFound for another's, and for one whose days are over."""
        with self._reads.connect() as connection:
            found = connection.scalar(select(DRAFT.c.address).where(self._own(who), DRAFT.c.draft_id == draft_id))
        if found is None:
            raise NotFound("There is no such draft. It may be sent already, or its days are over.")
        return str(found)

    def taken_up(self, who: Signed, draft_id: UUID, address: str) -> list[tuple[str, str]]:
        """Return what was typed, with the draft's id; NotFound where there is none of that page, or its key is gone."""
        wanted = select(DRAFT).where(self._own(who), DRAFT.c.draft_id == draft_id, DRAFT.c.address == address)
        with self._reads.connect() as connection:
            row = connection.execute(wanted).mappings().first()
        if row is None:
            raise NotFound("There is no such draft. It may be sent already, or its days are over.")
        with self._acting.keys(who.organisation) as keys:
            document = Sealer(keys).unseal(_sealed(dict(row)), row["compartment"], PURPOSE)
        return [*((str(name), str(value)) for name, value in document["fields"]), ("draft", str(draft_id))]

    def throw_away(self, who: Signed, draft_id: UUID) -> None:
        """Remove a person's own draft, and the key that is its alone; harmless twice."""
        with self._engine.begin() as connection:
            discard(connection, self._own(who) & (DRAFT.c.draft_id == draft_id), self._acting.now())

    def _own(self, who: Signed) -> Any:
        mine = (DRAFT.c.organisation == who.organisation) & (DRAFT.c.person_id == who.person_id)
        return mine & (DRAFT.c.ends_at > self._acting.now())


def run_out(connection: Connection, now: datetime) -> int:
    """Remove drafts whose days are over, with their own keys, and return how many there were."""
    return discard(connection, DRAFT.c.ends_at <= now, now)


def _make_way(
    connection: Connection,
    this: ColumnElement[bool],
    draft_id: UUID,
    before: UUID | None,
    own: UUID | None,
    now: datetime,
) -> None:
    """Let nobody else save or remove the draft until the transaction ends, and destroy an own key it needs no more.

    Conflict where it was removed since we looked: its own key, which this is sealed under, went with it.
    """
    hold_names(connection, [f"placehub.portal.draft|{draft_id}"])
    stands = select(DRAFT.c.organisation, DRAFT.c.own_subject).where(this).with_for_update()
    row = connection.execute(stands).first()
    if row is None and before is not None:
        raise Conflict("The draft was thrown away or sent meanwhile. Save again to keep what you typed.")
    if row is not None and row.own_subject not in (None, own):
        destroy_children(connection, row.organisation, [row.own_subject], OF_A_DRAFT, now)


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
