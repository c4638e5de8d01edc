"""A matching policy over real mailboxes: proposed, refused, agreed, and what it changes from then on."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from placehub.agreements.events import DocumentAgreed, DocumentProposed
from placehub.search.events import ProviderInvited
from placehub.search.policy import DEFAULT, Policy

from .story import Desk, Town

pytestmark = pytest.mark.broker

DOCUMENT = uuid4()


def propose(town: Town, policy: Policy) -> UUID:
    """Let the authority, which leads, propose the first version of a policy."""
    proposal = DocumentProposed(
        agreement_id=town.agreement_id,
        document_id=DOCUMENT,
        document_version=1,
        sender=town.authority.code,
        kind="matching policy",
        title="Matching",
        policy=policy,
        in_force_from=town.hub.now,
    )
    return town.authority.post(proposal)


def agree(town: Town, desk: Desk) -> UUID:
    """Let somebody agree to it."""
    said = DocumentAgreed(agreement_id=town.agreement_id, document_id=DOCUMENT, document_version=1, sender=desk.code)
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
    assert (first.basis.policy, second.basis.policy) == ("default-1", f"{DOCUMENT} v1")
    assert (first.respond_by - first.released_at).total_seconds() == 24 * 3600
    assert (second.respond_by - second.released_at).total_seconds() == 48 * 3600
