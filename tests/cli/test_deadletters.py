"""`placehub deadletters`: listed, shown, retried, dropped, on the real hub."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from kafka import KafkaAdminClient, TopicPartition

from placehub.agreements.events import ProviderJoined
from placehub.browsing import hub_topic
from placehub.drivers.brokers import access, producer
from placehub.referrals.events import EarlyNoticeGiven
from placehub.streams import DEADLETTER, outbox

from ..integration.story import Desk, Town, desk
from .conftest import Run


@pytest.fixture(scope="module")
def authority_desk(hub: Any) -> Iterator[Desk]:
    """An authority at its mailbox."""
    one = desk(hub, "authority")
    yield one
    one.mailbox.close()


@pytest.fixture(scope="module")
def provider_desk(hub: Any) -> Iterator[Desk]:
    """A provider at its mailbox."""
    one = desk(hub, "provider")
    yield one
    one.mailbox.close()


def join_too_early(authority: Desk, provider: str = "P-51d0") -> tuple[UUID, UUID]:
    """Let a provider join an agreement nobody has registered yet; return the agreement and the event's id."""
    agreement = uuid4()
    joined = ProviderJoined(
        agreement_id=agreement, lead=authority.code, provider=provider, joined_on=date(2026, 1, 1), tier=1
    )
    id = authority.post(joined)
    authority.hub.settle()
    return agreement, id


def listed(placehub: Run, sender: str, *more: str) -> list[dict[str, Any]]:
    """Return the dead letters of one sender."""
    ended = placehub("deadletters", "list", "--sender", sender, "--json", *more)
    assert ended.code == 0, ended.err
    found: list[dict[str, Any]] = json.loads(ended.out)
    return found


def of_event(placehub: Run, sender: str, id: UUID, *more: str) -> dict[str, Any]:
    """Return the one dead letter of an event."""
    (found,) = [one for one in listed(placehub, sender, *more) if one["ce_id"] == str(id)]
    return found


def joined_in_the_stream(hub: Any, id: UUID) -> int:
    """Count how often the event stands in its stream."""
    topic = hub_topic(hub.settings, "agreement")
    try:
        return [one.get("id") for one in topic.last(10_000)].count(str(id))
    finally:
        topic.close()


def test_listed_and_shown(placehub: Run, authority_desk: Desk) -> None:
    """A dead letter is listed with its sender, field and reason, and shown with what can be done about it."""
    _, id = join_too_early(authority_desk)
    one = of_event(placehub, authority_desk.code, id)
    assert (one["field"], one["state"], one["type"]) == ("agreement_id", "open", "agreement.ProviderJoined")
    assert one["record"].startswith(f"outbox.{authority_desk.code}/0/")
    shown = json.loads(placehub("deadletters", "show", one["position"], "--json").out)
    assert shown == {**one, "can_be_retried": "yes"}
    assert "can be retried" in placehub("deadletters", "show", one["position"]).out
    assert one["position"] in placehub("deadletters", "list", "--sender", authority_desk.code).out


def test_filters(placehub: Run, authority_desk: Desk) -> None:
    """Type, time and number narrow the list; what is left out for its number is said."""
    code = authority_desk.code
    for _ in range(2):
        join_too_early(authority_desk)
    assert len(listed(placehub, code, "--type", "ProviderJoined")) >= 2
    assert listed(placehub, code, "--type", "OfferMade") == []
    assert len(listed(placehub, code, "--since", "2026-03-01")) >= 2
    assert listed(placehub, code, "--since", "2126-03-01T10:00") == []
    ended = placehub("deadletters", "list", "--sender", code, "--limit", "1", "--json")
    (latest,) = json.loads(ended.out)
    assert latest == listed(placehub, code)[-1]
    assert "older ones are not shown" in ended.err


def test_by_cause(placehub: Run, authority_desk: Desk) -> None:
    """What was set aside for the same is one cause, with how many, whose and since when."""
    join_too_early(authority_desk)
    _, id = join_too_early(authority_desk)
    latest = of_event(placehub, authority_desk.code, id)
    own = listed(placehub, authority_desk.code, "--limit", "0")
    causes = listed(placehub, authority_desk.code, "--by-cause")
    assert sum(one["count"] for one in causes) == len(own)
    (found,) = [one for one in causes if one["example"] == latest["position"]]
    same = [one for one in own if all(one[name] == latest[name] for name in ("type", "field", "reason"))]
    assert found["count"] == len(same) >= 2
    assert found["senders"] == [authority_desk.code]
    assert (found["oldest"], found["latest"]) == (same[0]["rejected_at"], latest["rejected_at"])


