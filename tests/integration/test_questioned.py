"""What is said of one home in several searches, over real mailboxes: who hears of it, and what answers it."""

from __future__ import annotations

import pytest

from placehub.contracts.codec import to_json
from placehub.offers.events import InvitationDeclined
from placehub.search.events import ProviderInvited
from placehub.vacancies.events import VacancyFactQuestioned, VacancyOpened

from .story import Case, Town

pytestmark = pytest.mark.broker


def referred(town: Town) -> Case:
    """Make a referral that a home of the first provider fits."""
    case = town.case()
    case.refer()
    town.hub.settle()
    return case


def places_asked(town: Town, case: Case) -> bool:
    """Tell whether the first provider's invitation to a case says that the places of the home are questioned."""
    (invited,) = town.providers[0].got(ProviderInvited, case.id)
    (found,) = [one for one in invited.homes[0].findings if one.criterion == "places"]
    return "questioned" in found.facts


def test_three_declines_for_one_reason_question_the_fact(town: Town) -> None:
    """The third search declined for want of room questions the places to its provider alone, until it restates them."""
    provider = town.providers[0]
    home = town.open_home(provider)
    town.hub.settle()
    for number in range(3):
        case = referred(town)
        assert not places_asked(town, case)
        provider.post(
            InvitationDeclined(referral_id=case.id, provider=provider.code, reason="capacity", vacancy_id=home)
        )
        town.hub.settle()
        assert len([one for one in provider.got(VacancyFactQuestioned) if one.vacancy_id == home]) == number // 2
    (questioned,) = [one for one in provider.got(VacancyFactQuestioned) if one.vacancy_id == home]
    assert (questioned.fact, questioned.because, questioned.count) == ("home.places", "capacity", 3)
    others = (town.authority, *town.providers[1:])
    assert not [one for desk in others for one in desk.got(VacancyFactQuestioned) if one.vacancy_id == home]
    assert places_asked(town, referred(town))
    (opened,) = [one for one in provider.letters(VacancyOpened) if one.event.vacancy_id == home]
    document = {
        "vacancy_id": str(home),
        "provider": provider.code,
        "household_ref": str(opened.event.household_ref),
        "version": 2,
        "home": to_json(opened.event.home),
    }
    provider.tell("VacancyRevised", document)
    town.hub.settle()
    assert not places_asked(town, referred(town))
