"""Agreements in the portal: the calendar, and a dispute raised, stated, resolved and answered by three people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from placehub.agreements.events import AgreementRegistered, ContractManager, ProviderJoined
from placehub.portal.pages import agreements, disputes, documents, returns, views
from placehub.returns.publishing import run

from ..integration.story import Desk, desk
from .visiting import Visitor, join, settle

pytestmark = pytest.mark.broker
OF_PARTNERS = (agreements, disputes, documents, returns, views)
OWN = ("/agreements", "/returns", "/views", "/views/{name}", "/views/{name}/chart.svg")
"""Of the person's own organisation, whatever it is told."""


@dataclass
class Partnership:
    """An agreement of a consortium, an authority and a provider, and who acts for each in the portal."""

    hub: Any
    id: UUID
    lead: Visitor
    authority: Visitor
    provider: Visitor
    codes: tuple[str, str, str]

    @property
    def address(self) -> str:
        """Where its page is."""
        return f"/agreements/{self.id}"

    def settle(self) -> None:
        """Wait until everybody's page shows what has happened."""
        settle(self.hub, *self.codes)


def _registered(at: Desk, authority: Desk, id: UUID) -> AgreementRegistered:
    today = at.hub.now.date()
    return AgreementRegistered(
        agreement_id=id,
        lead=at.code,
        name="Portal test framework (made up)",
        kind="framework",
        nation="England",
        authorities=(authority.code,),
        manager=ContractManager(organisation=at.code, post="contracts manager", contact="manager@example.org"),
        deputies=(ContractManager(organisation=authority.code, post="deputy", contact="deputy@example.org"),),
        starts_on=today - timedelta(days=300),
        ends_on=today + timedelta(days=60),
    )


@pytest.fixture(scope="module")
def partnership(hub: Any) -> Iterator[Partnership]:
    """The agreement ends in sixty days, so that its days are due."""
    desks = lead, authority, provider = [desk(hub, kind) for kind in ("consortium", "authority", "provider")]
    roles = ("contract manager", "deputy", "referral manager")
    visitors = [
        join(hub.settings, one.code, f"{uuid4()}@example.org", role) for one, role in zip(desks, roles, strict=True)
    ]
    id, since = uuid4(), hub.now.date() - timedelta(days=300)
    lead.post(_registered(lead, authority, id))
    lead.post(ProviderJoined(agreement_id=id, lead=lead.code, provider=provider.code, joined_on=since))
    hub.settle()
    hub.pass_time(hours=2)
    codes = (lead.code, authority.code, provider.code)
    settle(hub, *codes)
    yield Partnership(hub, id, visitors[0], visitors[1], visitors[2], codes)
    for one in desks:
        one.mailbox.close()


def test_the_calendar_says_what_is_due_and_overdue(partnership: Partnership) -> None:
    """What its manager was reminded of stands on top, with the agreement it is of; its page names posts and parties."""
    seen = partnership.lead.get("/agreements")
    assert "Portal test framework (made up)" in seen.text
    assert "Nothing is due now" not in seen.text
    shown = partnership.lead.get(partnership.address)
    assert "contracts manager, manager@example.org" in shown.text
    assert "Test authority (made up)" in shown.text


def test_a_dispute_is_raised_heard_and_resolved(partnership: Partnership) -> None:
    """Both statements stand beside each other; only whom it was routed to resolves it; each side answers."""
    provider, authority, lead = partnership.provider, partnership.authority, partnership.lead
    provider.get(f"{partnership.address}/raise")
    wrong = provider.send("", 422, statement="")
    assert "Say in your own words what is disputed" in wrong.text
    words = "Two invoices were paid late (made up). <script>alert(1)</script>"
    seen = provider.send("", against=partnership.codes[1], about="payment", statement=words)
    partnership.settle()
    address = provider.get(partnership.address).link(r"/agreements/[^\"]+/disputes/[^\"]+")
    seen = authority.get(address)
    assert words in seen.text, "a script stays text"
    assert "Has not given a statement" in seen.text
    authority.send("/state", statement="They were paid when they were complete (made up).")
    partnership.settle()
    both = lead.get(address)
    assert "They were paid when they were complete (made up)." in both.text
    assert words in both.text
    assert not [one for one in provider.get(address).forms if one.action.endswith("/resolve")]
    lead.get(address)
    assert "Say what you found" in lead.send("/resolve", 422, outcome="upheld").text
    lead.send("/resolve", outcome="upheld", finding="The invoices were complete (made up).")
    partnership.settle()
    for one in (provider, authority):
        one.get(address)
        one.send("/answer", accepted="yes")
    partnership.settle()
    assert "accepted by both sides" in lead.get(address).text


