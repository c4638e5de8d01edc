"""`placehub portal`: letting people in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from ..connectors.mailserver import Server
from .conftest import Run


def test_an_invitation_is_one_link(hub: Any, placehub: Run) -> None:
    """The link leads to a page that names the organisation; wrong input is named, with what would be right."""
    code = hub.add("provider").code
    asked = ("portal", "invite", "--organisation", code, "--email", f"{uuid4()}@example.org")
    ended = placehub(*asked, "--role", "referral manager", "--by", "made up", "--json")
    assert ended.code == 0
    told = json.loads(ended.out)
    assert told["link"].startswith(f"{hub.settings.portal}/join/")
    assert told["mailed"].startswith("no: no mail is set up")
    assert "Test provider (made up)" in httpx.get(told["link"]).text
    wrong = placehub(*asked, "--role", "placement officer")
    assert (wrong.code, "referral manager" in wrong.err) == (1, True)
    wrong = placehub(*asked[:4], "--email", "nobody", "--role", "referral manager")
    assert "must be an e-mail address" in wrong.err
    assert placehub(*asked[:3], "T-nobody", *asked[4:], "--role", "referral manager").code == 3


def test_an_invitation_is_mailed(hub: Any, placehub: Run, tmp_path: Path) -> None:
    """Where a mail server is set it gets the link; one that takes nothing costs nobody the link."""
    code, email = hub.add("provider").code, f"{uuid4()}@office.example"
    asked = ("portal", "invite", "--organisation", code, "--role", "referral manager", "--json", "--email")
    server = Server(tmp_path)
    try:
        mailing = {"PLACEHUB_SMTP": f"localhost:{server.port}", "PLACEHUB_SMTP_SENDER": "placehub@hub.example"}
        mailing["PLACEHUB_SMTP_CA"] = str(server.ca)
        told = json.loads(placehub(*asked, email, **mailing).out)
        assert told["mailed"] == "yes"
        (text,) = server.texts("invited to placehub")
        assert told["link"] in text.replace("=\n", "")
        server.when_given = lambda: "451 not now"
        told = json.loads(placehub(*asked, f"{uuid4()}@office.example", **mailing).out)
        assert told["mailed"].startswith("no: ")
        assert httpx.get(told["link"]).status_code == 200
    finally:
        server.stop()
