"""`placehub referral`: the score before anything is sent, who a child is disclosed to, a search that begins again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

from placehub.placements.events import PlacementEnded
from placehub.search.events import SearchReopened
from placehub.vacancies.reserving import placement_id

from ..integration.story import Town, desk, play
from .conftest import Run
from .test_publish import CANARY, event, tailed


def a_referral(**need: Any) -> str:
    """Return a referral as a file holds it."""
    return json.dumps(event("A1", need={"why_now": CANARY, **need}))


def test_a_score_without_a_hub(nowhere: Run) -> None:
    """Where no hub is known a referral is scored all the same, and no value of it is printed."""
    ended = nowhere("referral", "check", "-", given=a_referral())
    assert ended.code == 0, ended.err
    assert "Told: " in ended.out
    assert "expected of the placement" in ended.out
    assert "No question was tried" in ended.err
    assert CANARY not in ended.out + ended.err


def test_a_contradiction_fails(nowhere: Run) -> None:
    """A contradiction is named, and the command fails, so that a script can stop."""
    ended = nowhere("referral", "check", "-", "--json", given=a_referral(age_years=15))
    assert ended.code == 1
    found = json.loads(ended.out)
    assert [one["code"] for one in found["contradictions"]] == ["age outside its band"]
    assert "age_years" in ended.err
    assert "15" not in ended.err


def test_more_told_scores_higher(nowhere: Run) -> None:
    """One more fact raises the score."""
    scores = [
        float(json.loads(nowhere("referral", "check", "-", "--json", given=given).out)["completeness"])
        for given in (a_referral(), a_referral(own_words="o", asked_on="2026-02-20", health="h"))
    ]
    assert scores[0] < scores[1]


def test_what_is_no_referral(nowhere: Run) -> None:
    """What is no notice or referral, or several at once, is a mistake of the sender's."""
    two = json.dumps([json.loads(a_referral())] * 2)
    assert nowhere("referral", "check", "-", given=two).code == 1
    withdrawn = {"referral_id": str(uuid4()), "authority": "A1", "reason": "kin"}
    letter = {"type": "ReferralWithdrawn", "time": "2026-03-02T09:30:00Z", "data": withdrawn}
    assert nowhere("referral", "check", "-", given=json.dumps(letter)).code == 1
    assert nowhere("referral", "check", "nosuch.json").code == 3


def test_what_is_no_json(nowhere: Run) -> None:
    """A file that is not JSON is told by its line, in words that fit a check as well as a post."""
    ended = nowhere("referral", "check", "-", given='{"type": "ReferralMade",\n')
    assert ended.code == 1
    assert "must be JSON" in ended.err
    assert "give the file again" in ended.err
    assert "publish" not in ended.err


def test_questions_of_a_running_hub(placehub: Run) -> None:
    """With a running hub the homes that are open now are asked what they turn on; nothing is sent."""
    before = placehub("tail", "referral", "--last", "1", "--json").out
    ended = placehub("referral", "check", "-", "--json", given=a_referral())
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["basis"]["postcodes"]
    assert placehub("tail", "referral", "--last", "1", "--json").out == before


def disclose(placehub: Run, authority: str, referral: str, *more: str) -> Any:
    """Let an authority disclose who the child of a referral is."""
    words = ("T-PROVIDER", "--purpose", "introductions", "--role", "team manager", "--as", authority)
    return placehub("referral", "disclose", referral, *words, *more)


def test_an_identity_is_disclosed(placehub: Run, hub: Any, authority: str) -> None:
    """It is taken from what the authority itself has received, and posted sealed; a wrong purpose is named."""
    made = event(authority, identity={"name": CANARY})
    placehub("publish", "-", "--as", authority, given=json.dumps(made))
    hub.settle()
    referral, child = made["data"]["referral_id"], made["data"]["children"][0]["child_id"]
    ended = disclose(placehub, authority, referral, "--json")
    assert ended.code == 0, ended.err
    (record,) = tailed(placehub, "outbox", "--as", authority, "--last", "1")
    assert record["id"] == json.loads(ended.out)[0]["id"]
    assert record["data"]["children"] == [{"child_id": child, "identity": "sealed"}]
    wrong = placehub(
        *("referral", "disclose", referral, "T-PROVIDER", "--purpose", "curiosity", "--role", "team manager"),
        *("--as", authority),
    )
    assert wrong.code == 1
    assert "purpose" in wrong.err


def test_what_cannot_be_disclosed(placehub: Run, hub: Any, authority: str) -> None:
    """A referral that is not there, a child that is not of it, and one of whom nothing was said are told apart."""
    made = event(authority)
    placehub("publish", "-", "--as", authority, given=json.dumps(made))
    hub.settle()
    referral = made["data"]["referral_id"]
    unknown, stranger, unsaid = (
        disclose(placehub, authority, str(uuid4())),
        disclose(placehub, authority, referral, "--child", str(uuid4())),
        disclose(placehub, authority, referral),
    )
    assert (unknown.code, stranger.code, unsaid.code) == (3, 3, 3)
    assert "not in this inbox" in unknown.err
    assert "not of this referral" in stranger.err
    assert "ReferralRevised" in unsaid.err


def test_a_search_begins_again(placehub: Run, hub: Any, tmp_path: Path) -> None:
    """A child whose placement has ended is searched for from what its authority holds; a wrong placement is named."""
    town = Town(hub, desk(hub, "authority"), (desk(hub, "provider"),))
    (provider,) = town.providers
    case, home, offer = play(town)
    case.agree(offer, home, provider)
    hub.settle()
    case.start(offer, home, provider)
    hub.settle()
    placement, authority = placement_id(offer, case.children[0]), town.authority
    of_it: dict[str, Any] = {"placement_id": placement, "referral_id": case.id}
    sides: dict[str, Any] = {"authority": authority.code, "provider": provider.code}
    authority.post(PlacementEnded(**of_it, **sides, ended_on=hub.now.date(), planned=False, reason="CARPL"))
    hub.settle()
    words = ("--as", authority.code, "--credentials", str(authority.access.save(tmp_path / "access.json")))
    wrong = placehub("referral", "reopen", str(case.id), "--placement", str(uuid4()), *words)
    assert wrong.code == 3
    assert "No referral with that placement" in wrong.err
    ended = placehub("referral", "reopen", str(case.id), "--placement", str(placement), *words, "--json")
    assert ended.code == 0, ended.err
    hub.settle()
    assert [one.because for one in authority.got(SearchReopened, case.id)] == ["PlacementEnded"]
    assert authority.received[-1].attributes.subject == str(case.id)
    town.end()
    for one in (authority, provider):
        one.mailbox.close()
