"""A provider's out-of-hours rota as its people have set it down here: who covers when, who is away, who else is told.

What it means is `placehub.organisations.rota`; this keeps its entries. Every function works inside the caller's
transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, insert, select

from placehub.errors import NotFound
from placehub.organisations.register import show
from placehub.organisations.rota import Away, Cover, Rota
from placehub.portal.accounts import ANSWERING
from placehub.portal.people import people_of
from placehub.portal.tables import ROTA

COVER: Final = "cover"
AWAY: Final = "away"
DEPUTY: Final = "deputy"
ALL_DAY: Final[Mapping[str, Any]] = {"bank_holidays": True}
"""A cover of every hour, bank holidays included, as `Cover` has it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a rota: `facts` as `Cover` or `Away` has them, without who."""

    entry_id: UUID
    kind: str
    person_id: UUID
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """A provider's rota with the people it may name."""

    names: Mapping[str, str]
    """Person's id, as a rota names people -> their name, by name."""
    first: str
    """The id of whoever of them joined first; empty where nobody is there."""
    entries: tuple[Entry, ...]
    rota: Rota | None
    """None while nobody is on it."""

    def of(self, kind: str) -> list[Entry]:
        """Return the entries of one kind, in order."""
        return [one for one in self.entries if one.kind == kind]

    @property
    def deputy(self) -> str:
        """Who is told when nobody covers: whoever was named, else whoever joined first; empty where nobody is there."""
        named = [str(one.person_id) for one in self.of(DEPUTY)]
        return named[-1] if named else self.first

    def by_name(self) -> Rota | None:
        """Return the rota with people by their names, for programs and people outside the portal; None: there is none.

        Of two with the same name the id stands beside it.
        """
        if self.rota is None:
            return None
        many = Counter(self.names.values())
        says = {id: name if many[name] == 1 else f"{name} ({id})" for id, name in self.names.items()}
        return self.rota.model_copy(
            update={
                "people": {says[id]: address for id, address in self.rota.people.items()},
                "deputy": says[self.rota.deputy],
                "cover": tuple(one.model_copy(update={"who": says[one.who]}) for one in self.rota.cover),
                "away": tuple(one.model_copy(update={"who": says[one.who]}) for one in self.rota.away),
            }
        )


def rota_of(connection: Connection, organisation: str) -> Kept:
    """Return a provider's rota; entries of people who act for it no more are left out."""
    here = [one for one in people_of(connection, organisation) if one["role"] in ANSWERING]
    people = {str(one["person_id"]): one for one in here}
    first = min(here, key=lambda one: one["since"], default=None)
    rows = connection.execute(select(ROTA).where(ROTA.c.organisation == organisation).order_by(ROTA.c.id)).all()
    entries = tuple(
        Entry(row.entry_id, row.kind, row.person_id, row.facts) for row in rows if str(row.person_id) in people
    )
    names = {id: one["name"] for id, one in people.items()}
    kept = Kept(names, str(first["person_id"]) if first else "", entries, None)
    if not kept.of(COVER) or not kept.deputy:
        return kept
    rota = Rota(
        people={id: one["email"] for id, one in people.items()},
        deputy=kept.deputy,
        cover=tuple(Cover.model_validate({**one.facts, "who": str(one.person_id)}) for one in kept.of(COVER)),
        away=tuple(Away.model_validate({**one.facts, "who": str(one.person_id)}) for one in kept.of(AWAY)),
    )
    return replace(kept, rota=rota.of(show(connection, organisation)["nation"]))


def on_duty(connection: Connection, organisation: str, now: datetime) -> UUID | None:
    """Return who of a provider is told now that a home is needed today; None: it has no rota."""
    kept = rota_of(connection, organisation)
    return UUID(kept.rota.who(now)) if kept.rota else None


def put(
    connection: Connection, organisation: str, kind: str, person: str, facts: Mapping[str, Any], by: str, now: datetime
) -> None:
    """Add an entry; a deputy takes the place of the one before. NotFound: the person is none who answers here."""
    if person not in rota_of(connection, organisation).names:
        raise NotFound("Nobody of that id answers invitations for your organisation.")
    if kind == DEPUTY:
        connection.execute(delete(ROTA).where(ROTA.c.organisation == organisation, ROTA.c.kind == DEPUTY))
    row = {"entry_id": uuid4(), "organisation": organisation, "kind": kind, "person_id": UUID(person)}
    connection.execute(insert(ROTA).values(**row, facts=dict(facts), set_by=by, set_at=now))


def take_out(connection: Connection, organisation: str, entry_id: UUID) -> None:
    """Remove an entry; NotFound where the organisation has none of that id."""
    mine = (ROTA.c.organisation == organisation) & (ROTA.c.entry_id == entry_id)
    if not connection.execute(delete(ROTA).where(mine)).rowcount:
        raise NotFound("There is no such line in your rota. Somebody may have removed it already.")


def days_off(first: date, last: date) -> dict[str, str]:
    """Return the facts of days from the first to the last."""
    return {"first": first.isoformat(), "last": last.isoformat()}
