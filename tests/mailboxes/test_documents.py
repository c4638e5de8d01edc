"""An event given as JSON is checked whole before anything of it leaves the process."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from placehub.contracts.codec import to_json
from placehub.errors import Rejected
from placehub.keys.sealed import Sealed
from placehub.mailboxes.documents import OpenPart, Prepared, event_named, prepare

from .examples import CANARY, NOW, changed, question, referral

LEEDS = "E08000035"
SEALED = Sealed(key_id="k", nonce=bytes(12), ciphertext=bytes(range(128, 160)))


def prepared(document: dict[str, Any], event_type: str = "ReferralMade") -> Prepared:
    """Prepare a document now."""
    return prepare(event_type, document, NOW, uuid4())


def test_open_parts() -> None:
    """Each open part is found with its subject and compartment, and nothing of it stays in the document."""
    document = referral(LEEDS)
    ready = prepared(document)
    child = document["children"][0]["child_id"]
    found = {(part.path, part.subject_kind, part.subject_id, part.compartment) for part in ready.open_parts}
    assert found == {
        ("children.0.need", "child", child, "need"),
        ("children.0.identity", "child", child, "identity"),
    }
    assert CANARY not in json.dumps(ready.document)
    assert document["children"][0]["identity"]["name"] == CANARY


def test_sealing() -> None:
    """Sealed parts stand where the open ones stood."""
    asked: list[OpenPart] = []

    def seal(part: OpenPart) -> Sealed:
        asked.append(part)
        return SEALED

    event = prepared(referral(LEEDS)).sealed(seal)
    assert (event.children[0].need, event.children[0].identity) == (SEALED, SEALED)
    assert asked[0].document["why_now"] == CANARY


def test_sealed_already() -> None:
    """A part that is sealed already is left as it is."""
    document = referral(LEEDS)
    first = to_json(prepared(document).sealed(lambda part: SEALED))
    assert prepared(first).open_parts == ()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("children.0.age_band", CANARY),
        ("children.0.need.risks.0.risk", CANARY),
        ("children.0.need.age_years", CANARY),
        ("children.0.identity.date_of_birth", CANARY),
        ("children.0.identity.school", CANARY),
        ("children.0.need", CANARY),
        ("children.0.need", [CANARY]),
        ("wanted.kind", CANARY),
        ("wanted", CANARY),
        ("referral_id", CANARY),
        ("need_known_at", CANARY),
        ("lawful_basis.purpose", None),
        ("children", {"need": CANARY}),
    ],
)
def test_a_wrong_field(path: str, value: Any) -> None:
    """The wrong field is named by its dotted path, its value never."""
    with pytest.raises(Rejected) as refused:
        prepared(changed(referral(LEEDS), path, value))
    assert refused.value.field == path
    assert CANARY not in str(refused.value)


def test_nobody_to_seal_for() -> None:
    """An open part without the pseudonym of its child is refused."""
    with pytest.raises(Rejected, match="child_id"):
        prepared(changed(referral(LEEDS), "children.0.child_id", None))


def test_no_plaintext_elsewhere() -> None:
    """A field that the event does not have cannot carry anything."""
    with pytest.raises(Rejected) as refused:
        prepared(changed(referral(LEEDS), "children.0.notes", CANARY))
    assert refused.value.field == "children.0.notes"
    assert CANARY not in str(refused.value)


@pytest.mark.parametrize("words", [CANARY, {"text": CANARY}])
def test_words(words: Any) -> None:
    """Words may be given as a text or as an object, and belong to the event's child."""
    child = str(uuid4())
    (part,) = prepared(question("SC1", child, words), "ClarificationAsked").open_parts
    assert (part.subject_id, part.compartment, part.document) == (child, "need", {"text": CANARY})


def test_words_that_name_their_child() -> None:
    """Words of an event that names no child say within them whom they are about."""
    child = str(uuid4())
    base = {"placement_id": str(uuid4()), "authority": LEEDS, "provider": "SC1", "reviewed_on": "2026-03-01"}
    review = {**base, "participation": "PN1", "plan_changed": False}
    (part,) = prepared({**review, "found": {"text": CANARY, "child_id": child}}, "PlacementReviewed").open_parts
    assert (part.subject_id, part.document) == (child, {"text": CANARY})
    with pytest.raises(Rejected, match="child_id"):
        prepared({**review, "found": CANARY}, "PlacementReviewed")


@pytest.mark.parametrize(
    ("name", "remedy"), [("ReferralMad", "ReferralMade"), ("EventCorrected", "referral.EventCorrected"), (CANARY, "")]
)
def test_a_wrong_type(name: str, remedy: str) -> None:
    """A type that is none, or that several streams have, is refused with what may be meant."""
    with pytest.raises(Rejected) as refused:
        event_named(name)
    assert remedy in refused.value.remedy
    assert CANARY not in str(refused.value)


def test_full_name() -> None:
    """An event may be named with its stream."""
    assert event_named("referral.ReferralMade") is event_named("ReferralMade")


def test_time_without_zone() -> None:
    """A time without a zone is refused."""
    with pytest.raises(Rejected, match="time zone"):
        prepare("ReferralMade", referral(LEEDS), NOW.replace(tzinfo=None), uuid4())
