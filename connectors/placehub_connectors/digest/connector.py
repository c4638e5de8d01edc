"""The digest as a connector."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from placehub_connectors.connector import Connector, Outcome, Trial
from placehub_connectors.digest.commands import commands
from placehub_connectors.digest.confirming import confirmations
from placehub_connectors.digest.memory import Memory

_PROVIDER: Final = "SC012345"
_HOMES: Final = (UUID(int=1), UUID(int=2))


def _used_link(folder: Path) -> Outcome:
    with closing(Memory(folder / "memory.sqlite", _PROVIDER)) as memory:
        memory.make_link("made up", _HOMES)
        memory.use_link("made up", datetime(2026, 3, 2, 9, tzinfo=UTC), _HOMES[:1])
        (link,) = memory.half_used()
    return Outcome(letters=confirmations(_PROVIDER, link, timedelta(days=28)))


def trials() -> Sequence[Trial]:
    """Return what the suite tries."""
    return (Trial("a weekly link is used, one of its two homes being closed by then", _used_link),)


CONNECTOR: Final = Connector(
    name="digest",
    says="A provider with e-mail alone: a daily digest, a weekly link that confirms its homes, a rota.",
    sides=("provider",),
    sends=("vacancy.VacancyConfirmed",),
    commands=commands,
    trials=trials,
)
"""Registered by entry point."""
