"""All commands, put together."""

from __future__ import annotations

import typer

from placehub.cli import (
    accessing,
    auditing,
    backups,
    benches,
    cases,
    deadletters,
    deploy,
    documents,
    erasing,
    evidencing,
    faulting,
    handbook,
    mail,
    operating,
    organisations,
    portal,
    referrals,
    replaying,
    returning,
    running,
    schemas,
    stories,
    whatif,
    worlds,
)
from placehub.cli.endings import Program

app = typer.Typer(
    cls=Program,
    help="An open data exchange hub between authorities that place children and independent fostering providers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
running.add_to(app)
operating.add_to(app)
backups.add_to(app)
mail.add_to(app)
auditing.add_to(app)
evidencing.add_to(auditing.app)
erasing.add_to(app)
replaying.add_to(app)
whatif.add_to(app)
faulting.add_to(app)
app.add_typer(auditing.app, name="audit")
app.add_typer(organisations.app, name="org")
app.add_typer(portal.app, name="portal")
app.add_typer(referrals.app, name="referral")
app.add_typer(returning.app, name="returns")
app.add_typer(cases.app, name="case")
app.add_typer(accessing.app, name="access")
app.add_typer(stories.searches, name="search")
app.add_typer(stories.views, name="views")
app.add_typer(documents.app, name="documents")
app.add_typer(deadletters.app, name="deadletters")
app.add_typer(schemas.app, name="schema")
app.add_typer(deploy.app, name="deploy")
app.add_typer(worlds.app, name="world")
app.add_typer(benches.app, name="bench")
app.add_typer(handbook.app, name="docs")
