"""The pages of operators and of whoever manages agreements, in a real browser: axe, both widths, pictures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, sync_playwright

from placehub.agreements.events import AgreementRegistered, ContractManager
from placehub.codesign.events import Clause, DocumentProposed
from placehub.disputes.events import DisputeRaised

from ..integration.story import Desk, desk
from ..portal.visiting import Visitor, join, settle
from .test_story import CHROMIUM, look_at, session

pytestmark = pytest.mark.broker
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
    "/mail",
)
OF_PARTNERS = ("/", "/agreements", "/returns", "/views", "/views/sufficiency", "/views/agreement_calendar")


def agreed(lead: Desk, authority: Desk) -> tuple[str, ...]:
    """Register an agreement, dispute something of it and propose its terms; return the pages of all that."""
    agreement_id, dispute_id, document_id, today = uuid4(), uuid4(), uuid4(), lead.hub.now.date()
    post = ContractManager(organisation=lead.code, post="manager", contact="manager@example.org")
    deputy = ContractManager(organisation=authority.code, post="deputy", contact="deputy@example.org")
    registered = AgreementRegistered(
        agreement_id=agreement_id,
        lead=lead.code,
        name="Framework looked at (made up)",
        kind="framework",
        nation="England",
        authorities=(authority.code,),
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
    for event in (registered, disputed, proposed):
        lead.post(event)
    lead.hub.settle()
    address = f"/agreements/{agreement_id}"
    of_documents = (f"{address}/documents", f"{address}/documents/{document_id}/1", f"{address}/propose")
    of_meeting = (f"{address}/policy", f"{address}/consultations", f"{address}/events")
    return (address, f"{address}/raise", f"{address}/disputes/{dispute_id}", *of_documents, *of_meeting)


def look_through(browser: Browser, visitor: Visitor, root: str, name: str, addresses: tuple[str, ...]) -> None:
    """Open each page with this person's session and look at it."""
    with session(browser, root) as page:
        page.context.add_cookies(
            [{"name": "placehub_session", "value": visitor.http.cookies["placehub_session"], "url": root}]
        )
        for number, address in enumerate(addresses):
            answer = page.goto(address)
            assert answer is not None
            assert answer.status == 200, address
            look_at(page, f"{name}-{number:02}")


def test_the_pages_of_operators_and_partners_are_accessible(hub: Any) -> None:
    """Axe finds nothing on any of them at either width, and none is wider than its screen."""
    lead, authority = desk(hub, "consortium"), desk(hub, "authority")
    pages = agreed(lead, authority)
    operator = join(hub.settings, "hub", f"{uuid4()}@example.org", "operator", administrator=True)
    manager = join(hub.settings, lead.code, f"{uuid4()}@example.org", "contract manager")
    settle(hub, lead.code)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            look_through(browser, operator, hub.settings.portal, "operator", OF_OPERATORS)
            look_through(browser, manager, hub.settings.portal, "partner", (*OF_PARTNERS, *pages))
        finally:
            browser.close()
    for one in (lead, authority):
        one.mailbox.close()