def test_a_document_is_proposed_commented_and_agreed(partnership: Partnership) -> None:
    """Clause by clause: what is typed stays while rows are added; both sectors say yes, and it is in force."""
    lead, provider = partnership.lead, partnership.provider
    lead.get(f"{partnership.address}/propose")
    assert "Enter the document clause by clause" in lead.send("", 422, kind="contract terms", title="Terms").text
    more = lead.send("", kind="contract terms", title="Terms (made up)", clause_id_0="4.2", text_0="Paid.", more="yes")
    assert more.form("").values["clause_id_0"] == ["4.2"]
    lead.send("", about_0="extra support")
    partnership.settle()
    documents = f"{partnership.address}/documents"
    address = lead.get(documents).link(rf"{documents}/[^\"]+")
    provider.get(address)
    assert "Choose the clause" in provider.send("/comment", 422, says="asks").text
    provider.send("/comment", clause_id="4.2", says="asks", words="From which day (made up)?")
    partnership.settle()
    assert "From which day (made up)?" in lead.get(address).text
    provider.get(address)
    provider.send("/agree")
    partnership.settle()
    assert "in force" in provider.get(address).text
    again = lead.get(lead.get(address).link(r"/agreements/[^\"]+/propose\?document=[^\"]+"))
    assert again.form("").values["text_0"] == ["Paid."]


def test_a_return_is_queried_confirmed_and_talked_about(partnership: Partnership) -> None:
    """Both sides have it with the pack, as a page and as a file; questions and confirmations show on either side."""
    hub, lead, provider = partnership.hub, partnership.lead, partnership.provider
    run(hub.settings, hub.now, partnership.id)
    partnership.settle()
    address = lead.get("/returns").link(rf"/returns/{partnership.id}/[^\"]+")
    lead.get(address)
    assert "Enter your question" in lead.send("/query", 422).text
    lead.send("/query", question="Is this all (made up)?")
    partnership.settle()
    of_provider = provider.get("/returns").link(rf"/returns/{partnership.id}/[^\"]+")
    provider.get(of_provider)
    provider.send("/confirm")
    partnership.settle()
    assert "Confirmed by Test provider (made up)" in provider.get(of_provider).text
    provider.send("/meeting", what="Send the missing facts (made up).", owner=partnership.codes[2])
    partnership.settle()
    assert "Send the missing facts (made up)." in lead.get(of_provider).text
    assert lead.http.get(f"{of_provider}/pack.pdf").content.startswith(b"%PDF")
    assert lead.http.get(f"{of_provider}/pack.exe").status_code == 404


def test_figures_are_those_the_organisation_may_see(partnership: Partnership) -> None:
    """Each view it is entitled to is listed and shown as the HTTP interface shows it; a chart has its table beside."""
    lead = partnership.lead
    assert "Who sees what of it" in lead.get("/views").text
    for name in ("agreement_calendar", "sufficiency", "drift_index", "disputes", "declined_clauses"):
        assert lead.get(f"/views/{name}").answer.status_code == 200, name
    seen = lead.get("/views/sufficiency")
    assert "The same as a table" in seen.text
    chart = lead.http.get("/views/sufficiency/chart.svg")
    assert chart.headers["content-type"] == "image/svg+xml"
    assert "Portal test framework (made up)" in lead.get("/views/agreement_calendar").text
    assert lead.get("/views/nothing_of_the_kind").answer.status_code == 404


def test_a_stranger_finds_none_of_it(partnership: Partnership) -> None:
    """Another authority's contract manager gets 404 for every one of these addresses; an officer has no such page."""
    hub, code = partnership.hub, partnership.hub.add("authority").code
    stranger = join(hub.settings, code, f"{uuid4()}@example.org", "contract manager")
    officer = join(hub.settings, partnership.codes[1], f"{uuid4()}@example.org", "placement officer")
    assert stranger.get("/agreements").answer.status_code == 200
    token = stranger.page.form("/sign-out").values["form_token"]
    for route in (route for area in OF_PARTNERS for route in area.router.routes):
        path = route.path.replace("{agreement_id}", str(partnership.id)).replace("{dispute_id}", str(uuid4()))
        path = path.replace("{act}", "state").replace("{document_id}", str(uuid4())).replace("{version}", "1")
        path = path.replace("{return_id}", str(uuid4())).replace("{to}", "pdf").replace("{name}", "sufficiency")
        for method in route.methods:
            answer = stranger.http.request(method, path, data={"form_token": token} if method == "POST" else None)
            assert route.path in OWN or answer.status_code == 404, f"{method} {path}"
        assert officer.get(path).answer.status_code in (404, 405), path
