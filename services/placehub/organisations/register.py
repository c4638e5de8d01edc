"""The register: how an organisation joins the hub, and who has joined.

Joining takes steps in the database, the broker and on the `organisation` stream. Each may be repeated, so joining
that was broken off is finished by asking for it again with the same facts; new credentials then replace any old.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import InterfaceError, OperationalError

from placehub.contracts.codec import Codec, Registry
from placehub.contracts.headers import Attributes, write_headers
from placehub.database import connect, database_errors
from placehub.drivers.brokers import producer
from placehub.drivers.patience import patiently
from placehub.errors import Conflict, NotFound, Rejected
from placehub.keys.store import disable as disable_token
from placehub.keys.store import issue_token
from placehub.mailboxes.connection import broker_errors
from placehub.organisations.broker import administer
from placehub.organisations.events import OrganisationDisabled, OrganisationRegistered, SharingAgreementRecorded
from placehub.organisations.joining import Credentials, Organisation, SharingAgreement, check_code, checked
from placehub.organisations.tables import ACTIVE, DISABLED, REGISTERING, organisation
from placehub.saying import said
from placehub.settings import Settings
from placehub.streams import full_name, outbox

SOURCE: Final = "/hub/organisations"
"""`ce_source` of what the register says on the `organisation` stream."""

_LOCK = "placehub.organisations.register"
DISABLING: Final = 3
"""Number of the last thing the register says of an organisation, after the two of its joining."""

_SEND_SECONDS = 30


def add_organisation(settings: Settings, joining: Organisation, now: datetime) -> Credentials:
    """Let one organisation join and return its credentials, the only time they are seen; errors as `add_many`."""
    return add_many(settings, [joining], now)[0]


def add_many(settings: Settings, joining: Sequence[Organisation], now: datetime) -> list[Credentials]:
    """Let organisations join, all in the same few requests, and return their credentials in the same order.

    Nothing is begun unless all of them are in order: Rejected names a fact that is not, Conflict says that a code
    is taken (by any scheme, in any capitals). Broken off by Unavailable or a crash, it may be repeated as it was.
    """
    wanted = [checked(one, now.date()) for one in joining]
    if len({one.code.casefold() for one in wanted}) < len(wanted):
        raise Rejected("code", "must be given once", "Remove the repeated organisation.")
    if not wanted:
        return []
    with _register(settings) as engine:
        return _join(settings, engine, wanted, now)


def rotate(settings: Settings, code: str, now: datetime) -> Credentials:
    """Give an organisation a new password and token and return them, the only time they are seen.

    The old token stops at once, the old password at the next login. NotFound when there is no such organisation,
    Conflict when it is not active. May be repeated; the last credentials count.
    """
    with _acting_on(settings, code) as engine:
        password = secrets.token_urlsafe(32)
        with administer(settings) as broker:
            broker.set_passwords({code: password})
        with engine.begin() as connection:
            token = issue_token(connection, code, now)
    return Credentials(code, password, token)


def disable(settings: Settings, code: str, reason: str, now: datetime) -> None:
    """Shut an organisation out for good: login, mailboxes, token; its vacancies are searched no more.

    Open connections get nothing more either. NotFound when there is no such organisation, Conflict when it is not
    active, Rejected without a reason. Broken off by Unavailable or a crash, it may be repeated as it was.
    """
    if not reason.strip():
        raise Rejected("reason", "must be told", "Say why the organisation is shut out.")
    with _acting_on(settings, code) as engine:
        with administer(settings) as broker:
            broker.shut_out(code)
        with engine.begin() as connection:
            disable_token(connection, code, now)
        event = OrganisationDisabled(organisation=code, reason=reason)
        _say(settings, [(code, event, _about(OrganisationDisabled, code, now, DISABLING))])
        with engine.begin() as connection:
            mine = organisation.c.code == code
            connection.execute(update(organisation).where(mine).values(state=DISABLED, disabled_at=now))


@contextmanager
def _acting_on(settings: Settings, code: str) -> Iterator[Engine]:
    """Hold the register while something is done to an active organisation."""
    with _register(settings) as engine:
        with engine.connect() as connection:
            state = show(connection, code)["state"]
        if state != ACTIVE:
            form = "{code} is {state}, not active. See 'placehub org show {code}'."
            raise Conflict(said(form, code=code, state=state))
        yield engine


@contextmanager
def _register(settings: Settings) -> Iterator[Engine]:
    """Hold the register; Unavailable when its database is away."""
    url = settings.database.get_secret_value()
    with database_errors(url):
        engine = connect(url, pool_size=2)
        try:
            with _alone(engine):
                yield engine
        finally:
            engine.dispose()


def list_organisations(connection: Connection) -> list[dict[str, Any]]:
    """Return every organisation, as the register's columns, sorted by kind and name."""
    rows = connection.execute(select(organisation).order_by(organisation.c.kind, organisation.c.name))
    return [dict(row) for row in rows.mappings()]


def registered_outboxes(connection: Connection) -> tuple[str, ...]:
    """Return the outboxes of every organisation whose registration is complete."""
    done = organisation.c.state != REGISTERING
    return tuple(
        map(outbox, connection.execute(select(organisation.c.code).where(done).order_by(organisation.c.code)).scalars())
    )


