"""`placehub referral`: the score before anything is sent, and who a child is disclosed to."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

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
