"""A webhook delivers an inbox to a URL: signed, in order, until it was taken, and to nobody inside by accident."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from placehub.contracts.headers import Attributes
from placehub.deployment.folder import init
from placehub.errors import Misconfigured, NotFound, Rejected
from placehub.mailboxes.access import Access
from placehub.mailboxes.events import DataUseEnded
from placehub.mailboxes.inbox import Received
from placehub.referrals.events import InHouseSearchStarted
from placehub_connectors.cli import program
from placehub_connectors.webhook.memory import Memory
from placehub_connectors.webhook.pacing import FIRST, GIVEN_UP, LONGEST, OPENS_AFTER, Breaker, pause
from placehub_connectors.webhook.sender import Webhook
from placehub_connectors.webhook.signing import key_of, new_secret, signed
from placehub_connectors.webhook.target import address_of, is_public, target_of

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET = new_secret()
NOWHERE = Access(
    organisation="T1", bootstrap="127.0.0.1:9", kafka_password="x", api="http://127.0.0.1:9", api_token="x"
)


class Receiver:
    """A receiver on a free port: what it answers, to each call in turn, and what it was sent."""

    def __init__(self, answers: Callable[[int], int], certificates: ssl.SSLContext | None = None) -> None:
        self.calls: list[tuple[dict[str, str], str]] = []
        self.taken: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                outer.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
                status = answers(len(outer.calls))
                if status == 200:
                    outer.taken.append({"id": self.headers["webhook-id"], **json.loads(body)})
                self.send_response(status)
                self.send_header("Location", f"http://127.0.0.1:{outer.port}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        if certificates is not None:
            self.url = f"https://localhost:{self.port}/hook"
            self._server.socket = certificates.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def receiving(answers: Callable[[int], int], certificates: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Yield a receiver, over TLS when it is given a certificate to show."""
    made = Receiver(answers, certificates)
    yield made
    made.close()


class Clock:
    """A time that is moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def came(subject: Any, event: Any = None) -> Received:
    """Return an event as it comes to an inbox."""
    told = event or InHouseSearchStarted(referral_id=subject, authority="E08000035")
    kind = f"{told.STREAM}.{type(told).__name__}"
    return Received(Attributes(id=uuid4(), source="/hub/search", type=kind, subject=str(subject), time=NOW), told, 0)


def webhook(receiver: Receiver, folder: Path, clock: Clock, ca: Path | None = None) -> Webhook:
    """Return a webhook to a receiver of this machine."""
    return Webhook(NOWHERE, receiver.url, SECRET, folder / "hook.sqlite", private=True, ca=ca, now=clock)


def test_a_signature_can_be_checked() -> None:
    """As Standard Webhooks has it, the receiver recomputes the signature from secret, id, time and body."""
    headers = signed("msg_1", '{"made": "up"}', key_of(SECRET), NOW)
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    text = f"msg_1.{int(NOW.timestamp())}." + '{"made": "up"}'
    expected = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    for wrong in ("", "whsec_", "whsec_c2hvcnQ=", "not base64"):
        with pytest.raises(Misconfigured):
            key_of(wrong)


INNER = (
    "127.0.0.1 10.1.2.3 192.168.0.1 172.16.0.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 ::1 :: fe80::1 fd00::1 "
    "::ffff:127.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: ff02::1"
)


@pytest.mark.parametrize("address", INNER.split())
def test_inner_addresses_are_refused(address: str) -> None:
    """A name that leads inside, whatever it is wrapped in, is refused, also when another of its addresses is public."""
    target = target_of("https://receiver.example/hook", private=False)
    with pytest.raises(Rejected, match="public"):
        address_of(target, private=False, resolve=lambda *_: ["93.184.216.34", address])
    assert address_of(target, private=True, resolve=lambda *_: [address]) == address
    assert is_public(ip_address("93.184.216.34"))
    assert is_public(ip_address("::ffff:93.184.216.34"))


@pytest.mark.parametrize("url", ["http://a.example/", "ftp://a.example/", "https://", "https://u:p@a.example/", "x"])
def test_urls_that_are_refused(url: str) -> None:
    """Only https without a password is delivered to, unless the receiver is within the provider's own network."""
    with pytest.raises(Rejected):
        target_of(url, private=False)


def test_the_address_that_was_checked_is_called() -> None:
    """The URL that is called names the checked address; the name goes into the Host header alone."""
    target = target_of("https://receiver.example:8443/hook?a=b", private=False)
    assert target.at("93.184.216.34") == "https://93.184.216.34:8443/hook?a=b"
    assert target.at("2606:2800::1") == "https://[2606:2800::1]:8443/hook?a=b"
    assert target.name == "receiver.example:8443"


