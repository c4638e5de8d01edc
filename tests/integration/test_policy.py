"""A matching policy over real mailboxes: proposed, refused, agreed, and what it changes from then on."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from placehub.agreements.reading import agreement_of
from placehub.codesign.events import DocumentAgreed, DocumentProposed
from placehub.referrals.events import EarlyNoticeGiven
from placehub.search.events import (
    InvitationsWithheld,
    NoFitFound,
    ProviderInvited,
    ReleaseDelayed,
    SearchAnnounced,
    SearchWidened,
)
from placehub.search.policy import DEFAULT, Policy, TierDelay

from .story import Desk, Town

pytestmark = pytest.mark.broker

DOCUMENT = uuid4()


def propose(town: Town, policy: Policy, document: UUID = DOCUMENT, *agreeing: Desk) -> UUID:
    """Let the authority, which leads, propose the first version of a policy, and others agree to it."""
    proposal = DocumentProposed(
        agreement_id=town.agreement_id,
        document_id=document,
        document_version=1,
        sender=town.authority.code,
        kind="matching policy",
        title="Matching",
        policy=policy,
        in_force_from=town.hub.now,
    )
    posted = town.authority.post(proposal)
    town.hub.settle()
    for desk in agreeing:
        agree(town, desk, document)
    return posted


def agree(town: Town, desk: Desk, document: UUID = DOCUMENT) -> UUID:
    """Let somebody agree to it."""
    said = DocumentAgreed(agreement_id=town.agreement_id, document_id=document, document_version=1, sender=desk.code)
    return desk.post(said)


def test_a_policy_decides_once_its_parties_have_agreed(town: Town, authorities: tuple[Desk, Desk]) -> None:
    """A policy that puts the price first is refused; the agreed one decides, and the basis names it.

    Until then the shipped one does; whoever is not party to the agreement cannot agree.
    """
    town.open_home(town.providers[0])
    town.hub.settle()
    bad = propose(town, replace(DEFAULT, order=("price", "band", "need")))
    propose(town, replace(DEFAULT, response_hours=48))
    town.hub.settle()
    refused = town.authority.refusal_of(bad)
    assert (refused.field, "outrank need" in refused.rule, bool(refused.remedy)) == ("policy.order", True, True)
    assert len(town.providers[2].got(DocumentProposed)) == 1
    before, after = town.case(), town.case()
    before.notice()
    agree(town, town.providers[0])
    agree(town, town.providers[1])
    outsider = agree(town, authorities[1])
    town.hub.settle()
    assert authorities[1].refusal_of(outsider).field == "sender"
    after.notice()
    town.hub.settle()
    (first,) = town.authority.got(ProviderInvited, before.id)
    (second,) = town.authority.got(ProviderInvited, after.id)
    assert first.basis is not None
    assert second.basis is not None
    assert (first.basis.policy, second.basis.policy) == ("default-2", f"{DOCUMENT} v1")
    known = agreement_of(town.hub.settings, town.agreement_id)
    assert known is not None
    assert known.policy_for(town.hub.now).version == f"{DOCUMENT} v1", "what `search policy` shows"
    assert (first.respond_by - first.released_at).total_seconds() == 20 * 3600
    assert (second.respond_by - second.released_at).total_seconds() == 48 * 3600


def test_tiers_delay_and_never_order(town: Town) -> None:
    """The second tier is told hours later, on record, and once; both were chosen by fit alone."""
    first, second = town.providers[:2]
    town.join(second, tier=2)
    tiered = replace(DEFAULT, tiers=(TierDelay(tier=1, hours=0), TierDelay(tier=2, hours=4)))
    propose(town, tiered, uuid4(), first, second)
    for provider in (first, second):
        town.open_home(provider)
    town.hub.settle()
    case = town.case()
    case.notice()
    town.hub.settle()
    (delay,) = town.authority.got(ReleaseDelayed, case.id)
    assert (delay.cause, delay.tier, delay.providers) == ("tier", 2, 1)
    assert len(first.got(ProviderInvited, case.id)) == 1
    assert not second.got(EarlyNoticeGiven, case.id)
    town.hub.pass_time(hours=4)
    town.hub.settle()
    (late,) = second.got(ProviderInvited, case.id)
    assert late.released_at >= delay.until
    assert len(second.got(EarlyNoticeGiven, case.id)) == 1
    assert len(first.got(ProviderInvited, case.id)) == 1


def test_a_search_widens_until_nothing_is_found_with_fair_notice(town: Town) -> None:
    """Step by step, each on record; before `NoFitFound` every party is told in bands, and gets no part in the case."""
    town.open_home(town.providers[0], postcode_sector="EX1 1")
    town.open_home(town.providers[1], min_age=14)
    town.hub.settle()
    case = town.case()
    case.notice()
    town.hub.settle()
    assert [one.within_miles for one in town.authority.got(SearchWidened, case.id)] == [50]
    assert not town.authority.got(NoFitFound, case.id)
    town.hub.pass_time(hours=24)
    town.hub.settle()
    assert [one.within_miles for one in town.authority.got(SearchWidened, case.id)] == [50, 100]
    (none,) = town.authority.got(NoFitFound, case.id)
    assert {one.criterion for one in none.removed} >= {"distance", "age"}
    assert "age" in {one.criterion for one in none.relaxations}
    for provider in town.providers:
        (told,) = provider.got(SearchAnnounced, case.id)
        assert (told.providers, told.told, told.district, told.number_of_children) == ((), 3, "LS6", 1)
        assert not provider.got(EarlyNoticeGiven, case.id)
        assert not provider.got(InvitationsWithheld, case.id)
    (own,) = town.authority.got(SearchAnnounced, case.id)
    assert own.providers == ()
