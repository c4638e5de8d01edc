"""Signing in by an organisation's own provider: a real OpenID Connect server on loopback, for people invited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import httpx
import oidc_provider_mock
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from placehub.app import READS, quiet, replaying
from placehub.clock import WallClock
from placehub.errors import Misconfigured
from placehub.operating import Operating
from placehub.portal.shell import Portal
from placehub.portal.signing_on import SignOn

from .visiting import PASSWORD, Visitor, code_of, join, link_for

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider that knows whoever it was told of."""
    with oidc_provider_mock.run_server_in_thread(require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(scope="module")
def codes(hub: Any) -> tuple[str, str]:
    """An authority whose people the provider proves, and another whose it does not."""
    return hub.add("authority").code, hub.add("authority").code


def provided(hub: Any, issuer: str, code: str) -> Any:
    """Return the hub's settings with that provider."""
    secret = SecretStr("made up")
    facts = {"oidc": issuer, "oidc_client": "placehub", "oidc_secret": secret, "oidc_organisations": f"{code}, X1"}
    return hub.settings.model_copy(update=facts)


@pytest.fixture(scope="module")
def browser(hub: Any, issuer: str, codes: tuple[str, str]) -> Callable[[], Visitor]:
    """What opens another browser at a portal with that provider."""
    settings = provided(hub, issuer, codes[0])
    operating = Operating(
        settings, WallClock().now, READS, lambda: quiet(settings), lambda wanted: replaying(settings, wanted)
    )
    app = Portal.of(operating, WallClock(), lambda: None, lambda: None).app()

    def opened() -> Visitor:
        visitor = Visitor(hub.settings.portal)
        visitor.http = TestClient(app, base_url=hub.settings.portal)  # type: ignore[assignment]
        return visitor

    return opened


def told(issuer: str, subject: str, **claims: Any) -> None:
    """Tell the provider of somebody."""
    answer = httpx.put(f"{issuer}/users/{quote(subject)}", json=claims)
    assert answer.status_code == 204


def gone_there(visitor: Visitor, subject: str) -> str:
    """Go to the provider as this person, and return where it sends the browser."""
    assert "/sign-in/provider" in visitor.get("/sign-in").answer.text
    sent = visitor.http.get("/sign-in/provider", follow_redirects=False)
    assert sent.status_code == 303
    back = httpx.post(sent.headers["location"], data={"sub": subject}).headers["location"]
    parts = urlsplit(back)
    return f"{parts.path}?{parts.query}"


def test_somebody_invited_joins_without_a_password(
    hub: Any, issuer: str, codes: tuple[str, str], browser: Callable[[], Visitor]
) -> None:
    """Whoever the provider proves to have the invited address acts at once; later by the provider's name for them."""
    subject, email = str(uuid4()), f"{uuid4()}@example.org"
    link = link_for(hub.settings, codes[0], email, "placement officer")
    told(issuer, subject, email=email.upper(), email_verified=True, name="Provided (made up)")
    visitor = browser()
    seen = visitor.get(gone_there(visitor, subject))
    assert seen.path == "/"
    assert "Provided (made up), Placement officer" in seen.text
    assert Visitor(hub.settings.portal).get(link).answer.status_code == 404, "the invitation is used"
    told(issuer, subject, email="another@example.org", email_verified=False, name="Renamed (made up)")
    again = browser()
    assert "Provided (made up)" in again.get(gone_there(again, subject)).text


def test_it_acts_for_the_providers_organisation_alone(
    hub: Any, issuer: str, codes: tuple[str, str], browser: Callable[[], Visitor]
) -> None:
    """Who acts for another organisation as well does so by password only: the provider vouches for its own."""
    email, subject = f"{uuid4()}@example.org", str(uuid4())
    by_password = join(hub.settings, codes[1], email, "team manager")
    key = _key(hub, codes[0], email)
    by_password.get(key[0])
    told(issuer, subject, email=email, email_verified=True, name="Both (made up)")
    visitor = browser()
    seen = visitor.get(gone_there(visitor, subject))
    assert "You also act for" not in seen.text
    token = seen.form("/sign-out").values["form_token"][0]
    answer = visitor.http.post("/act-for", data={"form_token": token, "organisation": codes[1]})
    assert answer.status_code == 404
    assert by_password.get("/").path == "/"
    assert f'value="{codes[0]}"' in by_password.page.answer.text


def _key(hub: Any, organisation: str, email: str) -> tuple[str]:
    return (link_for(hub.settings, organisation, email, "team manager"),)


@pytest.mark.parametrize("case", ["nobody invited", "not verified", "another organisation"])
def test_who_is_not_let_in(
    hub: Any, issuer: str, codes: tuple[str, str], browser: Callable[[], Visitor], case: str
) -> None:
    """Nobody who was not invited, no address the provider has not verified, nobody of another organisation."""
    email, subject = f"{uuid4()}@example.org", str(uuid4())
    if case != "nobody invited":
        link_for(hub.settings, codes[case == "another organisation"], email, "team manager")
    told(issuer, subject, email=email, email_verified=case != "not verified", name="Nobody (made up)")
    visitor = browser()
    seen = visitor.get(gone_there(visitor, subject))
    assert seen.answer.status_code == 422
    assert "has not been invited" in seen.text
    assert visitor.get("/").path == "/sign-in"


def test_a_way_back_works_once_and_in_its_own_browser(
    hub: Any, issuer: str, codes: tuple[str, str], browser: Callable[[], Visitor]
) -> None:
    """An address somebody else was sent, or that was used, lets nobody in."""
    email, subject = f"{uuid4()}@example.org", str(uuid4())
    link_for(hub.settings, codes[0], email, "team manager")
    told(issuer, subject, email=email, email_verified=True, name="Once (made up)")
    visitor, thief = browser(), browser()
    back = gone_there(visitor, subject)
    thief.get("/sign-in")
    assert "Begin again" in thief.get(back).text
    assert visitor.get(back).path == "/"
    assert visitor.get(back).answer.status_code == 422
    assert thief.get("/").path == "/sign-in"


def test_local_accounts_stay(hub: Any, codes: tuple[str, str], browser: Callable[[], Visitor]) -> None:
    """With a provider, address, password and code let in as before; without one nobody is sent anywhere."""
    email = f"{uuid4()}@example.org"
    visitor = browser()
    seen = visitor.get(link_for(hub.settings, codes[0], email, "team manager"))
    key = seen.answer.text.partition('ph-key">')[2].partition("<")[0]
    visitor.send("", name="Local (made up)", password=PASSWORD, code=code_of(key))
    assert visitor.page.path == "/"
    plain = Visitor(hub.settings.portal)
    assert "/sign-in/provider" not in plain.get("/sign-in").answer.text
    assert plain.get("/sign-in/provider").answer.status_code == 404


@contextmanager
def refused(told: str) -> Iterator[None]:
    """Expect that a setting is refused with these words."""
    with pytest.raises(Misconfigured, match=told):
        yield


def test_half_of_a_provider_is_refused(hub: Any, codes: tuple[str, str]) -> None:
    """What is missing is named, and a provider that is reached in the clear is none; one that is away is said to be."""
    at = WallClock().now
    with refused("PLACEHUB_OIDC_CLIENT"):
        SignOn.of(hub.settings.model_copy(update={"oidc": "https://login.example"}), "https://portal.example", at)
    with refused("https://"):
        SignOn.of(provided(hub, "http://login.example", codes[0]), "https://portal.example", at)
    assert SignOn.of(hub.settings, "https://portal.example", at) is None
