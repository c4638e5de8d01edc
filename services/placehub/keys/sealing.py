"""The cryptography of sealing: pure functions over bytes, nothing of their own invention.

A document is sealed with AES-256-GCM under a data key of one subject and compartment; the key's id and the
compartment are authenticated with it, so a sealed part moved to another place is refused. A data key rests
wrapped (RFC 3394) under its owner's key, which HKDF-SHA256 derives from the hub's master key.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from placehub.errors import Misconfigured, Rejected
from placehub.keys.sealed import Sealed

KEY_BYTES = 32
"""Length of a data key, of an organisation's key and of the master key."""

NONCE_BYTES = 12
"""Length of the nonce of a sealed part."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """A data key and its name; its representation never shows the key."""

    key_id: str
    key: bytes = field(repr=False)


def new_key() -> bytes:
    """Return a fresh random data key."""
    return os.urandom(KEY_BYTES)


def seal(key: bytes, key_id: str, compartment: str, plaintext: bytes) -> Sealed:
    """Seal `plaintext` for `compartment` under `key`; sealing the same text twice gives different bytes."""
    nonce = os.urandom(NONCE_BYTES)
    return Sealed(
        key_id=key_id, nonce=nonce, ciphertext=AESGCM(key).encrypt(nonce, plaintext, _bound_to(key_id, compartment))
    )


def unseal(key: bytes, compartment: str, sealed: Sealed) -> bytes:
    """Return the plaintext; raise Rejected when any bit, the key, its id or the compartment is not as it was sealed."""
    try:
        if len(sealed.nonce) != NONCE_BYTES:
            raise InvalidTag
        return AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, _bound_to(sealed.key_id, compartment))
    except InvalidTag:
        raise Rejected(
            compartment,
            "does not open under its key: it was changed on the way, or sealed for another key or compartment",
            "Seal it again under the subject's own key and send a new event.",
        ) from None


def wrap(master: bytes, organisation: str, key: bytes) -> bytes:
    """Wrap a data key under the key of the organisation that owns it."""
    return aes_key_wrap(_organisation_key(master, organisation), key)


def unwrap(master: bytes, organisation: str, wrapped: bytes) -> bytes:
    """Return the data key; raise Misconfigured when it was wrapped under another master key or organisation."""
    try:
        return aes_key_unwrap(_organisation_key(master, organisation), wrapped)
    except InvalidUnwrap:
        raise Misconfigured(
            "The stored keys were wrapped under another master key. Start the API with the one they were made with."
        ) from None


def check_master(master: bytes) -> bytes:
    """Return `master` if it can serve as the master key, else raise Misconfigured."""
    if len(master) != KEY_BYTES:
        raise Misconfigured(
            f"The master key must be {KEY_BYTES} bytes. Set PLACEHUB_MASTER_KEY to base64 of that many."
        )
    return master


def _bound_to(key_id: str, compartment: str) -> bytes:
    return f"{key_id}|{compartment}".encode()


def _organisation_key(master: bytes, organisation: str) -> bytes:
    info = b"placehub organisation " + organisation.encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(master)
