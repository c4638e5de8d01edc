"""`placehub erase`, `hold` and `retention report`: what is asked wrongly ends plainly, and what stands is listed."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any
from uuid import UUID, uuid4

import pytest

from placehub.keys.client import KeyClient

from .conftest import Run

BY = ("--by", "made up operator")


@pytest.fixture(scope="module")
def child(hub: Any) -> UUID:
    """A child of an authority that has keys and is in no case."""
    authority, made = hub.add("authority"), uuid4()
    with closing(KeyClient(hub.settings.api, authority.code, authority.api_token)) as client:
        client.keys_for("child", str(made), ["need"])
    return made


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("erase", "--child", str(uuid4())), 2, "--reason, --confirm or --withdraw"),
        (("erase", "--child", str(uuid4()), "--confirm", "--withdraw"), 2, "--reason, --confirm or --withdraw"),
        (("erase", "--child", "no id", "--confirm"), 2, "--child"),
        (("erase", "--confirm"), 2, "--child or --household"),
        (("erase", "--child", str(uuid4()), "--household", str(uuid4()), "--confirm"), 2, "--child or --household"),
        (("erase", "--household", str(uuid4()), "--confirm"), 3, "`household_ref`"),
        (("hold", "place", "--ground", "court"), 2, "--child or --household"),
        (("erase", "--child", str(uuid4()), "--confirm"), 3, "holds nothing of a child of that id"),
        (("erase", "--child", str(uuid4()), "--reason", "curiosity"), 1, "erasure_reason"),
        (("erase", "--child", str(uuid4()), "--confirm", "--as", "E09000033"), 3, "No credentials"),
        (("hold", "place", "--child", str(uuid4()), "--ground", "court"), 3, "holds nothing of a child of that id"),
        (("hold", "place", "--child", str(uuid4()), "--ground", "whim"), 1, "hold_ground"),
        (("hold", "lift", str(uuid4())), 3, "hold list"),
    ],
)
def test_what_is_asked_wrongly(placehub: Run, words: tuple[str, ...], code: int, said: str) -> None:
    """Each wrong request ends with its code and a sentence that names what to do."""
    ended = placehub(*words, *BY)
    assert ended.code == code, ended.err
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_a_hold_and_the_report(placehub: Run, child: UUID) -> None:
    """A hold is listed while it stands, and counted in the report; an erasure that waits is counted and taken back."""
    asked = ("erase", "--child", str(child), *BY)
    assert placehub(*asked, "--reason", "given in error").code == 0
    hold = json.loads(placehub("hold", "place", "--child", str(child), "--ground", "court", *BY, "--json").out)
    listed = json.loads(placehub("hold", "list", "--json").out)
    assert hold["hold_id"] in {one["hold_id"] for one in listed}
    told = {one["data"]: one for one in json.loads(placehub("retention", "report", "--json").out)}
    assert told["holds"]["held"] >= 1
    assert told["children and households whose erasure was asked for"]["due"] >= 1
    assert "inboxes and outboxes" in placehub("retention", "report").out
    assert placehub("hold", "lift", hold["hold_id"], *BY).code == 0
    assert placehub("hold", "lift", hold["hold_id"], *BY).code == 4
    assert hold["hold_id"] not in placehub("hold", "list").out
    assert hold["hold_id"] in placehub("hold", "list", "--all").out
    assert placehub(*asked, "--withdraw").code == 0
    assert placehub(*asked, "--withdraw").code == 4
