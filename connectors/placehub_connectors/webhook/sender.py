"""The webhook's process: inbox to disk, disk to receiver."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx

from placehub.errors import HubError, Unavailable
from placehub.mailboxes.access import Access
from placehub.mailboxes.mailbox import Mailbox
from placehub_connectors.webhook.memory import Due, Memory
from placehub_connectors.webhook.pacing import FIRST, GIVEN_UP, Breaker, pause
from placehub_connectors.webhook.signing import key_of, signed
from placehub_connectors.webhook.target import Target, address_of, target_of
from placehub_connectors.webhook.trusting import trust, why_not

LOG = logging.getLogger(__name__)
MEMBER: Final = "webhook"
ANSWER_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 0.25
IN_A_ROW: Final = 50
"""Deliveries made before the inbox is looked into again."""


def machine_time() -> datetime:
    """Return this machine's time."""
    return datetime.now(UTC)


class Webhook:
    """Delivers one inbox to one receiver. A delivery that was being made when this died is made again, same id."""

    def __init__(
        self,
        access: Access,
        url: str,
        secret: str,
        memory: Path,
        *,
        private: bool = False,
        ca: Path | None = None,
        first_pause: timedelta = FIRST,
        now: Callable[[], datetime] = machine_time,
    ) -> None:
        """Connect to nothing yet; Rejected for a URL that may not be used.

        `ca`: a file of authorities to trust, else the machine's. Misconfigured for one that cannot be read, for a
        secret that is none, and for a memory that is another organisation's.
        """
        trusted = trust(ca)
        self._target: Target = target_of(url, private=private)
        self._key = key_of(secret)
        self._private = private
        self._first = first_pause
        self._now = now
        self._memory = Memory(memory)
        self._memory.claim(access.organisation)
        self._access = access
        self._mailbox = Mailbox.of(access, MEMBER)
        self._breaker = Breaker()
        # a redirect could lead to where the target may not; a proxy of the machine's would resolve the name itself
        self._http = httpx.Client(timeout=ANSWER_SECONDS, follow_redirects=False, trust_env=False, verify=trusted)

    def close(self) -> None:
        """Let go of connections and file; harmless twice."""
        self._http.close()
        self._mailbox.close()
        self._memory.close()

    def run(self, stopped: Callable[[], bool]) -> None:
        """Deliver what comes until told to stop; a hub that is away is waited for, and so is the receiver."""
        failures = 0
        while not stopped():
            try:
                # what came is on disk before the next look confirms it
                self._memory.keep(self._mailbox.read(LOOK_SECONDS), self._now())
                failures = 0
            except Unavailable as error:
                failures += 1
                LOG.warning("the hub is away and is tried again (%s times): %s", failures, error)
                self._mailbox.close()
                self._mailbox = Mailbox.of(self._access, MEMBER)
                time.sleep(min(5.0, 0.25 * failures))
            self.deliver()

    def deliver(self) -> int:
        """Make the deliveries that are due, `IN_A_ROW` at most; return how many were tried."""
        for tried in range(IN_A_ROW):
            due = self._memory.due(self._now()) if self._breaker.lets(self._now()) else None
            if due is None:
                return tried
            self._try(due)
        return IN_A_ROW

    def _try(self, due: Due) -> None:
        problem, wait = self._send(due)
        now = self._now()
        self._breaker = self._breaker.after(not problem, now, random.random, self._first)
        if not problem:
            self._memory.delivered(due.id)
            return
        again = now + max(wait, pause(due.attempts, random.random, self._first))
        given_up = now - due.came_at >= GIVEN_UP
        LOG.warning("delivery %s was not taken (%s times): %s", due.id, due.attempts + 1, problem)
        self._memory.failed(due.id, problem, None if given_up else again)

    def _send(self, due: Due) -> tuple[str, timedelta]:
        """Make one delivery; return why it was not taken, empty if it was, and how long the receiver asked to wait."""
        try:
            address = address_of(self._target, private=self._private)
            headers = {**signed(due.id, due.body, self._key, self._now()), "host": self._target.name}
            answer = self._http.post(
                self._target.at(address),
                content=due.body.encode(),
                headers=headers,
                extensions={"sni_hostname": self._target.host},  # the certificate is the name's, not the address's
            )
        except HubError as error:
            return str(error), timedelta()
        except httpx.HTTPError as error:
            return why_not(error), timedelta()
        if answer.is_success:
            return "", timedelta()
        asked = answer.headers.get("retry-after", "")
        seconds = min(int(asked), 3600) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0
        return f"answered {answer.status_code}", timedelta(seconds=seconds)
