"""A provider's vacancies from the list it keeps anyway: CSV, Excel, or the template sent back by e-mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from placehub_connectors.connector import Connector

if TYPE_CHECKING:
    from collections.abc import Sequence

    import typer

    from placehub_connectors.connector import Trial

MAPPING: Final = "provider-vacancies"
CLOSING: Final = "VacancyClosed"


def _commands() -> typer.Typer:
    from placehub_connectors.vacancies.commands import app

    return app


def _trials() -> Sequence[Trial]:
    from placehub_connectors.vacancies.trials import trials

    return trials()


CONNECTOR: Final = Connector(
    name="vacancies",
    says="A provider's list of homes with room, as CSV, Excel or e-mailed template, becomes vacancies.",
    sides=("provider",),
    sends=("vacancy.VacancyOpened", "vacancy.VacancyRevised", "vacancy.VacancyClosed"),
    commands=_commands,
    trials=_trials,
)
