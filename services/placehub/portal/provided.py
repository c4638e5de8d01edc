"""People whom their organisation's own provider has proved, in the database: found or made, and signed in.

Every function works inside the caller's transaction. A session of theirs acts for that organisation alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from placehub.errors import Rejected
from placehub.portal import accounts
from placehub.portal.people import begin
from placehub.portal.signing_on import Proven
from placehub.portal.tables import IDENTITY, INVITATION, MEMBER, PERSON


def sign_on(connection: Connection, proven: Proven, organisations: Collection[str], now: datetime) -> str:
    """Return a new session's secret for whoever was proved, to act for one of these organisations.

    Known by the issuer's own name for them, else by the address it has verified; an invitation to one of these
    organisations is accepted by it. Rejected for everybody else.
    """
    known = _known(connection, proven)
    organisation = _acts_for(connection, known, organisations) if known else None
    if known and organisation:
        person_id = known
    else:
        person_id, organisation = _accepted(connection, proven, known, organisations, now)
    facts = {"issuer": proven.issuer, "subject": proven.subject, "person_id": person_id}
    connection.execute(insert(IDENTITY).values(facts).on_conflict_do_nothing())
    return begin(connection, person_id, organisation, now, issuer=proven.issuer)


def _known(connection: Connection, proven: Proven) -> UUID | None:
    mine = (IDENTITY.c.issuer == proven.issuer) & (IDENTITY.c.subject == proven.subject)
    found = connection.execute(select(IDENTITY.c.person_id).where(mine)).scalar()
    if found is None and proven.email:
        found = connection.execute(select(PERSON.c.person_id).where(PERSON.c.email == proven.email)).scalar()
    return UUID(str(found)) if found else None


def _acts_for(connection: Connection, person_id: UUID, organisations: Collection[str]) -> str | None:
    mine = (MEMBER.c.person_id == person_id) & MEMBER.c.organisation.in_(organisations)
    return connection.execute(select(MEMBER.c.organisation).where(mine).order_by(MEMBER.c.since)).scalars().first()


def _accepted(
    connection: Connection, proven: Proven, person_id: UUID | None, organisations: Collection[str], now: datetime
) -> tuple[UUID, str]:
    mine = (INVITATION.c.email == proven.email) & INVITATION.c.organisation.in_(organisations)
    row = connection.execute(select(INVITATION).where(mine, INVITATION.c.ends_at > now)).first()
    if row is None or not proven.email:
        raise Rejected("provider", "has not been invited", "Ask an administrator of your organisation.")
    person_id = person_id or _made(connection, proven, now)
    facts = {"organisation": row.organisation, "role": row.role, "administrator": row.administrator}
    connection.execute(insert(MEMBER).values(person_id=person_id, since=now, **facts).on_conflict_do_nothing())
    connection.execute(delete(INVITATION).where(INVITATION.c.token_sha256 == row.token_sha256))
    return person_id, str(row.organisation)


def _made(connection: Connection, proven: Proven, now: datetime) -> UUID:
    """Make an account that no password opens."""
    person_id = uuid4()
    facts = {"name": (proven.name or proven.email)[: accounts.LONGEST], "email": proven.email}
    never = {"password": accounts.hashed(secrets.token_urlsafe(32)), "totp_key": accounts.new_totp_key()}
    row = {"person_id": person_id, **facts, **never, "totp_used": 0, "made_at": now}
    connection.execute(insert(PERSON).values(row))
    return person_id
