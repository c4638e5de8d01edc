"""`placehub bench fanout`: one decision that invites many, until the last inbox has it.

The decision is put in the stream `referral` as the search puts it there: a `ProviderInvited` for each provider, one
after the other. The hub's own delivery takes it from there. Bare is one producer that writes what came to the inboxes
then, byte for byte, to the same topics. Both are timed by one clock in one process, from the hand-over of the first
record to the producer until the last has been polled.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from placehub.bench.timing import figures, machine
from placehub.bench.wire import Arrival, Wire, until, wire
from placehub.contracts.headers import Attributes, write_headers
from placehub.errors import Unavailable
from placehub.referrals.events import EarlyNoticeGiven
from placehub.search.events import ProviderInvited
from placehub.settings import Settings
from placehub.streams import full_name, inbox

SIZES: Final = (1, 10, 100, 300)
"""How many inboxes a decision reaches; 300 is what mailing everybody comes to."""
_INVITED: Final = 100
"""How many are invited in one run, about."""
_SECONDS: Final = 300.0
_DELIVERY, _SERVERS, _BARE = "delivery", "servers", "bare"
Busy = Callable[[], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Decision:
    """What is told: the case, and one provider's invitation to it, that the others get as well."""

    notice: EarlyNoticeGiven
    invited: ProviderInvited
    at: datetime
    """When it is."""
    stream: str = "referral"
    """The topic it is put in."""


@dataclass(slots=True)
class _Tally:
    """What the decisions of one size came to: times, records in inboxes, and processor seconds of each part."""

    ours: list[list[float]] = field(default_factory=list)
    bare: list[list[float]] = field(default_factory=list)
    records: int = 0
    bytes: int = 0
    used: dict[str, float] = field(default_factory=lambda: dict.fromkeys((_DELIVERY, _SERVERS), 0.0))
    used_bare: dict[str, float] = field(default_factory=lambda: dict.fromkeys((_BARE, _SERVERS), 0.0))


def measure(
    settings: Settings,
    providers: Sequence[str],
    decision: Decision,
    *,
    sizes: Sequence[int] = SIZES,
    rounds: int = 10,
    repeats: int = 3,
    busy: Busy = dict,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Return how long decisions of each size took to be in all inboxes, beside a bare producer in turns with it.

    Of each run there are so many `rounds`, fewer of large decisions. `busy` tells the processor seconds that delivery
    and each server have had by now. Nothing else should write to these organisations' inboxes. Unavailable when
    something has not arrived within five minutes.
    """
    rows = []
    with wire(settings, (decision.notice.authority, *providers)) as to:
        _, came = _decided(to, _noticed(to, decision), providers)
        _bare(to, came)  # what either looks up once for each inbox is not counted
        for size in sizes:
            tally = _Tally()
            for number in range(repeats):
                tell(f"{size} inboxes, run {number + 1} of {repeats}")
                _run(to, decision, providers[:size], tally, busy, min(rounds, max(1, _INVITED // size)))
            rows.append(_row(size, tally))
    return {"machine": machine(), "sizes": rows}


def _run(to: Wire, decision: Decision, providers: Sequence[str], tally: _Tally, busy: Busy, rounds: int) -> None:
    """Take turns: a decision, and what came of it written by a bare producer."""
    tally.ours.append([])
    tally.bare.append([])
    for _ in range(rounds):
        case = _noticed(to, decision)
        before = busy()
        took, came = _decided(to, case, providers)
        between, own = busy(), time.process_time()
        tally.ours[-1].append(took)
        tally.bare[-1].append(_bare(to, came))
        own, after = time.process_time() - own, busy()
        tally.records += len(came)
        tally.bytes += sum(len(one.value or b"") for one in came)
        _add(tally.used, before, between)
        _add(tally.used_bare, between, after)
        tally.used_bare[_BARE] += own


def _add(used: dict[str, float], before: Mapping[str, float], after: Mapping[str, float]) -> None:
    for name in after:
        part = name if name == _DELIVERY else _SERVERS
        if part in used:
            used[part] += after[name] - before.get(name, 0.0)


def _row(size: int, tally: _Tally) -> dict[str, Any]:
    def each(seconds: float) -> float:
        return round(seconds * 1000 / tally.records, 2)

    decisions = sum(map(len, tally.ours))
    return {
        "inboxes": size,
        "decisions": decisions,
        "records": tally.records // decisions,
        "bytes": tally.bytes // decisions,
        **figures(tally.ours, tally.bare),
        "busy_ms_a_record": {name: each(one) for name, one in tally.used.items()},
        "bare_busy_ms_a_record": {name: each(one) for name, one in tally.used_bare.items()},
    }


def _noticed(to: Wire, decision: Decision) -> Decision:
    """Give the notice of a new case; return once its authority has it, so that delivery knows the case."""
    children = tuple(replace(one, child_id=uuid4()) for one in decision.notice.children)
    notice = replace(decision.notice, referral_id=uuid4(), children=children, previous_placement=None)
    since, subject = len(to.watcher.arrivals), str(notice.referral_id)
    _put(to, decision, notice, f"/organisations/{notice.authority}", 1)
    to.flush()
    _await(lambda: any(one.subject == subject for one in to.watcher.arrivals[since:]))
    return replace(decision, notice=notice)


def _decided(to: Wire, decision: Decision, providers: Sequence[str]) -> tuple[float, list[Arrival]]:
    """Invite the providers; return the time until the last inbox has its invitation, and all that came."""
    case, since = decision.notice.referral_id, len(to.watcher.arrivals)
    wanted, authority = set(map(inbox, providers)), inbox(decision.notice.authority)
    began = time.perf_counter()
    for number, provider in enumerate(providers):
        invited = replace(decision.invited, referral_id=case, provider=provider)
        _put(to, decision, invited, "/hub/search/referral/0", number + 1)
    to.flush()

    def came() -> list[Arrival]:
        return [one for one in to.watcher.arrivals[since:] if one.subject == str(case)]

    def all_have() -> bool:
        invitations = [one.topic for one in came() if one.type == full_name(ProviderInvited)]
        return set(invitations) >= wanted and invitations.count(authority) >= len(providers)

    _await(all_have)
    return max(one.at for one in came() if one.topic in wanted) - began, came()


def _bare(to: Wire, came: Sequence[Arrival]) -> float:
    """Write the same records to the same topics; return the time until the last has come."""
    since, began = len(to.watcher.arrivals), time.perf_counter()
    for one in came:
        to.put(one.topic, one.value, one.key, one.headers)
    to.flush()
    _await(lambda: len(to.watcher.arrivals) - since >= len(came))
    return to.watcher.arrivals[-1].at - began


def _put(to: Wire, of: Decision, event: EarlyNoticeGiven | ProviderInvited, source: str, sequence: int) -> None:
    """Put an event in the stream as the hub does."""
    subject = str(event.referral_id)
    about = Attributes(id=uuid4(), source=source, type=full_name(type(event)), subject=subject, time=of.at)
    headers = write_headers(replace(about, sequence=sequence))
    to.put(of.stream, to.codec.encode(event), subject.encode(), headers)


def _await(holds: Callable[[], bool]) -> None:
    if not until(holds, _SECONDS):
        raise Unavailable("Not everything came to the inboxes within five minutes. Does delivery run? Try again.")
