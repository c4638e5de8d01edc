"""Joining by one link, signing in, and what nobody may do without."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from .visiting import PASSWORD, Visitor, code_of, join, link_for

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def authority(hub: Any) -> str:
    """An authority of these tests' own."""
    return str(hub.add("authority").code)


def test_a_link_works_once_and_makes_an_account(hub: Any, authority: str) -> None:
    """Who follows it chooses name and password, adds the key, and stands on the first page; then it is used up."""
    link = link_for(hub.settings, authority, f"first@{authority}.example.org", "placement officer")
    visitor = Visitor(hub.settings.portal)
    seen = visitor.get(link)
    key = re.search(r'ph-key">([A-Z2-7]+)<', seen.answer.text)
    assert key
    wrong = visitor.send("", 422, name="First (made up)", password="short", code="000000")
    assert "must have 12 to 200 characters" in wrong.text.replace("Must", "must")
    assert wrong.form("").values["name"] == ["First (made up)"], "what was typed is not lost"
    seen = visitor.send("", name="First (made up)", password=PASSWORD, code=code_of(key.group(1)))
    assert (seen.path, "Your work" in seen.text) == ("/", True)
    assert Visitor(hub.settings.portal).get(link).answer.status_code == 404


def test_signing_in_asks_for_all_three(hub: Any, authority: str) -> None:
    """Address, password and a code that was not used: what is wrong is not said; signed out, nothing can be read."""
    link = link_for(hub.settings, authority, f"second@{authority}.example.org", "team manager")
    visitor = Visitor(hub.settings.portal)
    key = re.search(r'ph-key">([A-Z2-7]+)<', visitor.get(link).answer.text)
    assert key
    visitor.send("", name="Second (made up)", password=PASSWORD, code=code_of(key.group(1)))
    seen = visitor.send("/sign-out")
    assert "You are signed out" in seen.text
    assert visitor.get("/").path == "/sign-in"
    for given in (
        {"email": f"second@{authority}.example.org", "password": "something else", "code": code_of(key.group(1), 1)},
        {"email": "nobody@example.org", "password": PASSWORD, "code": code_of(key.group(1), 1)},
        {"email": f"second@{authority}.example.org", "password": PASSWORD, "code": code_of(key.group(1), -1)},
    ):
        refused = visitor.send("/sign-in", 422, **given)
        assert "Address, password or code is not right" in refused.text
    fresh = code_of(key.group(1), 1)
    assert visitor.send("/sign-in", email=f"SECOND@{authority}.example.org", password=PASSWORD, code=fresh).path == "/"


def test_too_many_wrong_passwords_have_to_wait(hub: Any) -> None:
    """After eight tries an address is not tried again for a while, whoever tries it."""
    visitor = Visitor(hub.settings.portal)
    visitor.get("/sign-in")
    guessed = f"{uuid4()}@example.org"
    for _ in range(8):
        visitor.send("/sign-in", 422, email=guessed, password="guess", code="123456")
    refused = visitor.send("/sign-in", 429, email=guessed, password="guess", code="123456")
    assert "Wait 15 minutes" in refused.text


def test_a_form_of_another_site_does_nothing(hub: Any, authority: str) -> None:
    """A form without the token of whoever it was shown to is refused."""
    visitor = join(hub.settings, authority, f"third@{authority}.example.org", "placement officer")
    answer = visitor.http.post("/sign-out", data={"form_token": "made up"})
    assert answer.status_code == 403
    assert visitor.get("/").path == "/"


def test_every_answer_is_guarded(hub: Any) -> None:
    """No script or style but the portal's own, in nobody's frame, kept by nobody; cookies no script can read."""
    seen = Visitor(hub.settings.portal).get("/sign-in")
    policy = seen.answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert seen.answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?![^>]*src=)|<style| style=| on[a-z]+=", seen.answer.text)
    cookie = seen.answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_the_first_page_weighs_little(hub: Any) -> None:
    """Page, styles and scripts together are no more than 200 kB on the wire, and files are kept by the browser."""
    visitor = Visitor(hub.settings.portal)
    seen = visitor.get("/sign-in")
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', seen.answer.text)
    answers = [visitor.http.get(one) for one in [*files, "/static/govuk-frontend.min.js"]]
    weight = sum(int(one.headers["content-length"]) for one in (seen.answer, *answers))
    assert len(files) == 4
    assert weight <= 200_000
    assert {one.headers["content-encoding"] for one in answers} == {"gzip"}
    assert all("max-age" in one.headers["cache-control"] for one in answers)


def test_administrators_invite_others(hub: Any, authority: str) -> None:
    """An administrator is shown one link to give away; others see who is there and cannot invite."""
    administrator = join(hub.settings, authority, f"fourth@{authority}.example.org", "team manager", administrator=True)
    administrator.get("/people")
    seen = administrator.send("/people/invite", email=f"fifth@{authority}.example.org", role="placement officer")
    link = re.search(r"/join/[A-Za-z0-9_-]+", seen.text)
    assert link
    assert Visitor(hub.settings.portal).get(link.group()).answer.status_code == 200
    wrong = administrator.send("/people/invite", 422, email="no address", role="placement officer")
    assert "must be an e-mail address" in wrong.text.replace("Must", "must")
    other = join(hub.settings, authority, f"sixth@{authority}.example.org", "placement officer")
    form = other.get("/people")
    assert not [one for one in form.forms if one.action == "/people/invite"]
    token = form.form("/sign-out").values["form_token"]
    given = {"form_token": token, "email": "x@example.org", "role": "director"}
    refused = other.http.post("/people/invite", data=given)
    assert refused.status_code == 404
