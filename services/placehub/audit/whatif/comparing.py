"""History and the shadow side by side: what each measure was and would be, and which cases change, and why; pure.

A case in which the shadow invites somebody that history did not is left out of what rests on answers (the first offer):
what that provider would have said is not known. It is counted instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from statistics import median
from typing import Any, Final
from uuid import UUID

from placehub.audit.whatif.history import Story
from placehub.audit.whatif.outcomes import LINE_MILES, Figures, figures
from placehub.audit.whatif.shadow import LOOK_EVERY, Shadowed
from placehub.contracts.codec import to_json
from placehub.search.policy import Policy
from placehub.search.wording import because

SHOWN: Final = 20
"""Cases that changed and are told of in full, those that change most first; all are counted."""
MEDIAN, SHARE, MEAN = "median", "share", "mean"


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: of `counted` cases, those in which both sides are known; of `not_known` it cannot be said."""

    name: str
    figure: str
    was: float | None
    would_be: float | None
    counted: int
    not_known: int


@dataclass(frozen=True, slots=True)
class Changed:
    """One case that comes out otherwise."""

    referral_id: UUID
    told_hours: float | None
    """How many hours later the first provider is told; negative: sooner."""
    deliveries: int
    """How many more providers are told."""
    invited: tuple[str, ...]
    """Who is told here and was not in history: what they would have said is not known."""
    left_out: Mapping[str, str]
    """Who was told in history and is not here, and why."""

    @property
    def size(self) -> float:
        """How much changes: providers first, then hours."""
        return len(self.invited) + len(self.left_out) + min(abs(self.told_hours or 0.0), 999.0) / 1000


@dataclass(frozen=True, slots=True)
class Compared:
    """All of it."""

    measures: tuple[Measure, ...]
    changed: tuple[Changed, ...]
    cases: int
    answers_not_known: int
    answers_unused: int
    authority_refused: int

    def document(self) -> dict[str, Any]:
        """Return it as data, the most changed cases in full."""
        shown = sorted(self.changed, key=lambda one: (-one.size, str(one.referral_id)))[:SHOWN]
        return {
            "cases": self.cases,
            "changed": len(self.changed),
            "invitations_without_known_answer": self.answers_not_known,
            "answers_without_invitation": self.answers_unused,
            "acts_of_authorities_without_place": self.authority_refused,
            "measures": [asdict(one) for one in self.measures],
            "why_left_out": dict(Counter(why for one in self.changed for why in one.left_out.values()).most_common()),
            "cases_that_change": [asdict(one) for one in shown],
        }


@dataclass(frozen=True, slots=True)
class _Pair:
    was: Figures
    would_be: Figures
    is_known: bool
    placed: bool


_MEASURES: Final[tuple[tuple[str, str, Callable[[Figures], Any], bool], ...]] = (
    ("hours from need known to the first provider told", MEDIAN, lambda one: one.hours_to_told, False),
    ("hours from need known to the first offer", MEDIAN, lambda one: one.hours_to_offer, True),
    ("miles to the best home proposed", MEDIAN, lambda one: one.miles, False),
    (f"best home proposed within {LINE_MILES} miles", SHARE, lambda one: one.near, False),
    ("brothers and sisters together in it", SHARE, lambda one: one.together, False),
    ("school kept from it", SHARE, lambda one: one.school, False),
    ("identity needs met in it", SHARE, lambda one: one.identity, False),
    ("its standard weekly fee", MEDIAN, lambda one: one.fee, False),
    ("deliveries per search", MEAN, lambda one: one.deliveries, False),
)
"""Name, figure, what is read of a search, and whether it rests on providers' answers."""


def compare(
    known: Mapping[UUID, Story], found: Mapping[UUID, Shadowed], fees: Mapping[UUID, Decimal | None]
) -> Compared:
    """Hold every case against itself."""
    pairs = {id: _pair(story, found[id], fees) for id, story in known.items()}
    changed = (_changed(story, found[id], pairs[id]) for id, story in sorted(known.items()))
    return Compared(
        measures=(*(_measure(*one, list(pairs.values())) for one in _MEASURES), _per_placement(pairs.values())),
        changed=tuple(one for one in changed if one is not None),
        cases=len(known),
        answers_not_known=sum(len(one.not_known) for one in found.values()),
        answers_unused=sum(one.unused for one in found.values()),
        authority_refused=sum(one.refused for one in found.values()),
    )


def differing(policy: Policy, other: Policy) -> dict[str, tuple[Any, Any]]:
    """Return the fields in which two policies differ, each with both values."""
    one, two = to_json(policy), to_json(other)
    return {each.name: (one[each.name], two[each.name]) for each in fields(policy) if one[each.name] != two[each.name]}


def _pair(story: Story, shadowed: Shadowed, fees: Mapping[UUID, Decimal | None]) -> _Pair:
    facts, count = story.facts, len(story.facts.children)
    was = figures(story.outcome, facts.need_known_at, count, fees)
    would_be = figures(shadowed.outcome, facts.need_known_at, count, fees)
    return _Pair(was, would_be, not shadowed.not_known, story.outcome.placed)


def _measure(
    name: str, figure: str, read: Callable[[Figures], Any], rests_on_answers: bool, pairs: Sequence[_Pair]
) -> Measure:
    asked = [one for one in pairs if read(one.was) is not None or read(one.would_be) is not None]
    known = [
        one
        for one in asked
        if (one.is_known or not rests_on_answers) and read(one.was) is not None and read(one.would_be) is not None
    ]
    was, would_be = ([float(read(side)) for side in sides] for sides in _sides(known))
    return Measure(name, figure, _of(figure, was), _of(figure, would_be), len(known), len(asked) - len(known))


def _sides(pairs: Iterable[_Pair]) -> tuple[list[Figures], list[Figures]]:
    both = [(one.was, one.would_be) for one in pairs]
    return [was for was, _ in both], [would_be for _, would_be in both]


def _of(figure: str, values: Sequence[float]) -> float | None:
    if not values:
        return None
    return round(median(values) if figure == MEDIAN else sum(values) / len(values), 3)


def _per_placement(pairs: Iterable[_Pair]) -> Measure:
    """Where a child was placed: how many were told for it. Whether another would have been is not known."""
    placed = [one for one in pairs if one.placed]
    was, would_be = ([float(one.deliveries) for one in side] for side in _sides(placed))
    unknown = sum(not one.is_known for one in placed)
    name = "deliveries per placement of history"
    return Measure(name, MEAN, _of(MEAN, was), _of(MEAN, would_be), len(placed), unknown)


def _changed(story: Story, shadowed: Shadowed, pair: _Pair) -> Changed | None:
    was, now = story.outcome, shadowed.outcome
    invited = tuple(sorted(now.invited.keys() - was.invited.keys()))
    left_out = {
        one: because(shadowed.left_out.get(one, "the search had no place for it"))
        for one in sorted(was.invited.keys() - now.invited.keys())
    }
    hours = None
    if was.first_told and now.first_told and abs(now.first_told - was.first_told) > LOOK_EVERY:
        hours = round((now.first_told - was.first_told).total_seconds() / 3600, 1)
    if not invited and not left_out and hours is None:
        return None
    return Changed(story.referral_id, hours, pair.would_be.deliveries - pair.was.deliveries, invited, left_out)