def test_nothing_is_retried_that_was_not_named(placehub: Run, authority_desk: Desk) -> None:
    """There is no retry of all: a year of old failures is never sent anew by one word."""
    _, id = join_too_early(authority_desk)
    assert placehub("deadletters", "retry").code == 2
    assert placehub("deadletters", "retry", "--all").code == 2
    assert of_event(placehub, authority_desk.code, id)["state"] == "open"


def test_a_retry_has_one_effect(hub: Any, placehub: Run, authority_desk: Desk, provider_desk: Desk) -> None:
    """What is retried is taken in as it was posted, once, however often it comes; and is open no more."""
    agreement, id = join_too_early(authority_desk, provider_desk.code)
    position = of_event(placehub, authority_desk.code, id)["position"]
    Town(hub, authority_desk, (), agreement).begin()
    hub.settle()
    ended = placehub("deadletters", "retry", position, "--reason", "registered now", "--by", "night shift", "--json")
    assert ended.code == 0, ended.err
    (put,) = json.loads(ended.out)
    assert put["posted_as"].startswith(f"outbox.{authority_desk.code}/0/")
    hub.settle()
    assert joined_in_the_stream(hub, id) == 1
    settled = of_event(placehub, authority_desk.code, id, "--all")
    assert (settled["state"], settled["settled_by"]) == ("retried", "night shift")
    assert settled["settled_because"] == "registered now"
    assert id not in [UUID(one["ce_id"]) for one in listed(placehub, authority_desk.code)]
    again = placehub("deadletters", "retry", position)
    assert again.code == 4
    assert "was retried already, by night shift" in again.err

    _post_as_it_stands(hub, *put["posted_as"].split("/"))
    hub.settle()
    assert joined_in_the_stream(hub, id) == 1


def _post_as_it_stands(hub: Any, topic: str, partition: str, offset: str) -> None:
    """Put the very record in its outbox once more, as a retry that was broken off before it was noted would."""
    from placehub.deadletters.tray import open_tray

    with open_tray(hub.settings) as tray:
        record = tray._at(TopicPartition(topic, int(partition)), int(offset))
    assert record is not None
    assert "retries" in dict(record.headers)
    with producer(hub.settings) as sending:
        sending.send(topic, record.value, record.key, record.headers).get(timeout=20)


def test_still_wrong(placehub: Run, authority_desk: Desk) -> None:
    """A record that is as wrong as before comes back as a new dead letter."""
    _, id = join_too_early(authority_desk)
    first = of_event(placehub, authority_desk.code, id)["position"]
    assert placehub("deadletters", "retry", first).code == 0
    authority_desk.hub.settle()
    assert of_event(placehub, authority_desk.code, id)["position"] != first


def test_dropped_and_kept(hub: Any, placehub: Run, authority_desk: Desk) -> None:
    """What is dropped is listed no more, is still there, and stands so in the view."""
    _, id = join_too_early(authority_desk)
    position = of_event(placehub, authority_desk.code, id)["position"]
    ended = placehub("deadletters", "drop", position, "--reason", "posted again under a new id", "--by", "night shift")
    assert (ended.code, ended.out) == (0, f"{position} is dropped\n")
    assert not [one for one in listed(placehub, authority_desk.code) if one["ce_id"] == str(id)]
    kept = of_event(placehub, authority_desk.code, id, "--all")
    assert (kept["state"], kept["settled_because"]) == ("dropped", "posted again under a new id")
    assert placehub("deadletters", "drop", position, "--reason", "again").code == 4
    hub.settle()
    view = json.loads(placehub("views", "show", "rejected_events", "--json").out)
    assert "dropped" in {row["state"] for row in view}


def test_a_reason_is_needed(placehub: Run, authority_desk: Desk) -> None:
    """Nothing is dropped without a reason."""
    _, id = join_too_early(authority_desk)
    position = of_event(placehub, authority_desk.code, id)["position"]
    assert placehub("deadletters", "drop", position).code == 2
    assert placehub("deadletters", "drop", position, "--reason", " ").code == 2
    assert of_event(placehub, authority_desk.code, id)["state"] == "open"


