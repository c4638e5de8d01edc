"""`docs/openapi.json`: the HTTP API of keys, an organisation's own views and schemas, for programs."""

from __future__ import annotations

import json

from placehub.keys.api import describe
from placehub.monitoring.api import router as own_views


def openapi() -> str:
    """Return the document as JSON."""
    return json.dumps(describe([own_views]), indent=1, ensure_ascii=False) + "\n"
