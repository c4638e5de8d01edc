"""What the hub's processes run, loaded: imported once by the process they are all born of, and shared by them.

Whatever is not named here is imported by the process that needs it. CPython counts references within the objects, so
what a process merely walks through is no longer shared: what would walk far is done here, once for all.
"""

from __future__ import annotations

import gc
import inspect
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

LOADED: Final = (
    "anyio._backends._asyncio",
    "anyio.streams.tls",
    "encodings.idna",
    "fastapi.telemetry._runtime",
    "faust.app.base",
    "faust.app.router",
    "faust.assignor.leader_assignor",
    "faust.assignor.partition_assignor",
    "faust.fixups.django",
    "faust.tables.manager",
    "faust.topics",
    "faust.transport.drivers.aiokafka",
    "faust.transport.utils",
    "faust.windows",
    "govuk_frontend_jinja",
    "httpcore",
    "jinja2.ext",
    "placehub.app",
    "placehub.codesign.tenders",
    "placehub.delivery.processor",
    "placehub.drivers.live",
    "placehub.drivers.posted",
    "placehub.evidence.processor",
    "placehub.evidence.stamping",
    "placehub.governance.processor",
    "placehub.governance.tables",
    "placehub.ingest.api",
    "placehub.intake.processor",
    "placehub.keys.api",
    "placehub.monitoring.api",
    "placehub.monitoring.processor",
    "placehub.operating",
    "placehub.portal.shell",
    "placehub.postcodes",
    "placehub.retention.api",
    "placehub.search.processor",
    "placehub.search.tables",
    "placehub.search.view",
    "placehub.vacancies.processor",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "stringprep",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
)
"""Modules; each loads what it imports."""


def live(words: Sequence[str]) -> None:
    """Be the process that `placehub run NAME` would be; `words` are `run` and its name."""
    from placehub.app import run
    from placehub.cli import to_its_end
    from placehub.cli.options import DEFAULT_FOLDER
    from placehub.settings import Settings

    to_its_end(lambda: run(words[-1], Settings.load(DEFAULT_FOLDER, {})))


def _load() -> None:
    for name in LOADED:
        import_module(name)
    from placehub.certificates import certificates
    from placehub.contracts.codec import make_ready
    from placehub.observing.scrubbing import personal_names

    certificates()
    make_ready()
    personal_names()
    inspect.getmodule(sys._getframe())  # notes where each module lies; Faust asks for it


gc.disable()  # what is made here stays
_load()
gc.collect()
gc.freeze()  # no collection of a process that is born here writes into these pages, so they stay shared
gc.enable()
