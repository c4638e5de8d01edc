"""What a referral would bring, without asking."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from placehub.audit.log import MemoryLog
from placehub.audit.simulating import simulate
from placehub.contracts.codec import to_json
from placehub.errors import Rejected
from placehub.mailboxes.documents import prepare
from placehub.referrals.events import EarlyNoticeGiven

from .conftest import PARTITIONS, Lived


def test_the_dry_run_decides_as_the_search_did(lived: Lived) -> None:
    """A notice tried on the world its own search met brings the very invitations it brought, and the same counts."""
    given = next(one for one in lived.records if isinstance(one.event, EarlyNoticeGiven))
    started = next(one for one in lived.of("SearchStarted") if one.event.referral_id == given.event.referral_id)
    ends = {"vacancy": started.event.basis.vacancy_offsets, "agreement": started.event.basis.agreement_offsets}
    world = [one for one in lived.records if one.topic not in ends or one.offset < ends[one.topic][one.partition]]
    document = prepare("EarlyNoticeGiven", to_json(given.event), given.attributes.time, uuid4())
    found = simulate(MemoryLog(world, PARTITIONS), lived.postcodes, lived.households, document, started.attributes.time)
    invited = [one.event for one in lived.of("ProviderInvited") if one.attributes.because == given.attributes.id]
    assert invited
    assert [(one.provider, one.band, one.homes) for one in found.invited] == [
        (one.provider, one.band, one.homes) for one in invited
    ]
    assert found.started.homes_considered == started.event.homes_considered
    assert sum(found.removed.values()) + found.started.homes_fitting == found.started.homes_considered
    assert found.document()["providers_invited"] == len(invited)


def test_only_what_begins_a_search(lived: Lived) -> None:
    """An event that begins no search is refused by name."""
    declined = {"referral_id": str(uuid4()), "provider": "P", "reason": "capacity"}
    now = lived.records[-1].attributes.time + timedelta(hours=1)
    with pytest.raises(Rejected, match="EarlyNoticeGiven or ReferralMade"):
        simulate(
            lived.log, lived.postcodes, lived.households, prepare("InvitationDeclined", declined, now, uuid4()), now
        )
