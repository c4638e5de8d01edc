"""A bundle checked with nothing but the public key: what was changed is named; pure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.x509 import Certificate
from pydantic import ValidationError

from placehub.contracts.codec import from_json
from placehub.errors import Rejected
from placehub.evidence.bundles import (
    HEAD_FIELDS,
    MANIFEST,
    SIGNATURE,
    STAMP_FIELDS,
    hashes_of_fields,
    manifest_of,
    name_of_part,
    read_part,
    signature_of,
)
from placehub.evidence.events import TreeHeadSigned, TreeHeadStamped
from placehub.evidence.findings import Finding
from placehub.evidence.heads import Head, PublicKey
from placehub.evidence.leaves import Sealed
from placehub.evidence.signed import check_signature, check_stamps, head_of
from placehub.evidence.stamps import stamp_of
from placehub.evidence.tree import extends, includes

UNREADABLE = "cannot be read: it was changed"


@dataclass(frozen=True, slots=True)
class BundleChecked:
    """What a bundle says it is, and what is wrong with it; of a bundle with findings believe nothing."""

    referral_id: str
    records: int
    tree_size: int
    findings: tuple[Finding, ...]
    head: TreeHeadSigned | None
    """The tree head it is shown against; None where anything was found."""
    stamp: TreeHeadStamped | None
    """The time stamp of that head, as the bundle has it and not yet held against its authority; None: it has none."""


def check_bundle(data: bytes, key: PublicKey) -> BundleChecked:
    """Check hashes, signatures, inclusion and consistency of a bundle."""
    lines = data.split(b"\n")
    lines = lines[:-1] if lines[-1] == b"" and len(lines) > 1 else lines
    manifest, parts, last = lines[0], lines[1:-1], lines[-1]
    known = [read_part(one) for one in parts]
    findings = list(_check_lines(manifest, parts, last, key))
    if not data.endswith(b"\n"):
        findings.append(Finding(SIGNATURE, "", "must end with a line end: bytes at the end are gone or changed"))
    told = [one for one in known if one is not None]
    if not findings:
        findings += _check_proofs(told, key)
    case = next((one for one in told if one.get("kind") == "case"), {})
    count = sum(one.get("kind") == "record" for one in told)
    size = _number(case.get("tree_size"))
    sound = told if not findings else []
    head = next((one for one in _heads(sound) if one.tree_size == size), None)
    stamp = next(iter(_stamps(sound)), None)
    return BundleChecked(str(case.get("referral_id", "")), count, size, tuple(findings), head, stamp)


def check_bundle_stamp(
    checked: BundleChecked, answer: bytes, roots: Sequence[Certificate]
) -> tuple[datetime | None, tuple[Finding, ...]]:
    """Return by when the head of a bundle had been signed, as a time stamp says, and what is wrong with the stamp.

    The bundle must be one in which nothing was found.
    """
    assert checked.head is not None, "a bundle in which nothing was found has its head"
    try:
        return stamp_of(head_of(checked.head), answer, roots).stamped_at, ()
    except Rejected as why:
        return None, (Finding(f"time stamp of tree head {checked.tree_size}", "answer", why.rule),)


def check_own_stamp(
    checked: BundleChecked, roots: Sequence[Certificate]
) -> tuple[datetime | None, tuple[Finding, ...]]:
    """Return the same by the time stamp that a bundle has itself; no time and no finding where it has none."""
    assert checked.head is not None, "a bundle in which nothing was found has its head"
    if checked.stamp is None:
        return None, ()
    findings = tuple(check_stamps([checked.stamp], [checked.head], roots))
    return None if findings else checked.stamp.stamped_at, findings


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _check_lines(manifest: bytes, parts: Sequence[bytes], last: bytes, key: PublicKey) -> Iterator[Finding]:
    """Yield which lines are not as they were signed: the manifest, a part, or the signature."""
    due, signature = manifest_of(parts), _signature(last)
    if signature_of(key.key_id, signature) != last:
        yield from _check_signature_line(last, key)
    if due == manifest:
        if signature and not key.holds(signature, manifest):
            yield Finding(SIGNATURE, "signature", "does not hold: it was changed, or this is not the key of the log")
        return
    if signature and key.holds(signature, due):
        yield Finding(MANIFEST, _where_different(manifest, due), "was changed: the signature is for what the parts are")
        return
    listed = _listed(manifest)
    if listed is None:
        yield Finding(MANIFEST, "line 1", UNREADABLE)
        return
    named = list(_changed_parts(listed, parts))
    yield from named
    if not key.holds(signature, manifest):
        yield Finding(MANIFEST, "", "is not what the signature is for, nor what the parts are, or this is another key")
    elif not named:
        yield Finding(MANIFEST, "", "says otherwise than the parts are")


def _signature(line: bytes) -> bytes:
    text = (read_part(line) or {}).get("signature")
    try:
        return bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        return b""


def _check_signature_line(line: bytes, key: PublicKey) -> Iterator[Finding]:
    told = read_part(line)
    if told is None or told.get("kind") != SIGNATURE:
        yield Finding(SIGNATURE, "last line", UNREADABLE)
    elif told.get("key_id") != key.key_id:
        yield Finding(SIGNATURE, "key_id", "names another key than this one")
    else:
        yield Finding(SIGNATURE, "signature", "is not written as a signature is: it was changed")


def _listed(manifest: bytes) -> list[dict[str, Any]] | None:
    parts = (read_part(manifest) or {}).get("parts")
    whole = isinstance(parts, list) and all(isinstance(one, dict) and "name" in one for one in parts)
    return parts if whole else None


def _where_different(one: bytes, other: bytes) -> str:
    at = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(min(one, other)))
    return f"byte {at}"


def _changed_parts(listed: Sequence[Mapping[str, Any]], parts: Sequence[bytes]) -> Iterator[Finding]:
    """Yield what the manifest lists and is not there as it was, then what it does not list."""
    there = [hashlib.sha256(one).hexdigest() for one in parts]
    aligned = len(listed) == len(parts)
    for number, one in enumerate(listed):
        if one.get("sha256") not in there:
            fields = _changed_fields(one, parts[number]) if aligned else []
            for name in fields or [f"line {number + 2}"]:
                yield Finding(str(one["name"]), name, "was changed, or is gone" if not aligned else "was changed")
    known = {one.get("sha256") for one in listed}
    if all(one.get("sha256") in there for one in listed):
        for number, digest in enumerate(there):
            if digest not in known or not aligned:
                name = name_of_part(read_part(parts[number]) or {})
                yield Finding(name, f"line {number + 2}", "is not in the manifest, or not in its order")
                return


def _changed_fields(listed: Mapping[str, Any], part: bytes) -> list[str]:
    """Return the fields of a part that are not as listed; none where it cannot be read."""
    found, fields = read_part(part), listed.get("fields")
    if found is None or not isinstance(fields, dict):
        return []
    now = hashes_of_fields(found)
    return sorted(name for name in {*now, *fields} if now.get(name) != fields.get(name) and name in fields)


def _check_proofs(parts: Sequence[Mapping[str, Any]], key: PublicKey) -> Iterator[Finding]:
    """Yield which heads, proofs and records do not hold together; all parts are as they were signed."""
    case = next((one for one in parts if one.get("kind") == "case"), None)
    heads = {one.tree_size: one for one in _heads(parts)}
    if case is None or case.get("tree_size") not in heads or case.get("earlier_size") not in heads:
        yield Finding("case", "tree_size", "names a tree head that is not in the bundle")
        return
    for head in heads.values():
        yield from check_signature(head, key)
    earlier, newest = head_of(heads[case["earlier_size"]]), head_of(heads[case["tree_size"]])
    proof = [bytes.fromhex(one) for one in case["consistency"]]
    if not extends(earlier.tree_size, newest.tree_size, proof, earlier.root_hash, newest.root_hash):
        yield Finding("case", "consistency", "does not show that the log only grew between the two tree heads")
    schemas = {part.get("schema_id") for part in parts if part.get("kind") == "schema"}
    records = [part for part in parts if part.get("kind") == "record"]
    if len(records) != case["records"]:
        yield Finding("case", "records", f"says {case['records']}, and there are {len(records)}")
    yield from _check_stamps(parts, newest)
    for part in records:
        yield from _check_record(part, newest.tree_size, newest.root_hash, schemas)


def _check_stamps(parts: Sequence[Mapping[str, Any]], head: Head) -> Iterator[Finding]:
    """Yield which time stamps are of another head or of no form; whether one holds, only its roots tell."""
    read = {one.tree_size for one in _stamps(parts) if one.log_id == head.log_id}
    for part in parts:
        if part.get("kind") == "stamp" and (part.get("tree_size") != head.tree_size or head.tree_size not in read):
            yield Finding(name_of_part(part), "tree_size", "is not of the tree head that the bundle is shown against")


def _heads(parts: Sequence[Mapping[str, Any]]) -> Iterator[TreeHeadSigned]:
    for part in (one for one in parts if one.get("kind") == "head"):
        with suppress(KeyError, Rejected, ValidationError):
            told = {name: part[name] for name in HEAD_FIELDS}
            yield from_json(TreeHeadSigned, {**told, "previous_size": 0, "consistency": [], "to": []})


def _stamps(parts: Sequence[Mapping[str, Any]]) -> Iterator[TreeHeadStamped]:
    for part in (one for one in parts if one.get("kind") == "stamp"):
        with suppress(KeyError, Rejected, ValidationError):
            yield from_json(TreeHeadStamped, {**{name: part[name] for name in STAMP_FIELDS}, "to": []})


def _check_record(part: Mapping[str, Any], size: int, root_hash: bytes, schemas: set[Any]) -> Iterator[Finding]:
    where = name_of_part(part)
    record = Sealed(
        part["topic"],
        part["partition"],
        part["offset"],
        part["key"],
        [(name, base64.b64decode(value)) for name, value in part["headers"]],
        base64.b64decode(part["value"]),
    )
    proof = [bytes.fromhex(one) for one in part["inclusion"]]
    if not includes(record.leaf.hash, part["leaf"], size, proof, root_hash):
        yield Finding(where, "inclusion", "does not show that the record is in the log as it is here")
    if schema_id_of(record.value) not in schemas:
        yield Finding(where, "value", "is written in a schema that is not in the bundle")


def schema_id_of(value: bytes) -> int | None:
    """Return the id of the schema a value is written in; None when it names none."""
    return int.from_bytes(value[1:5], "big") if len(value) >= 5 and value[0] == 0 else None
