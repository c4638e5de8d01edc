"""What every actor of the sample world has in common: an inbox read as a set, and acts that can be put in waves.

An actor knows its own records and what was in its inbox, nothing else. It decides once a step, over all that has come
by then, in the order of its own keys: so the order in which letters arrive within a step changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID, uuid5

from placehub.contracts.codec import to_json
from placehub.contracts.headers import Attributes
from placehub.mailboxes.events import EventRejected
from placehub.mailboxes.mailbox import subject_of
from placehub.sample.chance import SAMPLE
from placehub.sample.parties import LEAD
from placehub.sample.world import World
from placehub.streams import event_name, full_name

Path = tuple[str | int, ...]
_Way = tuple[str, str]


class Letter(Protocol):
    """One event as it lies in an inbox."""

    @property
    def attributes(self) -> Attributes:
        """Its CloudEvents attributes."""

    @property
    def event(self) -> Any:
        """The event itself."""


@dataclass(frozen=True, slots=True)
class Act:
    """One event an actor posts, and what it touches.

    `touches` maps a thing to how it is touched: two acts go well together when for each thing that both touch they
    touch it in the same way, and not alone.
    """

    sender: str
    event: Any
    time: datetime
    touches: Mapping[str, str]
    plain: Mapping[Path, object] = field(default_factory=dict)
    """Documents to seal before sending, by their place in the event."""
    nth: object = 0
    """Tells apart two acts of one sender at one time that are alike in type and subject."""

    @property
    def id(self) -> UUID:
        """The same for the same act of every run: what the hub derives from it then has the same id too."""
        subject = subject_of(self.event)
        return uuid5(SAMPLE, f"{self.sender}|{self.name}|{subject}|{self.time.isoformat()}|{self.nth}")

    @property
    def name(self) -> str:
        """The event's full name."""
        return full_name(type(self.event))

    def document(self) -> dict[str, Any]:
        """Return the event as JSON values, with what is to be sealed still readable in its place."""
        document = to_json(self.event)
        for path, part in self.plain.items():
            inner: Any = document
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = part if isinstance(part, dict) else to_json(part)
        return document


CASE: Final = "referral "
ALONE = "alone"
CHANGES = {"world": "changes"}
SEARCHES = {"world": "searches"}
SELECTS = {"world": ALONE}
"""Who selects goes alone: the search ends for every provider invited, or, when it is refused, looks at every home."""
TURNS: Final = (None, "searches", ALONE, "changes")
"""How an act touches the world, in the order in which a step takes them."""


def on_case(referral_id: UUID, way: str = ALONE) -> dict[str, str]:
    """Touch a case."""
    return {f"{CASE}{referral_id}": way}


def on_homes(provider: str, way: str = ALONE) -> dict[str, str]:
    """Touch a provider's homes; its invitations rest on all of them."""
    return {f"homes {provider}": way}


def waves(acts: Sequence[Act]) -> list[list[Act]]:
    """Put acts in as few groups as a greedy order gives, so that within one no two acts can meet in two orders.

    Answers come first, then what starts and moves searches, then each selection, then what changes homes: taken as
    they come, searches and changes would take turns and make a wave of nearly every act. One sender's acts on one
    case keep their order even within a wave, since they share a mailbox and a key.
    """
    found: list[list[Act]] = []
    last: dict[str, dict[_Way, int]] = defaultdict(dict)
    for act in sorted(acts, key=_turn):
        # a wave before the last that meets the act is no use to it, so the next one after that is the first
        first = (
            max((at for thing, way in act.touches.items() for at in _meeting(act, thing, way, last)), default=-1) + 1
        )
        if first == len(found):
            found.append([])
        found[first].append(act)
        for thing, way in act.touches.items():
            key = way, act.sender if thing.startswith(CASE) else ""
            last[thing][key] = max(first, last[thing].get(key, -1))
    return found


def _meeting(act: Act, thing: str, way: str, last: Mapping[str, Mapping[_Way, int]]) -> Iterator[int]:
    """Yield the waves in which something meets the act over this thing."""
    for (before, sender), at in last[thing].items():
        if (way != before or way == ALONE) and not (thing.startswith(CASE) and sender == act.sender):
            yield at


def _turn(act: Act) -> int:
    return TURNS.index(act.touches.get("world"))


class Actor:
    """One organisation's person at work."""

    def __init__(self, code: str, seed: int) -> None:
        self.code = code
        self.seed = seed
        self.rejected: list[EventRejected] = []

    def read(self, letters: Iterable[Letter], now: datetime) -> None:
        """Take in what has come; of one case in its order, else in the order of the subjects."""
        for letter in sorted(letters, key=lambda one: one.attributes.subject):
            if isinstance(letter.event, EventRejected):
                self.rejected.append(letter.event)
            elif letter.event is not None:
                self.take(letter.event, letter.attributes, now)

    def take(self, event: Any, attributes: Attributes, now: datetime) -> None:
        """Note one event."""
        raise NotImplementedError

    def act(self, now: datetime) -> list[Act]:
        """Return what this actor posts now."""
        raise NotImplementedError

    def post(
        self,
        event: Any,
        now: datetime,
        *touches: Mapping[str, str],
        plain: Mapping[Path, object] | None = None,
        nth: object = 0,
    ) -> Act:
        """Return the act of posting this event."""
        merged = {thing: way for one in touches for thing, way in one.items()}
        return Act(self.code, event, now, merged, plain or {}, nth)


class Lead(Actor):
    """The lead commissioner's office: registers the agreements and who joins them, once."""

    def __init__(self, world: World) -> None:
        super().__init__(LEAD, world.seed)
        self._world = world
        self._done = False

    def take(self, event: Any, attributes: Attributes, now: datetime) -> None:
        """Nothing that comes changes what the lead does here."""

    def act(self, now: datetime) -> list[Act]:
        """Return the agreements and the joinings the first time, then nothing."""
        if self._done:
            return []
        self._done = True
        events = (*self._world.agreements, *self._world.joinings)
        return [self.post(event, now, nth=number) for number, event in enumerate(events)]


def kind_of(event: Any) -> str:
    """Return the event's name."""
    return event_name(type(event))
