"""The pages of operators and of whoever manages agreements, in a real browser: axe, both widths, pictures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from placehub.agreements.events import ConsultationOpened, ContractManager
from placehub.codesign.events import Clause, DocumentProposed
from placehub.disputes.events import DisputeRaised
from placehub.partnership.events import AgendaItemProposed, PartnershipEventPlanned

from ..integration.story import Desk, desk, registered
from ..portal.visiting import Visitor, join, settle
from .test_placing import enter, press, tab_to
from .test_story import CHROMIUM, PICTURES, look_at, session

pytestmark = pytest.mark.broker
A4: Final = 680
"""Pixels between the margins of a printed page of 210 mm, by CSS's 96 to the inch."""
OF_OPERATORS = (
    "/",
    "/operations",
    "/operations/search",
    "/dead-letters",
    "/organisations",
    "/messages?topic=agreement",
    "/evidence",
    "/replay",
    "/replay?view=rejected_events",
    "/waiting-erasures",
    "/mail",
)
OF_PROVIDERS = ("/rota", "/openings", "/erasures")
PRINTED = ("/events", "consultations", "representatives", "policy", "sufficiency", "rota")
"""What the addresses end with that are looked at as they print, too; a list's are its one event and consultation."""
OF_PARTNERS = ("/", "/agreements", "/returns", "/views", "/views/sufficiency", "/views/agreement_calendar")


def agreed(lead: Desk, authority: Desk) -> tuple[str, ...]:
    """Register an agreement, dispute something of it and propose its terms; return the pages of all that."""
    agreement_id, dispute_id, document_id, today = uuid4(), uuid4(), uuid4(), lead.hub.now.date()
    post = ContractManager(organisation=lead.code, post="manager", contact="manager@example.org")
    deputy = ContractManager(organisation=authority.code, post="deputy", contact="deputy@example.org")
    agreement = registered(
        lead.code,
        authority.code,
        agreement_id=agreement_id,
        name="Framework looked at (made up)",
        manager=post,
        deputies=(deputy,),
        starts_on=today,
        ends_on=today + timedelta(days=700),
    )
    disputed = DisputeRaised(
        agreement_id=agreement_id,
        dispute_id=dispute_id,
        sender=lead.code,
        against=authority.code,
        about="payment",
        statement="Two invoices were paid late (made up).",
        raised_on=today,
    )
    proposed = DocumentProposed(
        agreement_id=agreement_id,
        document_id=document_id,
        document_version=1,
        sender=lead.code,
        kind="contract terms",
        title="Terms (made up)",
        clauses=(Clause(clause_id="4.2", about="fees", text="Fees are all-in (made up)."),),
        in_force_from=lead.hub.now,
    )
    consulted = ConsultationOpened(
        agreement_id=agreement_id,
        lead=lead.code,
        consultation_id=dispute_id,
        about="extension",
        question="Shall it go on for two years (made up)?",
        opened_on=today,
        closes_on=today + timedelta(days=30),
    )
    planned = PartnershipEventPlanned(
        agreement_id=agreement_id,
        sender=lead.code,
        partnership_event_id=dispute_id,
        kind="forum",
        title="Spring forum (made up)",
        planned_for=today + timedelta(days=20),
    )
    item = AgendaItemProposed(
        agreement_id=agreement_id,
        sender=lead.code,
        partnership_event_id=dispute_id,
        item_id=document_id,
        sector="commissioners",
        title="Fees (made up)",
        minutes=50,
        proposed_on=today,
    )
    for event in (agreement, disputed, proposed, consulted, planned, item):
        lead.post(event)
    lead.hub.settle()
    address = f"/agreements/{agreement_id}"
    of_documents = (f"{address}/documents", f"{address}/documents/{document_id}/1", f"{address}/propose")
    of_meeting = (f"{address}/policy", f"{address}/consultations", f"{address}/events", f"{address}/representatives")
    met = (f"{address}/consultations/{dispute_id}", f"{address}/events/{dispute_id}")
    return (address, f"{address}/raise", f"{address}/disputes/{dispute_id}", *of_documents, *of_meeting, *met)


def look_through(
    browser: Browser,
    visitor: Visitor,
    root: str,
    name: str,
    addresses: tuple[str, ...],
    then: Callable[[Page], None] = lambda page: None,
) -> None:
    """Open each page with this person's session and look at it; do what is to be done then."""
    with session(browser, root) as page:
        page.context.add_cookies(
            [{"name": "placehub_session", "value": visitor.http.cookies["placehub_session"], "url": root}]
        )
        for number, address in enumerate(addresses):
            answer = page.goto(address)
            assert answer is not None
            assert answer.status == 200, address
            look_at(page, f"{name}-{number:02}")
            if any(one in address for one in PRINTED):
                print_out(page, f"{name}-{number:02}-print")
        then(page)


def print_out(page: Page, name: str) -> None:
    """Take a picture of a page as it prints: nothing of it is there to be pressed, and none of it is cut off."""
    page.emulate_media(media="print")
    page.set_viewport_size({"width": A4, "height": 1100})
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True, caret="initial")
    assert page.locator("button:visible, input:visible, select:visible, nav:visible").count() == 0, name
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= A4, f"{name} is {wide} px wide on a page of {A4} px"
    page.emulate_media(media="screen")


def change_the_rota(page: Page) -> None:
    """With the keyboard alone: a cover without a day is told of beside the field, then kept."""
    page.goto("/rota")
    press(page, page.locator("summary", has_text="Somebody covers"))
    page.get_by_label("Who covers?").select_option(index=1)  # what a keyboard chooses differs from system to system
    enter(page, "From", "17:00")
    enter(page, "Until", "9:00")
    press(page, page.get_by_role("button", name="Add the cover"))
    expect(page.get_by_role("alert")).to_contain_text("Choose at least one day.")
    look_at(page, "rota-error")
    tab_to(page, page.get_by_label("Monday"))
    page.keyboard.press("Space")
    press(page, page.get_by_role("button", name="Add the cover"))
    expect(page.get_by_text("There are times when nobody covers")).to_be_visible()
    look_at(page, "rota-holes")
    print_out(page, "rota-print")


def test_the_pages_of_operators_and_partners_are_accessible(hub: Any) -> None:
    """Axe finds nothing on any of them at either width, and none is wider than its screen."""
    lead, authority, provider = desk(hub, "consortium"), desk(hub, "authority"), desk(hub, "provider")
    pages = agreed(lead, authority)
    operator = join(hub.settings, "hub", f"{uuid4()}@example.org", "operator", administrator=True)
    manager = join(hub.settings, lead.code, f"{uuid4()}@example.org", "contract manager")
    duty = join(hub.settings, provider.code, f"{uuid4()}@example.org", "referral manager", administrator=True)
    settle(hub, lead.code)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            look_through(browser, operator, hub.settings.portal, "operator", OF_OPERATORS)
            look_through(browser, manager, hub.settings.portal, "partner", (*OF_PARTNERS, *pages))
            look_through(browser, duty, hub.settings.portal, "provider", OF_PROVIDERS, change_the_rota)
        finally:
            browser.close()
    for one in (lead, authority, provider):
        one.mailbox.close()
