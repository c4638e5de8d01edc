"""What the evidence log says: its signed tree heads."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from placehub.contracts.fields import Doc, event
from placehub.contracts.parts import Organisation


@event
class TreeHeadSigned:
    """The log stood so at this time. Everybody gets the same heads: keep them, and nobody can show you another log."""

    STREAM: ClassVar[str] = "treehead"
    log_id: Annotated[UUID, Doc("Which log; it follows from its public key")]
    tree_size: Annotated[int, Doc("How many leaves it had: records of the streams")]
    root_hash: Annotated[str, Doc("RFC 9162's root hash of them, SHA-256, hexadecimal")]
    signed_at: datetime
    key_id: Annotated[str, Doc("First 16 digits of the public key's SHA-256, hexadecimal")]
    signature: Annotated[str, Doc("Ed25519 over log, size, root hash and time as a C2SP checkpoint, hexadecimal")]
    previous_size: Annotated[int, Doc("Size at the head before this one; 0: it is the first")]
    consistency: Annotated[tuple[str, ...], Doc("RFC 9162's proof that the log only grew since then, hexadecimal")] = ()
    to: Annotated[tuple[Organisation, ...], Doc("Everybody it goes to: all that were registered in the log by then")]
