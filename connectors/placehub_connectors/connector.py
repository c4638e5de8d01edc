"""What a connector is, and how the installed ones are found.

A connector is an entry point of the group `placehub.connectors` that names a `Connector`. The entry point's name is
the connector's; `placehub-connect <name>` runs its commands, and the suite in `tests/connectors/suite` tries it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Final

from placehub.errors import Misconfigured
from placehub_connectors.letters import Letter, Problem

if TYPE_CHECKING:
    import typer

GROUP: Final = "placehub.connectors"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one trial: the events to post, in order, and what was set aside."""

    letters: tuple[Letter, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """Something the outside system may say, run against an empty folder and reaching no hub.

    Run twice, in two folders, it must come to the same outcome. `canaries` are personal values it contains: none may
    stand in a problem.
    """

    says: str
    run: Callable[[Path], Outcome]
    canaries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """One outside system that can be joined.

    `sends`: every event it may post, by its full name. `sides`: the kinds of organisation that use it. `commands` is
    called only when its commands are shown or run, `trials` only by the suite.
    """

    name: str
    says: str
    sides: tuple[str, ...]
    sends: tuple[str, ...] = ()
    commands: Callable[[], typer.Typer]
    trials: Callable[[], Sequence[Trial]]


def registered() -> tuple[Connector, ...]:
    """Return every installed connector by its name; Misconfigured when an entry point names something else."""
    found = []
    for one in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        connector = one.load()
        if not isinstance(connector, Connector) or connector.name != one.name:
            raise Misconfigured(f"The entry point {one.name} names no connector of that name. Correct {one.value}.")
        found.append(connector)
    return tuple(found)
