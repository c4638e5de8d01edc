"""Agreements in the portal: the calendar, and a dispute raised, stated, resolved and answered by three people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from placehub.agreements.events import AgreementRegistered, ContractManager, ProviderJoined
from placehub.codesign.events import BidDeclined, Clause, TenderOpened
from placehub.portal.pages import (
    agreements,
    consultations,
    disputes,
    documents,
    matching_policies,
    partnership_events,
    representatives,
    returns,
    views,
)
from placehub.returns.publishing import run

from ..integration.story import Desk, desk, registered
from .visiting import Seen, Visitor, join, settle

pytestmark = pytest.mark.broker
OF_PARTNERS = (
    *(agreements, disputes, documents, representatives, matching_policies),
    *(consultations, partnership_events, returns, views),
)
OWN = ("/agreements", "/returns", "/views", "/views/{name}", "/views/{name}/chart.svg", "/views/{name}/map.svg")
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
    desks: tuple[Desk, Desk, Desk]

    @property
    def address(self) -> str:
        """Where its page is."""
        return f"/agreements/{self.id}"

    def settle(self) -> None:
        """Wait until everybody's page shows what has happened."""
        settle(self.hub, *self.codes)


def _registered(at: Desk, authority: Desk, id: UUID) -> AgreementRegistered:
    today = at.hub.now.date()
    return registered(
        at.code,
        authority.code,
        agreement_id=id,
        name="Portal test framework (made up)",
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
    yield Partnership(hub, id, visitors[0], visitors[1], visitors[2], codes, (lead, authority, provider))
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


def test_a_matching_policy_is_proposed_and_agreed(partnership: Partnership) -> None:
    """The numbers that run stand in the form; one out of bounds is refused beside it; both sectors put it in force."""
    lead, provider = partnership.lead, partnership.provider
    address = f"{partnership.address}/policy"
    assert lead.get(address).form("").values["radius_miles"] == ["30"]
    wrong = lead.send("", 422, radius_miles="0", title="Matching policy (made up)")
    assert "whole number from 1 to 1000" in wrong.text
    assert wrong.form("").values["radius_miles"] == ["0"]
    dear = lead.send("", 422, radius_miles="30", order_0="price", order_1="band", order_2="need")
    assert "no policy, tier or rank can make the price outrank need" in dear.text
    short = lead.send("", 422, order_0="band", order_1="need", order_2="price", step_miles_1="20")
    assert "each step must reach further than the last" in short.text.lower()
    rows: dict[str, Any] = {
        "step_miles_0": "60",
        "step_miles_1": "90",
        "step_hours_1": "12",
        "tier_0": "2",
        "tier_hours_0": "3",
    }
    lead.send("", 422, tier_hours_1="5", **rows)
    assert "leave the whole row empty" in lead.page.text
    lead.send("", radius_miles="40", weight_siblings="20", tier_hours_1="")
    partnership.settle()
    documents = f"{partnership.address}/documents"
    row = provider.get(documents).text.partition("Matching policy (made up)")[2]
    assert "proposed" in row[:200]
    version = next(
        one for one in _links(provider, rf"{documents}/[^\"]+/1") if _titled(provider, one, "Matching policy")
    )
    provider.get(version)
    provider.send("/agree")
    partnership.settle()
    seen = lead.get(address).form("").values
    assert (seen["radius_miles"], seen["weight_siblings"], seen["order_2"]) == (["40"], ["20"], ["price"])
    assert [seen[name] for name in rows] == [[value] for value in rows.values()]


def _links(visitor: Visitor, pattern: str) -> list[str]:
    return re.findall(rf'href="({pattern})"', visitor.page.answer.text)


def _lower(seen: Seen) -> str:
    return seen.text.lower()


def _titled(visitor: Visitor, address: str, title: str) -> bool:
    return title in visitor.get(address).text


def test_both_sectors_name_who_speaks(partnership: Partnership) -> None:
    """The lead names a member's post, a provider its own; who has a voice then is told; a named member names nobody."""
    lead, authority, provider = partnership.lead, partnership.authority, partnership.provider
    address = f"{partnership.address}/representatives"
    assert "Nobody is named yet" in lead.get(address).text
    wrong = lead.send("/representatives", 422, term_until="31/2/2027")
    assert "Enter the post" in wrong.text
    today = partnership.hub.now.date()
    until = (today + timedelta(days=365)).isoformat()
    given: dict[str, Any] = {"representative": partnership.codes[1], "post": "Head of commissioning (made up)"}
    lead.send("/representatives", term_until=until, **given)
    provider.get(address)
    assert "Choose the seat" in provider.send("/representatives", 422, post="Chair (made up)", term_until=until).text
    over: dict[str, Any] = {"seat": "small agency", "term_until": "2026-01-01"}
    assert "must not lie before the first day of the term" in _lower(provider.send("/representatives", 422, **over))
    provider.get(f"/language/cy?back={address}")
    refused = provider.send("/representatives", 422, post="Chair (made up)", **over)
    assert "cyn diwrnod cyntaf y tymor. Cywirwch un o’r ddau ddiwrnod." in refused.text
    provider.get(f"/language/en?back={address}")
    provider.get(address)
    given = {"post": "Chair (made up)"}
    provider.send("/representatives", **given, seat="small agency", term_until=until)
    partnership.settle()
    seen = authority.get(address)
    assert "Head of commissioning (made up)" in seen.text
    assert "Chair (made up)" in seen.text
    assert "The seat for small agencies is not held" not in seen.text
    assert not [one for one in seen.forms if one.action.endswith("/representatives")]
    token = seen.form("/sign-out").values["form_token"]
    assert authority.http.post(address, data={"form_token": token}).status_code == 404
    # the lead speaks again for what follows
    lead.get(address)
    lead.send(
        "/representatives", representative=partnership.codes[1], post="Over (made up)", term_until=today.isoformat()
    )
    partnership.hub.pass_time(days=2)
    partnership.settle()
    assert "not now" in lead.get(address).text


def test_a_consultation_is_answered_and_decided(partnership: Partnership) -> None:
    """The lead asks, both parties answer, providers do not read others' answers; each answer gets its reply."""
    lead, authority, provider = partnership.lead, partnership.authority, partnership.provider
    address = f"{partnership.address}/consultations"
    lead.get(address)
    wrong = lead.send("/consultations", 422, question="Shall it go on (made up)?", closes_on="31/2/2026")
    assert "Choose what it is about" in wrong.text
    assert "eal date" in wrong.text
    assert wrong.form("/consultations").values["question"] == ["Shall it go on (made up)?"]
    today = partnership.hub.now.date()
    lead.send("/consultations", about="extension", closes_on=(today + timedelta(days=30)).isoformat())
    partnership.settle()
    one = provider.get(address).link(rf"{address}/[^\"]+")
    assert not [form for form in provider.page.forms if form.action.endswith(("/consultations", "/decide"))]
    provider.get(one)
    assert "Choose your answer" in provider.send("/answer", 422, words="Fees first (made up).").text
    provider.send("/answer", answer="agrees with conditions", words="Fees first (made up). <b>bold</b>")
    authority.get(one)
    authority.send("/answer", answer="agrees")
    partnership.settle()
    assert "Fees first (made up). <b>bold</b>" in authority.get(one).text
    assert "Test authority (made up): Agrees" in lead.get(one).text
    assert "Test authority (made up): Agrees" not in provider.get(one).text
    seen = lead.get(one)
    replies = sorted(name for name in seen.form("/decide").names if name.startswith("reply_"))
    assert len(replies) == 2
    assert "Choose whether it goes on" in lead.send("/decide", 422, last_day="27/3/2028").text
    noted: dict[str, Any] = dict.fromkeys(replies, "Noted (made up).")
    lead.send("/decide", decision="extension", **noted)
    partnership.settle()
    assert "It goes on until 27 March 2028." in provider.get(one).text
    assert "Noted (made up)." in provider.page.text
    assert "27 March 2028" in provider.get(partnership.address).text
    assert "decided" in provider.get(address).text


def test_a_decision_without_a_consultation_is_said_to_be_one(partnership: Partnership) -> None:
    """It is taken; the agreement's page says that nobody was consulted. Nobody but the lead has such a form."""
    lead, authority = partnership.lead, partnership.authority
    authority.get(f"{partnership.address}/consultations")
    token = authority.page.form("/sign-out").values["form_token"]
    answer = authority.http.post(f"{partnership.address}/decide", data={"form_token": token})
    assert answer.status_code == 404
    lead.get(f"{partnership.address}/consultations")
    lead.send("/decide", decision="termination", last_day="27/3/2029")
    partnership.settle()
    assert "27 March 2029" in authority.get(partnership.address).text


def test_both_sectors_fill_an_agenda(partnership: Partnership) -> None:
    """One plans, each puts an item on it for its own sector; what unbalances it is said; then it is held."""
    lead, provider = partnership.lead, partnership.provider
    address = f"{partnership.address}/events"
    lead.get(address)
    assert "Enter its title" in lead.send("/events", 422, kind="forum").text
    today = partnership.hub.now.date()
    lead.send("/events", title="Spring forum (made up)", planned_for=today.isoformat())
    partnership.settle()
    one = provider.get(address).link(rf"{address}/[^\"]+")
    lead.get(one)
    assert "must be a whole number" in lead.send("/item", 422, title="Fees", minutes="long").text.replace(
        "Must", "must"
    )
    lead.send("/item", title="Fees (made up)", minutes="50")
    partnership.settle()
    assert "Less than its share of the agenda Providers" in lead.get(one).text
    provider.get(one)
    provider.send("/item", title="Support that was refused (made up)", minutes="50")
    partnership.settle()
    assert "Less than its share" not in lead.get(one).text
    used: dict[str, Any] = {name: "45" for name in lead.page.form("/held").names if name.startswith("used_")}
    assert len(used) == 2
    assert "Enter the day it was held" in lead.send("/held", 422, **used).text
    lead.send("/held", held_on=today.isoformat())
    partnership.settle()
    assert "45" in provider.get(one).text
    assert not [form for form in provider.page.forms if form.action.endswith("/held")], "another recorded it"


def test_a_flagged_clause_is_answered(partnership: Partnership) -> None:
    """The lead says what it does about it, once the tender has closed; the provider reads it."""
    hub, lead, provider = partnership.hub, partnership.lead, partnership.provider
    tender_id, today = uuid4(), hub.now.date()
    tender = TenderOpened(
        agreement_id=partnership.id,
        lead=partnership.codes[0],
        tender_id=tender_id,
        title="Tender (made up)",
        clauses=(Clause(clause_id="7.1", about="fees", text="Fees are not raised (made up)."),),
        opened_on=today,
        closes_on=today + timedelta(days=1),
    )
    partnership.desks[0].post(tender)
    partnership.settle()
    declined = BidDeclined(
        agreement_id=partnership.id, sender=partnership.codes[2], tender_id=tender_id, clause_ids=("7.1",)
    )
    partnership.desks[2].post(declined)
    partnership.settle()
    hub.pass_time(days=9)
    partnership.settle()
    documents = f"{partnership.address}/documents"
    assert not [form for form in provider.get(documents).forms if form.action.endswith("/clauses")]
    seen = lead.get(documents)
    assert "no answer yet" in seen.text
    assert "Say why" in lead.send("/clauses", 422, answer="changed").text
    lead.send("/clauses", words="Fees follow costs from now (made up).")
    partnership.settle()
    assert "no answer yet" not in provider.get(documents).text


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
    assert (chart.headers["content-type"], 'lang="en"' in chart.text) == ("image/svg+xml", True)
    assert lead.http.get("/views/disputes/chart.svg").status_code == 404
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
        path = path.replace("{consultation_id}", str(uuid4())).replace("{event_id}", str(uuid4()))
        path = path.replace("{return_id}", str(uuid4())).replace("{to}", "pdf").replace("{name}", "sufficiency")
        for method in route.methods:
            answer = stranger.http.request(method, path, data={"form_token": token} if method == "POST" else None)
            assert route.path in OWN or answer.status_code == 404, f"{method} {path}"
        assert officer.get(path).answer.status_code in (404, 405), path
