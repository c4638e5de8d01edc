"""The whole lifecycle table, as intake and the docs read it."""

from __future__ import annotations

from typing import Final

from placehub.agreements import lifecycle as agreements
from placehub.lifecycle import Act
from placehub.organisations import lifecycle as organisations
from placehub.placements import lifecycle as placements
from placehub.referrals import lifecycle as referrals
from placehub.vacancies import lifecycle as vacancies

ACTS: Final[dict[str, Act]] = {
    act.event: act
    for act in (*referrals.ACTS, *vacancies.ACTS, *placements.ACTS, *agreements.ACTS, *organisations.ACTS)
}
"""Event's full name -> its row."""

STATES: Final[dict[str, dict[str, str]]] = {
    "referral": referrals.STATES,
    "vacancy": vacancies.STATES,
    "placement": placements.STATES,
    "agreement": agreements.STATES,
    "organisation": organisations.STATES,
}
"""Stream -> the states of its aggregate, each with its meaning."""
