"""`placehub bench latency`: from an outbox to an inbox, beside a bare hop over the same broker at the same time.

P3: an authority gives an early notice, and the first provider is invited. P4: a home opens, and the last search it fits
has told its provider. Each is timed by one clock in one process, from the hand-over to the producer to the moment the
record was polled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from statistics import median
from typing import Any, Final

from placehub.bench.timing import figures, machine, spent_ms
from placehub.bench.wire import Arrival, Wire, bare_hops, paced, until, wire
from placehub.contracts.codec import Codec
from placehub.referrals.events import EarlyNoticeGiven
from placehub.search.events import InvitationUpdated, ProviderInvited
from placehub.settings import Settings
from placehub.streams import full_name, inbox
from placehub.vacancies.events import VacancyOpened

INVITED, UPDATED = full_name(ProviderInvited), full_name(InvitationUpdated)
UP_TO: Final = 15
PACES: Final = (2.0, 5.0, 15.0)
"""Notices a second, the most last: by then the broker's Java has compiled itself, for which it takes some minutes."""
JUST_BEGUN: Final = 100
"""Notices that a hub that has just begun is timed with: its broker's Java still compiles itself then."""
OPENINGS_A_SECOND: Final = 0.25
"""So few that hardly any waits for the one before, which may be told to hundreds of searches: what a home that opens
costs is timed, not a queue of them."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Who takes part, what is so before, and what is posted then."""

    organisations: tuple[str, ...]
    before: tuple[tuple[str, object], ...]
    """Sender and event: agreements, and the homes that are open."""
    notices: tuple[EarlyNoticeGiven, ...]
    openings: tuple[VacancyOpened, ...]
    at: datetime
    """When it is."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How many notices are timed, and how."""

    paces: tuple[float, ...] = PACES
    """Notices a second."""
    each: int = 300
    """Notices at each pace."""
    repeats: int = 3
    """Runs that they are shared out to."""
    at_once: int = 0
    """Notices that are given before, all at once and untimed, so that as many more searches are open."""
    just_begun: int = 0
    """Notices at the highest pace that are timed apart and before all others: a hub that has just begun takes them."""

    @property
    def given(self) -> int:
        """Notices in all."""
        return self.at_once + self.just_begun + self.each * len(self.paces)


