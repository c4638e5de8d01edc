"""A household is erased by two people on the portal, and held: what the API refuses stands beside the field."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from .test_story import add_home, shows, until
from .visiting import Seen, Visitor, join

pytestmark = pytest.mark.broker


def beside(seen: Seen, field: str) -> str:
    """Return what a page says is wrong with a field."""
    found = re.search(rf'id="{field}-error"[^>]*>(.*?)</p>', seen.answer.text, re.DOTALL)
    assert found, seen.text[:1500]
    return found.group(1)


def household(manager: Visitor) -> str:
    """Return the one household that may be chosen."""
    chosen = re.search(r'<select[^>]*id="subject".*?</select>', manager.get("/erasures").answer.text, re.DOTALL)
    assert chosen
    (found,) = re.findall(r'value="([0-9a-f-]{36})"', chosen.group())
    return str(found)


def asked(manager: Visitor, ref: str) -> Seen:
    """Ask for its erasure and return what the page says, or what is wrong."""
    manager.get("/erasures")
    data = manager.page.form("/erasures").values | {"subject": [ref], "reason": ["asked for"]}
    manager.http.post("/erasures", data=data)
    return manager.get("/erasures")


def test_two_people_erase_a_household(hub: Any) -> None:
    """Not while its home is open or a hold stands; what is asked for is taken back, or confirmed by another alone."""
    code = str(hub.add("provider").code)
    first = join(hub.settings, code, f"{uuid4()}@example.org", "referral manager", name="First (made up)")
    second = join(hub.settings, code, f"{uuid4()}@example.org", "referral manager", name="Second (made up)")
    duty = join(hub.settings, code, f"{uuid4()}@example.org", "out of hours")
    assert duty.get("/erasures").answer.status_code == 404
    add_home(first)
    ref = household(first)
    wrong = first.send("/erasures", 422)
    assert "Choose a household." in beside(wrong, "subject")
    assert "Choose why it is to be erased." in beside(wrong, "reason")
    open_still = first.send("/erasures", 422, subject=ref, reason="asked for")
    assert "of this household is open" in beside(open_still, "subject")
    first.get("/homes")
    first.send("/homes/close", reason="approval ended")
    until(first, "/homes", shows("No homes yet."))
    until(first, "/erasures", lambda _seen: "Waiting for a second person Nothing waits." not in asked(first, ref).text)
    assert "You asked for it: a second person confirms it." in first.page.text
    assert "It is to be erased for good" not in first.page.text
    assert "It was taken back. Nothing is erased." in first.send("/erasures/withdraw").text
    asked(first, ref)
    second.get("/erasures")
    sure = f"sure_{ref}"
    ticked: dict[str, Any] = {sure: "yes"}
    assert "Tick the box" in beside(second.send("/erasures/confirm", 422), sure)
    assert "The hold stands. Nothing of it is erased" in second.send("/erasures/hold", held=ref, ground="court").text
    assert "A hold stands on this household (court)" in beside(second.send("/erasures/confirm", 422, **ticked), sure)
    assert "The hold was lifted." in second.send("/erasures/lift").text
    done = second.send("/erasures/confirm", **ticked)
    assert "It is erased: its keys are destroyed" in done.text
    assert "First (made up), Second (made up)" in done.text
    again = second.send("/erasures", 422, subject=ref, reason="asked for")
    assert "There is nothing left to erase." in beside(again, "subject")


def test_an_operator_is_the_second_person(hub: Any) -> None:
    """What a provider asks for stands on an operator's page, to be confirmed there once, by somebody else alone."""
    code = str(hub.add("provider").code)
    manager = join(hub.settings, code, f"{uuid4()}@example.org", "referral manager", name="Asker (made up)")
    until(manager, "/erasures", lambda seen: "is still being read" not in seen.text)
    assert "No household of yours is known here." in manager.page.text
    add_home(manager)
    ref = household(manager)
    manager.get("/homes")
    manager.send("/homes/close", reason="approval ended")
    until(manager, "/homes", shows("No homes yet."))
    until(manager, "/erasures", lambda _seen: "Nothing waits." not in asked(manager, ref).text)
    namesake = join(hub.settings, "hub", f"{uuid4()}@example.org", "operator", name="Asker (made up)")
    operator = join(hub.settings, "hub", f"{uuid4()}@example.org", "operator", name="Operator (made up)")
    own = namesake.get("/waiting-erasures")
    assert f"Household {ref[:8]}" in own.text
    assert "You asked for it: a second person confirms it." in own.text
    seen = operator.get("/waiting-erasures")
    assert "Asker (made up)" in seen.text
    card = seen.answer.text.partition(f"Household {ref[:8]}")[2]
    address = re.findall(r'action="(/waiting-erasures/[0-9a-f-]{36})"', card)[0]
    sure = f"sure_{address.rpartition('/')[2]}"
    assert "Tick the box" in beside(operator.send(address, 422), sure)
    ticked: dict[str, Any] = {sure: "yes"}
    assert "It is erased: its keys are destroyed" in operator.send(address, **ticked).text
    assert "Asker (made up), Operator (made up)" in manager.get("/erasures").text
    assert address not in operator.get("/waiting-erasures").answer.text


def test_an_authority_names_a_child_by_its_id(hub: Any) -> None:
    """What it does not have is not found, to be erased or held, and the page says so beside the field, in Welsh too."""
    manager = join(hub.settings, str(hub.add("authority").code), f"{uuid4()}@example.org", "team manager")
    manager.get("/erasures")
    assert "Must be an id" in beside(manager.send("/erasures", 422, subject="Anna", reason="asked for"), "subject")
    unknown = manager.send("/erasures", 422, subject=str(uuid4()), reason="asked for")
    assert "holds nothing of a child of that id" in beside(unknown, "subject")
    manager.get("/language/cy?back=/erasures")
    held = manager.send("/erasures/hold", 422, held=str(uuid4()), ground="court")
    assert "Nid yw’r hyb yn dal dim o’r dynodydd hwnnw (plentyn)." in beside(held, "held")
