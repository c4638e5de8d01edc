"""`placehub deploy`: the folder of a hub in containers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="A hub in containers: its secrets and certificates.", no_args_is_help=True, rich_markup_mode=None
)

DeployFolder = Annotated[Path, typer.Argument(help="The deployment's folder.", show_default=False)]


@app.command()
def init(
    folder: DeployFolder,
    host: Annotated[str, typer.Option(help="Name under which organisations reach the hub.")] = "localhost",
) -> None:
    """Make a folder with new secrets, certificates and an env file for docker-compose.yml; nothing is overwritten."""
    from placehub.cli.printing import aside
    from placehub.clock import WallClock
    from placehub.deployment.folder import ENV_FILE
    from placehub.deployment.folder import init as make

    made = make(folder, host, WallClock().now())
    aside(f"Made {made}. Take ca.key out of it and keep it where it is safe; only 'deploy renew' needs it.")
    aside(f"Then: docker compose --env-file {made / ENV_FILE} up --detach")


@app.command()
def renew(folder: DeployFolder) -> None:
    """Give the servers new certificates by the same authority; then restart them one at a time."""
    from placehub.cli.printing import as_facts
    from placehub.clock import WallClock
    from placehub.deployment.folder import renew as make_anew

    until = make_anew(folder, WallClock().now())
    as_facts({f"{server} until": end.date().isoformat() for server, end in until.items()})
