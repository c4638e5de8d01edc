"""The portal's people in the database: invited, signed in, acting for their organisations.

Every function works inside the caller's transaction. Times are the machine's: a sign-in is of the real world.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from placehub.errors import Conflict, NotFound, Rejected
from placehub.organisations.register import show
from placehub.organisations.tables import ACTIVE
from placehub.organisations.tables import organisation as register
from placehub.portal import accounts
from placehub.portal.accounts import HUB
from placehub.portal.discarding import discard
from placehub.portal.tables import ATTEMPT, DRAFT, INVITATION, MEMBER, PERSON, ROTA, SESSION
from placehub.saying import said

INVITED_DAYS: Final = 7
SESSION_HOURS: Final = 12
MOST_ATTEMPTS: Final = 8
"""Sign-ins of one address that may fail before it has to wait."""
ATTEMPTS_MINUTES: Final = 15
OPERATED: Final = {"name": "The hub", "kind": HUB, "state": ACTIVE}
"""The hub, as the register would have it: whoever acts for it is an operator."""
_WRONG: Final = ("must be right", "Check address, password and code. A code can be used once only.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person's part in one organisation."""

    organisation: str
    organisation_name: str
    kind: str
    role: str
    administrator: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Somebody who is signed in, and the organisation they act for now."""

    person_id: UUID
    name: str
    email: str
    acting: Member
    others: tuple[Member, ...]
    token: str

    @property
    def organisation(self) -> str:
        """The code of the organisation they act for."""
        return self.acting.organisation


def invite(
    connection: Connection, *, organisation: str, email: str, role: str, administrator: bool, by: str, now: datetime
) -> str:
    """Invite somebody to act for an organisation; return the secret of the one link, the only time it is seen.

    Rejected for a wrong address or role, NotFound and Conflict where there is no such active organisation, Conflict
    where they act for it already. An earlier invitation of theirs to it stops working.
    """
    found = _acted_for(connection, organisation)
    if found["state"] != ACTIVE:
        raise Conflict(said("{code} is {state}, not active.", code=organisation, state=found["state"]))
    address = accounts.check_email(email)
    accounts.check_role(found["kind"], role)
    theirs = select(MEMBER.c.role).join(PERSON, PERSON.c.person_id == MEMBER.c.person_id)
    if connection.execute(theirs.where(PERSON.c.email == address, MEMBER.c.organisation == organisation)).first():
        raise Conflict("Somebody with this e-mail address acts for the organisation already.")
    same = (INVITATION.c.organisation == organisation) & (INVITATION.c.email == address)
    connection.execute(delete(INVITATION).where(same | (INVITATION.c.ends_at < now)))
    token = accounts.new_token()
    row = {
        "token_sha256": accounts.token_hash(token),
        "organisation": organisation,
        "email": address,
        "role": role,
        "administrator": administrator,
        "totp_key": accounts.new_totp_key(),
        "invited_by": by,
        "ends_at": now + timedelta(days=INVITED_DAYS),
    }
    connection.execute(insert(INVITATION).values(row))
    return token


def invitation(connection: Connection, token: str, now: datetime) -> dict[str, Any]:
    """Return an invitation that holds, with the organisation's name and whether its person is known here already."""
    mine = INVITATION.c.token_sha256 == accounts.token_hash(token)
    row = connection.execute(select(INVITATION).where(mine, INVITATION.c.ends_at > now)).mappings().first()
    if row is None:
        raise NotFound("This link does not work: it was used, replaced or is too old. Ask for a new invitation.")
    known = connection.execute(select(PERSON.c.person_id).where(PERSON.c.email == row["email"])).first()
    name = _acted_for(connection, row["organisation"])["name"]
    return {**row, "organisation_name": name, "known": known is not None}


def _acted_for(connection: Connection, organisation: str) -> Mapping[str, Any]:
    return OPERATED if organisation == HUB else show(connection, organisation)


