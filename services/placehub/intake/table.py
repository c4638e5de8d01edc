"""The whole lifecycle table, as intake and the docs read it."""

from __future__ import annotations

from typing import Final

from placehub.agreements import lifecycle as agreements
from placehub.evidence import lifecycle as evidence
from placehub.governance import lifecycle as reminders
from placehub.lifecycle import Act
from placehub.organisations import lifecycle as organisations
from placehub.placements import lifecycle as placements
from placehub.referrals import lifecycle as referrals
from placehub.retention import lifecycle as retention
from placehub.returns import lifecycle as returns
from placehub.vacancies import lifecycle as vacancies

ACTS: Final[dict[str, Act]] = {
    act.event: act
    for aggregate in (
        referrals,
        vacancies,
        placements,
        agreements,
        returns,
        organisations,
        reminders,
        evidence,
        retention,
    )
    for act in aggregate.ACTS
}
"""Event's full name -> its row."""

STATES: Final[dict[str, dict[str, str]]] = {
    "referral": referrals.STATES,
    "vacancy": vacancies.STATES,
    "placement": placements.STATES,
    "agreement": agreements.STATES,
    "partnership": returns.STATES,
    "organisation": organisations.STATES,
    "reminder": reminders.STATES,
    "treehead": evidence.STATES,
    "evidence": evidence.NOTED | retention.STATES,
}
"""Stream -> the states of its aggregate, each with its meaning."""
