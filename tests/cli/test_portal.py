"""`placehub portal`: letting people in."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import httpx

from .conftest import Run


def test_an_invitation_is_one_link(hub: Any, placehub: Run) -> None:
    """The link leads to a page that names the organisation; wrong input is named, with what would be right."""
    code = hub.add("provider").code
    asked = ("portal", "invite", "--organisation", code, "--email", f"{uuid4()}@example.org")
    ended = placehub(*asked, "--role", "referral manager", "--by", "made up", "--json")
    assert ended.code == 0
    told = json.loads(ended.out)
    assert told["link"].startswith(f"{hub.settings.portal}/join/")
    assert "Test provider (made up)" in httpx.get(told["link"]).text
    wrong = placehub(*asked, "--role", "placement officer")
    assert (wrong.code, "referral manager" in wrong.err) == (1, True)
    wrong = placehub(*asked[:4], "--email", "nobody", "--role", "referral manager")
    assert "must be an e-mail address" in wrong.err
    assert placehub(*asked[:3], "T-nobody", *asked[4:], "--role", "referral manager").code == 3
