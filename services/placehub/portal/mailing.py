"""Mails to people: noted with what their organisation was told, in one transaction, and handed in by a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

import structlog
from sqlalchemy import Connection, and_, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from placehub.errors import HubError, Misconfigured
from placehub.mail import AddressRefused, Sender
from placehub.mail.smtp import Post
from placehub.portal.accounts import check_email, role_title
from placehub.portal.mails import AT_ONCE, NONE, URGENT, due_at, joining_words, telling_words, told_by_mail
from placehub.portal.rotas import on_duty
from placehub.portal.tables import MAIL, MEMBER, PERSON
from placehub.portal.words import in_language
from placehub.settings import Settings

LOG = structlog.get_logger()
MAILS: Final = UUID("5c9d6d0a-3f0e-4b43-8d53-9a0b9a7d5b11")
"""Namespace of the ids of mails: one event is told to one person once."""
LOOK_SECONDS: Final = 1.0
"""How often mails are looked for that are due."""
AGAIN_SECONDS: Final = 60
"""How long a mail rests that was not taken, or of which it is not known because its process ended."""
MOST_AN_HOUR: Final = 6
"""Mails that one person gets within an hour at most; what else is due then goes together once the hour is over."""
KEPT_DAYS: Final = 30
"""How long it is remembered that a mail was handed in."""
SMTP_SECONDS: Final = 5.0
"""How long the mail server may take to answer: whoever invites somebody waits for it."""


def sender(settings: Settings) -> Sender | None:
    """Return what takes mails, None where nothing is set; Misconfigured where half of it is, or both ways."""
    key, password = settings.notify_key, settings.smtp_password
    if settings.smtp and key is not None:
        raise Misconfigured("Settings smtp and notify_key are both set. Unset one of them.")
    if key is not None:
        from placehub.mail.notify import Notify

        if not settings.notify_template:
            raise Misconfigured("Mails go by GOV.UK Notify, but no template is named. Set PLACEHUB_NOTIFY_TEMPLATE.")
        return Notify(key.get_secret_value(), settings.notify_template)
    if not settings.smtp:
        return None
    if not settings.smtp_sender:
        raise Misconfigured("Mails have no sender. Set PLACEHUB_SMTP_SENDER.")
    host, _, port = settings.smtp.partition(":")
    return Post(
        host=host,
        port=int(port),
        sender=settings.smtp_sender,
        user=settings.smtp_user,
        password=password.get_secret_value() if password else "",
        ca=settings.smtp_ca,
        seconds=SMTP_SECONDS,
    )


def mail_invitation(taking: Sender, email: str, organisation: str, role: str, link: str) -> None:
    """Send somebody the link by which they join, to act for an organisation; it is kept nowhere until it has gone.

    Rejected for what is no address; what `Sender.send` raises where it was not taken.
    """
    taking.send(check_email(email), joining_words(organisation, role_title(role), link), str(uuid4()))


def note(connection: Connection, organisation: str, event: Any, ce_id: UUID, came_at: datetime, now: datetime) -> None:
    """Note who of an organisation is to be told of an event by mail, in the transaction that keeps the event.

    `came_at` is when it came to the inbox by the machine's clock: nobody is told of what came before they joined.
    """
    found = told_by_mail(event)
    if found is None:
        return
    kind, roles = found
    theirs = select(PERSON.c.person_id, PERSON.c.mail).join(MEMBER, MEMBER.c.person_id == PERSON.c.person_id)
    theirs = theirs.where(MEMBER.c.organisation == organisation, MEMBER.c.role.in_(roles), PERSON.c.mail != NONE)
    covers = on_duty(connection, organisation, now) if kind == URGENT else None
    if covers:
        theirs = theirs.where(PERSON.c.person_id == covers)
    rows = [
        {
            "mail_id": uuid5(MAILS, f"{row.person_id} {ce_id}"),
            "person_id": row.person_id,
            "organisation": organisation,
            "kind": kind,
            "noted_at": now,
            "due_at": due_at(AT_ONCE if kind == URGENT else row.mail, now),
        }
        for row in connection.execute(theirs.where(MEMBER.c.since <= came_at))
    ]
    if rows:
        connection.execute(insert(MAIL).on_conflict_do_nothing(), rows)


@dataclass(frozen=True, slots=True)
class _Due:
    """What is due to one person, claimed."""

    email: str
    language: str
    ids: Sequence[UUID]
    kinds: Sequence[str]


class Mailing(threading.Thread):
    """Hands in mails that are due: everything that is due to one person in one.

    A mail whose taking is not known is handed in again a minute later under the same id. While the mail server is
    away, mails wait; nothing else does.
    """

    def __init__(self, engine: Engine, sender: Sender, root: str, wall: Callable[[], datetime]) -> None:
        """`root`: where people reach the portal; `wall`: the machine's clock, by which mails are due."""
        super().__init__(name="mailing", daemon=True)
        self._engine = engine
        self._sender = sender
        self._root = root
        self._wall = wall
        self._end = threading.Event()

    def run(self) -> None:
        """Hand in mails until it is ended."""
        while not self._end.wait(LOOK_SECONDS):
            try:
                while not self._end.is_set() and self.hand_in():
                    pass
            except (SQLAlchemyError, HubError) as error:
                LOG.warning(
                    "mails wait", cause=type(error).__name__, says=str(error) if isinstance(error, HubError) else ""
                )

    def end(self) -> None:
        """Stop handing in and wait until it has."""
        self._end.set()
        self.join(10)

    def hand_in(self) -> bool:
        """Hand in the mail that is due first; tell whether there was one. Errors as `placehub.mail.Sender` has them."""
        with self._engine.begin() as connection:
            due = _claim(connection, self._wall())
        if due is None:
            return False
        with in_language(due.language):
            words = telling_words(due.kinds, self._root)
        try:
            self._sender.send(due.email, words, str(due.ids[0]))
        except AddressRefused as error:
            LOG.warning("a mail was refused", says=str(error))
        with self._engine.begin() as connection:
            connection.execute(update(MAIL).where(MAIL.c.mail_id.in_(due.ids)).values(handed_in_at=self._wall()))
        return True


