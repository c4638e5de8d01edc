"""The commands of the digest."""

from __future__ import annotations

import json as text
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from placehub.clock import WallClock
from placehub.errors import NotFound, Unavailable
from placehub.mail.smtp import Post
from placehub.mailboxes.access import Access
from placehub.mailboxes.hushing import hush
from placehub.organisations.rota import Rota, read_rota
from placehub_connectors.digest.asking import Kept, ask_rota
from placehub_connectors.digest.office import Office, Wanted
from placehub_connectors.digest.serving import make_app, served
from placehub_connectors.options import Credentials, Json

EVERY_SECONDS: Final = 5.0
"""Between looks into the inbox: an emergency is told of no later."""
RotaFile = Annotated[
    Path | None, typer.Option("--rota", help="The rota, a TOML file, in place of the one kept in the portal.")
]
OwnCredentials = Annotated[
    Path | None, typer.Option("--credentials", help="The organisation's credentials, to ask for the portal's rota.")
]


def commands() -> typer.Typer:
    """Return the group of commands."""
    app = typer.Typer(no_args_is_help=True)
    for command in (run, rota):
        app.command()(command)
    return app


def rota(file: RotaFile = None, credentials: OwnCredentials = None, json: Json = False) -> None:
    """Say who is told now, and when nobody covers in the next four weeks; exit 1 when that is ever.

    Of a file, or of the rota that is kept in the portal, with the organisation's credentials.
    """
    if file is not None and credentials is None:
        found = _rota(file)
    elif credentials is not None and file is None:
        found = ask_rota(Access.load(credentials))
    else:
        raise typer.BadParameter("one of them, and only one", param_hint="--rota or --credentials")
    now = WallClock().now()
    holes = [str(one) for one in found.holes(now)]
    if json:
        print(text.dumps({"told_now": found.who(now), "holes": holes}, indent=1))
    else:
        print(f"told now: {found.who(now)}")
        print("\n".join(f"nobody covers: {one}" for one in holes) or "somebody covers throughout")
    if holes:
        raise typer.Exit(1)


def run(
    credentials: Credentials,
    memory: Annotated[Path, typer.Option(help="The digest's own file; made if there is none.")],
    smtp: Annotated[str, typer.Option(help="The mail server, host[:port]; STARTTLS, port 587 unless given.")],
    sender: Annotated[str, typer.Option("--from", help="The address mails come from.")],
    base: Annotated[str, typer.Option("--base", help="How people reach the page, https://host.")],
    file: RotaFile = None,
    listen: Annotated[str, typer.Option(help="Where the page is served, on this machine.")] = "127.0.0.1:8090",
    hour: Annotated[int, typer.Option(min=0, max=23, help="London's hour from which mails are sent.")] = 8,
    days: Annotated[int, typer.Option(min=1, max=90, help="Days for which a carer's word is taken.")] = 28,
    always: Annotated[bool, typer.Option("--always", help="A digest on days with nothing to say, too.")] = False,
    smtp_ca: Annotated[str | None, typer.Option(help="Authorities to trust, else the machine's.")] = None,
    in_the_clear: Annotated[bool, typer.Option("--in-the-clear", help="No TLS; only on this machine.")] = False,
    user: Annotated[str, typer.Option(envvar="PLACEHUB_SMTP_USER", hidden=True)] = "",
    password: Annotated[str, typer.Option(envvar="PLACEHUB_SMTP_PASSWORD", hidden=True)] = "",
) -> None:
    """Send digests, weekly links and urgent mails, and serve the page, until told to stop.

    Who is told out of hours the rota says that your people keep in the portal, asked for anew each minute; with --rota
    a file, read again as often.

    The mail server's login is in PLACEHUB_SMTP_USER and PLACEHUB_SMTP_PASSWORD.
    """
    host, _, port = smtp.partition(":")
    if port and not port.isdigit():
        raise typer.BadParameter("must be host or host:port", param_hint="--smtp")
    post = Post(
        host=host,
        port=int(port or 587),
        sender=sender,
        user=user,
        password=password,
        ca=smtp_ca,
        in_the_clear=in_the_clear,
    )
    wanted = Wanted(base=base, hour=hour, lasts=timedelta(days=days), always=always)
    hush()
    access = Access.load(credentials)
    kept = Kept(lambda: _rota(file) if file else ask_rota(access))
    _run(access, memory, kept, post, wanted, listen)


def _run(access: Access, memory: Path, kept: Kept, post: Post, wanted: Wanted, listen: str) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with ThreadPoolExecutor(1, "digest") as thread:
        office = thread.submit(Office, access, memory, kept.rota, post, wanted).result()
        try:
            with served(make_app(lambda: office, thread), listen):
                thread.submit(_look, office, kept).result()
                _say_holes(thread.submit(lambda: office.rota).result())
                while not stop.wait(EVERY_SECONDS):
                    thread.submit(_look, office, kept).result()
        finally:
            thread.submit(office.close).result()


def _look(office: Office, kept: Kept) -> None:
    wrong = kept.again()
    office.keep(kept.rota)
    try:
        told = office.look()
    except Unavailable as error:
        told = (str(error),)
        office.reconnect()
    for one in (*filter(None, [wrong]), *told):
        print(f"placehub-connect: {one}", file=sys.stderr, flush=True)


def _rota(file: Path) -> Rota:
    try:
        return read_rota(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise NotFound(f"The rota {file} cannot be read as text. Name another file.") from None


def _say_holes(rota: Rota) -> None:
    for one in rota.holes(WallClock().now()):
        print(f"placehub-connect: nobody covers {one}; the deputy is told then", file=sys.stderr, flush=True)