def show(connection: Connection, code: str) -> dict[str, Any]:
    """Return one organisation as the register's columns; NotFound when there is none of that code."""
    row = connection.execute(select(organisation).where(organisation.c.code == check_code(code))).mappings().first()
    if row is None:
        raise NotFound(said("No organisation {code} is registered. See 'placehub org list'.", code=code))
    return dict(row)


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    # Two who register the same code at once would each get a password, and only one of them would work.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        name = func.hashtextextended(_LOCK, 0)
        connection.execute(select(func.pg_advisory_lock(name)))
        try:
            yield
        finally:
            # who has lost the connection has lost the lock with it, and what was done meanwhile is done
            with suppress(OperationalError, InterfaceError):
                connection.execute(select(func.pg_advisory_unlock(name)))


def _join(settings: Settings, engine: Engine, wanted: Sequence[Organisation], now: datetime) -> list[Credentials]:
    codes = [one.code for one in wanted]
    with engine.begin() as connection:
        since = _begin(connection, wanted, now)
    passwords = {code: secrets.token_urlsafe(32) for code in codes}
    with administer(settings) as broker:
        broker.open_mailboxes(codes)
        broker.grant_mailboxes(codes)
        broker.set_passwords(passwords)
        broker.await_in_force(codes)
    with engine.begin() as connection:
        tokens = {code: issue_token(connection, code, now) for code in codes}
    _publish(settings, wanted, since)
    # asked for again they would be registered already, and nobody would have seen their credentials
    patiently(lambda: _activate(engine, codes))
    return [Credentials(code, passwords[code], tokens[code]) for code in codes]


def _activate(engine: Engine, codes: Sequence[str]) -> None:
    with engine.begin() as connection:
        begun = organisation.c.code.in_(codes) & (organisation.c.state == REGISTERING)
        connection.execute(update(organisation).where(begun).values(state=ACTIVE))


def _begin(connection: Connection, wanted: Sequence[Organisation], now: datetime) -> dict[str, datetime]:
    """Enter the organisations as registering and return since when each is; Conflict for one that stands already."""
    lower = func.lower(organisation.c.code)
    asked = [one.code.lower() for one in wanted]
    known = {
        row["code"].lower(): row for row in connection.execute(select(organisation).where(lower.in_(asked))).mappings()
    }
    new = []
    for one in wanted:
        entry = _row(one)
        row = known.get(one.code.lower())
        if row is None:
            new.append({**entry, "registered_at": now, "state": REGISTERING})
        elif row["state"] != REGISTERING or row["code"] != one.code:
            form = "{code} is registered already (scheme {scheme}). See 'placehub org show {code}'."
            raise Conflict(said(form, code=row["code"], scheme=row["scheme"]))
        elif differing := [name for name, value in entry.items() if row[name] != value]:
            form = "{code} was begun with another {what}. Repeat it as it was begun, then correct it."
            raise Conflict(said(form, code=one.code, what=differing[0]))
    if new:
        connection.execute(insert(organisation), new)
    begun = {row["code"]: row["registered_at"] for row in known.values()}
    return {one.code: begun.get(one.code, now) for one in wanted}


def _row(one: Organisation) -> dict[str, Any]:
    return {
        "code": one.code,
        "scheme": one.scheme,
        "kind": one.kind,
        "name": one.name,
        "nation": one.nation,
        "agreement_reference": one.agreement.reference,
        "agreement_signed_on": one.agreement.signed_on,
        "agreement_ends_on": one.agreement.ends_on,
        "data_role": one.agreement.role,
        "data_contact": one.agreement.contact,
    }


def _publish(settings: Settings, joined: Sequence[Organisation], since: dict[str, datetime]) -> None:
    """Say on the stream who has joined."""
    _say(settings, [(one.code, *said) for one in joined for said in announced(one, since[one.code])])


def _say(settings: Settings, events: Sequence[tuple[str, object, Attributes]]) -> None:
    """Say events of organisations on their stream; said again, ids and sequences are the same and readers drop it."""
    codec = Codec(Registry(settings.registry, register=True))
    with broker_errors(settings.bootstrap, settings.kafka_user):
        stream = producer(settings)
        try:
            sent = [
                stream.send("organisation", codec.encode(event), code.encode(), write_headers(about))
                for code, event, about in events
            ]
            stream.flush()
            for each in sent:
                each.get(timeout=_SEND_SECONDS)
        finally:
            stream.close(timeout=5)


def announced(one: Organisation, at: datetime) -> list[tuple[object, Attributes]]:
    """Return what the stream is told of an organisation that has joined, in order."""
    events = (_registered(one), _agreed(one.code, one.agreement))
    return [(event, _about(type(event), one.code, at, number)) for number, event in enumerate(events, start=1)]


def _registered(one: Organisation) -> OrganisationRegistered:
    return OrganisationRegistered(
        organisation=one.code, scheme=one.scheme, kind=one.kind, name=one.name, nation=one.nation
    )


def _agreed(code: str, agreement: SharingAgreement) -> SharingAgreementRecorded:
    return SharingAgreementRecorded(
        organisation=code,
        reference=agreement.reference,
        signed_on=agreement.signed_on,
        ends_on=agreement.ends_on,
        role=agreement.role,
        contact=agreement.contact,
    )


def _about(cls: type, code: str, at: datetime, sequence: int) -> Attributes:
    return Attributes(
        id=_event_id(code, sequence),
        source=SOURCE,
        type=full_name(cls),
        subject=code,
        time=at,
        recorded_at=at,
        sequence=sequence,
    )


def _event_id(code: str, sequence: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"placehub:{SOURCE}:{code}:{sequence}")
