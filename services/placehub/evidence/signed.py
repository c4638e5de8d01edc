"""Tree heads as they were told, checked: the signature, the root they name, and that each follows on the one before."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import replace

from cryptography.x509 import Certificate

from placehub.errors import Rejected
from placehub.evidence.events import TreeHeadSigned, TreeHeadStamped
from placehub.evidence.findings import Finding
from placehub.evidence.heads import Head, PublicKey
from placehub.evidence.stamps import stamp_of
from placehub.evidence.tree import extends


def head_of(event: TreeHeadSigned) -> Head:
    """Return the head an event tells; what is not hexadecimal in it becomes empty, which nothing agrees with."""
    return Head(
        log_id=event.log_id,
        tree_size=event.tree_size,
        root_hash=_bytes(event.root_hash),
        signed_at=event.signed_at,
        signature=_bytes(event.signature),
    )


def _bytes(text: str) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        return b""
    return found if found.hex() == text else b""  # one way of writing only


def name_of(event: TreeHeadSigned) -> str:
    """Return how findings call it."""
    return f"tree head {event.tree_size}"


def check_signature(event: TreeHeadSigned, key: PublicKey, root_hash: bytes | None = None) -> Iterator[Finding]:
    """Yield what is wrong with a head by itself, and with the tree it names if the root hash at its size is given."""
    head, where = head_of(event), name_of(event)
    if event.log_id != key.log_id:
        yield Finding(where, "log_id", "is not that of the log with this key")
    if event.key_id != key.key_id:
        yield Finding(where, "key_id", "is not that of this key")
    if key.holds(head.signature, head.text):
        if root_hash is not None and head.root_hash != root_hash:
            yield Finding(where, "root_hash", "was signed for another tree: the log was rewritten, or there are two")
    elif root_hash is not None and key.holds(head.signature, replace(head, root_hash=root_hash).text):
        yield Finding(where, "root_hash", "was changed: the signature is for the tree as it is")
    elif event.log_id == key.log_id:
        yield Finding(where, "signature", "does not hold: it, the size, the root hash or the time was changed")


def check_follows(before: TreeHeadSigned | None, event: TreeHeadSigned) -> Iterator[Finding]:
    """Yield what keeps a head from following on the one before it."""
    where = name_of(event)
    if event.previous_size != (before.tree_size if before else 0):
        yield Finding(where, "previous_size", "is not the size of the head before it")
    elif before is None:
        if event.consistency:
            yield Finding(where, "consistency", "must be empty in the first head")
    elif event.tree_size <= before.tree_size:
        yield Finding(where, "tree_size", "is not larger than in the head before it: a log only grows")
    elif not extends(
        before.tree_size,
        event.tree_size,
        [_bytes(one) for one in event.consistency],
        head_of(before).root_hash,
        head_of(event).root_hash,
    ):
        yield Finding(where, "consistency", f"does not show that the log grew from {before.tree_size} leaves")


def check_stamps(
    stamps: Sequence[TreeHeadStamped], heads: Sequence[TreeHeadSigned], roots: Sequence[Certificate]
) -> Iterator[Finding]:
    """Yield what is wrong with time stamps: of no head that was signed, not by this authority, or told otherwise."""
    known = {one.tree_size: head_of(one) for one in heads}
    for one in stamps:
        where = f"time stamp of tree head {one.tree_size}"
        if one.tree_size not in known:
            yield Finding(where, "tree_size", "is of no head that was signed")
            continue
        try:
            found = stamp_of(known[one.tree_size], b64decode(one.answer, validate=True), roots)
        except (Rejected, ValueError) as why:
            yield Finding(where, "answer", why.rule if isinstance(why, Rejected) else "is not base64")
            continue
        if found.stamped_at != one.stamped_at:
            yield Finding(where, "stamped_at", "is not the time that the answer names")
