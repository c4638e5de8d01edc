"""An organisation's own system as its webhook meets it: takes every delivery, and keeps what it was sent."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from placehub.embedded.ports import LOOPBACK
from placehub.faults.oracle import Delivery


class Receiver:
    """Listens on a port of its own until it is closed."""

    def __init__(self) -> None:
        self.taken: list[Delivery] = []
        """Every delivery, in the order in which it came."""
        self._server = ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        self.url = f"http://{LOOPBACK}:{self._server.server_address[1]}/hook"
        threading.Thread(target=self._server.serve_forever, name="receiver", daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        taken = self.taken

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the name is the library's
                said: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["content-length"])))
                taken.append(Delivery(self.headers["webhook-id"], said["subject"], said))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *_: object) -> None:
                """Say nothing."""

        return Handler
