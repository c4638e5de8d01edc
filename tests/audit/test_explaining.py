"""Why a provider was invited, or why not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from placehub.audit.explaining import CUT, INVITED, NO_FIT, NO_VACANCY, NOT_LOOKING, NOT_SEARCHED, Explanation, explain
from placehub.errors import NotFound
from placehub.keys.sealed import Sealed
from placehub.search.row import OpenedHousehold
from placehub.vacancies.events import VacancyOpened

from .conftest import Lived


def why(lived: Lived, case: Any, provider: str, at: Any) -> Explanation:
    """Explain one provider in one case."""
    return explain(lived.log, lived.postcodes, lived.needs, lived.households, case, provider, at)


def test_who_was_invited(lived: Lived) -> None:
    """An invited provider's homes come out in the bands it was told, with everything that happened since."""
    told = lived.of("ProviderInvited")[0]
    found = why(lived, told.event.referral_id, told.event.provider, told.attributes.time)
    assert (found.verdict, found.state) == (INVITED, "invited")
    bands = {one.vacancy_id: one.band for one in found.homes if one.fits}
    assert {home.vacancy_id: home.band for home in told.event.homes}.items() <= bands.items()
    assert found.happened[0][1] == "ProviderInvited"


def test_before_anything_was_decided(lived: Lived) -> None:
    """Of a case nobody had told of there is nothing to explain."""
    told = lived.of("ProviderInvited")[0]
    with pytest.raises(NotFound):
        why(lived, told.event.referral_id, told.event.provider, told.attributes.time - timedelta(days=400))


def test_a_provider_nobody_knows(lived: Lived) -> None:
    """A code that is no provider's is not taken for one that was not invited."""
    told = lived.of("ProviderInvited")[0]
    with pytest.raises(NotFound, match="no provider nobody"):
        why(lived, told.event.referral_id, "nobody", told.attributes.time)


def test_every_provider_has_its_reason(lived: Lived) -> None:
    """Whoever was not invited learns the first rule that removed each home, or what came before; no one is left out."""
    providers = {one.event.provider for one in lived.of("VacancyOpened") if isinstance(one.event, VacancyOpened)}
    last = lived.records[-1].attributes.time
    verdicts = set()
    for started in lived.of("SearchStarted")[:8]:
        for provider in sorted(providers):
            found = why(lived, started.event.referral_id, provider, last)
            verdicts.add(found.verdict)
            assert found.verdict in {INVITED, CUT, NO_FIT, NO_VACANCY, NOT_LOOKING, NOT_SEARCHED}
            assert all((one.band is None) != (one.rule is None) for one in found.homes)
            if found.verdict == NO_FIT:
                assert not any(one.fits for one in found.homes)
    assert {INVITED, NO_FIT, NOT_SEARCHED} <= verdicts


def test_a_household_that_is_erased_is_said(lived: Lived) -> None:
    """A home whose household's key is destroyed is judged without it, and that is said of it."""

    class Destroyed:
        def of(self, sealed: Mapping[UUID, Sealed]) -> Mapping[UUID, OpenedHousehold]:
            return {}

    told = lived.of("ProviderInvited")[0]
    case, provider, at = told.event.referral_id, told.event.provider, told.attributes.time
    fitting = [one for one in why(lived, case, provider, at).homes if one.fits]
    assert not any(one.erased for one in fitting)
    found = explain(lived.log, lived.postcodes, lived.needs, Destroyed(), case, provider, at)
    assert [one.erased for one in found.homes if one.fits] == [True] * len(fitting)
