"""From outbox to inbox in an OpenTelemetry collector: one trace, each process's spans in it, nothing of the case."""

from __future__ import annotations

from typing import Final

import pytest

from ..collector import COLLECTOR
from .story import HubUnderTest, Town, play
from .test_traces import recorded

pytestmark = pytest.mark.broker
SAID: Final = {
    "messaging.system",
    "messaging.destination.name",
    "cloudevents.event_type",
    "cloudevents.event_id",
    "placehub.processor",
}
"""What a span may say."""
WANTED: Final = {
    ("intake", "publish referral.ReferralMade"),
    ("search", "take in referral.ReferralMade"),
    ("search", "publish referral.ProviderInvited"),
    ("delivery", "take in referral.ProviderInvited"),
    ("delivery", "deliver referral.ProviderInvited"),
}


def test_one_trace_from_outbox_to_inbox(hub: HubUnderTest, town: Town) -> None:
    """A referral's trace has intake, search and delivery in it, each span under the one that caused it.

    No span says anything but names, ids of events and topics.
    """
    case, _, _ = play(town)
    made = recorded(hub, "referral", case.id)["ReferralMade"][0]
    spans = COLLECTOR.await_spans(made.trace_id, WANTED)
    ids = {name: {span.span_id for _, span in spans if span.name == name} for _, name in WANTED}
    parents = {name: {span.parent_span_id for _, span in spans if span.name == name} for _, name in WANTED}
    own = {bytes.fromhex(made.id.hex[:16])}
    assert ids["publish referral.ReferralMade"] == own
    assert parents["take in referral.ReferralMade"] == own
    assert parents["publish referral.ProviderInvited"] == own
    assert parents["deliver referral.ProviderInvited"] == ids["publish referral.ProviderInvited"]
    for _, span in spans:
        assert span.start_time_unix_nano <= span.end_time_unix_nano
        assert {one.key for one in span.attributes} <= SAID
        said = " ".join(one.value.string_value for one in span.attributes)
        assert str(case.id) not in said
