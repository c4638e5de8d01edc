"""Homes that a criterion cannot tell apart: what each criterion reads of a home, and what of a search.

Of two homes alike in what it reads, a criterion says the same in one search at one moment. So it is asked once for
all of them: the vector engine numbers homes by what is read, and looks the answer up. A criterion that is not here
reads a place or a moment that no two homes share (`places.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

from placehub.search.looking import Looking
from placehub.search.needfit import NOT_REQUIRED, SHARED_LANGUAGE, asked_openly
from placehub.search.row import HomeRow
from placehub.search.skills import asked_for
from placehub.search.sought import Person

READS: Final[dict[str, Callable[[HomeRow], Hashable]]] = {
    "state": lambda row: (row.live, row.home.state),
    "agreement": lambda row: row.provider,
    "kind": lambda row: row.home.kinds,
    "places": lambda row: row.places_left,
    "siblings": lambda row: row.home.sibling_places,
    "age": lambda row: (row.home.min_age, row.home.max_age),
    "sex": lambda row: row.home.sex,
    "adaptation": lambda row: row.home.adapted,
    "risks": lambda row: (row.home.exclusions, row.companions if _conditional(row) else None),
    "avoid area": lambda row: row.areas,
    "pets": lambda row: row.home.pets,
    "living companions": lambda row: (
        None if row.companions is None else tuple((one.low, one.high) for one in row.companions)
    ),
    "usual limit": lambda row: (row.home.exemption, row.home.approved_places, row.children_placed),
    "terms of approval": lambda row: (row.home.approved_places, row.children_placed),
    "communication": lambda row: (row.home.skills, row.home.languages),
    "identity": lambda row: (row.home.languages, row.household),
    "skills": lambda row: row.home.skills,
    "stability": lambda row: row.children_placed,
    "out of area": lambda row: row.authority,
}
"""All that a criterion reads of a home. Whoever lets one read more must say so here; the laws find who forgets."""


def _conditional(row: HomeRow) -> bool:
    return any(one.younger_child or one.same_sex for one in row.home.exclusions)


def _risk_facts(person: Person) -> Hashable:
    last_dates = tuple(sorted(person.last_dates.items()))
    return person.risks_present, person.risks_none_known, person.low, person.high, person.sex, last_dates


def _of_companions(child: Person) -> Hashable:
    return (child.living_companions, child.low, child.high) if _of_ages(child) else child.living_companions


ASKS: Final[dict[str, Callable[[Looking], Hashable]]] = {
    "state": lambda looking: (),
    "agreement": lambda looking: looking.eligible,
    "kind": lambda looking: looking.sought.kind,
    "places": lambda looking: looking.needed,
    "siblings": lambda looking: (looking.needed, looking.sought.siblings_plan),
    "age": lambda looking: (
        looking.policy.ages_beyond_approval,
        tuple((one.age_band, one.low, one.high) for one in looking.children),
    ),
    "sex": lambda looking: tuple(one.sex for one in looking.children),
    "adaptation": lambda looking: tuple(one.adaptation for one in looking.unit),
    "risks": lambda looking: tuple(_risk_facts(one) for one in looking.unit),
    "avoid area": lambda looking: (looking.sought.avoid, looking.sought.avoid_told),
    "pets": lambda looking: tuple(one.pets for one in looking.unit),
    "living companions": lambda looking: tuple(_of_companions(one) for one in looking.children),
    "usual limit": lambda looking: (looking.policy.usual_limit, looking.needed),
    "terms of approval": lambda looking: looking.needed,
    "communication": lambda looking: tuple(one.communication for one in looking.unit),
    "identity": lambda looking: tuple((one.cultural_needs, one.opened) for one in looking.unit),
    "skills": lambda looking: (
        asked_openly(looking),
        tuple(one.disabilities is None for one in looking.unit),
    ),
    "stability": lambda looking: (),
    "out of area": lambda looking: (looking.sought.authority, looking.sought.adjoining),
}
"""All that a criterion reads of a search where nothing sealed decides, so that one answer serves many searches."""

_OF_SEALED: Final[dict[str, Callable[[Looking], bool]]] = {
    "age": lambda looking: any(one.age_sealed for one in looking.children),
    "risks": lambda looking: any(one.last_dates for one in looking.unit),
    "avoid area": lambda looking: bool(looking.sought.avoid),
    "living companions": lambda looking: any(one.age_sealed and _of_ages(one) for one in looking.children),
    "communication": lambda looking: any(
        one.first_language and "ESOL" in (one.communication or ()) for one in looking.unit
    ),
    "identity": lambda looking: any(one.opened and not _of_the_usual(one) for one in looking.unit),
    "skills": lambda looking: any(asked_for("disability", one.disabilities or ()) for one in looking.unit),
}


def _of_ages(child: Person) -> bool:
    return (child.living_companions or "").startswith("Only")


def _of_the_usual(person: Person) -> bool:
    """Tell whether a person's identity asks nothing of a home: it is so of most, and says nothing of one."""
    return person.first_language == SHARED_LANGUAGE and person.cultural_needs == NOT_REQUIRED


def asks(name: str, looking: Looking) -> Hashable | None:
    """Return what a criterion reads of a search, or None where that rests on a sealed need.

    What rests on a sealed need is worked out for the search at hand and then forgotten.
    """
    sealed = _OF_SEALED.get(name)
    return None if sealed is not None and sealed(looking) else (name, ASKS[name](looking))


class Alike:
    """Numbers the homes by what one criterion reads of them; the first of each number stands for all."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.examples: list[HomeRow] = []
        """A home of each number."""
        self._numbers: dict[Hashable, int] = {}

    def number(self, row: HomeRow) -> int:
        """Return the number of the homes that are like this one."""
        read = READS[self.name](row)
        number = self._numbers.setdefault(read, len(self.examples))
        if number == len(self.examples):
            self.examples.append(row)
        return number