def accept(connection: Connection, token: str, *, name: str, password: str, code: str, now: datetime) -> str:
    """Accept an invitation: make the account, or prove that it is one's own; return a new session's secret.

    Rejected names what is wrong; the invitation then still holds.
    """
    invited = invitation(connection, token, now)
    if invited["known"]:
        person_id = _prove(connection, invited["email"], password, code, now)
    else:
        person_id = _make_person(connection, invited, name.strip(), password, code, now)
    facts = {name: invited[name] for name in ("organisation", "role", "administrator")}
    connection.execute(insert(MEMBER).values(person_id=person_id, since=now, **facts).on_conflict_do_nothing())
    connection.execute(delete(INVITATION).where(INVITATION.c.token_sha256 == accounts.token_hash(token)))
    return begin(connection, person_id, invited["organisation"], now)


def _make_person(
    connection: Connection, invited: dict[str, Any], name: str, password: str, code: str, now: datetime
) -> UUID:
    if not name or len(name) > accounts.LONGEST:
        raise Rejected("name", "must be your name", "Enter the name your colleagues know you by.")
    accounts.check_password(password)
    step = accounts.step_of(invited["totp_key"], code, now, used=0)
    if step is None:
        raise Rejected(
            "code", "must be the six digits your authenticator shows now", "Add the key, then enter the code."
        )
    person_id = uuid4()
    row = {
        "person_id": person_id,
        "email": invited["email"],
        "name": name,
        "password": accounts.hashed(password),
        "totp_key": invited["totp_key"],
        "totp_used": step,
        "made_at": now,
    }
    connection.execute(insert(PERSON).values(row))
    return person_id


def sign_in(connection: Connection, email: str, password: str, code: str, now: datetime) -> str:
    """Return a new session's secret; Rejected when anything of the three is wrong, without saying which.

    Call `count_attempt` first, in a transaction of its own, so that what failed stays counted.
    """
    person_id = _prove(connection, email.strip().lower(), password, code, now)
    mine = select(MEMBER.c.organisation).where(MEMBER.c.person_id == person_id).order_by(MEMBER.c.since)
    organisation = connection.execute(mine).scalars().first()
    if organisation is None:
        raise Rejected("email", "must be of somebody who acts for an organisation", "Ask your administrator.")
    connection.execute(delete(ATTEMPT).where(ATTEMPT.c.of == _address_hash(email)))
    return begin(connection, person_id, organisation, now)


def _prove(connection: Connection, email: str, password: str, code: str, now: datetime) -> UUID:
    row = connection.execute(select(PERSON).where(PERSON.c.email == email).with_for_update()).first()
    right = accounts.is_password(row.password if row else accounts.NOBODY, password)
    step = accounts.step_of(row.totp_key, code, now, row.totp_used) if row else None
    if row is None or not right or step is None:
        raise Rejected("password", *_WRONG)
    connection.execute(update(PERSON).where(PERSON.c.person_id == row.person_id).values(totp_used=step))
    return UUID(str(row.person_id))


def count_attempt(connection: Connection, email: str, now: datetime) -> bool:
    """Count a sign-in of this address and tell whether it may be tried."""
    began = now - timedelta(minutes=ATTEMPTS_MINUTES)
    connection.execute(delete(ATTEMPT).where(ATTEMPT.c.since < began))
    fresh = insert(ATTEMPT).values(of=_address_hash(email), count=1, since=now)
    counted = fresh.on_conflict_do_update(index_elements=["of"], set_={"count": ATTEMPT.c.count + 1})
    return int(connection.execute(counted.returning(ATTEMPT.c.count)).scalar_one()) <= MOST_ATTEMPTS


def _address_hash(email: str) -> str:
    return sha256(email.strip().lower().encode()).hexdigest()


def begin(connection: Connection, person_id: UUID, organisation: str, now: datetime, issuer: str | None = None) -> str:
    """Begin a session and return its secret; one that a provider has proved acts for that organisation alone."""
    token = accounts.new_token()
    connection.execute(delete(SESSION).where(SESSION.c.ends_at < now))
    ends = now + timedelta(hours=SESSION_HOURS)
    row = {"token_sha256": accounts.token_hash(token), "person_id": person_id, "organisation": organisation}
    connection.execute(insert(SESSION).values(**row, ends_at=ends, issuer=issuer))
    return token


