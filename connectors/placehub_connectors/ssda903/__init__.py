"""The statutory return on looked-after children in England (SSDA903): read into events, filled from them, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from placehub_connectors.connector import Connector

if TYPE_CHECKING:
    from collections.abc import Sequence

    import typer

    from placehub_connectors.connector import Trial


def _commands() -> typer.Typer:
    from placehub_connectors.ssda903.commands import app

    return app


def _trials() -> Sequence[Trial]:
    from placehub_connectors.ssda903.trials import trials

    return trials()


CONNECTOR: Final = Connector(
    name="ssda903",
    says="A 903 return is read into events, filled from them, and checked by the sector's own rules.",
    sides=("authority",),
    sends=(
        "placement.PlacementStarted",
        "placement.PlacementReviewed",
        "placement.MissingEpisodeRecorded",
        "placement.PlacementEnded",
    ),
    commands=_commands,
    trials=_trials,
)
