"""A referral and an offer revised in two browsers without a script: changes are seen before they are sent and after."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from .test_story import add_home, opened, says, shows, until
from .visiting import Visitor, join

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def officer(hub: Any) -> Visitor:
    """A placement officer of an authority."""
    return join(hub.settings, hub.add("authority").code, f"{uuid4()}@example.org", "placement officer")


@pytest.fixture(scope="module")
def manager(hub: Any) -> Visitor:
    """A referral manager of a provider with a home."""
    visitor = join(hub.settings, hub.add("provider").code, f"{uuid4()}@example.org", "referral manager")
    add_home(visitor, postcode="EX1 1AA")
    return visitor


@pytest.fixture(scope="module")
def case(officer: Visitor, manager: Visitor) -> str:
    """A case with an offer of that home."""
    officer.get("/referrals/new")
    given: dict[str, Any] = {"needed_by": "in more than 5 days", "kind": "long term", "near_sector": "EX1 1"}
    given |= {"age_years_0": "9", "sex_0": "F", "risks_others_0": ["yes"], "why_now_0": "Made up: her aunt is ill."}
    found = officer.send("/referrals/new", **given).path
    search = found.replace("/cases/", "/searches/")
    until(manager, search, shows("Make an offer"))
    manager.get(f"{search}/offer")
    manager.send("/offer", what_1="therapy", amount_1="60")
    until(officer, found, lambda seen: "This home" in seen.text)
    return found


def test_what_a_revision_changes_is_seen_before_and_after(
    hub: Any, officer: Visitor, manager: Visitor, case: str
) -> None:
    """Open facts with before and now; of what is written only that it changed. The offer is asked again."""
    search = case.replace("/cases/", "/searches/")
    officer.get(f"{case}/revise")
    assert "her aunt is ill" not in officer.page.answer.text
    assert "Nothing is another yet" in officer.send("/revise", 422).text
    officer.send("/revise", open="yes", purpose="safeguarding", kind="short term")
    assert officer.page.form("/revise").values["why_now_0"] == ["Made up: her aunt is ill."]
    assert officer.page.form("/revise").values["kind"] == ["short term"], "what was typed is not lost"
    assert opened(hub, case)[0] == ("safeguarding", "Somebody (made up)")
    seen = officer.send("/revise", why_now_0="Made up: her aunt is in hospital.")
    assert "What version 2 changes" in seen.text
    assert "Before: Long term Now: Short term" in seen.text
    assert "Referral, version 1" in manager.get(search).text, "nothing was sent yet"
    assert says(officer.send("/revise", send="yes"), "The referral was revised.")

    seen = until(manager, search, shows("What changed in version 2"))
    assert "Before: Long term Now: Short term" in seen.text
    assert "What is written about the child Changed; it is sealed until somebody opens it." in seen.text
    assert "hospital" not in seen.answer.text
    until(officer, case, shows("To be reconfirmed by the provider"))
    until(manager, search, shows("The offer stands for version 2"))
    assert says(manager.send("/reconfirm"), "The authority knows that the offer stands.")
    until(officer, case, lambda seen: "To be reconfirmed by the provider" not in seen.text)


def test_a_revised_offer_shows_its_fees_before_and_now(officer: Visitor, manager: Visitor, case: str) -> None:
    """Both sides see which lines are another; another's offer cannot be revised."""
    search = case.replace("/cases/", "/searches/")
    until(manager, search, shows("Revise the offer"))
    address = manager.page.link(rf"{search}/revise\?offer=[0-9a-f-]+")
    manager.get(address)
    assert manager.page.form("/revise").values["what_1"] == ["therapy"]
    assert "Must be an amount in pounds" in manager.send("/revise", 422, amount_0="a lot").text
    assert says(manager.send("/revise", amount_0="950", what_1="", amount_1=""), "The offer was revised.")
    for visitor, page in ((officer, case), (manager, search)):
        seen = until(visitor, page, shows("£950.00 a week"))
        assert "Base fee Before: £900.00 a week Now: £950.00 a week" in seen.text
        assert "Therapy Before: £60.00 a week Now: Not paid any more" in seen.text
    assert manager.http.get(f"{search}/revise", params={"offer": str(uuid4())}).status_code == 404
