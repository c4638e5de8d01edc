"""What the evidence log says: its signed tree heads, and who opened or read what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from placehub.contracts.fields import Code, Doc, OpenWords, event
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


@event
class TreeHeadStamped:
    """Somebody outside of the hub bears witness that a tree head was signed by this time (RFC 3161)."""

    STREAM: ClassVar[str] = "treehead"
    log_id: Annotated[UUID, Doc("Which log; it follows from its public key")]
    tree_size: Annotated[int, Doc("Of the head that is stamped")]
    stamped_at: Annotated[datetime, Doc("As the time stamp says, to its own precision")]
    authority: Annotated[str, Doc("Host name of the time-stamping authority that was asked")]
    answer: Annotated[str, Doc("Its whole answer, DER, base64: over the head's signed text and its signature")]
    to: Annotated[tuple[Organisation, ...], Doc("Everybody it goes to: all that were registered in the log by then")]


@event
class SealedOpened:
    """An organisation was given the key of a sealed part, for a purpose. What the hub's rules open is not told so."""

    STREAM: ClassVar[str] = "evidence"
    subject_id: Annotated[UUID, Doc("Pseudonymous id of the child or household the part is about")]
    subject_kind: Annotated[str, Doc("`child` or `household`")]
    compartment: Annotated[str, Doc("`identity`, `need` or `household`")]
    owner: Annotated[Organisation, Doc("Whose subject it is; it is told, unless it opened the part itself")]
    organisation: Annotated[Organisation, Doc("Who opened it")]
    purpose: Annotated[
        str, OpenWords(), Doc("What for, in the words of whoever opened it; left out if they look like personal data")
    ]
    opened_at: datetime


@event
class RecordRead:
    """An operator read the record of a case: what, as whom and why. It stands before the record is shown."""

    STREAM: ClassVar[str] = "evidence"
    subject_id: Annotated[UUID, Doc("The referral")]
    owner: Annotated[Organisation, Doc("The authority whose case it is; it is told")]
    by: Annotated[str, Doc("Who read it, as `--by` or the login says")]
    what: Annotated[str, Code("record_part")]
    purpose: Annotated[str, Code("reading_purpose")]
    seen_as: Annotated[Organisation | None, Doc("As whom it was read; absent: everything")] = None
    as_of: datetime
    read_at: datetime
