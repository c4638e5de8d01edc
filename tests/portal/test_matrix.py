"""Whose page it is not gets 404, on every route there is: a route without a row here fails."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

import pytest

from placehub.portal import files, live
from placehub.portal.pages import AREAS

from .test_story import add_home, give_notice
from .visiting import Visitor, join

pytestmark = pytest.mark.broker
FOR_ALL: Final = {
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("GET", "/join/{token}"),
    ("POST", "/join/{token}"),
    ("GET", "/static/{name}"),
    ("GET", "/favicon.ico"),
    ("GET", "/language/{code}"),
    ("GET", "/sign-in/provider"),
    ("GET", "/sign-in/provider/back"),
}
"""Open without a sign-in."""
OWN: Final = {
    ("GET", "/"): (),
    ("GET", "/live"): (),
    ("GET", "/tour"): (),
    ("POST", "/sign-out"): (),
    ("POST", "/act-for"): (),
    ("GET", "/people"): (),
    ("GET", "/mail"): (),
    ("GET", "/openings"): ("nobody but an administrator",),
    ("POST", "/mail"): (),
    ("POST", "/people/invite"): (),
    ("GET", "/cases"): ("authority",),
    ("GET", "/notices/new"): ("authority",),
    ("POST", "/notices/new"): ("authority",),
    ("GET", "/referrals/new"): ("authority",),
    ("POST", "/referrals/new"): ("authority",),
    ("POST", "/quality"): ("authority",),
    ("GET", "/searches"): ("provider",),
    ("GET", "/homes"): ("provider",),
    ("GET", "/homes/new"): ("provider",),
    ("POST", "/homes/new"): ("provider",),
    ("GET", "/erasures"): ("authority", "provider"),
    ("POST", "/erasures"): ("authority", "provider"),
    ("POST", "/erasures/confirm"): ("authority", "provider"),
    ("POST", "/erasures/withdraw"): ("authority", "provider"),
    ("POST", "/erasures/hold"): ("authority", "provider"),
    ("POST", "/erasures/lift"): ("authority", "provider"),
    ("GET", "/profile"): ("provider",),
    ("POST", "/profile"): ("provider",),
    ("GET", "/rota"): ("provider",),
    ("POST", "/rota/cover"): ("provider",),
    ("POST", "/rota/away"): ("provider",),
    ("POST", "/rota/deputy"): ("provider",),
    ("GET", "/homes/list"): ("provider",),
    ("POST", "/homes/list"): ("provider",),
    ("GET", "/homes/list.csv"): ("provider",),
    ("POST", "/homes/confirm"): ("provider",),
    ("POST", "/homes/pause"): ("provider",),
    ("POST", "/homes/close"): ("provider",),
    ("GET", "/placements"): ("authority", "provider"),
    ("GET", "/agreements"): ("authority", "provider", "consortium"),
    ("GET", "/returns"): ("authority", "provider", "consortium"),
    ("GET", "/views"): ("authority", "provider", "consortium"),
    ("GET", "/views/{name}"): ("authority", "provider", "consortium"),
    ("GET", "/views/{name}/chart.svg"): ("authority", "provider", "consortium"),
    ("GET", "/views/{name}/map.svg"): ("authority", "provider", "consortium"),
    ("GET", "/operations"): ("hub",),
    ("GET", "/operations/{processor}"): ("hub",),
    ("POST", "/operations/{processor}/pause"): ("hub",),
    ("POST", "/operations/{processor}/resume"): ("hub",),
    ("POST", "/operations/{processor}/restart"): ("hub",),
    ("GET", "/dead-letters"): ("hub",),
    ("GET", "/dead-letters/{position}"): ("hub",),
    ("POST", "/dead-letters/{position}"): ("hub",),
    ("GET", "/replay"): ("hub",),
    ("POST", "/replay/begin"): ("hub",),
    ("POST", "/replay/live"): ("hub",),
    ("POST", "/replay/break-off"): ("hub",),
    ("POST", "/replay/discard"): ("hub",),
    ("GET", "/messages"): ("hub",),
    ("GET", "/evidence"): ("hub",),
    ("GET", "/waiting-erasures"): ("hub",),
    ("POST", "/waiting-erasures/{erasure_id}"): ("hub",),
    ("GET", "/organisations"): ("hub",),
    ("POST", "/organisations"): ("hub",),
    ("GET", "/organisations/{code}"): ("hub",),
    ("POST", "/organisations/{code}/rotate"): ("hub",),
    ("POST", "/organisations/{code}/disable"): ("hub",),
}
"""About the person's own organisation alone -> the kinds of organisation it is for; none: for every kind.