def test_pauses_grow_and_differ() -> None:
    """Pauses double up to an hour, and part of each is left to chance; the breaker opens after failures in a row."""
    assert [pause(n, lambda: 1.0) for n in (0, 1, 20)] == [FIRST, 2 * FIRST, LONGEST]
    assert pause(3, lambda: 0.0) < pause(3, lambda: 1.0)
    breaker = Breaker()
    for _ in range(OPENS_AFTER):
        assert breaker.lets(NOW)
        breaker = breaker.after(False, NOW, lambda: 1.0)
    assert not breaker.lets(NOW)
    assert breaker.lets(NOW + FIRST)
    assert breaker.after(True, NOW, lambda: 1.0).lets(NOW)


def test_in_order_by_subject(tmp_path: Path) -> None:
    """What fails holds up its own subject alone; a redirect is not followed, and counts as a failure."""
    first, second, clock = uuid4(), uuid4(), Clock()
    events = [came(first), came(first), came(second)]
    with receiving(lambda call: 307 if call == 1 else 200) as receiver:
        hook = webhook(receiver, tmp_path, clock)
        hook._memory.keep([*events, *events], clock.now)
        hook.deliver()
        ids = [str(one.attributes.id) for one in events]
        assert [one["id"] for one in receiver.taken] == [ids[2]]
        clock.now += timedelta(minutes=1)
        hook.deliver()
        assert [one["id"] for one in receiver.taken] == [ids[2], ids[0], ids[1]]
        assert len(receiver.calls) == 4
        assert {headers["webhook-id"] for headers, _ in receiver.calls} == set(ids)
        assert hook._memory.counts() == {"waiting": 0, "delivered": 3, "dead": 0}
        hook.close()


def test_a_dead_letter_can_be_seen_and_redriven(tmp_path: Path) -> None:
    """After 72 hours a delivery is given up and listed; what comes after it goes on, and redriven it is delivered."""
    clock, case = Clock(), uuid4()
    with receiving(lambda call: 500 if call <= 2 else 200) as receiver:
        hook = webhook(receiver, tmp_path, clock)
        hook._memory.keep([came(case), came(case)], clock.now)
        hook.deliver()
        clock.now += GIVEN_UP
        hook.deliver()
        hook.close()
        memory = ["--memory", str(tmp_path / "hook.sqlite")]
        listed = CliRunner().invoke(program(), ["webhook", "dead", "--json", *memory])
        (dead,) = json.loads(listed.output)
        assert (dead["attempts"], dead["problem"], dead["subject"]) == (2, "answered 500", str(case))
        assert CliRunner().invoke(program(), ["webhook", "status", *memory]).exit_code == 1
        assert len(receiver.taken) == 1
        assert CliRunner().invoke(program(), ["webhook", "redrive", *memory, dead["ce_id"]]).exit_code == 0
        clock.now = datetime.now(UTC) + timedelta(seconds=1)
        again = webhook(receiver, tmp_path, clock)
        again.deliver()
        assert receiver.taken[-1]["id"] == dead["ce_id"]
        with pytest.raises(NotFound):
            again._memory.redrive(clock.now, dead["ce_id"])
        again.close()


def test_dead_letters_end_with_the_use_of_data(tmp_path: Path) -> None:
    """When the use of a case's data ends, its dead letters are kept no longer."""
    memory, case = Memory(tmp_path / "hook.sqlite"), uuid4()
    letter = came(case)
    memory.keep([letter], NOW)
    memory.failed(str(letter.attributes.id), "answered 500", None)
    memory.keep([came(case, DataUseEnded(organisation="T1", referral_id=case))], NOW)
    assert memory.dead() == []
    assert memory.counts()["waiting"] == 1
    memory.close()


def authority(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return what a server called localhost shows, and the file of the private authority that says so."""
    secrets = init(folder, "localhost", datetime.now(UTC)) / "secrets"
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(secrets / "postgres_certificate", secrets / "postgres_key")
    return shown, secrets / "ca"


def test_over_tls_of_an_authority_of_ones_own(tmp_path: Path) -> None:
    """It delivers to a receiver whose authority it trusts; trusting another, or the machine's, it says why not."""
    (shown, own), (_, other) = authority(tmp_path / "own"), authority(tmp_path / "other")
    clock = Clock()
    with receiving(lambda _: 200, shown) as receiver:
        for number, wrong in enumerate((other, None)):
            (tmp_path / str(number)).mkdir()
            hook = webhook(receiver, tmp_path / str(number), clock, wrong)
            hook._memory.keep([came(uuid4())], clock.now)
            hook.deliver()
            ((problem,),) = hook._memory._database.execute("SELECT problem FROM delivery").fetchall()
            assert problem.startswith("the receiver's certificate is not trusted (")
            assert problem.endswith("--ca names its authority")
            hook.close()
        assert receiver.calls == []
        hook = webhook(receiver, tmp_path, clock, own)
        hook._memory.keep([came(uuid4())], clock.now)
        hook.deliver()
        assert len(receiver.taken) == 1
        hook.close()
        (tmp_path / "no.pem").write_text("none")
        with pytest.raises(Misconfigured, match="no certificate that can be read"):
            webhook(receiver, tmp_path, clock, tmp_path / "no.pem")
