"""What stands in the inboxes a demo left, as a foreign client reads them, beside the files of its cases."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from placehub import app
from placehub.audit.log import MemoryLog
from placehub.cases.file import CaseFile, case_file
from placehub.cases.reading import records_of, sent_of
from placehub.database import connect
from placehub.faults.foreign import Seen
from placehub.settings import Settings

Letter = tuple[str, datetime, Any]
"""Id of an event, when it was told, and the shape of what was sent."""


def shape(thing: Any) -> Any:
    """Return which fields of an event hold something, and its numbers and truths: the same of Avro and of JSON."""
    if isinstance(thing, dict):
        return {name: shape(one) for name, one in thing.items() if one not in (None, [], {})}
    if isinstance(thing, list | tuple):
        return [shape(one) for one in thing]
    return thing if isinstance(thing, bool | int) else "something"


class Inboxes:
    """The inboxes of all organisations, by case."""

    def __init__(self, topics: dict[str, list[Seen]]) -> None:
        inboxes = {name[6:]: some for name, some in topics.items() if name.startswith("inbox.")}
        self.parties = sorted(inboxes)
        self._letters: dict[tuple[str, str], list[Letter]] = defaultdict(list)
        case_of = {one.headers["ce_subject"]: one.headers["ce_subject"] for one in topics["referral"]}
        case_of |= {
            one.headers["ce_subject"]: str(one.event["referral_id"])
            for one in topics["placement"]
            if one.event and one.event.get("referral_id")
        }
        self.cases = sorted(set(case_of.values()))
        for party, some in inboxes.items():
            passed = set[tuple[str, str, str]]()
            for one in some:
                named = (one.event or {}).get("referral_id") or case_of.get(one.headers["ce_subject"])
                transported = (*one.id, one.headers["ce_sequence"])  # what the transport repeats has it again
                if named and transported not in passed:
                    passed.add(transported)
                    at = datetime.fromisoformat(one.headers["ce_toldtime"])
                    self._letters[str(named), party].append((one.headers["ce_id"], at, shape(one.event)))
        self._moments = sorted({at for some in self._letters.values() for _, at, _ in some})

    def some_moment(self, chance: random.Random) -> datetime:
        """Return a moment at which something was told, or one some minutes before or after it."""
        return chance.choice(self._moments) + timedelta(minutes=chance.choice((-30, -1, 0, 0, 1, 30)))

    def told(self, case: str, party: str, moment: datetime) -> list[Letter]:
        """Return what had been put into a party's inbox about a case by then."""
        return [one for one in self._letters.get((case, party), []) if one[1] <= moment]


class Files:
    """Case files of one hub; its streams are read once."""

    def __init__(self, settings: Settings) -> None:
        log = app.past(settings)
        read = [
            record
            for stream in ("referral", "vacancy", "placement", "reminder")
            for number in range(log.partitions(stream))
            for record in log.records(stream, number)
        ]
        self._log = MemoryLog(read, log.partitions("referral"))
        self._engine = connect(settings.database.get_secret_value())
        self._known: dict[str, Any] = {}

    def of(self, case: str, party: str, moment: datetime) -> CaseFile:
        """Return the file of a case as a party could see it at a moment."""
        if case not in self._known:
            records = records_of(self._log, UUID(case))
            with self._engine.connect() as connection:
                self._known[case] = records, sent_of(connection, UUID(case), records)
        records, sent = self._known[case]
        return case_file(UUID(case), records, sent, moment, party)
