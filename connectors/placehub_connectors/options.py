"""Options that commands of several connectors have, in the same words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Credentials = Annotated[Path, typer.Option("--credentials", help="File the organisation's credentials were saved in.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