def measure(
    settings: Settings,
    scene: Scene,
    settle: Callable[[], object],
    effort: Effort,
    *,
    busy: Callable[[], Mapping[str, float]] = dict,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Return the figures of P3 and P4; `settle` returns once the hub has read and published everything.

    `busy` tells the processor seconds that each of the hub's processes has had by now.
    """
    with wire(settings, scene.organisations) as to:
        tell(f"{len(scene.before):,} events before")
        for sender, event in scene.before:
            to.post(sender, event, scene.at)
        to.flush()
        settle()
        left = iter(scene.notices)
        if effort.at_once:
            tell(f"{effort.at_once:,} searches begin at once")
            for one in islice(left, effort.at_once):
                to.post(one.authority, one, scene.at)
            to.flush()
            settle()
        posting = _Posting(to, left, scene.at, settle, busy, tell)
        begun = posting.paced(max(effort.paces), effort.just_begun, 1) if effort.just_begun else None
        share = max(1, effort.each // effort.repeats)
        p3 = [posting.paced(pace, share, effort.repeats) for pace in effort.paces]
        tell(f"{len(scene.openings)} homes open")
        opened = _openings(to, scene, settle)
    few = [wait for wait, searches in opened.told if searches <= UP_TO]
    many = [wait for wait, searches in opened.told if searches > UP_TO]
    return {
        "machine": machine(),
        "organisations": len(scene.organisations),
        "just_begun": begun,
        "p3": p3,
        "p4": {
            "open_searches": effort.at_once + effort.just_begun + sum(one["notices"] for one in p3),
            "openings": len(scene.openings),
            "that_told": len(opened.told),
            "told_few": len(few),
            "told_most": max((searches for _, searches in opened.told), default=0),
            "up_to_15": _figures([few], [opened.hops]),
            "more": _figures([many], [opened.hops]),
        },
    }


@dataclass(frozen=True, slots=True)
class _Posting:
    """Notices that are left to be given, and what tells how the hub gets on with them."""

    to: Wire
    left: Iterator[EarlyNoticeGiven]
    at: datetime
    settle: Callable[[], object]
    busy: Callable[[], Mapping[str, float]]
    tell: Callable[[str], None]

    def paced(self, pace: float, share: int, repeats: int) -> dict[str, Any]:
        """Return the figures of so many turns, each of the same share of notices, at so many a second."""
        waits: list[list[float]] = []
        hops: list[list[float]] = []
        invited: list[int] = []
        before = self.busy()
        for number in range(repeats):
            self.tell(f"{share} notices at {pace:g} a second, run {number + 1} of {repeats}")
            came = notices(self.to, list(islice(self.left, share)), self.at, pace, self.settle)
            waits.append(came[0])
            hops.append(came[1])
            invited += came[2]
        return {
            "a_second": pace,
            "notices": share * repeats,
            "with_an_invitation": sum(map(len, waits)),
            "invited_median": int(median(invited or [0])),
            "invited_most": max(invited, default=0),
            "busy_ms_a_notice": spent_ms(before, self.busy(), share * repeats),
            **_figures(waits, hops),
        }


def _figures(ours: Sequence[Sequence[float]], bare: Sequence[Sequence[float]]) -> dict[str, Any]:
    return figures(ours, bare) if all(ours) and all(bare) else {}


def notices(
    to: Wire, given: Sequence[EarlyNoticeGiven], at: datetime, a_second: float, settle: Callable[[], object]
) -> tuple[list[float], list[float], list[int]]:
    """Post notices at a pace, a bare record between each two; return waits for the first invitation, hops, invited."""
    since, sent, bare = len(to.watcher.arrivals), dict[str, float](), dict[str, float]()

    def post(notice: EarlyNoticeGiven) -> None:
        sent[str(notice.referral_id)] = to.post(notice.authority, notice, at)

    _beside(to, [partial(post, one) for one in given], bare, a_second)
    came = _all_of(to, since, settle)
    told = {str(one.referral_id): inbox(one.authority) for one in given}  # which is told of its invitations, too
    first: dict[str, float] = {}
    count: dict[str, int] = defaultdict(int)
    for one in came:
        if one.type == INVITED and one.topic != told.get(one.subject, one.topic):
            first.setdefault(one.subject, one.at - sent[one.subject])
            count[one.subject] += 1
    return list(first.values()), bare_hops(came, bare), list(count.values())


def _beside(to: Wire, acts: Iterable[Callable[[], object]], bare: dict[str, float], a_second: float) -> None:
    def hop() -> None:
        key, now = to.post_bare()
        bare[key] = now

    paced([one for act in acts for one in (act, hop)], 2 * a_second)


def _all_of(to: Wire, since: int, settle: Callable[[], object]) -> list[Arrival]:
    """Return what has come once everything has: the hub is quiet, and a last bare record has overtaken nothing."""
    to.flush()
    settle()
    key, _ = to.post_bare()
    until(lambda: any(one.subject == key for one in to.watcher.arrivals[since:]))
    return to.watcher.arrivals[since:]


@dataclass(frozen=True, slots=True)
class _Opened:
    told: list[tuple[float, int]]
    """Of each home that any search was told of: the wait until the last was, and how many were."""
    hops: list[float]


def _openings(to: Wire, scene: Scene, settle: Callable[[], object]) -> _Opened:
    since, sent, bare = len(to.watcher.arrivals), dict[str, float](), dict[str, float]()

    def post(event: VacancyOpened) -> None:
        sent[str(event.vacancy_id)] = to.post(event.provider, event, scene.at)

    _beside(to, [partial(post, one) for one in scene.openings], bare, OPENINGS_A_SECOND)
    came = _all_of(to, since, settle)
    told = _told_of(came, to.codec, sent)
    return _Opened([(max(waits.values()), len(waits)) for waits in told.values()], bare_hops(came, bare))


def _told_of(came: Iterable[Arrival], codec: Codec, sent: dict[str, float]) -> dict[str, dict[str, float]]:
    """Return home -> search -> how long it took until the search's provider was first told of the home.

    Whatever is told later names the home again.
    """
    told: dict[str, dict[str, float]] = defaultdict(dict)
    for one in came:
        if one.type in (INVITED, UPDATED):
            event = codec.decode(one.value)
            if one.topic == inbox(event.provider):  # the authority is told, too
                for vacancy in {str(home.vacancy_id) for home in event.homes} & sent.keys():
                    told[vacancy].setdefault(one.subject, one.at - sent[vacancy])
    return told
