"""What a shell may complete: names that are known here at once, and those the hub knows where it answers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any


def complete_processors(incomplete: str) -> list[str]:
    """Complete the name of a processor."""
    from placehub.app import READS

    return _beginning(incomplete, READS)


def complete_processes(incomplete: str) -> list[str]:
    """Complete what `placehub run` can run."""
    from placehub.app import PROCESSES

    return _beginning(incomplete, PROCESSES)


def complete_topics(incomplete: str) -> list[str]:
    """Complete what `placehub tail` can show."""
    from placehub.streams import DEADLETTER, STREAMS

    return _beginning(incomplete, [*(one.name for one in STREAMS), DEADLETTER, "inbox", "outbox"])


def complete_views(incomplete: str) -> list[str]:
    """Complete the name of a view."""
    from placehub.monitoring.views import VIEWS

    return _beginning(incomplete, VIEWS)


def complete_charts(incomplete: str) -> list[str]:
    """Complete the name of a view that has a chart."""
    from placehub.monitoring.views import VIEWS

    return _beginning(incomplete, [name for name, view in VIEWS.items() if view.panels])


def complete_events(incomplete: str) -> list[str]:
    """Complete the name of an event, alone or with its stream."""
    from placehub.streams import event_name, every_event, full_name

    names = full_name if "." in incomplete else event_name
    return _beginning(incomplete, sorted({names(cls) for cls in every_event()}))


def complete_organisations(ctx: Any, incomplete: str) -> list[str]:
    """Complete the code of an organisation; nothing where the hub does not answer."""
    return _beginning(incomplete, _asked(ctx, _codes))


def _codes(folder: Path) -> list[str]:
    from placehub.cli.options import database, hub
    from placehub.organisations.register import list_organisations

    with database(hub(folder)) as connection:
        return [str(one["code"]) for one in list_organisations(connection)]


def _asked(ctx: Any, ask: Callable[[Path], list[str]]) -> list[str]:
    from placehub.errors import HubError

    folder = ctx.params.get("folder") or os.environ.get("PLACEHUB_DIR") or ".placehub"
    try:
        return ask(Path(folder))
    except HubError:  # somebody who presses Tab wants no error between two words
        return []


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
