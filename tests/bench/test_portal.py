"""The benchmark of the portal sends people through a hub that runs, and reckons with all that they saw."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placehub.bench import portal
from placehub.bench.page import portal as portal_page
from placehub.bench.portal import Pair
from placehub.bench.visitors import MANAGER, OFFICER, OPERATOR, Look, seated

from ..conftest import Hub

pytestmark = pytest.mark.broker


def test_people_at_the_portal(hub: Hub) -> None:
    """A referral sent is seen on the provider's page, alone and among others who read every page of their role."""
    authority, provider = hub.add("authority").code, hub.add("provider").code
    people = [(authority, OFFICER), (provider, MANAGER), (authority, OFFICER), (provider, MANAGER), ("hub", OPERATOR)]
    officer, manager, *others = seated(hub.settings, people)
    effort = replace(portal.QUICK, seconds=1.5, pauses=(0.01, 0.05))
    found = portal.measure(
        hub.settings, Pair(officer, manager, "TR18 2AB"), others, hub.settle, hub.settle, effort=effort
    )
    assert found["shown"]["alone"]["shown"] == found["shown"]["crowded"]["shown"] == 1
    assert found["shown"]["alone"]["p50_ms"] > 0 < found["shown"]["alone"]["bare_p50_ms"]
    assert found["steps"] >= 1
    pages = {one["page"]: one for one in found["pages"]}
    assert list(pages)[:2] == ["bare", "all pages"]
    assert {"/", "/cases", "/searches", "/operations"} <= pages.keys()
    assert sum(one["failed"] for one in found["pages"]) == 0
    assert "3 people at once for 1.5 s" in portal_page(found)


def test_a_page_that_failed_is_counted_not_timed() -> None:
    """What was not answered, or with an error, is told beside the times of the others; gone is an answer."""
    looks = [Look("bare", 0.001, 200), Look("/a", 0.1, 200), Look("/a", 9.0, 500), Look("/b", 0.2, 410)]
    bare, every, first, second = portal._pages(looks)
    assert (bare["p50_ms"], every["asked"], every["failed"]) == (1.0, 3, 1)
    assert (first["page"], first["p95_ms"]) == ("/b", 200.0)
    assert (second["page"], second["statuses"], second["p95_ms"]) == ("/a", [500], 100.0)
