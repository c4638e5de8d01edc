"""A case's bundle: its records as they stand in the streams, and the proofs that they are in the log; pure.

A text of canonical JSON, one part a line: the manifest, the case, its tree heads, the time stamp of the one it is made
against if that has one, the schemas, the records, the signature. The manifest has the hash of every other part and of
each of its fields, so that whatever is changed can be named; the signature is over the manifest. The same case at the
same tree head, with the same stamp or with none, gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from placehub.contracts.codec import to_json
from placehub.evidence.events import TreeHeadSigned, TreeHeadStamped
from placehub.evidence.heads import SigningKey
from placehub.evidence.leaves import Sealed, canonical
from placehub.evidence.tree import Node, consistency, inclusion

FORM: Final = "placehub case bundle 1"
MANIFEST: Final = "manifest"
SIGNATURE: Final = "signature"
SHORT: Final = 16
"""Digits of a field's hash: it only has to tell which field was changed."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes into a bundle.

    `earlier` and `head` are signed tree heads, the same one twice where there is no earlier; `records` are those of
    the case with the numbers of their leaves, all below the size of `head`; `schemas` are those they are written in;
    `stamp` is the first one of `head`, None where it has none.
    """

    referral_id: UUID
    earlier: TreeHeadSigned
    head: TreeHeadSigned
    records: Sequence[tuple[int, Sealed]]
    schemas: Mapping[int, Mapping[str, Any]]
    stamp: TreeHeadStamped | None = None


def make_bundle(contents: Contents, node: Node, key: SigningKey) -> bytes:
    """Return the bundle, with the proofs made from the log's nodes."""
    parts = [canonical(one) for one in _parts(contents, node)]
    manifest = manifest_of(parts)
    return b"".join(line + b"\n" for line in (manifest, *parts, signature_of(key.public.key_id, key.sign(manifest))))


def signature_of(key_id: str, signature: bytes) -> bytes:
    """Return the part that signs."""
    return canonical({"kind": SIGNATURE, "key_id": key_id, "signature": signature.hex()})


def manifest_of(parts: Sequence[bytes]) -> bytes:
    """Return the manifest of the parts between it and the signature."""
    return canonical({"kind": MANIFEST, "form": FORM, "parts": [_listed(one) for one in parts]})


def _listed(part: bytes) -> dict[str, Any]:
    known = read_part(part) or {}
    return {"name": name_of_part(known), "sha256": hashlib.sha256(part).hexdigest(), "fields": hashes_of_fields(known)}


def hashes_of_fields(part: Mapping[str, Any]) -> dict[str, str]:
    """Return the first digits of the hash of each field of a part, as the manifest lists them."""
    return {name: hashlib.sha256(canonical(value)).hexdigest()[:SHORT] for name, value in part.items()}


def read_part(line: bytes) -> dict[str, Any] | None:
    """Return a part as JSON; None when it is no object of JSON."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def name_of_part(part: Mapping[str, Any]) -> str:
    """Return how findings call a part."""
    match part.get("kind"):
        case "record":
            return f"record {part.get('topic')}/{part.get('partition')}/{part.get('offset')}"
        case "head":
            return f"tree head {part.get('tree_size')}"
        case "stamp":
            return f"time stamp of tree head {part.get('tree_size')}"
        case "schema":
            return f"schema {part.get('schema_id')}"
        case kind:
            return str(kind)


def _parts(of: Contents, node: Node) -> Iterator[dict[str, Any]]:
    size = of.head.tree_size
    proof = [one.hex() for one in consistency(of.earlier.tree_size, size, node)]
    case = {"kind": "case", "referral_id": str(of.referral_id), "records": len(of.records), "tree_size": size}
    yield {**case, "earlier_size": of.earlier.tree_size, "consistency": proof}
    for one in dict.fromkeys((of.earlier, of.head)):
        told = to_json(one)
        yield {"kind": "head", **{name: told[name] for name in HEAD_FIELDS}}
    if of.stamp is not None:
        told = to_json(of.stamp)
        yield {"kind": "stamp", **{name: told[name] for name in STAMP_FIELDS}}
    for schema_id, schema in sorted(of.schemas.items()):
        yield {"kind": "schema", "schema_id": schema_id, "schema": schema}
    for number, record in of.records:
        yield {
            "kind": "record",
            "leaf": number,
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "key": record.key,
            "headers": record.headers_as_json(),
            "value": base64.b64encode(record.value).decode(),
            "inclusion": [one.hex() for one in inclusion(number, size, node)],
        }


HEAD_FIELDS: Final = ("log_id", "tree_size", "root_hash", "signed_at", "key_id", "signature")
"""What of a head is in a bundle: not whom it was sent to, which is another's to know."""
STAMP_FIELDS: Final = ("log_id", "tree_size", "stamped_at", "authority", "answer")
"""What of a time stamp is, likewise."""
