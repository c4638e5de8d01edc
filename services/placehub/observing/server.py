"""The small HTTP server beside a process's work: /live, /ready and /metrics, for its orchestrator and Prometheus.

It asks nobody who they are, so it holds nothing that not everyone on its network may read.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from placehub.errors import Misconfigured
from placehub.observing.health import Finding, Health

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

JSON: Final = "application/json"
Answer = tuple[str, str, bytes]
"""Status, content type, body."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    allow_reuse_address = True

    def server_bind(self) -> None:
        # WSGIServer would look the host's name up, which may take seconds where there is no name server
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()


class _Handler(WSGIRequestHandler):
    timeout = 10
    server_version = "placehub"
    sys_version = ""

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing of each request: there is one every few seconds."""


class ObserveServer:
    """Serves one process's health and metrics until `stop`."""

    def __init__(self, address: str, health: Health) -> None:
        """Bind `host:port` (port 0: a free one); Misconfigured when that cannot be done."""
        host, _, port = address.rpartition(":")
        self._routes: dict[str, Callable[[], Answer]] = {
            "/live": lambda: _told("live", health.live()),
            "/ready": lambda: _told("ready", health.ready()),
            "/metrics": lambda: ("200 OK", CONTENT_TYPE_LATEST, generate_latest(REGISTRY)),
        }
        try:
            self._server = _Server((host, int(port)), _Handler)
        except (OSError, OverflowError) as error:
            raise Misconfigured(
                f"Setting observe: {address} cannot be listened on ({type(error).__name__}). Give a free port of this "
                "machine, or leave it empty."
            ) from None
        self._server.set_app(self._serve)
        self.address = f"{host}:{self._server.server_port}"
        """Where it listens, the port as chosen."""

    def start(self) -> None:
        """Serve, on a thread of its own."""
        threading.Thread(target=self._server.serve_forever, name="observe", daemon=True).start()

    def stop(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, asked: WSGIEnvironment, begin: StartResponse) -> Iterable[bytes]:
        status, kind, body = self._answer(str(asked["REQUEST_METHOD"]), str(asked["PATH_INFO"]))
        begin(status, [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")])
        return [b"" if asked["REQUEST_METHOD"] == "HEAD" else body]

    def _answer(self, method: str, path: str) -> Answer:
        if path not in self._routes:
            return "404 Not Found", JSON, _json({"detail": f"There is only {', '.join(self._routes)}."})
        if method not in ("GET", "HEAD"):
            return "405 Method Not Allowed", JSON, _json({"detail": "Only GET and HEAD."})
        return self._routes[path]()


def _told(what: str, findings: Sequence[Finding]) -> Answer:
    well = all(one.ok for one in findings)
    body = _json({"status": what if well else f"not {what}", "checks": [asdict(one) for one in findings]})
    return "200 OK" if well else "503 Service Unavailable", JSON, body


def _json(content: Any) -> bytes:
    return json.dumps(content).encode()
