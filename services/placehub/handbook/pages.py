"""Every generated page by its file, and whether the files still say what the code says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from placehub.handbook.asyncapi import asyncapi
from placehub.handbook.codes import codes
from placehub.handbook.commands import commands
from placehub.handbook.delivery import delivery
from placehub.handbook.dpia import dpia
from placehub.handbook.events import events
from placehub.handbook.lifecycle import lifecycle
from placehub.handbook.matching import matching
from placehub.handbook.metrics import metrics
from placehub.handbook.model import model
from placehub.handbook.openapi import openapi
from placehub.handbook.quality import quality_page
from placehub.handbook.settings import settings
from placehub.handbook.streams import streams
from placehub.handbook.views import views


def every_page(program: Any) -> dict[str, str]:
    """Return file name -> text of each page; `program` is the command line's root command."""
    return {
        "lifecycle.md": lifecycle(),
        "delivery.md": delivery(),
        "streams.md": streams(),
        "events.md": events(),
        "codes.md": codes(),
        "settings.md": settings(),
        "cli.md": commands(program),
        "matching.md": matching(),
        "quality.md": quality_page(),
        "views.md": views(),
        "metrics.md": metrics(),
        "model.md": model(),
        "dpia.md": dpia(),
        "asyncapi.yaml": asyncapi(),
        "openapi.json": openapi(),
    }


def write_pages(folder: Path, program: Any) -> list[str]:
    """Write every page and return the names of those that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    stale = stale_pages(folder, program)
    pages = every_page(program)
    for name in stale:
        (folder / name).write_text(pages[name], encoding="utf-8")
    return stale


def stale_pages(folder: Path, program: Any) -> list[str]:
    """Return the names of the pages that are missing or do not say what the code says."""
    return [name for name, text in every_page(program).items() if _read(folder / name) != text]


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
