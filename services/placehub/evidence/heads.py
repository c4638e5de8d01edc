"""Signed tree heads: what is signed, by which key, and whether it holds.

The signed text is a checkpoint as C2SP's tlog-checkpoint has it: the log's name, its size, its root hash, and a further
line with the time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid5

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from placehub.errors import Misconfigured

_LOGS: Final = UUID("0b6a2d0e-3f43-5a0c-9f6e-6d1c2b7f4a90")
"""The namespace of every log's id."""
KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The state of the log at one size; `signature` is Ed25519's over `text`."""

    log_id: UUID
    tree_size: int
    root_hash: bytes
    signed_at: datetime
    signature: bytes = b""

    @property
    def text(self) -> bytes:
        """What is signed."""
        lines = (
            f"placehub/{self.log_id}",
            str(self.tree_size),
            base64.b64encode(self.root_hash).decode(),
            f"signed_at {self.signed_at.astimezone(UTC).isoformat(timespec='microseconds')}",
        )
        return "".join(f"{line}\n" for line in lines).encode()


class PublicKey:
    """The key that checks what the log signs. The log's id follows from it."""

    def __init__(self, raw: bytes) -> None:
        """`raw` is the 32 bytes of an Ed25519 public key; ValueError when it is none."""
        self.raw = raw
        self._key = Ed25519PublicKey.from_public_bytes(raw)

    @classmethod
    def from_pem(cls, pem: bytes) -> PublicKey:
        """Read a key as `pem` writes it; Misconfigured when it is none."""
        try:
            key = load_pem_public_key(pem)
        except ValueError:
            key = None
        if not isinstance(key, Ed25519PublicKey):
            raise Misconfigured("The key must be an Ed25519 public key in PEM, as 'placehub audit key' prints it.")
        return cls(key.public_bytes(Encoding.Raw, PublicFormat.Raw))

    @property
    def pem(self) -> str:
        """The key as PEM."""
        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def key_id(self) -> str:
        """What names the key: the first 16 digits of its SHA-256."""
        return hashlib.sha256(self.raw).hexdigest()[:16]

    @property
    def log_id(self) -> UUID:
        """The id of the log that is signed with it."""
        return uuid5(_LOGS, self.raw.hex())

    def holds(self, signature: bytes, text: bytes) -> bool:
        """Tell whether the signature is this key's over the text."""
        try:
            self._key.verify(signature, text)
        except InvalidSignature:
            return False
        return True


class SigningKey:
    """The log's secret key."""

    def __init__(self, raw: bytes) -> None:
        """`raw` is 32 secret bytes."""
        self._key = Ed25519PrivateKey.from_private_bytes(raw)
        self.public = PublicKey(self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    @classmethod
    def from_setting(cls, text: str) -> SigningKey:
        """Read the setting; Misconfigured when it is not base64 of 32 bytes."""
        try:
            raw = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != KEY_BYTES:
            raise Misconfigured(
                f"The evidence key must be {KEY_BYTES} bytes. Set PLACEHUB_EVIDENCE_KEY to their base64."
            )
        return cls(raw)

    def sign(self, text: bytes) -> bytes:
        """Return the signature; the same text gives the same."""
        return self._key.sign(text)

    def sign_head(self, tree_size: int, root_hash: bytes, signed_at: datetime) -> Head:
        """Return the signed head of this key's log."""
        known = {"log_id": self.public.log_id, "tree_size": tree_size, "root_hash": root_hash, "signed_at": signed_at}
        return Head(**known, signature=self.sign(Head(**known).text))  # type: ignore[arg-type]  # names and types match
