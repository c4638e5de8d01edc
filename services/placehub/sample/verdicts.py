"""What a run decided, in a form that two runs can be compared by."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from placehub.drivers.records import Record
from placehub.streams import event_name

Verdict = tuple[str, str, str, str]
"""Step, referral, provider, and what became of the invitation."""


def write_verdicts(path: Path, found: Iterable[Verdict]) -> None:
    """Write the sorted set of verdicts, the same for the same seed, scale and days."""
    path.write_text("[\n" + ",\n".join(json.dumps(one) for one in sorted(set(found))) + "\n]\n")


def verdict(record: Record) -> Verdict | None:
    """Return what one event says of one provider's invitation, or None when it says nothing of that."""
    event, name = record.event, event_name(type(record.event))
    match name:
        case "ProviderInvited":
            what = f"invited {event.band}"
        case "InvitationUpdated":
            what = f"updated {event.band}"
        case "InvitationClosed":
            what = f"closed {event.reason}"
        case _:
            return None
    return record.attributes.time.isoformat(), str(event.referral_id), event.provider, what
