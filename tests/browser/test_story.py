"""The first whole story in a real browser: two people at once, with scripts; looked at for axe and by eye.

Screenshots of every page at both widths are left in `build/screenshots`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from ..portal.visiting import PASSWORD, code_of, link_for

pytestmark = pytest.mark.broker
PICTURES: Final = Path(__file__).parents[2] / "build" / "screenshots"
expect.set_options(timeout=30_000)  # the hub may be busy; what is waited for comes as soon as it can
WIDTHS: Final = (320, 1280)
HEIGHT: Final = 900
MEANT: Final = re.compile("status of (404|422)")
"""What the console says of a page that is not there, or of a form with something wrong."""
CHROMIUM: Final = "/usr/bin/chromium"
AXE: Final = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium as the system has it."""
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield one
        one.close()


@contextmanager
def session(browser: Browser, root: str, **options: Any) -> Iterator[Page]:
    """Give a page of a session of its own; whatever the console says that is an error fails the test."""
    context = browser.new_context(base_url=root, viewport={"width": 1280, "height": HEIGHT}, **options)
    page = context.new_page()
    page.set_default_timeout(30_000)
    said: list[str] = []

    def heard(one: ConsoleMessage) -> None:
        if one.type == "error" and not MEANT.search(one.text):
            said.append(f"{one.text} {one.location} {page.url}")

    page.on("console", heard)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert not said, said


def join(page: Page, hub: Any, organisation: str, role: str, *, scripts: bool = True) -> None:
    """Let somebody join in the browser."""
    page.goto(link_for(hub.settings, organisation, f"{role.split()[0]}@{organisation}.example.org", role))
    key = page.locator("p.ph-key").inner_text().strip()
    page.get_by_label("Your name").fill("Somebody (made up)")
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_label("Code", exact=True).fill(code_of(key))
    if scripts:
        look_at(page, "join")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", name="Your work")).to_be_visible()


def look_at(page: Page, name: str) -> None:
    """Take a picture at both widths and let axe look: nothing it finds is left."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        # the caret stays: hiding it sets styles, which htmx would carry over to what it puts in their place
        page.screenshot(path=PICTURES / f"{name}-{width}.png", full_page=True, caret="initial")
        found = Axe().run(page, options=AXE)
        assert found.violations_count == 0, f"{name} at {width} px: {found.generate_report()}"
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} px wide at {width} px"
    page.set_viewport_size({"width": 1280, "height": HEIGHT})


def add_home(page: Page) -> None:
    """Add a home near Carlisle."""
    page.goto("/homes/new")
    page.get_by_label("Postcode of the home").fill("CA1 1AB")
    page.get_by_label("Long term").check()
    page.get_by_label("Approved from age").fill("5")
    page.get_by_label("Standard fee").fill("900")
    page.get_by_text("More that matching asks for").click()
    page.get_by_label("Foster children there now").fill("0")
    page.get_by_label("There are no pets").check()
    look_at(page, "home-new")
    page.get_by_role("button", name="Add the home").click()
    expect(page.get_by_role("heading", name=re.compile("Home .* in CA1 1"))).to_be_visible()
    look_at(page, "homes")


def give_notice(page: Page) -> str:
    """Give early notice and return the case's address."""
    page.goto("/notices/new")
    page.get_by_role("button", name="Give early notice").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose when the home is needed.")
    look_at(page, "notice-error")
    page.get_by_label("Age").select_option("8-10")
    page.get_by_label("Female").check()
    page.get_by_label("In more than 5 days").check()
    page.get_by_label("Long term").check()
    page.get_by_label("Near to").fill("CA1 1AB")
    look_at(page, "notice")
    page.get_by_role("button", name="Give early notice").click()
    expect(page.get_by_role("heading", name=re.compile("Case .*"))).to_be_visible()
    return re.sub(r"\?.*", "", page.url)


def make_referral(page: Page, case: str) -> None:
    """Make the referral; the panel follows what is typed."""
    page.goto(f"{case}/referral")
    before = page.locator("#quality strong").inner_text()
    page.get_by_label("Age in years").fill("9")
    page.get_by_label("Why is a home needed now?").fill("Made up: her aunt is ill.")
    page.get_by_label("No known risk").check()
    expect(page.locator("#quality strong")).not_to_have_text(before)
    look_at(page, "referral")
    page.get_by_role("button", name="Make the referral").click()
    expect(page.get_by_text("Referral, version 1")).to_be_visible()


def ask_and_answer(officer: Page, manager: Page, case: str) -> None:
    """Ask about the referral, and answer for everybody; both come back to where they were."""
    manager.get_by_role("link", name="Questions about the referral").click()
    manager.get_by_label("What do you ask about?").select_option("children.need.what_worked")
    manager.get_by_label("Your question").fill("Made up: what helps at bedtime?")
    look_at(manager, "questions")
    manager.get_by_role("button", name="Ask", exact=True).click()
    expect(officer.get_by_role("link", name="Questions about the referral")).to_be_visible()
    again(officer, case.replace("/cases/", "/questions/"), "Not answered yet")
    officer.get_by_label("Your answer").fill("Made up: a story.")
    look_at(officer, "questions-to-answer")
    officer.get_by_role("button", name="Answer for everybody").click()
    again(officer, case.replace("/cases/", "/questions/"), "Answered")
    officer.goto(case)
    manager.goto(case.replace("/cases/", "/searches/"))


