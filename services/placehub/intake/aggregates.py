"""What intake remembers of each aggregate, held by one intake at a time while it decides about it.

Several intakes run, and several senders post about one aggregate, each in an outbox of its own. So whoever decides
locks the aggregates' rows, in one order; where there is no row yet, the second to make it decides again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.postgresql import insert

from placehub.codesign.documents import Documents
from placehub.codesign.tenders import Tenders
from placehub.database import among_those, these, upsert
from placehub.drivers.tables import OUTGOING
from placehub.errors import Overtaken
from placehub.intake.rules import Aggregate
from placehub.intake.tables import AGGREGATE
from placehub.partnership.agendas import Agendas

_CODESIGN: Final = TypeAdapter(Documents)
_TENDERS: Final = TypeAdapter(Tenders)
_AGENDAS: Final = TypeAdapter(Agendas)
PROCESSOR: Final = "intake"
"""Intake's name, under which its rows are still to be published."""
_PLACE: Final = (AGGREGATE.c.stream, AGGREGATE.c.subject)
_HELD: Final = select(AGGREGATE).where(among_those(*_PLACE)).order_by(*_PLACE).with_for_update()
_MADE: Final = insert(AGGREGATE).on_conflict_do_nothing().returning(AGGREGATE.c.subject)
Place = tuple[str, str]
"""Stream and subject of an aggregate."""


def hold_aggregates(connection: Connection, places: Collection[Place]) -> tuple[dict[Place, Aggregate], frozenset[str]]:
    """Return those of the aggregates that are known, and the outboxes that the last event about each came from.

    No other intake decides about them before the transaction ends.
    """
    if not places:
        return {}, frozenset()
    # whoever waits here for another is given what that one has stored
    rows = connection.execute(_HELD, these(_PLACE, places)).all()
    known = {(row.stream, row.subject): _read(row) for row in rows}
    return known, frozenset(row.outbox for row in rows if row.outbox)


def check_published(connection: Connection, outboxes: Collection[str], subjects: Collection[str]) -> None:
    """Overtaken when something about these aggregates was taken in from these outboxes and is still to be published.

    Outboxes are others': what came from one's own is published before the next is taken in. Whatever was taken in
    before the last event about an aggregate is published, since each was held against this.
    """
    if not outboxes:
        return
    theirs = (OUTGOING.c.processor == PROCESSOR) & OUTGOING.c.from_topic.in_(outboxes)
    left = select(OUTGOING.c.from_topic).where(theirs & OUTGOING.c.key.in_(subjects))
    if found := frozenset(connection.execute(left).scalars()):
        raise Overtaken(found)


def store_aggregates(
    connection: Connection,
    changed: Mapping[Place, Aggregate],
    last: Mapping[Place, str],
    known: Collection[Place],
) -> None:
    """Store aggregates, each with the outbox that the `last` event about it came from.

    Overtaken when one that was not known when they were held has been made by another meanwhile.
    """
    rows = {place: _written(place, one, last[place]) for place, one in sorted(changed.items())}
    new = [row for place, row in rows.items() if place not in known]
    if new and len(connection.execute(_MADE, new).all()) < len(new):
        raise Overtaken
    upsert(connection, AGGREGATE, [row for place, row in rows.items() if place in known], once=("owner",))


def _read(row: Row[Any]) -> Aggregate:
    return Aggregate(
        row.owner,
        tuple(row.parties),
        row.version,
        tuple(row.documents),
        row.state,
        tuple(sorted(row.terms.items())),
        _CODESIGN.validate_python(row.codesign or {}),
        _TENDERS.validate_python(row.tenders or {}),
        _AGENDAS.validate_python(row.agendas or {}),
    )


def _written(place: Place, one: Aggregate, outbox: str) -> dict[str, Any]:
    name, subject = place
    of_agreement = name == "agreement"
    return {
        "stream": name,
        "subject": subject,
        "owner": one.owner,
        "parties": list(one.parties),
        "version": one.version,
        "documents": list(one.documents),
        "state": one.state,
        "terms": dict(one.terms),
        "codesign": _CODESIGN.dump_python(one.codesign, mode="json") if of_agreement else None,
        "tenders": _TENDERS.dump_python(one.tenders, mode="json") if of_agreement else None,
        "agendas": _AGENDAS.dump_python(one.agendas, mode="json") if of_agreement else None,
        "outbox": outbox,
    }
