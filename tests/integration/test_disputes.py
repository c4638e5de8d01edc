"""A dispute over real mailboxes: raised by a provider, settled by the deputy of a manager who is away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from placehub.agreements.events import AgreementRegistered, ContractManager, ContractManagerAway, ProviderJoined
from placehub.database import connect
from placehub.disputes.events import (
    DisputeOutcomeAnswered,
    DisputeRaised,
    DisputeResolved,
    DisputeRouted,
    StatementGiven,
)
from placehub.drivers.reading import read_streams
from placehub.governance.events import ReminderRaised
from placehub.monitoring import disputes, fold
from placehub.monitoring.tables import DISPUTE
from placehub.monitoring.views import VIEWS
from placehub.search.events import ProviderInvited

from .story import Desk, HubUnderTest, Town, desk

pytestmark = pytest.mark.broker
SAID = (DisputeRaised, StatementGiven, DisputeRouted, DisputeResolved, DisputeOutcomeAnswered)


@dataclass
class Partnership:
    """A consortium's agreement: its own manager is away, the first authority's deputy covers."""

    hub: HubUnderTest
    lead: Desk
    deputy: Desk
    authority: Desk
    providers: tuple[Desk, ...]
    id: UUID

    def begin(self) -> None:
        """Register it; the first two providers join; the manager is away for a week."""
        today = self.hub.now.date()
        about: dict[str, Any] = {"agreement_id": self.id}
        covers = ContractManager(organisation=self.deputy.code, post="deputy", contact="deputy@example.org")
        registered = AgreementRegistered(
            agreement_id=self.id,
            lead=self.lead.code,
            name="Test consortium's framework (made up)",
            kind="framework",
            nation="England",
            authorities=(self.deputy.code, self.authority.code),
            manager=ContractManager(organisation=self.lead.code, post="manager", contact="manager@example.org"),
            deputies=(covers,),
            starts_on=today,
        )
        self.lead.post(registered)
        for one in self.providers[:2]:
            self.lead.post(ProviderJoined(**about, lead=self.lead.code, provider=one.code, joined_on=today))
        until = today + timedelta(days=6)
        self.lead.post(
            ContractManagerAway(**about, sender=self.lead.code, away_from=today, away_until=until, deputy=covers)
        )
        self.hub.settle()

    def raised(self, sender: Desk) -> DisputeRaised:
        """Return a dispute with the second authority."""
        return DisputeRaised(
            agreement_id=self.id,
            dispute_id=uuid4(),
            sender=sender.code,
            against=self.authority.code,
            about="payment",
            statement="Two invoices were paid six weeks late (made up).",
            raised_on=self.hub.now.date(),
        )


def heard(at: Desk, of: DisputeRaised) -> list[str]:
    """Return what an organisation was sent of a dispute, in its order."""
    at.received += at.mailbox.read_to_end()
    told = [one.event for one in at.received if isinstance(one.event, SAID)]
    return [type(one).__name__ for one in told if one.dispute_id == of.dispute_id]


@pytest.fixture
def partnership(
    hub: HubUnderTest, authorities: tuple[Desk, Desk], providers: tuple[Desk, ...]
) -> Iterator[Partnership]:
    """The agreement, with its manager away."""
    made = Partnership(hub, desk(hub, "consortium"), *authorities, providers, uuid4())
    made.begin()
    yield made
    made.lead.mailbox.close()


def test_the_life_of_a_dispute(partnership: Partnership) -> None:
    """It goes to the deputy, both sides are heard, the outcome is accepted; another goes back to the manager.

    A stranger's is rejected, one about a placement of others too, and so is an outcome by whom it is not routed to;
    nobody else hears of it.
    """
    hub, lead, deputy, authority = partnership.hub, partnership.lead, partnership.deputy, partnership.authority
    provider, other, stranger = partnership.providers
    dispute, second = partnership.raised(provider), partnership.raised(provider)
    about: dict[str, Any] = {"agreement_id": partnership.id, "dispute_id": dispute.dispute_id}
    provider.post(dispute)
    provider.post(second)
    refused = stranger.post(partnership.raised(stranger))
    not_theirs = provider.post(replace(dispute, dispute_id=uuid4(), placement_id=uuid4()))
    hub.settle()
    assert stranger.refusal_of(refused).field == "sender"
    assert provider.refusal_of(not_theirs).field == "placement_id"
    (routed,) = [one for one in provider.got(DisputeRouted) if one.dispute_id == dispute.dispute_id]
    assert routed.to is not None
    assert (routed.to.organisation, routed.role, routed.because) == (deputy.code, "deputy", "manager away")

    spoken = StatementGiven(
        **about, statement_id=uuid4(), sender=authority.code, statement="They came without a number (made up)."
    )
    authority.post(spoken)
    resolved: dict[str, Any] = {
        "outcome": "partly upheld",
        "finding": "Numbers from now on (made up).",
        "resolved_on": hub.now.date(),
    }
    not_routed = lead.post(DisputeResolved(**about, sender=lead.code, **resolved))
    hub.settle()
    assert lead.refusal_of(not_routed).field == "sender"
    deputy.post(DisputeResolved(**about, sender=deputy.code, **resolved))
    hub.settle()
    for side in (provider, authority):
        side.post(DisputeOutcomeAnswered(**about, sender=side.code, accepted=True))
    hub.settle()
    whole = ["DisputeRaised", "DisputeRouted", "StatementGiven", "DisputeResolved", *["DisputeOutcomeAnswered"] * 2]
    assert [heard(one, dispute) for one in (provider, authority, deputy)] == [whole] * 3
    assert [heard(one, dispute) for one in (lead, other, stranger)] == [[]] * 3

    hub.pass_time(days=8)
    assert heard(deputy, dispute) == whole, "what is resolved stays where it is"
    assert heard(lead, second) == ["DisputeRaised", "DisputeRouted"]
    assert lead.got(DisputeRouted)[-1].because == "in line"
    reminded = [(one.kind, one.subject_id) for one in authority.got(ReminderRaised) if one.about == "dispute"]
    assert reminded == [("dispute statement", second.dispute_id)]
    shown(partnership, dispute)


def shown(partnership: Partnership, dispute: DisputeRaised) -> None:
    """Hold the view against what was said, and its rows against the stream, folded again from the beginning."""
    rows: dict[UUID, dict[str, Any]] = {}
    for record in read_streams(partnership.hub.settings, ("agreement",))["agreement"]:
        if type(record.event) in disputes.DISPUTES and record.key == str(partnership.id):
            key = record.event.dispute_id
            folded = fold.by(disputes.DISPUTES)
            rows[key] = folded(rows.get(key, {"dispute_id": key}), record.event, record.attributes)
    database = partnership.hub.settings.database.get_secret_value()
    with connect(database).connect() as connection:
        live = connection.execute(select(DISPUTE).where(DISPUTE.c.agreement_id == partnership.id)).mappings()
        assert {row["dispute_id"]: dict(row) for row in live} == {
            key: {"agreement_id": partnership.id, **row} for key, row in rows.items()
        }
        seen = VIEWS["disputes"].rows(connection, organisation=partnership.authority.code)
        assert not VIEWS["disputes"].rows(connection, organisation=partnership.providers[1].code)
    (one,) = [row for row in seen if row["dispute_id"] == dispute.dispute_id]
    assert (one["outcome"], one["accepted"], one["statements"], one["routings"]) == ("partly upheld", True, 2, 1)


def test_a_dispute_changes_nothing_of_who_is_searched(partnership: Partnership) -> None:
    """A provider that disputes is invited like one that does not: at the same time, in the same band."""
    provider, other = partnership.providers[:2]
    town = Town(partnership.hub, partnership.authority, partnership.providers[:2], agreement_id=partnership.id)
    provider.post(partnership.raised(provider))
    for one in (provider, other):
        town.open_home(one)
    partnership.hub.settle()
    case = town.case()
    case.notice()
    partnership.hub.settle()
    (ours,), (theirs,) = (one.got(ProviderInvited, case.id) for one in (provider, other))
    assert (ours.band, ours.released_at, ours.respond_by) == (theirs.band, theirs.released_at, theirs.respond_by)
    assert ours.homes[0].need == theirs.homes[0].need
    town.end()
    partnership.hub.settle()