@pytest.mark.parametrize("command", [("show",), ("retry",), ("drop", "--reason", "none")])
def test_no_such_position(placehub: Run, command: tuple[str, ...]) -> None:
    """A position at which there is no dead letter is not found; one that is none is a mistake of use."""
    name, *more = command
    assert placehub("deadletters", name, "0:999999999", *more).code == 3
    assert placehub("deadletters", name, "99:0", *more).code == 3
    assert placehub("deadletters", name, "outbox/0/1", *more).code == 2


def test_all_or_none(placehub: Run, authority_desk: Desk) -> None:
    """When one of several cannot be settled, none is."""
    _, id = join_too_early(authority_desk)
    position = of_event(placehub, authority_desk.code, id)["position"]
    assert placehub("deadletters", "retry", position, "0:999999999").code == 3
    assert placehub("deadletters", "drop", position, "0:999999999", "--reason", "none").code == 3
    assert of_event(placehub, authority_desk.code, id)["state"] == "open"


def test_what_the_outbox_keeps_no_more(hub: Any, placehub: Run, authority_desk: Desk) -> None:
    """A record that its outbox has let go of cannot be retried, and the dead letter says so and stays open."""
    _, id = join_too_early(authority_desk)
    one = of_event(placehub, authority_desk.code, id)
    admin = KafkaAdminClient(**access(hub.settings))
    try:
        admin.delete_records({TopicPartition(outbox(authority_desk.code), 0): int(one["record"].split("/")[2]) + 1})
    finally:
        admin.close()
    ended = placehub("deadletters", "retry", one["position"])
    assert ended.code == 3
    assert "is kept no more" in ended.err
    assert "is kept no more" in placehub("deadletters", "show", one["position"]).out
    assert of_event(placehub, authority_desk.code, id)["state"] == "open"


def test_another_record_in_its_place(hub: Any, placehub: Run, provider_desk: Desk, authority_desk: Desk) -> None:
    """When what stands in the outbox is not what was set aside, nothing is posted."""
    join_too_early(authority_desk)
    genuine = listed(placehub, authority_desk.code)[-1]
    topic, partition, offset = genuine["record"].split("/")
    said = {"sender": provider_desk.code, "ce_id": str(uuid4()), "topic": topic, "partition": partition}
    said |= {"offset": offset, "sha256": "0" * 64, "field": "value", "reason": "made up by a test"}
    headers = [(name, value.encode()) for name, value in said.items()]
    with producer(hub.settings) as sending:
        put = sending.send(DEADLETTER, None, provider_desk.code.encode(), headers).get(timeout=20)
    ended = placehub("deadletters", "retry", f"{put.partition}:{put.offset}")
    assert ended.code == 3
    assert "holds another record" in ended.err


def test_what_intake_had_taken_in(hub: Any, placehub: Run, provider_desk: Desk, authority_desk: Desk) -> None:
    """What a processor behind intake refused would be dropped as a repeat: that is said, and nothing is posted."""
    town = Town(hub, authority_desk, (provider_desk,))
    town.begin()
    case = town.case()
    case.notice()
    hub.settle()
    id = provider_desk.post(case.offer_of(provider_desk, uuid4()))
    hub.settle()
    one = of_event(placehub, provider_desk.code, id)
    assert one["record"].startswith("referral/")
    ended = placehub("deadletters", "retry", one["position"])
    assert ended.code == 4
    assert "under a new id" in ended.err


def test_a_record_that_cannot_be_read(hub: Any, placehub: Run, authority_desk: Desk) -> None:
    """A tombstone can be retried too, and comes back; its dead letter has no type or id."""
    authority_desk.post_raw(None, [("ce_id", b"x")])
    hub.settle()
    one = next(one for one in listed(placehub, authority_desk.code) if not one["ce_id"])
    before = len(listed(placehub, authority_desk.code))
    assert placehub("deadletters", "retry", one["position"]).code == 0
    hub.settle()
    assert len(listed(placehub, authority_desk.code)) == before


def test_no_value_is_shown(placehub: Run, authority_desk: Desk) -> None:
    """Nothing of what was posted is in what the commands print."""
    assert EarlyNoticeGiven.__name__ not in placehub("deadletters", "list", "--sender", authority_desk.code).out
    shown = placehub("deadletters", "list", "--sender", authority_desk.code, "--all", "--json").out
    assert "P-51d0" not in shown
