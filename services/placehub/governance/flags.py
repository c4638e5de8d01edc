"""Telling commissioners which clauses of a tender were flagged, once it has closed: `placehub.codesign.tenders`."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid5

from sqlalchemy import Connection

from placehub.codesign import tenders
from placehub.codesign.tenders import Tenders
from placehub.drivers.aggregates import Aggregates
from placehub.drivers.records import Partition, Record
from placehub.drivers.step import HUB, Step


class Flags:
    """Keeps the tenders of each agreement, and says what is to be told of them when a day has begun."""

    def __init__(self, of_agreements: Aggregates[Tenders]) -> None:
        self._tenders = of_agreements

    def take(self, connection: Connection, partition: Partition) -> None:
        """Load the tenders of a partition."""
        self._tenders.take(connection, partition)

    def drop(self, partition: Partition) -> None:
        """Forget them."""
        self._tenders.drop(partition)

    def begin(self, step: Step) -> None:
        """Start a step in which nothing new is said of tenders."""
        self._tenders.begin(step)

    def of(self, agreement_id: UUID) -> Tenders:
        """Return the tenders of an agreement that are not settled, as the step that has begun sees them."""
        return self._tenders.held(agreement_id) or Tenders()

    def fold(self, step: Step, records: Iterable[Record]) -> None:
        """Follow what is said of tenders."""
        self._tenders.begin(step)
        for record in records:
            if isinstance(record.event, tenders.Event):
                key = record.event.agreement_id
                known = self._tenders.get(key) or Tenders()
                self._tenders.put(key, tenders.follow(known, record.event, record.attributes.taken_at.date()))
        self._tenders.finish()

    def tell(self, step: Step) -> None:
        """Tell of the flags whose day has come. Neither the id nor the trace rests on a bid that was declined."""
        self._tenders.begin(step)
        for agreement_id, known in self._tenders.every():
            after, told = tenders.flag(known, agreement_id, step.now.date())
            for one in told:
                step.emit(one, because=_cause(one.tender_id, one.clause_id))
            self._tenders.put(agreement_id, after)
        self._tenders.finish()


def _cause(tender_id: UUID, clause_id: str) -> UUID:
    return uuid5(HUB, f"flag|{tender_id}|{clause_id}")