def _claim(connection: Connection, now: datetime) -> _Due | None:
    """Take everything that is due to whoever has waited longest, so that nobody else hands it in meanwhile."""
    connection.execute(delete(MAIL).where(MAIL.c.handed_in_at < now - timedelta(days=KEPT_DAYS)))
    connection.execute(delete(MAIL).where(MAIL.c.handed_in_at.is_(None), ~_wanted()))
    due = and_(
        MAIL.c.handed_in_at.is_(None),
        MAIL.c.due_at <= now,
        or_(MAIL.c.rests_until.is_(None), MAIL.c.rests_until <= now),
        or_(MAIL.c.kind == URGENT, MAIL.c.person_id.not_in(_had_enough(now))),
    )
    order = (MAIL.c.due_at, MAIL.c.noted_at, MAIL.c.mail_id)
    first = connection.execute(
        select(MAIL.c.person_id).where(due).order_by(*order).limit(1).with_for_update(skip_locked=True)
    ).scalar()
    if first is None:
        return None
    mine = select(MAIL.c.mail_id, MAIL.c.kind).where(due, MAIL.c.person_id == first).order_by(*order)
    rows = connection.execute(mine.with_for_update(skip_locked=True)).all()
    ids = [row.mail_id for row in rows]
    rests = now + timedelta(seconds=AGAIN_SECONDS)
    connection.execute(update(MAIL).where(MAIL.c.mail_id.in_(ids)).values(rests_until=rests))
    who = connection.execute(select(PERSON.c.email, PERSON.c.language).where(PERSON.c.person_id == first)).one()
    return _Due(who.email, who.language or "en", ids, [row.kind for row in rows])


def _had_enough(now: datetime) -> Any:
    """Return who has had as many mails within the last hour as anybody gets; all that went as one has one time."""
    mail = MAIL.alias()
    lately = select(mail.c.person_id).where(mail.c.handed_in_at > now - timedelta(hours=1)).group_by(mail.c.person_id)
    return lately.having(func.count(mail.c.handed_in_at.distinct()) >= MOST_AN_HOUR)


def _wanted() -> Any:
    acts = and_(MEMBER.c.person_id == MAIL.c.person_id, MEMBER.c.organisation == MAIL.c.organisation)
    wants = and_(PERSON.c.person_id == MAIL.c.person_id, PERSON.c.mail != NONE)
    return exists().where(acts) & exists().where(wants)


def choose(connection: Connection, person_id: UUID, choice: str) -> None:
    """Keep how often somebody wants to be told by mail; what waits for them goes as they now want it."""
    connection.execute(update(PERSON).where(PERSON.c.person_id == person_id).values(mail=choice))


def chosen(connection: Connection, person_id: UUID) -> str:
    """Return how often somebody wants to be told by mail."""
    return str(connection.execute(select(PERSON.c.mail).where(PERSON.c.person_id == person_id)).scalar_one())


def moment(record: Any) -> datetime:
    """Return when a record came to its topic, by the machine's clock."""
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)
