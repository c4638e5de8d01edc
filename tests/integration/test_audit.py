"""Decisions made again over a real hub, needs opened through its key service."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from placehub import app
from placehub.app import AUDIT
from placehub.audit.explaining import INVITED, explain
from placehub.audit.recomputing import recompute
from placehub.contracts.parts import Finding
from placehub.database import connect
from placehub.keys.sealed import Sealed
from placehub.keys.store import destroy
from placehub.keys.tables import opening
from placehub.postcodes import Postcodes
from placehub.search.events import ProviderInvited
from placehub.settings import Settings
from placehub.vacancies.events import VacancyOpened

from .story import Case, Desk, Town, play

pytestmark = pytest.mark.broker


def test_a_case_is_decided_again_and_explained(town: Town) -> None:
    """From the streams alone every decision of a case with sealed needs comes out as it stands."""
    case, home, _ = play(town)
    settings, postcodes = town.hub.settings, Postcodes.open()
    log, needs, households = app.past(settings), app.opened_needs(settings), app.opened_households(settings)
    found = recompute(log, postcodes, needs, households, case=case.id)
    assert found.decisions > 0
    assert dict(found.outcomes) == {"equal": found.decisions}, found.document()
    why = explain(log, postcodes, needs, households, case.id, town.providers[0].code, town.hub.now + timedelta(hours=1))
    assert why.verdict == INVITED
    assert home in {one.vacancy_id for one in why.homes}


SHARED = {"religion": "Sikh", "ethnicity": "AIND", "first_language": "en"}


def identity_of(provider: Desk, case: Case) -> Finding:
    """Return what the provider's one invitation to the case says of identity."""
    (invited,) = provider.got(ProviderInvited, case.id)
    (found,) = [one for one in invited.homes[0].findings if one.criterion == "identity"]
    return found


def test_sealed_households_are_matched_and_decided_again(town: Town) -> None:
    """Faith and ethnicity of a sealed household decide, unseen; once a key is destroyed recompute says erased.

    The hub's opening of the household is on record once for its matching, and of one without any the carer is asked.
    """
    sharing, other, silent = town.providers[:3]
    town.open_home(sharing, household={"faiths": ["sikh"], "ethnicities": ["AIND", "WBRI"]})
    town.open_home(other, household={"faiths": ["none"], "ethnicities": ["WBRI"]})
    town.open_home(silent)
    town.hub.settle()
    case = town.case()
    document = case.referral(need=SHARED)
    document["children"][0]["cultural_needs"] = "Required"
    town.authority.tell("ReferralMade", document)
    town.hub.settle()
    found = {one.code: identity_of(one, case) for one in (sharing, other, silent)}
    assert {one: said.verdict for one, said in found.items()} == {
        sharing.code: "fits",
        other.code: "needs support",
        silent.code: "ask",
    }
    assert found[silent.code].facts["ask"] == "carer"
    assert found[sharing.code].facts["source"] == "sealed need, sealed household"
    settings, postcodes = town.hub.settings, Postcodes.open()
    asked = app.past(settings), postcodes, app.opened_needs(settings, AUDIT)
    again = recompute(*asked, app.opened_households(settings, AUDIT), case=case.id)
    assert dict(again.outcomes) == {"equal": again.decisions}, again.document()
    opened = [one for one in other.got(VacancyOpened) if one.vacancy_id in town.homes]
    assert openings_of(settings, opened[0].household) == {"seal": 1, "matching": 1, "audit": 1}
    engine = connect(settings.database.get_secret_value())
    with engine.begin() as connection:
        destroy(connection, other.code, "household", str(opened[0].household_ref), "asked for", town.hub.now)
    engine.dispose()
    erased = recompute(*asked, app.opened_households(settings, AUDIT), case=case.id)
    assert erased.outcomes["erased"] > 0
    assert erased.outcomes["different"] == 0


def openings_of(settings: Settings, part: Sealed | None) -> dict[str, int]:
    """Return how often the key of a sealed part was given out, by purpose."""
    assert part is not None
    engine = connect(settings.database.get_secret_value())
    with engine.connect() as connection:
        rows = connection.scalars(select(opening.c.purpose).where(opening.c.key_id == part.key_id)).all()
    engine.dispose()
    return dict(Counter(rows))
