"""One event is followed through the whole hub: by the trace in its headers, and in the logs."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from kafka import KafkaConsumer

from placehub.contracts.headers import Attributes, read_headers, write_headers
from placehub.drivers.brokers import partitions_of, reader
from placehub.errors import Rejected
from placehub.mailboxes.events import EventRejected
from placehub.offers.events import OfferMade
from placehub.referrals.events import ReferralMade
from placehub.search.events import ProviderInvited
from placehub.vacancies.events import VacancyClosed

from .story import HubUnderTest, Town, play
from .test_canary import hub_folder

pytestmark = pytest.mark.broker
OWN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def recorded(hub: HubUnderTest, topic: str, subject: UUID) -> dict[str, list[Attributes]]:
    """Return what stands in a stream about one subject: event -> attributes, in order."""
    consumer: KafkaConsumer = reader(hub.settings)
    places = partitions_of(consumer, (topic,))
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    ends = consumer.end_offsets(places)
    found: dict[str, list[Attributes]] = {}
    while any(consumer.position(place) < end for place, end in ends.items()):
        for batch in consumer.poll(500).values():
            for record in batch:
                if record.key == str(subject).encode():
                    about = read_headers(list(record.headers))
                    found.setdefault(about.type.partition(".")[2], []).append(about)
    consumer.close()
    return found


def test_what_follows_keeps_the_trace(hub: HubUnderTest, town: Town) -> None:
    """Each event the hub derives is in the trace of the one that caused it, over every stream and into the inboxes."""
    case, home, _ = play(town)
    referral, vacancy = recorded(hub, "referral", case.id), recorded(hub, "vacancy", home)
    (made,), (offered,), (selected,) = (referral[name] for name in ("ReferralMade", "OfferMade", "OfferSelected"))
    assert {one.trace_id for one in referral["ProviderInvited"]} == {made.trace_id}
    assert {one.trace_id for one in referral["SearchStarted"]} == {made.trace_id}
    asked, reserved = vacancy["ReservationRequested"], vacancy["VacancyReserved"]
    assert {one.trace_id for one in (*asked, *reserved)} == {selected.trace_id}
    assert len({made.trace_id, offered.trace_id, selected.trace_id}) == 3, "one for each thing that was posted"
    assert selected.trace_id == selected.id.hex
    spans = [one.traceparent for some in (*referral.values(), *vacancy.values()) for one in some]
    assert len(spans) == len(set(spans)), "each event has a span of its own"
    (came,) = town.providers[0].letters(ProviderInvited, case.id)
    assert came.attributes.trace_id == made.trace_id
    (told,) = town.providers[0].letters(ReferralMade, case.id)
    assert told.attributes.traceparent == made.traceparent
    assert town.authority.letters(OfferMade, case.id)[0].attributes.traceparent == offered.traceparent


def test_a_trace_of_ones_own(hub: HubUnderTest, town: Town) -> None:
    """A trace that the sender gives goes on; one that is none is refused by the SDK and dropped by the hub."""
    home = town.open_home(town.providers[0])
    hub.settle()
    case = town.case()
    sealed = case.referral()
    town.authority.mailbox.post_document("ReferralMade", sealed, time=hub.now, traceparent=OWN)
    hub.settle()
    (came,) = town.providers[0].letters(ProviderInvited, case.id)
    assert came.attributes.trace_id == OWN[3:35]
    closed = VacancyClosed(vacancy_id=home, provider=town.providers[0].code)
    with pytest.raises(Rejected, match="traceparent"):
        town.providers[0].mailbox.post(closed, time=hub.now, traceparent="a child's name")


def test_what_is_no_trace_goes_no_further(hub: HubUnderTest, town: Town) -> None:
    """A header that is no traceparent stands in its sender's outbox only; the refusal is in the event's own trace."""
    word, id = f"canary{uuid4().hex}", uuid4()
    about = Attributes(id=id, source="/any", type="referral.ReferralMade", subject=str(uuid4()), time=hub.now)
    headers = [(name, value) for name, value in write_headers(about) if name != "traceparent"]
    town.authority.post_raw(b"\x00nonsense", [*headers, ("traceparent", word.encode())])
    hub.settle()
    (refused,) = [one for one in town.authority.letters(EventRejected) if one.event.rejected_id == id]
    assert refused.attributes.trace_id == id.hex
    assert word not in refused.attributes.traceparent


def test_the_logs_can_be_searched_for_a_trace(hub: HubUnderTest, town: Town) -> None:
    """Under `log_level` debug, one trace id finds what each process did because of one event, in every log."""
    case, _, _ = play(town)
    trace_id = recorded(hub, "referral", case.id)["ReferralMade"][0].trace_id
    steps = [
        (one["processor"], one["event"], one.get("ce_type") or one.get("type"))
        for one in _lines(hub)
        if one.get("trace_id") == trace_id
    ]
    assert ("intake", "published", "referral.ReferralMade") in steps
    assert ("search", "taken in", "referral.ReferralMade") in steps
    assert ("search", "published", "referral.ProviderInvited") in steps
    assert ("delivery", "taken in", "referral.ProviderInvited") in steps
    assert ("delivery", "published", "referral.ProviderInvited") in steps
    assert ("monitoring", "taken in", "referral.ProviderInvited") in steps


def _lines(hub: HubUnderTest) -> list[dict[str, Any]]:
    logs = hub_folder(hub) / "logs"
    names = ("api", "intake", "search", "vacancies", "delivery", "monitoring")
    return [json.loads(line) for name in names for line in (logs / f"{name}.log").read_text().splitlines()]


def test_every_line_of_every_process_is_json(hub: HubUnderTest) -> None:
    """Each line of each process has time, level, logger, processor and worker."""
    lines = _lines(hub)
    assert lines
    for one in lines:
        assert {"time", "level", "logger", "event", "processor", "worker"} <= set(one), one
