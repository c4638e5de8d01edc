"""Asking the real processes of the hub under test."""

from __future__ import annotations

from typing import Any

import httpx

from placehub.database import connect
from placehub.drivers.presence import Present, present
from placehub.settings import Settings


def workers(settings: Settings) -> list[Present]:
    """Return the processes as they noted themselves."""
    engine = connect(settings.database.get_secret_value())
    with engine.connect() as connection:
        found = present(connection)
    engine.dispose()
    return found


def ask(observe: str, path: str) -> tuple[int, dict[str, Any]]:
    """Return status and body of one answer."""
    answer = httpx.get(f"http://{observe}{path}", timeout=10)
    return answer.status_code, answer.json()


def findings(observe: str, path: str) -> dict[str, tuple[bool, str]]:
    """Return check -> whether it is well, and its cause."""
    return {one["name"]: (one["ok"], one["cause"]) for one in ask(observe, path)[1]["checks"]}


def metrics(observe: str) -> str:
    """Return what one process tells Prometheus."""
    return httpx.get(f"http://{observe}/metrics", timeout=10).raise_for_status().text
