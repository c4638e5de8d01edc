"""What an operator sees of a hub, by command line or portal: its servers, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from threading import Lock
from typing import Any, Final, NamedTuple
from uuid import UUID

import httpx
from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from placehub.browsing import hub_topic
from placehub.certificates import certificates
from placehub.database import connect, database_errors
from placehub.drivers.quiet import Lag, Quiet
from placehub.errors import HubError, Unavailable
from placehub.evidence.heads import PublicKey
from placehub.evidence.store import read_log
from placehub.evidence.tables import CHECKED
from placehub.intake.tables import resting_outboxes
from placehub.mailboxes.access import Access
from placehub.mailboxes.connection import broker_errors
from placehub.organisations.broker import administer
from placehub.organisations.joining import Credentials
from placehub.replaying.planning import Wanted
from placehub.replaying.running import Replay
from placehub.settings import Settings


def handed_over(made: Credentials, settings: Settings) -> Access:
    """Return what an organisation is given with new credentials: the servers as they are reached from outside."""
    return Access(
        organisation=made.code,
        bootstrap=settings.bootstrap_outside or settings.bootstrap,
        kafka_password=made.kafka_password,
        api=settings.api_outside or settings.api,
        api_token=made.api_token,
        tls_ca=settings.kafka_tls_ca,
    )


def servers(settings: Settings) -> dict[str, str]:
    """Return each server the hub needs with `up`, or with the sentence that says what is the matter.

    They are looked at side by side: it takes as long as the slowest.
    """
    with ThreadPoolExecutor(len(_LOOKS)) as side_by_side:
        states = side_by_side.map(lambda look: _state(look, settings), _LOOKS.values())
        return dict(zip(_LOOKS, states, strict=True))


def _state(look: Callable[[Settings], None], settings: Settings) -> str:
    try:
        look(settings)
    except HubError as error:
        return str(error)
    return "up"


def _look_at_kafka(settings: Settings) -> None:
    with administer(settings):
        pass


def _look_at_database(settings: Settings) -> None:
    url = settings.database.get_secret_value()
    with database_errors(url):
        engine = connect(url, pool_size=1)
        try:
            with engine.connect():
                pass
        finally:
            engine.dispose()


def _look_at_registry(settings: Settings) -> None:
    _get(settings.registry, "/subjects", "The schema registry")


def _look_at_api(settings: Settings) -> None:
    _get(settings.api, "/ready", "The API")


@cache
def _http() -> httpx.Client:
    """Return what asks servers by HTTP: a client of its own for each question is most of what a question takes."""
    return httpx.Client(timeout=5, verify=certificates())


def _get(root: str, path: str, what: str) -> None:
    where = httpx.URL(root).copy_with(userinfo=b"")
    try:
        answer = _http().get(f"{root}{path}")
    except httpx.HTTPError:
        raise Unavailable(f"{what} at {where} does not answer.") from None
    if answer.status_code != 200:
        raise Unavailable(f"{what} at {where} answers, but is not ready ({answer.status_code}).")


_LOOKS: Final = {
    "kafka": _look_at_kafka,
    "registry": _look_at_registry,
    "database": _look_at_database,
    "api": _look_at_api,
}
_BESIDE: Final = ("registry", "api")
"""Servers that no lag is read from."""


class Evidence(NamedTuple):
    """The evidence log: its size in records, how much of it the last signed head covers, how far it was verified."""

    log_id: UUID
    public_key: str
    size: int
    head_size: int
    head_at: datetime | None
    checked: int | None
    """None: `placehub audit verify` has not checked it yet."""
    checked_at: datetime | None
    """When it checked last, by the machine's clock; None: not yet, or before the hub kept the time."""


class Operating:
    """A hub as its operators work with it, in a process that stays; may be shared between threads."""

    def __init__(
        self,
        settings: Settings,
        now: Callable[[], datetime],
        processors: Mapping[str, tuple[Collection[str], Collection[str]]],
        open_quiet: Callable[[], Quiet],
        open_replay: Callable[[Wanted], Replay],
    ) -> None:
        """`processors`: what each reads, by partition and whole. `open_quiet` is called at the first question.

        `open_replay` returns what makes views again, up to where the live ones stand at that moment.
        """
        self.settings: Final = settings
        self.now: Final = now
        self.processors: Final = tuple(processors)
        self._open = open_quiet
        self.replay: Final = open_replay
        self._quiet: Quiet | None = None
        self._lock = Lock()

    def lag(self) -> Lag:
        """Return what each processor has still to read and to publish; Unavailable when a server does not answer."""
        with self._lock, broker_errors(self.settings.bootstrap, self.settings.kafka_user):
            if self._quiet is None:
                self._quiet = self._open()
            return self._quiet.lag()

    def resting(self, connection: Connection) -> list[dict[str, Any]]:
        """Return the outboxes that rest now, because most of what came from them was rejected."""
        return resting_outboxes(connection)

    def servers(self) -> dict[str, str]:
        """Return each server with `up`, or with what is the matter."""
        return servers(self.settings)

    def health(self) -> tuple[dict[str, str], Lag | None]:
        """Return the servers as `servers` does, and the lag; None where one of those it is read from is away.

        A lag that can be told shows that broker and database answer: no connection is opened to see that they do.
        """
        with ThreadPoolExecutor(len(_BESIDE)) as side_by_side:
            beside = side_by_side.map(lambda name: _state(_LOOKS[name], self.settings), _BESIDE)
            broker = database = "up"
            lag = None
            try:
                lag = self.lag()
            except HubError as error:
                broker, database = str(error), _state(_look_at_database, self.settings)
            except SQLAlchemyError:
                broker, database = (_state(_LOOKS[name], self.settings) for name in ("kafka", "database"))
            registry, api = beside
        return {"kafka": broker, "registry": registry, "database": database, "api": api}, lag

    def browse(self, topic: str, count: int) -> list[dict[str, Any]]:
        """Return the last records of a topic, oldest first, each sealed part as the word `sealed`."""
        found = hub_topic(self.settings, topic)
        try:
            return found.last(count)
        finally:
            found.close()

    def evidence(self, connection: Connection) -> Evidence:
        """Return how the evidence log stands; NotFound while none has begun."""
        log = read_log(connection)
        mine = select(CHECKED.c.size, CHECKED.c.checked_at).where(CHECKED.c.log_id == log.log_id)
        checked = connection.execute(mine).one_or_none() or (None, None)
        return Evidence(log.log_id, PublicKey(log.public_key).pem, log.size, log.head_size, log.head_at, *checked)
