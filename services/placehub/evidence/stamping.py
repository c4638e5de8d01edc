"""Having tree heads stamped: a loop beside the evidence log asks a time-stamping authority for each new head.

It waits for nobody and nobody waits for it: what it is told is kept in the database, and told from there.
"""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid5

import httpx
import structlog
from cryptography.x509 import Certificate
from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from placehub.drivers.step import Step
from placehub.errors import Misconfigured, Rejected, Unavailable
from placehub.evidence.events import TreeHeadStamped
from placehub.evidence.heads import Head, SigningKey
from placehub.evidence.stamps import Stamp, question, roots_of, stamp_of
from placehub.evidence.store import StoredLog, read_log
from placehub.evidence.tables import LOG, STAMP
from placehub.evidence.tiles import Growth

LOG_LINES: Final = structlog.get_logger()
LOOK_SECONDS: Final = 5.0
"""How often it looks for a head that has no stamp."""
AGAIN_SECONDS: Final = 60.0
"""How long it leaves an authority alone that did not answer, or wrongly."""
ANSWER_SECONDS: Final = 20.0
LARGEST: Final = 100_000
"""Bytes of an answer; they have some thousands."""
STAMPS_TO_TELL: Final = select(STAMP).where(STAMP.c.told.is_(False)).order_by(STAMP.c.tree_size)
HEADERS: Final = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


def roots_in(path: Path) -> tuple[Certificate, ...]:
    """Read the root certificates in a file; Misconfigured when it cannot be read or holds none."""
    try:
        return roots_of(path.read_bytes())
    except OSError as error:
        raise Misconfigured(f"The root certificates {path} cannot be read: {error.strerror}.") from None


class Authority:
    """A time-stamping authority, and by which root certificates it is known."""

    def __init__(self, url: str, roots: Sequence[Certificate]) -> None:
        self._url = url
        self._roots = roots

    @property
    def name(self) -> str:
        """Its host name."""
        return urlsplit(self._url).hostname or ""

    def stamp(self, head: Head) -> Stamp:
        """Return its stamp of a head; Unavailable when it does not answer, Rejected when the answer does not hold."""
        asked = question(head)
        try:
            answer = httpx.post(self._url, content=asked.as_bytes(), headers=HEADERS, timeout=ANSWER_SECONDS)
        except httpx.HTTPError as error:
            raise Unavailable(f"The time-stamping authority does not answer ({type(error).__name__}).") from None
        if answer.status_code != httpx.codes.OK or len(answer.content) > LARGEST:
            raise Unavailable(f"The time-stamping authority answers {answer.status_code}.")
        return stamp_of(head, answer.content, self._roots, asked)


class Stamping(threading.Thread):
    """The loop. A head that was missed while it was away is not stamped any more: the next one covers it."""

    def __init__(self, engine: Engine, key: SigningKey, authority: Authority) -> None:
        super().__init__(name="stamping", daemon=True)
        self._engine = engine
        self._key = key
        self._authority = authority
        self._end = threading.Event()

    def run(self) -> None:
        """Stamp until the process ends."""
        wait = 0.0
        while not self._end.wait(wait):
            try:
                self.once()
                wait = LOOK_SECONDS
            except (Unavailable, Rejected) as error:
                LOG_LINES.warning("the last tree head has no time stamp yet", cause=str(error))
                wait = AGAIN_SECONDS
            except SQLAlchemyError as error:
                LOG_LINES.warning("stamping waits for the database", cause=type(error).__name__)
                wait = AGAIN_SECONDS

    def once(self) -> bool:
        """Stamp the last head if it has no stamp; tell whether it did. Errors as `Authority.stamp`."""
        with self._engine.connect() as connection:
            head = self._unstamped(connection)
        if head is None:
            return False
        stamp = self._authority.stamp(head)
        row = {
            "tree_size": head.tree_size,
            "authority": self._authority.name,
            "answer": stamp.answer,
            "stamped_at": stamp.stamped_at,
        }
        with self._engine.begin() as connection:
            connection.execute(insert(STAMP).values(row))
        return True

    def _unstamped(self, connection: Connection) -> Head | None:
        last = connection.scalar(select(func.max(STAMP.c.tree_size))) or 0
        if (connection.scalar(select(LOG.c.head_size)) or 0) <= last:
            return None
        return head_again(read_log(connection), self._key)


def head_again(log: StoredLog, key: SigningKey) -> Head:
    """Return the last head as it was signed: the same text under the same key has the same signature."""
    assert log.head_at is not None, "it was signed"
    return key.sign_head(log.head_size, Growth(log.head_size, log.tile).root(), log.head_at)


def tell_stamps(step: Step, log: StoredLog) -> None:
    """Tell in the stream of heads of each stamp, once."""
    for one in step.connection.execute(STAMPS_TO_TELL).all():
        event = TreeHeadStamped(
            log_id=log.log_id,
            tree_size=one.tree_size,
            stamped_at=one.stamped_at,
            authority=one.authority,
            answer=b64encode(one.answer).decode(),
            to=log.keys("organisation"),
        )
        step.emit(event, because=uuid5(log.log_id, f"stamp {one.tree_size}"))
        step.connection.execute(update(STAMP).where(STAMP.c.tree_size == one.tree_size).values(told=True))
