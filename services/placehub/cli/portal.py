"""`placehub portal`: who may use the portal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from placehub.cli.options import DEFAULT_FOLDER, By, Folder, Json, hub, operator

if TYPE_CHECKING:
    from placehub.settings import Settings

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
    """Invite somebody to act for an organisation in the portal: mails them the one link, and prints it, this once.

    Where no mail is set up, or the mail server does not take it, the link is there to give.
    """
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
    link = f"{settings.portal.rstrip('/')}/join/{token}"
    told: dict[str, object] = {"organisation": organisation, "email": email, "role": role, "link": link}
    told |= {"holds": f"{INVITED_DAYS} days, once", "mailed": _mailed(settings, organisation, email, role, link)}
    (as_json if json else as_facts)(told)


def _mailed(settings: Settings, organisation: str, email: str, role: str, link: str) -> str:
    """Send the link by mail where that is set up; return what became of it, in words."""
    from placehub.errors import HubError
    from placehub.portal.mailing import mail_invitation, sender

    try:
        taking = sender(settings)
        if taking is None:
            return "no: no mail is set up (settings smtp or notify_key)"
        mail_invitation(taking, email, organisation, role, link)
    except HubError as error:  # the invitation stands: its link must not be lost for it
        return f"no: {error}"
    return "yes"
