"""Decisions made again over a real hub, needs opened through its key service."""

from __future__ import annotations

from datetime import timedelta

import pytest

from placehub import app
from placehub.audit.explaining import INVITED, explain
from placehub.audit.recomputing import recompute
from placehub.postcodes import Postcodes

from .story import Town, play

pytestmark = pytest.mark.broker


def test_a_case_is_decided_again_and_explained(town: Town) -> None:
    """From the streams alone every decision of a case with sealed needs comes out as it stands."""
    case, home, _ = play(town)
    settings, postcodes = town.hub.settings, Postcodes.open()
    log, needs = app.past(settings), app.opened_needs(settings)
    found = recompute(log, postcodes, needs, case=case.id)
    assert found.decisions > 0
    assert dict(found.outcomes) == {"equal": found.decisions}, found.document()
    why = explain(log, postcodes, needs, case.id, town.providers[0].code, town.hub.now + timedelta(hours=1))
    assert why.verdict == INVITED
    assert home in {one.vacancy_id for one in why.homes}
