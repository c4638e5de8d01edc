"""`placehub docs`: the reference pages, for developers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The reference pages of docs/, for developers.", no_args_is_help=True, rich_markup_mode=None)

Pages = Annotated[Path, typer.Option("--to", help="Folder of the pages.")]
DEFAULT_PAGES = Path("docs")


@app.command()
def write(context: typer.Context, folder: Pages = DEFAULT_PAGES) -> None:
    """Write every generated page from the code it describes."""
    from placehub.handbook.pages import write_pages

    changed = write_pages(folder, context.find_root().command)
    print(f"written in {folder}: {', '.join(changed) or 'nothing, all pages were as they should be'}")


@app.command()
def check(context: typer.Context, folder: Pages = DEFAULT_PAGES) -> None:
    """Fail when a generated page does not say what the code says."""
    from placehub.errors import HubError
    from placehub.handbook.pages import stale_pages

    stale = stale_pages(folder, context.find_root().command)
    if stale:
        raise HubError(f"Not what the code says: {', '.join(stale)}. Run 'placehub docs write'.")
