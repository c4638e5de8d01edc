"""The log held against the streams on the broker: from where it was checked last, chunk by chunk."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.x509 import Certificate
from sqlalchemy import Connection

from placehub.clock import WallClock
from placehub.evidence.checking import LogCheck
from placehub.evidence.events import TreeHeadSigned, TreeHeadStamped
from placehub.evidence.findings import Finding
from placehub.evidence.heads import PublicKey
from placehub.evidence.past import SealedStreams
from placehub.evidence.signed import check_stamps
from placehub.evidence.store import StoredLog, read_log

_TRIES: Final = 20
_WAIT_SECONDS: Final = 0.5
"""A head that was just signed is in the database a moment before it is in its stream."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check came to: leaves `begin` up to `end` were held against their records, heads against the tree."""

    log_id: str
    begin: int
    end: int
    heads: int
    stamps: int
    """Time stamps that were held against their heads; 0 where no root certificate was given."""
    findings: tuple[Finding, ...]

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        findings = [{"where": one.where, "field": one.field, "says": one.says} for one in self.findings]
        return {
            "log_id": self.log_id,
            "checked_from": self.begin,
            "checked_to": self.end,
            "tree_heads": self.heads,
            "time_stamps": self.stamps,
            "findings": findings,
        }


def verify(
    connection: Connection,
    streams: SealedStreams,
    key: PublicKey | None,
    *,
    again: bool,
    tell: Callable[[str], None],
    roots: Sequence[Certificate] = (),
) -> Verified:
    """Check the log; `again` from its beginning. How far it came is noted, so a check that was broken off goes on.

    Without a key the log's own word is taken for it. Time stamps are held against `roots`, where there are any. Nothing
    is noted once something was found. NotFound when there is no log.
    """
    heads, stamps, log = _standing(connection, streams)
    key = key or PublicKey(log.public_key)
    begin = None if again else log.checked()
    check = LogCheck(log, heads, streams.read, key, begin)
    if key.log_id != log.log_id or key.raw != log.public_key:
        check.findings.append(Finding("log", "public_key", "is not the key this was checked with"))
    stamps = stamps if roots else []
    check.findings += check_stamps(stamps, heads, roots)
    for passed in check.run():
        if not check.findings:
            log.note_checked(passed, WallClock().now())
        connection.commit()
        tell(f"{passed.size} of {check.end} leaves checked")
    return Verified(
        str(log.log_id), begin.size if begin else 0, check.end, len(heads), len(stamps), tuple(check.findings)
    )


def _standing(
    connection: Connection, streams: SealedStreams
) -> tuple[list[TreeHeadSigned], list[TreeHeadStamped], StoredLog]:
    """Return the heads, their stamps and the log of one moment: it is read after the heads, and has no newer one."""
    for _ in range(_TRIES):
        heads, stamps = streams.heads_and_stamps()
        connection.rollback()  # or the database would go on showing how it was
        log = read_log(connection)
        if log.head_size == (heads[-1].tree_size if heads else 0):
            break
        time.sleep(_WAIT_SECONDS)
    return heads, stamps, log
