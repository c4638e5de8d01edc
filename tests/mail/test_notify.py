"""GOV.UK Notify takes mails through its own client, here from a stand-in for the service on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import uuid4

import jwt
import pytest

from placehub.errors import Misconfigured, Unavailable
from placehub.mail import AddressRefused, Words
from placehub.mail.notify import Notify

SERVICE, SECRET, TEMPLATE = str(uuid4()), str(uuid4()), str(uuid4())
WORDS = Words("Something waits", "Sign in to see it.")
ADDRESS_WRONG = {"errors": [{"error": "ValidationError", "message": "email_address Not a valid email address"}]}
TEMPLATE_WRONG = {"errors": [{"error": "BadRequestError", "message": "Template not found"}]}


class Service:
    """Takes what the client sends, and answers as it is told to."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer: tuple[int, dict[str, Any]] = (201, {"id": str(uuid4())})
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                token = self.headers["Authorization"].removeprefix("Bearer ")
                claims = jwt.decode(token, SECRET, ["HS256"])
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                service.asked.append({"path": self.path, "issuer": claims["iss"], **body})
                status, said = service.answer
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(said).encode())

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.root = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Take nothing more."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    """A service of its own."""
    one = Service()
    yield one
    one.stop()


def notify(service: Service) -> Notify:
    """Return what hands mails in there."""
    return Notify(f"made_up-{SERVICE}-{SECRET}", TEMPLATE, service.root)


def test_a_mail_is_two_words_of_a_template(service: Service) -> None:
    """Subject and text fill the template, under our own reference, signed with the service's key."""
    notify(service).send("somebody@example.org", WORDS, "an-id")
    (asked,) = service.asked
    assert asked["path"] == "/v2/notifications/email"
    assert (asked["issuer"], asked["template_id"], asked["reference"]) == (SERVICE, TEMPLATE, "an-id")
    assert asked["email_address"] == "somebody@example.org"
    assert asked["personalisation"] == {"subject": WORDS.subject, "text": WORDS.text}


@pytest.mark.parametrize(
    ("status", "said", "error", "told"),
    [
        (400, ADDRESS_WRONG, AddressRefused, "refuses the address"),
        (400, TEMPLATE_WRONG, Misconfigured, "PLACEHUB_NOTIFY_TEMPLATE"),
        (403, {"errors": []}, Misconfigured, "PLACEHUB_NOTIFY_KEY"),
        (429, {"errors": []}, Unavailable, "tried again"),
        (500, {"errors": []}, Unavailable, "tried again"),
    ],
)
def test_what_it_refuses(
    service: Service, status: int, said: dict[str, Any], error: type[Exception], told: str
) -> None:
    """An address nobody is reached by, a wrong setting and a service that is busy are three different errors."""
    service.answer = (status, said)
    with pytest.raises(error, match=told):
        notify(service).send("somebody@example.org", WORDS, "an-id")


def test_a_service_that_is_away(service: Service) -> None:
    """Nobody there: it is tried again."""
    service.stop()
    with pytest.raises(Unavailable, match="tried again"):
        notify(service).send("somebody@example.org", WORDS, "an-id")


def test_a_key_that_is_none() -> None:
    """A key that cannot be one is said before anything is sent, without showing it."""
    with pytest.raises(Misconfigured) as wrong:
        Notify("too short", TEMPLATE)
    assert "too short" not in str(wrong.value)
