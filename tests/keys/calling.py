"""Calling the API in this process and over a real port."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from sqlalchemy.engine import Engine

from placehub.keys.store import issue_token

from ..waiting import until

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MASTER = bytes(range(32))
HUB_TOKEN = "hub-token-for-tests"


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Api:
    """The API called in this process, as any organisation."""

    def __init__(self, app: FastAPI, engine: Engine) -> None:
        self.app = app
        self._engine = engine
        self.tokens = {"hub": HUB_TOKEN}

    def call(self, organisation: str | None, method: str, path: str, body: object = None) -> httpx.Response:
        """Call as the organisation (given a token first if it has none), or as nobody."""
        auth = (organisation, self.token(organisation)) if organisation else None
        return self.raw(method, path, json=body, auth=auth)

    def raw(self, method: str, path: str, **how: Any) -> httpx.Response:
        """Call with exactly these credentials, headers and content."""
        return asyncio.run(self._send(method, path, **how))

    def token(self, organisation: str) -> str:
        """Return the organisation's token, issued on first use."""
        if organisation not in self.tokens:
            with self._engine.begin() as conn:
                self.tokens[organisation] = issue_token(conn, organisation, NOW)
        return self.tokens[organisation]

    async def _send(self, method: str, path: str, **how: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://placehub") as client:
            return await client.request(method, path, **how)


@contextmanager
def served(app: FastAPI, port: int | None = None) -> Iterator[str]:
    """Serve the app on a free loopback port and yield its root."""
    port = port or free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="debug", log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)
