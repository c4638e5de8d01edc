"""The commands of the webhook."""

from __future__ import annotations

import json as text
import signal
import threading
from contextlib import closing
from pathlib import Path
from typing import Annotated, Final

import typer

from placehub.mailboxes.access import Access
from placehub_connectors.options import Credentials, Json
from placehub_connectors.webhook.memory import Memory
from placehub_connectors.webhook.sender import Webhook, machine_time
from placehub_connectors.webhook.signing import new_secret

Kept = Annotated[Path, typer.Option("--memory", help="The webhook's own file; made if there is none.")]
SECRET: Final = "PLACEHUB_WEBHOOK_SECRET"  # noqa: S105 - a variable's name


def commands() -> typer.Typer:
    """Return the group of commands."""
    app = typer.Typer(no_args_is_help=True)
    for command in (secret, run, status, dead, redrive):
        app.command()(command)
    return app


def secret() -> None:
    """Print a new secret, for PLACEHUB_WEBHOOK_SECRET here and for whoever checks the signatures."""
    print(new_secret())


def run(
    url: Annotated[str, typer.Option(help="Where to deliver, https://host/path.")],
    credentials: Credentials,
    memory: Kept,
    secret: Annotated[str, typer.Option(envvar=SECRET, hidden=True)] = "",
    private: Annotated[
        bool, typer.Option("--allow-private", help="The receiver is within your own network; http:// is allowed too.")
    ] = False,
    ca: Annotated[Path | None, typer.Option(help="Authorities to trust, PEM, else the machine's.")] = None,
) -> None:
    """Deliver what comes to the inbox, until told to stop; the secret is in PLACEHUB_WEBHOOK_SECRET."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with closing(Webhook(Access.load(credentials), url, secret, memory, private=private, ca=ca)) as webhook:
        webhook.run(stop.is_set)


def status(memory: Kept, json: Json = False) -> None:
    """Say how many deliveries wait, were made and were given up; exit 1 when one was given up."""
    with closing(Memory(memory)) as kept:
        counts = kept.counts()
    print(text.dumps(counts, indent=1) if json else "\n".join(f"{name:<10}{count}" for name, count in counts.items()))
    if counts["dead"]:
        raise typer.Exit(1)


def dead(memory: Kept, json: Json = False) -> None:
    """List the deliveries that were given up after 72 hours, and why."""
    with closing(Memory(memory)) as kept:
        found = kept.dead()
    if json:
        print(text.dumps(found, indent=1))
        return
    for one in found:
        print(f"{one['ce_id']}  {one['type']}  {one['subject']}  {one['attempts']} times: {one['problem']}")


def redrive(
    memory: Kept, id: Annotated[str | None, typer.Argument(help="One of them; else all.", show_default=False)] = None
) -> None:
    """Let dead letters be delivered after all, tried for 72 hours again."""
    with closing(Memory(memory)) as kept:
        print(f"{kept.redrive(machine_time(), id)} to be delivered again")
