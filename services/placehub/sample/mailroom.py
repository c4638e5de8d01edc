"""The hub as the actors meet it in the demo: every organisation with its own credentials and mailbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from placehub.drivers.patience import patiently
from placehub.errors import HubError, Unavailable
from placehub.mailboxes.access import Access
from placehub.mailboxes.documents import prepare
from placehub.mailboxes.inbox import Received
from placehub.mailboxes.mailbox import Mailbox
from placehub.organisations.joining import Organisation, SharingAgreement
from placehub.organisations.register import add_many
from placehub.referrals.child import Child, ChildNeed
from placehub.sample.actors import Act
from placehub.sample.history import Doorbell
from placehub.sample.parties import STARTS_ON, Party

if TYPE_CHECKING:
    from placehub.whole import Running

ACCESS: Final = "credentials"
"""Folder in which the command line looks for an organisation's credentials."""
AT_ONCE: Final = 8
AT_ONCE_REGISTERED: Final = 60
"""Organisations registered together: a broker takes its time over hundreds of topics and rules at once."""
A = TypeVar("A")
R = TypeVar("R")


class Mailroom:
    """Every organisation's mailbox on a hub that runs; its servers and processes may die and come back meanwhile."""

    def __init__(self, running: Running, folder: Path) -> None:
        self._running = running
        self._folder = folder
        self._mailboxes: dict[str, Mailbox] = {}
        self._bell: Doorbell | None = None
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._reader = ThreadPoolExecutor(1)

    def register(self, parties: Sequence[Party], now: datetime) -> None:
        """Set the hub's clock, register every organisation, and keep its credentials in the hub's folder."""
        self._running.tick(now)
        for first in range(0, len(parties), AT_ONCE_REGISTERED):
            some = [joining(one) for one in parties[first : first + AT_ONCE_REGISTERED]]
            for credentials in self._running.see_through(lambda some=some: add_many(self._running.settings, some, now)):  # type: ignore[misc]  # a default of its own
                access = self._access(credentials.code, credentials.kafka_password, credentials.api_token)
                access.save(self._folder / ACCESS / f"{credentials.code}.json")
                self._mailboxes[credentials.code] = Mailbox.of(access)
        self._running.wait_quiet()
        self._bell = Doorbell(self._running.settings, self._mailboxes)

    def turn(self, now: datetime) -> Mapping[str, Sequence[Received]]:
        """Move the hub's clock on; return what has come to each inbox since it last was read."""
        early = self._reader.submit(self._letters)  # while the hub is busy with what the new time brings
        self._running.tick(now, views=False)
        came = self._running.finish(early)
        late = self._running.finish(self._reader.submit(self._letters))
        return {code: [*came.get(code, ()), *late.get(code, ())] for code in {*came, *late}}

    def post(self, wave: Sequence[Act]) -> None:
        """Post each sender's acts from its own mailbox, and wait until they are decided."""
        by_sender: dict[str, list[Act]] = defaultdict(list)
        for act in wave:
            by_sender[act.sender].append(act)
        self.each(lambda both: self._send(*both), by_sender.items())
        self._running.wait_decided()  # the next tick waits for the inboxes, the end for the views

    def need(self, provider: str, child: Child) -> ChildNeed | None:
        """Open a child's need with the provider's own credentials."""
        try:
            return patiently(lambda: self._mailboxes[provider].open_need(child))
        except Unavailable:
            raise
        except HubError:  # closed to us meanwhile: the manager goes on with what is said openly
            return None

    def each(self, do: Callable[[A], R], items: Iterable[A]) -> list[R]:
        """Return what `do` returns for each item, several at once."""
        return [self._running.finish(one) for one in [self._pool.submit(do, item) for item in items]]

    def close(self) -> None:
        """Let go of all connections."""
        self._reader.shutdown()
        self._pool.shutdown()
        for mailbox in self._mailboxes.values():
            mailbox.close()
        if self._bell is not None:
            self._bell.close()

    def _access(self, code: str, password: str, token: str) -> Access:
        settings = self._running.settings
        return Access(
            organisation=code,
            bootstrap=settings.bootstrap,
            kafka_password=password,
            api=settings.api,
            api_token=token,
            tls_ca=settings.kafka_tls_ca,
        )

    def _letters(self) -> dict[str, list[Received]]:
        rung = patiently(self._bell.rung) if self._bell else []
        found = self._pool.map(lambda code: patiently(self._mailboxes[code].read_to_end), rung)
        return dict(zip(rung, found, strict=True))

    def _send(self, code: str, acts: Sequence[Act]) -> None:
        letters = [prepare(act.name, act.document(), act.time, act.id) for act in acts]
        patiently(lambda: self._mailboxes[code].post_prepared(letters))  # an act has the same id each time


def joining(party: Party) -> Organisation:
    """Return the party as the register takes it."""
    return Organisation(
        code=party.code,
        scheme=party.scheme,
        kind=party.kind,
        name=party.name,
        nation=party.nation,
        agreement=SharingAgreement(
            reference=party.sharing_agreement, signed_on=STARTS_ON, contact=f"data@{party.code.lower()}.example"
        ),
    )
