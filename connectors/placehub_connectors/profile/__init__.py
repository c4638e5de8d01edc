"""Ask once: a provider's profile, held once and written out in each authority's own form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from placehub_connectors.connector import Connector

if TYPE_CHECKING:
    from collections.abc import Sequence

    import typer

    from placehub_connectors.connector import Trial


def _commands() -> typer.Typer:
    from placehub_connectors.profile.commands import app

    return app


def _trials() -> Sequence[Trial]:
    from placehub_connectors.profile.trials import trials

    return trials()


CONNECTOR: Final = Connector(
    name="profile",
    says="A provider's profile, held once, is written out in each authority's own form.",
    sides=("provider",),
    sends=("organisation.ProfilePublished", "organisation.ProfileFactChanged"),
    commands=_commands,
    trials=_trials,
)
