"""The access log: who opened or read what of a child, or what an organisation opened and whose cases were read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from placehub.evidence.readings import readings_of
from placehub.keys.store import MADE_TO_SEAL, openings_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One access."""

    at: datetime
    who: str
    """The organisation that opened it, `hub`, or the operator that read it."""
    did: str
    of: str
    """Kind and pseudonymous id of what it was about."""
    purpose: str
    seen_as: str | None = None


def access_of(connection: Connection, *, child: UUID | None = None, organisation: str | None = None) -> list[Access]:
    """Return every access to a child's sealed parts and cases; or all by an organisation, and to its cases; in order.

    The hub's own openings are there once a day for each key and purpose, as they are recorded.
    """
    return sorted(_accesses(connection, child, organisation), key=lambda one: (one.at, one.who, one.did, one.of))


def _accesses(connection: Connection, child: UUID | None, organisation: str | None) -> Iterator[Access]:
    for one in openings_of(connection, child=child, organisation=organisation):
        act = "sealed" if one.purpose == MADE_TO_SEAL else "opened"
        did, of = f"{act} {one.compartment}", f"{one.subject_kind} {one.subject_id}"
        yield Access(at=one.at, who=one.organisation, did=did, of=of, purpose=one.purpose)
    for read in readings_of(connection, child=child, organisation=organisation):
        yield Access(
            at=read.at,
            who=read.by,
            did=f"read {read.what}",
            of=f"referral {read.referral_id}",
            purpose=read.purpose,
            seen_as=read.seen_as,
        )