def signed(connection: Connection, token: str, now: datetime) -> Signed | None:
    """Return who a cookie stands for; None when it stands for nobody (any more)."""
    here = (SESSION.c.token_sha256 == accounts.token_hash(token)) & (SESSION.c.ends_at > now)
    works = (register.c.state == ACTIVE) | (MEMBER.c.organisation == HUB)
    found = (
        select(
            MEMBER,
            SESSION.c.organisation.label("acts_for"),
            SESSION.c.issuer,
            PERSON.c.name,
            PERSON.c.email,
            func.coalesce(register.c.name, OPERATED["name"]).label("organisation_name"),
            func.coalesce(register.c.kind, HUB).label("kind"),
        )
        .join(PERSON, PERSON.c.person_id == SESSION.c.person_id)
        .join(MEMBER, MEMBER.c.person_id == SESSION.c.person_id)
        .outerjoin(register, register.c.code == MEMBER.c.organisation)
    )
    rows = connection.execute(found.where(here, works).order_by(MEMBER.c.since)).all()
    acting = next((one for one in rows if one.organisation == one.acts_for), None)
    if acting is None:
        return None
    others = tuple(_member(one) for one in rows if one is not acting and one.issuer is None)
    facts = {"person_id": acting.person_id, "name": acting.name, "email": acting.email}
    return Signed(**facts, acting=_member(acting), others=others, token=token)


def _member(row: Any) -> Member:
    names = ("organisation", "organisation_name", "kind", "role", "administrator")
    return Member(**{name: getattr(row, name) for name in names})


def act_for(connection: Connection, who: Signed, organisation: str) -> None:
    """Let somebody act for another of their organisations; NotFound when it is not theirs."""
    if organisation not in {one.organisation for one in who.others}:
        raise NotFound("You do not act for this organisation.")
    mine = SESSION.c.token_sha256 == accounts.token_hash(who.token)
    connection.execute(update(SESSION).where(mine).values(organisation=organisation))


def sign_out(connection: Connection, token: str) -> None:
    """End a session."""
    connection.execute(delete(SESSION).where(SESSION.c.token_sha256 == accounts.token_hash(token)))


def speak(connection: Connection, person_id: UUID, language: str) -> None:
    """Keep the language somebody has chosen."""
    connection.execute(update(PERSON).where(PERSON.c.person_id == person_id).values(language=language))


def spoken(connection: Connection, email: str) -> str | None:
    """Return the language of whoever has this address; None when they have chosen none."""
    theirs = select(PERSON.c.language).where(PERSON.c.email == email.strip().lower())
    return connection.execute(theirs).scalar_one_or_none()


def people_of(connection: Connection, organisation: str) -> list[dict[str, Any]]:
    """Return who acts for an organisation and since when, by name; of one name, who joined first."""
    person = (PERSON.c.person_id, PERSON.c.name, PERSON.c.email)
    found = select(*person, MEMBER.c.role, MEMBER.c.administrator, MEMBER.c.since)
    found = found.join(MEMBER, MEMBER.c.person_id == PERSON.c.person_id).where(MEMBER.c.organisation == organisation)
    return [dict(row) for row in connection.execute(found.order_by(PERSON.c.name, MEMBER.c.since)).mappings()]


def invited_to(connection: Connection, organisation: str, now: datetime) -> list[dict[str, Any]]:
    """Return the invitations to an organisation that nobody has accepted yet."""
    columns = (INVITATION.c.email, INVITATION.c.role, INVITATION.c.ends_at)
    mine = (INVITATION.c.organisation == organisation) & (INVITATION.c.ends_at > now)
    return [dict(row) for row in connection.execute(select(*columns).where(mine)).mappings()]


def remove(connection: Connection, organisation: str, person_id: UUID, now: datetime) -> None:
    """Let a person act for an organisation no more, from now on; NotFound when they do not. Their drafts go."""
    theirs = (MEMBER.c.organisation == organisation) & (MEMBER.c.person_id == person_id)
    if not connection.execute(delete(MEMBER).where(theirs)).rowcount:
        raise NotFound("Nobody of that id acts for your organisation.")
    connection.execute(delete(ROTA).where(ROTA.c.organisation == organisation, ROTA.c.person_id == person_id))
    discard(connection, (DRAFT.c.organisation == organisation) & (DRAFT.c.person_id == person_id), now)
