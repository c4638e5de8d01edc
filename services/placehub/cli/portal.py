"""`placehub portal`: who may use the portal."""

from __future__ import annotations

from typing import Annotated

import typer

from placehub.cli.options import DEFAULT_FOLDER, By, Folder, Json, hub, operator

app = typer.Typer(help="The portal: invite people to it.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def portal() -> None:
    """The portal: invite people to it."""


@app.command()
def invite(
    organisation: Annotated[
        str, typer.Option(help="Code of the organisation they are to act for; hub: they operate it.")
    ],
    email: Annotated[str, typer.Option(help="Their e-mail address.")],
    role: Annotated[str, typer.Option(help="Their role, as `placement officer` or `referral manager`.")],
    administrator: Annotated[bool, typer.Option("--administrator", help="They may invite others.")] = False,
    by: By = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Invite somebody to act for an organisation in the portal: prints the one link to give them, shown once."""
    from placehub.cli.printing import as_facts, as_json
    from placehub.clock import WallClock
    from placehub.database import connect, database_errors
    from placehub.errors import Misconfigured
    from placehub.portal.people import INVITED_DAYS
    from placehub.portal.people import invite as make_invitation

    settings = hub(folder)
    if not settings.portal:
        raise Misconfigured("The portal has no address. Set PLACEHUB_PORTAL.")
    url = settings.database.get_secret_value()
    with database_errors(url):
        engine = connect(url, pool_size=1)
        with engine.begin() as connection:
            token = make_invitation(
                connection,
                organisation=organisation,
                email=email,
                role=role,
                administrator=administrator,
                by=operator(by),
                now=WallClock().now(),
            )
        engine.dispose()
    told = {"organisation": organisation, "email": email, "role": role}
    told |= {"link": f"{settings.portal.rstrip('/')}/join/{token}", "holds": f"{INVITED_DAYS} days, once"}
    (as_json if json else as_facts)(told)
