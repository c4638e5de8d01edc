"""A case's records from the streams, and what was sent of them from delivery's record; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from placehub.audit.log import Log, everywhere
from placehub.cases.file import CaseFile, case_file
from placehub.delivery.told import Told, told
from placehub.drivers.parking import partition_of
from placehub.drivers.records import Record
from placehub.errors import NotFound
from placehub.streams import every_event, full_name

_NAMES_A_CASE: Final = frozenset(
    full_name(cls) for cls in every_event() if "referral_id" in {one.name for one in fields(cls)}
)
"""Types of events that name a referral."""


def records_of(log: Log, referral_id: UUID) -> list[Record]:
    """Return every record of a case: its own stream, its homes and placements, and the reminders of those.

    An agreement, its disputes and its returns are not the case's, even where they speak of a placement that is.
    """
    key = str(referral_id)
    partitions = log.partitions("referral")
    found = list(log.records("referral", partition_of(key, partitions), about={key})) if partitions else []
    for stream in ("vacancy", "placement"):
        named = everywhere(log, stream, types=_NAMES_A_CASE)
        found += [one for one in named if one.event.referral_id == referral_id]
    placements = {one.key for one in found if one.topic == "placement"}
    known = {one.position for one in found}
    for stream in ("placement", "reminder"):
        if placements:
            found += [one for one in everywhere(log, stream, about=placements) if one.position not in known]
    return found


def sent_of(connection: Connection, referral_id: UUID, records: Sequence[Record]) -> list[Told]:
    """Return everything that was sent of these records, and of the case besides them."""
    subjects = {str(referral_id), *(one.key for one in records if one.topic == "placement")}
    return told(connection, {one.attributes.id for one in records}, subjects)


def read_case(
    log: Log, connection: Connection, referral_id: UUID, as_of: datetime, organisation: str | None = None
) -> CaseFile:
    """Return the file of a case; NotFound when the hub knew nothing of it by then."""
    records = records_of(log, referral_id)
    if not any(one.attributes.taken_at <= as_of for one in records):
        raise NotFound("The hub knew nothing of that case by then. See 'placehub views show searches'.")
    return case_file(referral_id, records, sent_of(connection, referral_id, records), as_of, organisation)