`hub` stands for the hub's operators.
"""
OF_A_CASE: Final = {
    ("GET", "/cases/{case_id}"),
    ("GET", "/cases/{case_id}/progress"),
    ("GET", "/cases/{case_id}/referral"),
    ("POST", "/cases/{case_id}/referral"),
    ("POST", "/cases/{case_id}/select"),
    ("POST", "/cases/{case_id}/end"),
    ("POST", "/cases/{case_id}/verbal"),
    ("GET", "/cases/{case_id}/revise"),
    ("POST", "/cases/{case_id}/revise"),
    ("GET", "/searches/{case_id}/revise"),
    ("POST", "/searches/{case_id}/revise"),
    ("POST", "/searches/{case_id}/reconfirm"),
    ("GET", "/searches/{case_id}"),
    ("GET", "/searches/{case_id}/progress"),
    ("POST", "/searches/{case_id}/need"),
    ("POST", "/searches/{case_id}/interest"),
    ("POST", "/searches/{case_id}/decline"),
    ("POST", "/searches/{case_id}/withdraw"),
    ("GET", "/searches/{case_id}/offer"),
    ("POST", "/searches/{case_id}/offer"),
    ("GET", "/searches/{case_id}/offer-now"),
    ("POST", "/placements/{case_id}/{placement_id}/agree"),
    ("POST", "/placements/{case_id}/{placement_id}/start"),
    ("GET", "/questions/{case_id}"),
    ("POST", "/questions/{case_id}/read"),
    ("POST", "/questions/{case_id}/ask"),
    ("POST", "/questions/{case_id}/answer"),
}
"""About one case."""
OF_A_PLACEMENT: Final = {("GET", "/placements/{placement_id}"), ("POST", "/placements/{placement_id}/{act}")}
"""About one placement: `test_story` has one, and tries them."""
OF_AN_AGREEMENT: Final = {
    ("GET", "/agreements/{agreement_id}"),
    ("GET", "/agreements/{agreement_id}/raise"),
    ("POST", "/agreements/{agreement_id}/raise"),
    ("GET", "/agreements/{agreement_id}/disputes/{dispute_id}"),
    ("POST", "/agreements/{agreement_id}/disputes/{dispute_id}/{act}"),
    ("GET", "/agreements/{agreement_id}/documents"),
    ("GET", "/agreements/{agreement_id}/documents/{document_id}/{version}"),
    ("POST", "/agreements/{agreement_id}/documents/{document_id}/{version}/comment"),
    ("POST", "/agreements/{agreement_id}/documents/{document_id}/{version}/agree"),
    ("POST", "/agreements/{agreement_id}/clauses"),
    ("GET", "/agreements/{agreement_id}/consultations"),
    ("POST", "/agreements/{agreement_id}/consultations"),
    ("POST", "/agreements/{agreement_id}/decide"),
    ("GET", "/agreements/{agreement_id}/consultations/{consultation_id}"),
    ("POST", "/agreements/{agreement_id}/consultations/{consultation_id}/answer"),
    ("POST", "/agreements/{agreement_id}/consultations/{consultation_id}/decide"),
    ("GET", "/agreements/{agreement_id}/events"),
    ("POST", "/agreements/{agreement_id}/events"),
    ("GET", "/agreements/{agreement_id}/events/{event_id}"),
    ("POST", "/agreements/{agreement_id}/events/{event_id}/item"),
    ("POST", "/agreements/{agreement_id}/events/{event_id}/held"),
    ("GET", "/agreements/{agreement_id}/representatives"),
    ("POST", "/agreements/{agreement_id}/representatives"),
    ("GET", "/agreements/{agreement_id}/policy"),
    ("POST", "/agreements/{agreement_id}/policy"),
    ("GET", "/agreements/{agreement_id}/propose"),
    ("POST", "/agreements/{agreement_id}/propose"),
    ("GET", "/returns/{agreement_id}/{return_id}"),
    ("GET", "/returns/{agreement_id}/{return_id}/pack.{to}"),
    ("POST", "/returns/{agreement_id}/{return_id}/{act}"),
}
"""About one agreement: tried by `test_partners`, which has one."""
OF_A_PERSON: Final = {
    ("POST", "/people/{person_id}/remove"),
    ("POST", "/rota/{entry_id}/remove"),
    ("GET", "/drafts/{draft_id}"),
    ("POST", "/drafts/{draft_id}/throw-away"),
}
"""About one person, or what they have begun."""


def routes() -> set[tuple[str, str]]:
    """Return every route of the portal."""
    routers = [files.router, live.router, *(one.router for one in AREAS)]
    return {(method, route.path) for router in routers for route in router.routes for method in route.methods}


def asked(visitor: Visitor, method: str, path: str, **data: str) -> int:
    """Return the status of a call with the visitor's own form token."""
    visitor.get("/")
    given = {"form_token": visitor.page.form("/sign-out").values["form_token"][0], **data}
    address = path.replace("{placement_id}", str(uuid4())).replace("{person_id}", str(uuid4()))
    address = address.replace("{draft_id}", str(uuid4())).replace("{entry_id}", str(uuid4()))
    return visitor.http.request(method, address, data=given if method == "POST" else None).status_code


