"""The page behind the weekly link: opening it shows, its button confirms; it needs no JavaScript and loads nothing."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Final

import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from placehub.errors import Conflict, Misconfigured
from placehub_connectors.digest.office import Office
from placehub_connectors.digest.wording import STYLE

_STYLE: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the link's token is in the address
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def make_app(office: Callable[[], Office], thread: Executor) -> FastAPI:
    """Return the web application; the office is used in its one thread alone."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    async def answer(act: Callable[[Office], tuple[int, str]]) -> HTMLResponse:
        status, text = await asyncio.get_running_loop().run_in_executor(thread, lambda: act(office()))
        return HTMLResponse(text, status, HEADERS)

    @app.get("/confirm/{token}")
    async def show(token: str) -> HTMLResponse:
        return await answer(lambda one: one.show(token))

    @app.post("/confirm/{token}")
    async def use(token: str) -> HTMLResponse:
        return await answer(lambda one: one.use(token))

    return app


@contextmanager
def served(app: FastAPI, listen: str) -> Iterator[int]:
    """Serve at a loopback address, `host:port`, while the block runs, and give the port; port 0: any that is free."""
    bound = _bound(listen)
    # no access log: the tokens stand in the addresses
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))
    thread = threading.Thread(target=lambda: server.run([bound]), daemon=True)
    thread.start()
    try:
        yield int(bound.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(10)
        bound.close()


def _bound(listen: str) -> socket.socket:
    host, _, port = listen.rpartition(":")
    try:
        loopback, number = ip_address(host.strip("[]")).is_loopback, int(port)
    except ValueError:
        raise Misconfigured("--listen must be an address and a port, as 127.0.0.1:8090. Correct it.") from None
    if not loopback:
        raise Misconfigured("--listen must be on this machine (127.0.0.1); put a proxy with TLS before it.")
    try:
        return socket.create_server(
            (host.strip("[]"), number), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        raise Conflict(f"{listen} cannot be listened at: {error.strerror}. Name another port with --listen.") from None
