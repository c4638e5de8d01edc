"""Connectors as processes to be killed: `python -m tests.connectors.kills.programs NAME ARGUMENT...`.

For each line of its input it starts one in a child, which shares what is imported, and prints the child's id. What a
child prints goes to the standard error; it ends when its parent has.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from placehub.embedded.dying import die_with_parent
from placehub.mailboxes.access import Access

Program = Callable[[str], object]
"""Runs until it is killed; it is given the line that asked for it."""


def command(*arguments: str) -> Program:
    """A command of `placehub-connect`."""
    from placehub_connectors.cli import program

    connect = program()
    return lambda _: connect(arguments)


def api() -> Program:
    """The hub's HTTP API, by the settings in the environment."""
    from placehub import app
    from placehub.settings import Settings

    settings = Settings.load()
    return lambda _: app.run("api", settings)


def subscriber(access: str, memory: str, log: str, now: str, authority: str) -> Program:
    """A provider's office that expresses interest in whatever an authority invites it to."""
    from placehub_connectors.subscriber import Provider

    def work(_: str) -> None:
        at = datetime.fromisoformat(now)
        with Provider(Access.load(Path(access)), Path(memory), print, now=lambda: at) as mine:
            for invitation in mine.invitations():
                if invitation.referral and invitation.referral.authority == authority:
                    mine.express_interest(invitation)
                _note(log, invitation.attributes.id)

    return work


def async_subscriber(access: str, memory: str, log: str, now: str, authority: str) -> Program:
    """As `subscriber`, in asyncio."""
    from placehub_connectors.subscriber import AsyncProvider

    async def purge(_: UUID) -> None:
        """Nothing else is kept of a case."""

    async def work() -> None:
        at = datetime.fromisoformat(now)
        async with AsyncProvider(Access.load(Path(access)), Path(memory), purge, now=lambda: at) as mine:
            async for invitation in mine.invitations():
                if invitation.referral and invitation.referral.authority == authority:
                    await mine.express_interest(invitation)
                _note(log, invitation.attributes.id)

    return lambda _: asyncio.run(work())


def webhook(access: str, url: str, secret: str, memory: str) -> Program:
    """A webhook that tries again soon."""
    from placehub_connectors.webhook.sender import Webhook

    soon = timedelta(seconds=0.01)
    return lambda _: Webhook(Access.load(Path(access)), url, secret, Path(memory), private=True, first_pause=soon).run(
        bool
    )


def digest(access: str, memory: str, rota: str, port: str, ca: str, now: str) -> Program:
    """A provider's digest at the hub's time; the line that asks for it is a link's token to use, or empty."""
    from placehub.mail.smtp import Post
    from placehub.organisations.rota import read_rota
    from placehub_connectors.digest.office import Office, Wanted

    post = Post(host="localhost", port=int(port), sender="digest@hub.example", ca=ca)
    wanted = Wanted(base="https://office.example", hour=0)

    def work(token: str) -> None:
        at = datetime.fromisoformat(now)
        people = read_rota(Path(rota).read_text())
        office = Office(Access.load(Path(access)), Path(memory), people, post, wanted, lambda: at)
        while True:
            office.look()
            if token:
                office.use(token)
            time.sleep(0.05)

    return work


def vacancies(folder: str, access: str, now: str) -> Program:
    """A provider's program that takes the lists of homes put into a folder, at the hub's time."""
    from placehub_connectors.vacancies.lists import take_lists

    at, own = datetime.fromisoformat(now), Access.load(Path(access))
    return lambda _: list(take_lists(Path(folder), own, bool, every=0.1, now=lambda: at))


def _note(log: str, id: UUID) -> None:
    with open(log, "a") as file:
        file.write(f"{id}\n")


PROGRAMS: dict[str, Callable[..., Program]] = {
    one.__name__: one for one in (command, api, subscriber, async_subscriber, webhook, digest, vacancies)
}


def main() -> None:
    """Start a child for each line."""
    go = PROGRAMS[sys.argv[1]](*sys.argv[2:])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody has to ask how one ended
    tied = partial(die_with_parent, signal.SIGKILL, os.getpid())
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            tied()
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
            go(line.strip())
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
