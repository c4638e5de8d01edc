"""A real mail server for tests, with STARTTLS, that keeps what it is given and may break off."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from placehub.deployment.folder import init
from placehub.embedded.ports import choose_ports
from placehub.mail.smtp import Post


class Server:
    """Listens on a free loopback port; `certificates` is a deployment's folder, whose server certificate it shows."""

    def __init__(self, folder: Path) -> None:
        secrets = init(folder / "certificates", "localhost", datetime.now(UTC)) / "secrets"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(secrets / "postgres_certificate", secrets / "postgres_key")
        self.ca = str(secrets / "ca")
        self.mails: list[Message] = []
        self.when_given: Callable[[], str] = lambda: "250 taken"
        """What it does and answers when it has been given a mail."""
        self.port = choose_ports(["smtp"], {})["smtp"]
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            ready_timeout=60,
            tls_context=context,
            require_starttls=True,
            server_hostname="localhost",
        )
        self._controller.start()

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        """Know everybody but `nobody`, and not `busy` now; the name is the library's."""
        refused = {"nobody@office.example": "550 unknown", "busy@office.example": "451 not now"}
        if address not in refused:
            envelope.rcpt_tos.append(address)
        return refused.get(address, "250 known")

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Keep a mail; the name is the library's."""
        self.mails.append(message_from_bytes(envelope.content))
        return self.when_given()

    def stop(self) -> None:
        """Stop listening."""
        self._controller.stop()

    def post(self, **other: Any) -> Post:
        """Return how mail is handed in here."""
        usual = {"host": "localhost", "port": self.port, "sender": "digest@hub.example", "ca": self.ca}
        return Post(**{**usual, **other})

    def texts(self, subject: str) -> list[str]:
        """Return the texts of the mails whose subject holds these words."""
        return [_text(one) for one in self.mails if subject in str(one["subject"])]


def _text(mail: Message) -> str:
    body = mail.get_payload(decode=True)
    assert isinstance(body, bytes)
    return body.decode()
