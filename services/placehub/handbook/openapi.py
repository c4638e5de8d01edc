"""`docs/openapi.json`: the HTTP API of keys and schemas, for programs."""

from __future__ import annotations

import json

from placehub.keys.api import describe


def openapi() -> str:
    """Return the document as JSON."""
    return json.dumps(describe(), indent=1, ensure_ascii=False) + "\n"
