"""What goes with choosing: feedback to those who were not selected, and a profile that answers before anybody asks."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from placehub.portal.words import day

from .test_story import add_home, says, shows, until
from .visiting import Visitor, join, settle

pytestmark = pytest.mark.broker


def test_each_of_the_others_is_told_why(hub: Any) -> None:
    """The officer chooses for each of them; the one that was not selected reads it, and nothing of the other offer."""
    authority = hub.add("authority").code
    officer = join(hub.settings, authority, f"{uuid4()}@example.org", "placement officer")
    managers = [offering(hub) for _ in range(2)]
    officer.get("/referrals/new")
    given: dict[str, Any] = {"needed_by": "in more than 5 days", "kind": "long term", "near_sector": "TR1 1"}
    case = officer.send("/referrals/new", age_years_0="9", sex_0="F", risks_others_0=["yes"], **given).path
    search = case.replace("/cases/", "/searches/")
    for manager in managers:
        until(manager, search, shows("Make an offer"))
        manager.get(f"{search}/offer")
        manager.send("/offer", amount_0="900")
        until(officer, case, lambda seen: "This home" in seen.text)
    settle(hub, authority)
    seen = until(officer, case, lambda page: page.answer.text.count("feedback_") == 2)
    (other,) = [one for one in seen.form("/select").names if one.startswith("feedback_")]
    chosen: dict[str, Any] = {other: "school kept elsewhere"}
    officer.send("/select", **chosen)
    told = re.compile("The authority says: Another home let the child keep the school")
    pages = [
        until(one, search, lambda seen: "Selected" in seen.text or "Another home was" in seen.text) for one in managers
    ]
    assert sum(bool(told.search(one.text)) for one in pages) == 1


def offering(hub: Any) -> Visitor:
    """Return a referral manager of a provider with a home."""
    manager = join(hub.settings, hub.add("provider").code, f"{uuid4()}@example.org", "referral manager")
    add_home(manager, postcode="TR1 1AA")
    return manager


def test_a_profile_is_held_once(hub: Any) -> None:
    """A fact is told with its day, changed later, and another beside it; whoever is on out of hours only reads it."""
    code = hub.add("provider").code
    manager = join(hub.settings, code, f"{uuid4()}@example.org", "referral manager")
    manager.get("/profile")
    assert "Enter it." in manager.send("/profile", 422).text
    assert says(manager.send("/profile", value="desk@example.org"), "The profile was changed.")
    until(manager, "/profile", shows(f"desk@example.org As of {day(hub.now.date())}"))
    assert says(manager.send("/profile", value="0113 496 0000"), "The profile was changed.")
    until(manager, "/profile", shows("0113 496 0000 As of"))
    manager.page.forms.reverse()
    manager.send("/profile", name="Therapists", value="2")
    seen = until(manager, "/profile", shows("Therapists"))
    assert "0113 496 0000" in seen.text
    duty = join(hub.settings, code, f"{uuid4()}@example.org", "out of hours")
    assert "Save" not in duty.get("/profile").text
    given = {"form_token": duty.page.form("/sign-out").values["form_token"][0], "name": "a", "value": "b"}
    assert duty.http.post("/profile", data=given).status_code == 404
