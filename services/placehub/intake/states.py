"""The states of what the parties alone bring from one to the next, by the lifecycle table; pure."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from placehub.codesign.events import TenderOpened
from placehub.contracts.codec import to_json
from placehub.lifecycle import Act
from placehub.placements.events import PlacementAgreed, VerbalAgreementRecorded

PARTIES_ALONE: Final = ("vacancy", "placement", "agreement")
"""Streams whose states follow from what the parties post alone: intake holds the lifecycle table against them.

The state of a case follows from the hub's decisions too, so that is the search's to say.
"""
Terms = tuple[tuple[str, str], ...]
"""Who has posted which terms of a placement, as their digest."""


def first_state(event: str) -> str | None:
    """Return the state of an aggregate before its first event, by that event's full name; None: not intake's to say."""
    return "none" if event.partition(".")[0] in PARTIES_ALONE else None


def out_of_place(act: Act, state: str | None) -> bool:
    """Tell whether an event comes in a state that its row does not name."""
    return state is not None and state not in act.before


def moved(state: str | None, terms: Terms, event: Any, act: Act, sender: str) -> tuple[str | None, Terms]:
    """Return the state that an event leads to, and the terms posted by now."""
    if act.event.partition(".")[0] not in PARTIES_ALONE:
        return state, terms
    if isinstance(event, PlacementAgreed):
        return _agreed(state, terms, event, sender)
    if isinstance(event, TenderOpened) and state == "in force":
        return state, terms
    if isinstance(event, VerbalAgreementRecorded) and state in ("agreed", "started", "ended"):
        return state, terms  # recorded late: what it has become since stands
    return state if act.after == "same" else act.after, terms


def _agreed(state: str | None, terms: Terms, event: PlacementAgreed, sender: str) -> tuple[str | None, Terms]:
    said = hashlib.sha256(json.dumps(to_json(event), sort_keys=True).encode()).hexdigest()
    by = dict(terms) | {sender: said}
    kept = tuple(sorted(by.items()))
    if state not in ("none", "proposed", "verbally agreed", "agreed"):
        return state, kept  # what it has become since stands; the paper follows
    if len(by) > 1 and len(set(by.values())) == 1:
        return "agreed", kept
    return "verbally agreed" if state == "verbally agreed" else "proposed", kept
