"""`docs/openapi.json`: the HTTP API of keys, events, own views, rotas, holds, erasures and schemas, for programs."""

from __future__ import annotations

import json

from placehub.ingest.api import router as events
from placehub.keys.api import describe
from placehub.monitoring.api import router as own_views
from placehub.portal.rota_api import router as rota
from placehub.retention.api import router as retention


def openapi() -> str:
    """Return the document as JSON."""
    return json.dumps(describe([own_views, events, retention, rota]), indent=1, ensure_ascii=False) + "\n"
