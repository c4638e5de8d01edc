"""The sealed part of an event, as it travels; kept without other imports, as it is also an Avro record."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A document only a holder of the key named `key_id` can read."""

    key_id: str
    """The key it is sealed under."""
    nonce: bytes
    """Twelve random bytes, new for every sealing."""
    ciphertext: bytes
    """AES-256-GCM of the document, its tag at the end."""
