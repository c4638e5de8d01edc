"""An OpenTelemetry collector as far as a hub needs one: it takes spans by OTLP over HTTP and keeps them."""

from __future__ import annotations

import gzip
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

PATH: Final = "/v1/traces"


class Collector:
    """Serves on a free loopback port once it is started, until the run ends."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        """What was sent, as it came."""
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> str:
        """Serve, unless it does, and return the address for spans."""
        if self._server is None:
            self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.bodies))
            threading.Thread(target=self._server.serve_forever, name="collector", daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}{PATH}"

    def spans(self, trace_id: str) -> list[tuple[str, Span]]:
        """Return the spans of a trace that have come so far, each with the process that sent it."""
        wanted = bytes.fromhex(trace_id)
        found = []
        for body in [one for one in list(self.bodies) if wanted in one]:
            for sent in ExportTraceServiceRequest.FromString(body).resource_spans:
                about = {one.key: one.value.string_value for one in sent.resource.attributes}
                each = [span for scope in sent.scope_spans for span in scope.spans if span.trace_id == wanted]
                found += [(about["placehub.process"], span) for span in each]
        return found

    def await_spans(self, trace_id: str, wanted: set[tuple[str, str]], seconds: float = 60) -> list[tuple[str, Span]]:
        """Return the spans of a trace once each (process, name) wanted has come; fail when one does not in time."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.spans(trace_id)
            missing = wanted - {(process, span.name) for process, span in found}
            if not missing:
                return found
            assert time.monotonic() < deadline, missing
            time.sleep(0.2)


def _handler(bodies: list[bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200 if self.path == PATH else 404)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing of each request."""

    return Handler


COLLECTOR: Final = Collector()
"""The one of this run; the hub that all tests share sends its spans here."""
