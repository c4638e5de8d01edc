"""Lists that follow what happens, in a real browser: nothing that is told stays away."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from ..waiting import until
from .test_story import browser, join, session  # noqa: F401  # the browser is a fixture

pytestmark = pytest.mark.broker
TOLD = "document.body.dispatchEvent(new Event('told'))"
"""What a page does when the hub says that something is new."""


@pytest.mark.parametrize(
    ("path", "kind", "role"),
    [
        ("/cases", "authority", "placement officer"),
        ("/searches", "provider", "out of hours"),
        ("/homes", "provider", "referral manager"),
    ],
)
def test_what_is_told_while_the_list_is_asked_for_is_asked_for_again(
    hub: Any,
    browser: Browser,  # noqa: F811
    path: str,
    kind: str,
    role: str,
) -> None:
    """An answer that was on its way already does not hold it; so the list asks once more when that answer is there."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held or route.request.headers.get("hx-request") != "true":
            route.continue_()
        else:
            held.append(route)

    def is_held() -> bool:
        page.wait_for_timeout(20)  # in which what the browser does is heard
        return bool(held)

    with session(browser, hub.settings.portal) as page:
        join(page, hub, hub.add(kind).code, role, scripts=False)
        page.route("**/live", lambda route: route.fulfill(status=204))  # told of nothing but what is told here
        page.route(f"**{path}", hold)
        page.goto(path)
        page.evaluate(TOLD)
        until(is_held)
        before = held[0].fetch()
        with page.expect_request(lambda one: one.url.endswith(path)):
            page.evaluate(TOLD)
            held[0].fulfill(response=before)
        expect(page.locator("#followed h1")).to_be_visible()
