"""`placehub publish` and `placehub tail`: what goes into the hub, and what stands in its topics."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placehub.cli.completion import complete_organisations, complete_topics
from placehub.cli.options import DEFAULT_FOLDER, Folder, Json, hub
from placehub.mailboxes.hushing import hush

if TYPE_CHECKING:
    from placehub.browsing import Topic

Sender = Annotated[str, typer.Option("--as", help="Code of the organisation.", autocompletion=complete_organisations)]
CredentialsFile = Annotated[Path | None, typer.Option("--credentials", help="File its credentials were saved in.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(publish)
    app.command()(tail)


def publish(
    file: Annotated[str, typer.Argument(help="JSON, a JSON array or JSON lines; - reads the standard input.")],
    sender: Sender,
    credentials: CredentialsFile = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Check, seal and post events: all or none.

    An event is {"type": "EarlyNoticeGiven", "time": "2026-03-02T09:30:00+00:00", "data": {...}}.
    """
    from placehub.cli.credentials import find_access
    from placehub.cli.letters import read_letters
    from placehub.cli.printing import as_json
    from placehub.mailboxes.mailbox import Mailbox

    hush()
    access = find_access(sender, folder, credentials)
    prepared = read_letters(file)
    with Mailbox.of(access) as mailbox:
        posted = mailbox.post_prepared(prepared)
    if json:
        as_json([{"id": str(one.id), "type": one.cls.__name__} for one in prepared])
    else:
        for id in posted:
            print(id)


def tail(
    topic: Annotated[
        str, typer.Argument(help="A stream, deadletter, inbox or outbox.", autocompletion=complete_topics)
    ],
    last: Annotated[int, typer.Option(min=0, help="How many records to begin with.")] = 10,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with those that come.")] = False,
    owner: Annotated[
        str | None, typer.Option("--as", help="Whose inbox or outbox.", autocompletion=complete_organisations)
    ] = None,
    credentials: CredentialsFile = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Show the last records of a stream or mailbox.

    Sealed parts are shown as `sealed`. An outbox can be read by the hub alone.
    """
    opened = _open(topic, owner, folder, credentials)
    try:
        for one in opened.last(last):
            _show(one, json)
        if follow:
            for one in opened.coming():
                _show(one, json)
    except KeyboardInterrupt:
        raise  # whoever presses Ctrl-C does not wait for a client to take its leave of a busy broker
    except BaseException:
        opened.close()
        raise
    opened.close()


def _open(topic: str, owner: str | None, folder: Path, credentials: Path | None) -> Topic:
    from placehub.browsing import hub_topic, own_topic
    from placehub.cli.credentials import find_access
    from placehub.errors import NotFound
    from placehub.streams import DEADLETTER, STREAMS, inbox, outbox

    hush()
    if topic in ("inbox", "outbox") and owner is None:
        raise typer.BadParameter(f"whose {topic}? Name the organisation", param_hint="--as")
    if topic == "inbox" and owner is not None:
        return own_topic(find_access(owner, folder, credentials), inbox(owner))
    if topic == "outbox" and owner is not None:
        return hub_topic(hub(folder), outbox(owner))
    names = [one.name for one in STREAMS] + [DEADLETTER]
    if topic not in names:
        raise NotFound(f"There is no such stream. Use one of: {', '.join(names)}, inbox, outbox.")
    return hub_topic(hub(folder), topic)


def _show(record: dict[str, Any], json: bool) -> None:
    from placehub.cli.printing import as_json_line

    if json:
        as_json_line(record)
        return
    import json as text

    where = f"{record['topic']}/{record['partition']}/{record['offset']}"
    if "data" not in record:
        print(where, *(f"{name}={value}" for name, value in record["headers"].items()), flush=True)
        return
    data = text.dumps(record["data"], ensure_ascii=False)
    print(f"{record['time'][:16]}  {record['type']}  {record['source']}  {where}\n    {data}", flush=True)
