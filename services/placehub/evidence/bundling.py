"""A case's bundle, gathered from the log, the streams and the registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from placehub.errors import Misconfigured, NotFound, Rejected, Unavailable
from placehub.evidence.bundle_checking import schema_id_of
from placehub.evidence.bundles import Contents, make_bundle
from placehub.evidence.events import TreeHeadSigned
from placehub.evidence.heads import SigningKey
from placehub.evidence.leaves import Leaf, Sealed
from placehub.evidence.past import SealedStreams
from placehub.evidence.store import StoredLog
from placehub.evidence.tiles import nodes_of
from placehub.placements.events import PlacementAgreed, VerbalAgreementRecorded
from placehub.streams import full_name

CASE: Final = "referral"
PLACEMENT: Final = "placement"
_AGREED: Final = (PlacementAgreed, VerbalAgreementRecorded)
"""What tells of which case a placement is."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle, how many records it has, at which head, since when that is stamped if it is; and how many records of
    the case no head covers yet.
    """

    data: bytes
    records: int
    tree_size: int
    stamped_at: datetime | None
    not_yet_signed: int


def bundle_case(
    log: StoredLog, streams: SealedStreams, key: SigningKey, referral_id: UUID, size: int | None = None
) -> Bundle:
    """Return the bundle of one case at the newest signed head, or at the one of that size, with its first time stamp.

    NotFound when nothing of the case is below the head, or there is no such head; Unavailable when none was signed
    yet; Misconfigured when the key is another log's, or a record is not what was logged.
    """
    if key.public.log_id != log.log_id:
        raise Misconfigured("This is not the key of the log here. Set PLACEHUB_EVIDENCE_KEY to the one it signs with.")
    signed, stamps = streams.heads_and_stamps()
    heads = [one for one in signed if one.tree_size <= log.size]
    head = _chosen(heads, size)
    of_case = _leaves(log, streams, referral_id)
    covered = [(number, leaf) for number, leaf in of_case if number < head.tree_size]
    if not covered:
        raise NotFound("No signed tree head covers anything of that case. See 'placehub search list' for the id.")
    earlier = next(one for one in heads if one.tree_size > covered[0][0])
    records = [
        (number, _same(leaf, record)) for (number, leaf), record in zip(covered, _fetch(streams, covered), strict=True)
    ]
    schemas = {
        one: streams.schema(one) for one in {schema_id_of(record.value) for _, record in records} if one is not None
    }
    stamp = next((one for one in stamps if one.tree_size == head.tree_size), None)
    contents = Contents(referral_id, earlier, head, records, schemas, stamp)
    data = make_bundle(contents, nodes_of(log.tile), key)
    stamped_at = stamp.stamped_at if stamp else None
    return Bundle(data, len(records), head.tree_size, stamped_at, len(of_case) - len(covered))


def _chosen(heads: Sequence[TreeHeadSigned], size: int | None) -> TreeHeadSigned:
    if not heads:
        raise Unavailable("The evidence log was not signed yet. It is within the time of setting tree_head_seconds.")
    found = next((one for one in heads if one.tree_size == size), None) if size else heads[-1]
    if found is None:
        sizes = ", ".join(str(one.tree_size) for one in heads[-5:])
        raise NotFound(f"No tree head of size {size} was signed. The latest are: {sizes}.")
    return found


def _leaves(log: StoredLog, streams: SealedStreams, referral_id: UUID) -> list[tuple[int, Leaf]]:
    """Return the leaves of everything in the case and in its placements, in the log's order."""
    of_case = log.with_keys(CASE, [str(referral_id)], log.size)
    if not of_case:
        return []
    placements = _placements(log, streams, referral_id)
    return sorted([*of_case, *log.with_keys(PLACEMENT, placements, log.size)], key=lambda one: one[0])


def _placements(log: StoredLog, streams: SealedStreams, referral_id: UUID) -> list[str]:
    agreed, found = {("ce_type", full_name(one).encode()) for one in _AGREED}, set[str]()
    for topic, partition in log.partitions(0):
        if topic != PLACEMENT:
            continue
        for record in streams.read(topic, partition, 0):
            if not agreed.isdisjoint(record.headers) and _is_of(streams, record, referral_id):
                found.add(record.key)
    return sorted(found)


def _is_of(streams: SealedStreams, record: Sealed, referral_id: UUID) -> bool:
    try:
        event = streams.decoded(record)
    except Rejected:  # a later version's: what it says is not for this one to read
        return False
    return isinstance(event, _AGREED) and event.referral_id == referral_id


def _fetch(streams: SealedStreams, covered: Sequence[tuple[int, Leaf]]) -> list[Sealed]:
    return list(streams.fetch(leaf for _, leaf in covered))


def _same(leaf: Leaf, record: Sealed) -> Sealed:
    if record.leaf != leaf:
        raise Misconfigured(f"Record {leaf.position} is not what was logged. See 'placehub audit verify --all'.")
    return record