def make_offer(page: Page) -> None:
    """Offer the home with a fee line for support."""
    page.get_by_role("button", name="Make an offer").click()
    page.get_by_label("What support 1 is").fill("therapeutic support")
    page.get_by_label("Pounds", exact=True).first.fill("120.50")
    look_at(page, "offer")
    page.get_by_role("button", name="Make the offer").click()
    expect(page.get_by_role("heading", name="Your offer")).to_be_visible()


def test_an_officer_and_a_manager_at_once(hub: Any, browser: Browser) -> None:
    """What one does the other sees without loading the page again, from the notice to the agreed placement."""
    root = hub.settings.portal
    authority, provider = hub.add("authority").code, hub.add("provider").code
    with session(browser, root) as officer, session(browser, root) as manager:
        officer.goto("/sign-in")
        look_at(officer, "sign-in")
        join(officer, hub, authority, "placement officer")
        join(manager, hub, provider, "referral manager")
        look_at(officer, "work")
        officer.goto("/cases")
        look_at(officer, "cases-empty")
        manager.goto("/searches")
        look_at(manager, "searches-empty")
        add_home(manager)
        manager.goto("/searches")
        case = give_notice(officer)
        found = manager.get_by_role("link", name=f"Search {case.rpartition('/')[2][:8]} of")
        expect(found).to_be_visible()
        look_at(manager, "searches")
        expect(officer.get_by_text("for interest only").first).to_be_visible()
        found.click()
        look_at(manager, "search-noticed")
        make_referral(officer, case)
        expect(manager.get_by_text("Referral, version 1")).to_be_visible()
        expect(manager.get_by_role("button", name="Make an offer")).to_be_visible()
        manager.reload()
        manager.get_by_text("Read what is written about the children").click()
        manager.get_by_role("button", name="Open it").click()
        expect(manager.get_by_text("Made up: her aunt is ill.")).to_be_visible()
        look_at(manager, "search-opened")
        ask_and_answer(officer, manager, case)
        manager.get_by_role("button", name="I am asking the carer").click()
        expect(officer.locator("td").get_by_text("Asking the carer")).to_be_visible()
        make_offer(manager)
        select = officer.get_by_role("button", name=re.compile("Select the offer"))
        expect(officer.get_by_text("£1,020.50")).to_be_visible()
        expect(officer.get_by_text("This home fits")).to_be_visible()
        look_at(officer, "case-offers")
        select.click()
        expect(officer.get_by_role("heading", name="The place is held")).to_be_visible()
        look_at(officer, "case-held")
        officer.get_by_role("button", name="Agree the placement").click()
        manager.get_by_role("button", name="Agree the placement").click()
        for one in (officer, manager):
            expect(one.get_by_role("heading", name="agreed by both sides")).to_be_visible()
        look_at(officer, "case-agreed")
        look_at(manager, "search-agreed")
        officer.get_by_role("button", name="The child has moved in").click()
        expect(officer.get_by_text("The search is over: Independent")).to_be_visible()
        officer.goto("/placements")
        look_at(officer, "placements")
        officer.get_by_role("link", name=re.compile("^Placement ")).click()
        officer.get_by_text("Record a review").first.click()
        look_at(officer, "placement")
        manager.goto("/placements")
        manager.get_by_role("link", name=re.compile("^Placement ")).click()
        manager.get_by_text("Ask for support").first.click()
        manager.get_by_role("button", name="Ask for it").click()
        expect(manager.get_by_role("alert")).to_contain_text("Say what support it is")
        look_at(manager, "placement-error")
        officer.goto("/tour")
        look_at(officer, "tour")
        officer.goto("/people")
        look_at(officer, "people")
        officer.goto("/nowhere")
        look_at(officer, "not-found")


def test_without_scripts(hub: Any, browser: Browser) -> None:
    """The same pages work in a browser that runs no script: a notice, a search that fits, and an answer."""
    root = hub.settings.portal
    authority, provider = hub.add("authority").code, hub.add("provider").code
    with (
        session(browser, root, java_script_enabled=False) as officer,
        session(browser, root, java_script_enabled=False) as manager,
    ):
        join(officer, hub, authority, "placement officer", scripts=False)
        join(manager, hub, provider, "referral manager", scripts=False)
        manager.goto("/homes/new")
        manager.get_by_label("Postcode of the home").fill("HR1 2AA")
        manager.get_by_label("Long term").check()
        manager.get_by_role("button", name="Add the home").click()
        officer.goto("/notices/new")
        officer.get_by_label("In more than 5 days").check()
        officer.get_by_label("Near to").fill("HR1 2AA")
        officer.get_by_role("button", name="Give early notice").click()
        case = re.sub(r"\?.*", "", officer.url)
        search = case.replace("/cases/", "/searches/")
        again(manager, search, "I am asking the carer")
        manager.get_by_role("button", name="I am asking the carer").click()
        again(officer, case, "Asking the carer")


def again(page: Page, address: str, text: str) -> None:
    """Load a page again until it shows a text."""
    for _ in range(60):
        page.goto(address)
        if page.get_by_text(text).count():
            return
        page.wait_for_timeout(300)
    raise AssertionError(f"{address} does not show: {text}")
