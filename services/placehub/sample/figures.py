"""The figures the sample world is drawn from, and which of them anybody has published.

`PUBLISHED` are statistics of public bodies (Open Government Licence v3.0), rounded as they were printed:

- Department for Education, "Children looked after in England including adoptions" (31 March 2025).
- Ofsted, "Fostering in England" (households: latest release; approved and vacant places: 31 March 2024).

`PLANNED` is this project's own planning load, nobody's statistic.

Everything else here is an `Approximate`: broad proportions, rounded by hand **for the sample only**. They resemble
what is known of children looked after in England; none of them is a published figure, and none may be quoted.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_DFE: Final = "Department for Education, Children looked after in England including adoptions"
_OFSTED: Final = "Ofsted, Fostering in England"
OGL: Final = "Open Government Licence v3.0"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, what it counts and who says so."""

    value: float
    what: str
    source: str
    licence: str | None


@dataclass(frozen=True, slots=True)
class Approximate(Generic[T]):
    """Shares of each value, approximate and for the sample only."""

    what: str
    shares: tuple[tuple[T, float], ...]

    def draw(self, rng: Random) -> T:
        """Return one value, each as often as its share says."""
        values = [value for value, _ in self.shares]
        return rng.choices(values, [share for _, share in self.shares])[0]


CHILDREN: Final = Figure(81_770, "children looked after on 31 March 2025", _DFE, OGL)
PLACEMENTS: Final = Figure(90_920, "new placements in the year to 31 March 2025", _DFE, OGL)
HOUSEHOLDS: Final = Figure(42_190, "fostering households", _OFSTED, OGL)
PLACES: Final = Figure(70_465, "approved fostering places on 31 March 2024", _OFSTED, OGL)
VACANT: Final = Figure(0.16, "share of approved places that are vacant, 31 March 2024", _OFSTED, OGL)
PUBLISHED: Final = (CHILDREN, PLACEMENTS, HOUSEHOLDS, PLACES, VACANT)

SEARCHES: Final = Figure(50_000, "foster searches a year in England", "planning load of this project", None)
PLANNED: Final = (SEARCHES,)

AGE: Final = Approximate(
    "age in years of a child a foster home is sought for",
    (
        *(((0, 0), 0.07), ((1, 4), 0.15), ((5, 9), 0.22)),
        *(((10, 15), 0.42), ((16, 17), 0.14)),
    ),
)
SEX: Final = Approximate("sex", (("M", 0.56), ("F", 0.44)))
SIBLINGS: Final = Approximate("children in one search", ((1, 0.72), (2, 0.19), (3, 0.07), (4, 0.02)))
TOGETHER: Final = Approximate("plan for siblings of one search", (("together", 0.85), ("apart", 0.08), (None, 0.07)))
KIND: Final = Approximate(
    "kind of placement sought",
    (
        *(("emergency", 0.15), ("bridging", 0.10), ("short term", 0.45), ("long term", 0.18)),
        *(("parent and child", 0.04), ("short break", 0.03), ("remand", 0.02), ("UASC", 0.03)),
    ),
)
ETHNICITY: Final = Approximate(
    "ethnicity of a child",
    (
        *(("WBRI", 0.68), ("WOTH", 0.04), ("MWBC", 0.04), ("MWBA", 0.02), ("MWAS", 0.02), ("MOTH", 0.03)),
        *(("AIND", 0.01), ("APKN", 0.03), ("AOTH", 0.02), ("BAFR", 0.04), ("BCRB", 0.02), ("OOTH", 0.05)),
    ),
)
CARERS_ETHNICITY: Final = Approximate(
    "ethnicity of a carer", (("WBRI", 0.80), ("BCRB", 0.06), ("APKN", 0.05), ("BAFR", 0.05), ("WOTH", 0.04))
)
FAITH: Final = Approximate(
    "faith of a child or a household",
    (("none", 0.44), ("Christian", 0.36), ("Muslim", 0.13), ("Hindu", 0.03), ("Sikh", 0.03), ("Jewish", 0.01)),
)
LEGAL_STATUS: Final = Approximate("legal status", (("C2", 0.52), ("C1", 0.24), ("V2", 0.19), ("E1", 0.05)))
CATEGORY_OF_NEED: Final = Approximate(
    "category of need",
    (
        *(("N1", 0.64), ("N2", 0.03), ("N3", 0.04), ("N4", 0.08)),
        *(("N5", 0.13), ("N6", 0.01), ("N8", 0.07)),
    ),
)
RISKS: Final[tuple[tuple[str, float, float], ...]] = (
    ("riskSelfHarm", 0.01, 0.16),
    ("riskSexualExploitation", 0.01, 0.09),
    ("riskCriminalExploitation", 0.01, 0.12),
    ("riskDrugAlcohol", 0.00, 0.12),
    ("riskEatingDisorder", 0.01, 0.04),
    ("riskMissing", 0.01, 0.18),
    ("riskOther", 0.05, 0.06),
    ("riskToOthersPhysical", 0.08, 0.18),
    ("riskToOthersSexual", 0.01, 0.04),
    ("riskToOthersFire", 0.01, 0.03),
    ("riskToOthersAnimals", 0.02, 0.04),
    ("riskToOthersCriminal", 0.00, 0.09),
    ("riskToOthersOther", 0.02, 0.03),
)
"""Each risk of the placements standard: approximate share of children under ten, and of ten and over, who have it."""
RISK_NOT_SAID: Final = 0.25
"""Approximate share of risks a referral says nothing about: neither present nor "no known risk"."""

PLACES_IN_HOUSEHOLD: Final = Approximate(
    "approved places in one household", ((1, 0.50), (2, 0.35), (3, 0.13), (4, 0.02))
)
"""Chosen so that the mean is `PLACES` / `HOUSEHOLDS`, 1.67."""


def searches_in(days: int, households: int) -> int:
    """Return how many searches the planning load means for so many households and days."""
    return round(SEARCHES.value * households / HOUSEHOLDS.value * days / 365)


def vacant_places_in(households: int) -> int:
    """Return how many of the places of so many households are vacant, by the published share."""
    return round(PLACES.value / HOUSEHOLDS.value * households * VACANT.value)
