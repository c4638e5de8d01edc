"""The folder drop: an authority's exports become events, by a mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from placehub_connectors.connector import Connector

if TYPE_CHECKING:
    from collections.abc import Sequence

    import typer

    from placehub_connectors.connector import Trial


def _commands() -> typer.Typer:
    from placehub_connectors.folder.commands import app

    return app


def _trials() -> Sequence[Trial]:
    from placehub_connectors.folder.trials import trials

    return trials()


CONNECTOR: Final = Connector(
    name="folder",
    says="CSV, Excel and JSON files dropped in a folder become events, by a mapping.",
    sides=("authority",),
    sends=("referral.ReferralMade", "referral.ReferralRevised", "referral.EarlyNoticeGiven"),
    commands=_commands,
    trials=_trials,
)
