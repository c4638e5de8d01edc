"""What is true of a stale vacancy, as against what is stated of it: a model, written down, for comparing policies.

=================  ================================================================================================
share              drawn anew for every vacancy every 28 days, so that the share holds of the homes there are
shows              half of the stale ones: the carer's word has run out, and the hub sees it; the others were
                   confirmed without asking the carer
what is untrue     half: the carer is no longer willing and says no to every child; half: one stated fact is wrong
the wrong fact     one of, equally often: approved ages three years narrower or wider, a risk more or less that the
                   household cannot take, a kind of placement more or less that it takes
=================  ================================================================================================

None of these numbers is a published figure. What is not stale is as it is stated, and the carer's word stands.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from placehub.sample.chance import rng
from placehub.vacancies.events import Exclusion, Home

PERIOD: Final = timedelta(days=28)
"""How long one draw holds."""
SHOWS, UNWILLING = 0.5, 0.5
WORD_STANDS: Final = timedelta(days=60)
WRONG_YEARS: Final = 3
RISKS: Final = ("riskSelfHarm", "riskMissing", "riskDrugAlcohol", "riskToOthersPhysical", "riskCriminalExploitation")
KINDS: Final = ("emergency", "bridging", "long term", "short break")


@dataclass(frozen=True, slots=True)
class Truth:
    """One vacancy in one period: what its provider states, and what is so."""

    stated: Home
    true: Home
    willing: bool


def truth_of(seed: int, vacancy_id: UUID, home: Home, share: float, period: int, now: datetime) -> Truth:
    """Return what is stated and what is true of a vacancy in a period, when so large a share is stale."""
    chance = rng(seed, "stale", vacancy_id, period)
    stale, shows, unwilling = chance.random() < share, chance.random() < SHOWS, chance.random() < UNWILLING
    until = now - timedelta(days=1) if stale and shows else now + WORD_STANDS
    stated = replace(home, willing_until=until)
    # who asks the carer knows how it stands: the truth is never stale
    true = replace(home, willing_until=now + WORD_STANDS)
    if not stale:
        return Truth(stated, true, True)
    return Truth(stated, true, False) if unwilling else Truth(stated, _otherwise(chance, true), True)


def _otherwise(chance: Random, home: Home) -> Home:
    """Return the home with one fact other than stated."""
    more = chance.random() < 0.5
    match chance.choice(("ages", "risks", "kinds")):
        case "ages":
            years = WRONG_YEARS if more else -WRONG_YEARS
            low, high = max(0, home.min_age - years), min(17, home.max_age + years)
            return replace(home, min_age=min(low, high), max_age=max(low, high))
        case "risks":
            risk = chance.choice(RISKS)
            left = tuple(one for one in home.exclusions if more or one.risk != risk)
            return replace(home, exclusions=(*left, Exclusion(risk=risk)) if more else left[:-1])
        case _:
            kind = chance.choice(KINDS)
            left_kinds = tuple(one for one in home.kinds if one != kind)
            return replace(home, kinds=(*left_kinds, kind) if more else left_kinds)
