"""A time-stamping authority of the tests' own: OpenSSL behind a small HTTP server, under roots made for it."""

from __future__ import annotations

import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from placehub.evidence.events import TreeHeadStamped
from placehub.evidence.heads import Head
from placehub.evidence.stamps import Stamp

CONFIGURED = """
[ tsa ]
default_tsa = this
[ this ]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: str, key: EllipticCurvePrivateKey, issuer: str, signer: EllipticCurvePrivateKey, *, root: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
    )
    if not root:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return made.sign(signer, SHA256())


def make_authority(folder: Path, name: str) -> Path:
    """Make an authority's files in a folder and return the file of its root certificate."""
    root, own = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    issued = _certificate(f"{name} (made up)", own, f"{name} root", root, root=False)
    (folder / "roots.pem").write_bytes(
        _certificate(f"{name} root", root, f"{name} root", root, root=True).public_bytes(Encoding.PEM)
    )
    (folder / "own.pem").write_bytes(issued.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "serial").write_text("01")
    (folder / "tsa.conf").write_text(CONFIGURED)
    return folder / "roots.pem"


def answer(folder: Path, question: bytes) -> bytes:
    """Return what the authority answers to a question, DER."""
    (folder / "question").write_bytes(question)
    command = ["openssl", "ts", "-reply", "-config", "tsa.conf", "-queryfile", "question", "-signer", "own.pem"]
    subprocess.run([*command, "-inkey", "key.pem", "-out", "answer"], cwd=folder, check=True, capture_output=True)
    return (folder / "answer").read_bytes()


@contextmanager
def serving(folder: Path, status: int = 200) -> Iterator[str]:
    """Serve an authority on a free port; yield its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = answer(folder, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/stamp"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def told(head: Head, stamp: Stamp, **changed: Any) -> TreeHeadStamped:
    """Return the event that tells of a head's stamp; `changed` are facts of it that are another's."""
    facts: dict[str, Any] = {"log_id": head.log_id, "tree_size": head.tree_size, "authority": "127.0.0.1", "to": ()}
    facts |= {"stamped_at": stamp.stamped_at, "answer": b64encode(stamp.answer).decode()}
    return TreeHeadStamped(**facts | changed)
