"""A Friday evening with the keyboard alone: a home is offered in two taps, agreed by telephone, the paper follows."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .test_story import browser, join, look_at, session  # noqa: F401  # the browser is a fixture

pytestmark = pytest.mark.broker
MOST_TABS = 120


def tab_to(page: Page, wanted: Locator) -> None:
    """Go to something with the Tab key alone."""
    expect(wanted).to_be_visible()
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"Tab does not reach {wanted} in {page.url}")


def press(page: Page, wanted: Locator) -> None:
    """Go to a button or link with Tab, and press Enter."""
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def enter(page: Page, label: str, text: str) -> None:
    """Go to a field with Tab, and type into it."""
    tab_to(page, page.get_by_label(label, exact=True))
    page.keyboard.type(text)


def choose(page: Page, legend: str, label: str) -> None:
    """Go to a group of radios with Tab, and choose with arrows and Space."""
    group = page.get_by_role("group", name=legend)
    radios = group.get_by_role("radio")
    chosen = radios.and_(page.locator(":checked"))
    tab_to(page, chosen if chosen.count() else radios.first)
    page.keyboard.press("Space")
    for _ in range(20):
        if group.get_by_label(label, exact=True).is_checked():
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{label} is not among: {legend}")


def add_home(page: Page) -> None:
    """Add a home with nothing but keys."""
    page.goto("/homes/new")
    enter(page, "Postcode of the home", "GU1 1AA")
    tab_to(page, page.get_by_label("Short term"))
    page.keyboard.press("Space")
    enter(page, "Standard fee, pounds a week", "900")
    press(page, page.get_by_role("button", name="Add the home"))
    expect(page.get_by_role("heading", name=re.compile("Home .* in GU1 1"))).to_be_visible()


def refer(page: Page) -> str:
    """Make a referral of a child who needs a home today, and return the case's address."""
    page.goto("/referrals/new")
    enter(page, "Age in years", "9")
    enter(page, "Why is a home needed now?", "Made up: her aunt was taken ill.")
    choose(page, "When is the home needed?", "Today")
    choose(page, "What kind of placement?", "Short term")
    enter(page, "Near to", "GU1 1")
    press(page, page.get_by_role("button", name="Make the referral"))
    expect(page.get_by_role("heading", name=re.compile("Case .*"))).to_be_visible()
    return re.sub(r"\?.*", "", page.url)


def test_a_friday_evening_with_the_keyboard_alone(hub: Any, browser: Browser) -> None:  # noqa: F811
    """Every act is reached with Tab and done with Enter; axe finds nothing on the new pages at either width."""
    root = hub.settings.portal
    authority, provider = hub.add("authority").code, hub.add("provider").code
    with session(browser, root) as officer, session(browser, root) as duty:
        join(officer, hub, authority, "placement officer", scripts=False)
        join(duty, hub, provider, "out of hours", scripts=False)
        add_home(duty)
        duty.goto("/searches")
        case = refer(officer)
        now = duty.get_by_role("button", name="Offer the home now")
        expect(now).to_be_visible()
        look_at(duty, "urgent-searches")
        press(duty, now)
        expect(duty.get_by_role("button", name="Yes, offer it")).to_be_visible()
        look_at(duty, "urgent-offer")
        press(duty, duty.get_by_role("button", name="Yes, offer it"))
        expect(duty.get_by_role("heading", name="Your offer")).to_be_visible()
        press(officer, officer.get_by_role("button", name=re.compile("Select the offer")))
        verbal = officer.get_by_role("button", name="Record the verbal agreement")
        expect(verbal).to_be_visible()
        look_at(officer, "urgent-held")
        press(officer, verbal)
        expect(officer.get_by_role("heading", name="agreed by word of mouth")).to_be_visible()
        look_at(officer, "urgent-verbal")
        press(officer, officer.get_by_role("button", name="The child has moved in"))
        expect(officer.get_by_text("The search is over: Independent")).to_be_visible()
        for page in (officer, duty):
            press(page, page.get_by_role("button", name="Agree the placement"))
            expect(page.get_by_text("The paperwork is still open")).to_have_count(0 if page is duty else 1)
        expect(officer.get_by_text("The paperwork is still open")).to_have_count(0)
        look_at(officer, "urgent-done")
        look_through(officer, duty, case)


def look_through(officer: Page, manager: Page, case: str) -> None:
    """Look at what else is done on the way: a revision, drafts, changed fees, a list of homes, the profile."""
    other = refer(officer)
    officer.goto(f"{other}/revise")
    look_at(officer, "revise")
    tab_to(officer, officer.get_by_label("Near to", exact=True))
    officer.keyboard.press("Enter")
    expect(officer.get_by_role("alert")).to_contain_text("Nothing is another yet")
    expect(officer.get_by_label("Why is a home needed now?")).to_have_count(0)
    press(officer, officer.get_by_role("button", name="Open it"))
    expect(officer.get_by_label("Why is a home needed now?")).to_have_value("Made up: her aunt was taken ill.")
    enter(officer, "Why is a home needed now?", "Made up: she is in hospital.")
    choose(officer, "What kind of placement?", "Long term")
    press(officer, officer.get_by_role("button", name="See what changes"))
    expect(officer.get_by_text("What version 2 changes")).to_be_visible()
    look_at(officer, "revise-changes")
    press(officer, officer.get_by_role("button", name="Save and return later"))
    look_at(officer, "work-unfinished")
    press(officer, officer.get_by_role("link", name=re.compile("Next version of a referral")))
    press(officer, officer.get_by_role("button", name="See what changes"))
    press(officer, officer.get_by_role("button", name="Send version 2"))
    expect(officer.get_by_text("What changed in version 2")).to_be_visible()
    look_at(officer, "case-revised")
    officer.goto(case)
    officer.get_by_role("link", name=re.compile("^Placement ")).click()
    officer.get_by_text("Change the fees").first.click()
    look_at(officer, "placement-fees")
    manager.goto("/homes/list")
    look_at(manager, "home-list")
    manager.goto("/profile")
    look_at(manager, "profile")
