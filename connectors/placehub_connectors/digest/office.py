"""A provider's desk: the inbox is looked through, mails are sent, and a link that is used confirms the homes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from placehub.clock import WallClock
from placehub.errors import Rejected, Unavailable
from placehub.mail import AddressRefused, Words
from placehub.mail.smtp import Post
from placehub.mailboxes.access import Access
from placehub.mailboxes.mailbox import Mailbox
from placehub.organisations.rota import LONDON, Rota
from placehub.search.events import OutOfHoursContactTold
from placehub_connectors.digest import wording
from placehub_connectors.digest.confirming import confirmation_id, confirmations
from placehub_connectors.digest.links import LASTS, make_token, read_token
from placehub_connectors.digest.memory import Link, Memory
from placehub_connectors.digest.picture import seen
from placehub_connectors.digest.trying import Trying

machine_time: Final = WallClock().now


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a provider wants it: mails from which hour in London, and under which address the page is reached.

    `lasts`: how long a carer's word is taken to stand; `always`: a digest on days with nothing to say, too.
    """

    base: str
    hour: int = 8
    lasts: timedelta = timedelta(days=28)
    always: bool = False


class Office:
    """One provider's desk. Use it from one thread; every call may raise Unavailable and be made again."""

    def __init__(
        self,
        access: Access,
        memory: Path,
        rota: Rota,
        post: Post,
        wanted: Wanted,
        now: Callable[[], datetime] = machine_time,
    ) -> None:
        """Connect to nothing yet; Misconfigured when the memory is another organisation's."""
        self._access, self._rota, self._post, self._wanted, self._now = access, rota, post, wanted, now
        self._memory = Memory(memory, access.organisation)
        self._picture = self._memory.picture()
        self._mailbox = Mailbox.of(access)
        self._trying = Trying()
        self._told: list[str] = []

    def close(self) -> None:
        """Let go of connections and file; harmless twice."""
        self._mailbox.close()
        self._memory.close()

    def reconnect(self) -> None:
        """Begin with new connections; what comes again changes nothing."""
        self._mailbox.close()
        self._mailbox = Mailbox.of(self._access)

    def keep(self, rota: Rota) -> None:
        """Tell from now on whoever this rota says."""
        self._rota = rota

    @property
    def rota(self) -> Rota:
        """The rota by the bank holidays of the provider's nation, as far as the inbox has told it."""
        return self._rota.of(self._picture.nation)

    def look(self) -> tuple[str, ...]:
        """Look through the inbox, finish what was broken off, and send the mails that are due.

        Returns what could not be done as the rota wants it, a sentence each. A mail whose taking is not known is sent
        again under the same id; one that was not taken is tried again after a pause.
        """
        self._told = []
        self._see()
        for link in self._memory.half_used():
            self._finish(link)
        self._tell_urgent()
        if self._now().astimezone(LONDON).hour >= self._wanted.hour:
            self._tell_day()
            self._tell_week()
        return tuple(self._told)

    def show(self, token: str) -> tuple[int, str]:
        """Return status and page of a link that was opened; nothing is confirmed by it."""
        try:
            link = self._link(token)
            self._see()
        except Rejected as error:
            return 410, wording.refused_page(f"The link {error.rule}.")
        except Unavailable:
            return 503, wording.away_page()
        return 200, self._done(link) if link.used_at else self._asking(link)

    def use(self, token: str) -> tuple[int, str]:
        """Confirm what a link lists, once however often it is called; return status and page."""
        try:
            link = self._link(token)
            self._see()
            if link.used_at is None:
                self._memory.use_link(link.id, self._now(), self._left(link))
                link = self._link(token)
            if not link.done:
                self._finish(link)
        except Rejected as error:
            return 410, wording.refused_page(f"The link {error.rule}.")
        except Unavailable:
            return 503, wording.away_page()
        return 200, self._done(link)

    def _see(self) -> None:
        urgent = {}
        for one in self._mailbox.read_to_end():
            self._picture = seen(self._picture, one.event)
            if isinstance(one.event, OutOfHoursContactTold):
                urgent[one.attributes.id] = one.event.respond_by
        self._memory.keep(self._picture, urgent)

    def _link(self, token: str) -> Link:
        found = self._memory.link(read_token(self._memory.secret, token, self._now()))
        if found is None:
            raise Rejected("link", "is not known here any more", "Wait for the next weekly e-mail")
        return found

    def _left(self, link: Link) -> tuple[UUID, ...]:
        may = set(self._picture.to_confirm(self._now() + self._wanted.lasts))
        return tuple(one for one in link.homes if one in may)

    def _finish(self, link: Link) -> None:
        letters = confirmations(self._access.organisation, link, self._wanted.lasts)
        if letters:
            self._mailbox.post_prepared([one.prepared() for one in letters])
        self._memory.link_done(link.id)

    def _asking(self, link: Link) -> str:
        homes = [self._picture.homes[one] for one in self._left(link)]
        return wording.asking_page(homes, len(link.homes) - len(homes), self._now() + self._wanted.lasts)

    def _done(self, link: Link) -> str:
        ids = {one: confirmation_id(self._access.organisation, link, one) for one in link.confirmed}
        refused = [one for one, id in ids.items() if id in self._picture.refused]
        homes = [self._picture.homes[one] for one in ids if one in self._picture.homes and one not in refused]
        return wording.done_page(homes, len(link.homes) - len(ids), len(refused))

    def _tell_urgent(self) -> None:
        for id, respond_by in self._memory.urgent().items():
            if respond_by > self._now():
                self._send(str(id), str(id), partial(wording.emergency_words, respond_by))

    def _tell_day(self) -> None:
        words = wording.digest_words(self._picture, self._now())
        words = words or (wording.quiet_words() if self._wanted.always else None)
        if words is not None:
            mail = f"digest-{self._now().astimezone(LONDON).date()}"
            self._send(mail, f"{mail}-{self._access.organisation}", lambda: words)

    def _tell_week(self) -> None:
        homes = self._picture.to_confirm(self._now() + self._wanted.lasts)
        year, week, _ = self._now().astimezone(LONDON).isocalendar()
        mail = f"confirm-{year}-{week}"
        if homes:
            self._send(mail, f"{mail}-{self._access.organisation}", lambda: self._make_link(mail, homes))

    def _make_link(self, id: str, homes: tuple[UUID, ...]) -> Words:
        # A mail that is sent again carries the link it carried before.
        self._memory.make_link(id, homes)
        kept, until = self._memory.link(id), self._now() + LASTS
        token = make_token(self._memory.secret, id, until)
        count = len(kept.homes if kept else homes)
        return wording.confirm_words(count, f"{self._wanted.base.rstrip('/')}/confirm/{token}", until)

    def _send(self, mail: str, id: str, words: Callable[[], Words]) -> None:
        """Send a mail that is not known to have been taken, unless it failed a short while ago."""
        now = self._now()
        if self._memory.is_sent(mail) or self._trying.rests(mail, now):
            return
        try:
            self._hand_in(words(), id)
        except (Unavailable, AddressRefused) as error:
            self._trying.failed(mail, now)
            self._told.append(str(error))
            return
        self._trying.worked(mail)
        self._memory.sent(mail, now)

    def _hand_in(self, words: Words, id: str) -> None:
        """Hand a mail in to whoever is told now, or to the deputy when that address is refused for good."""
        rota = self.rota
        who = rota.who(self._now())
        try:
            self._post.send(rota.people[who], words, id)
        except AddressRefused as error:
            if who == rota.deputy:
                raise AddressRefused(f"Nobody was told: {who} is the deputy. {error}") from None
            self._post.send(rota.people[rota.deputy], words, id)
            self._told.append(f"{rota.deputy} was told in place of {who}. {error}")