def test_every_route_has_a_row() -> None:
    """What is not in one of these tables is in no page."""
    assert routes() == FOR_ALL | set(OWN) | OF_A_CASE | OF_A_PLACEMENT | OF_AN_AGREEMENT | OF_A_PERSON


def test_another_organisations_case_is_not_found(hub: Any) -> None:
    """Neither another provider nor another authority finds a case by its address, on any route; nor in any list."""
    people: dict[str, list[Visitor]] = {kind: [] for kind in ("authority", "provider")}
    for kind, role in (("authority", "placement officer"), ("provider", "referral manager")):
        for _ in range(2):
            code = hub.add(kind).code
            people[kind].append(join(hub.settings, code, f"{uuid4()}@example.org", role))
    owner, stranger = people["authority"]
    add_home(people["provider"][0])
    case = give_notice(owner).rpartition("/")[2]
    assert asked(owner, "GET", f"/cases/{case}") == 200
    for visitor in (stranger, people["provider"][1]):
        for method, path in sorted(OF_A_CASE | OF_A_PERSON):
            assert asked(visitor, method, path.replace("{case_id}", case)) == 404, (method, path)
    assert asked(stranger, "POST", "/quality", case_id=case) == 404
    for act in ("confirm", "close"):
        assert asked(people["provider"][1], "POST", f"/homes/{act}", vacancy_id=str(uuid4())) == 404
    assert case not in stranger.get("/cases").answer.text


def test_a_page_is_for_its_kind_of_organisation(hub: Any) -> None:
    """A provider has no cases, an authority no homes; nobody has anything before they have signed in."""
    visitors = {
        kind: join(hub.settings, hub.add(kind).code, f"{uuid4()}@example.org", role)
        for kind, role in (("authority", "contract manager"), ("provider", "referral manager"))
    }
    nobody = Visitor(hub.settings.portal)
    for (method, path), kinds in OWN.items():
        for kind, visitor in visitors.items():
            if kinds and kind not in kinds:
                assert asked(visitor, method, path) == 404, (kind, method, path)
        nobody.get("/sign-in")
        given = {"form_token": nobody.page.form("/sign-in").values["form_token"][0]}
        answer = nobody.http.request(method, path, data=given if method == "POST" else None, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), (method, path)
    assert asked(visitors["authority"], "POST", "/notices/new") == 404, "a contract manager places nobody"
    assert asked(visitors["authority"], "GET", "/erasures") == 404, "nor erases anybody"
