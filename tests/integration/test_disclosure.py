"""Two stages: whoever is invited opens the need; who the child is, only a provider that is told by the authority."""

from __future__ import annotations

import json

import pytest

from placehub.errors import NotFound
from placehub.mailboxes.events import DataUseEnded, EventRejected
from placehub.offers.events import OfferMade
from placehub.referrals.disclosing import disclosure
from placehub.referrals.events import DisclosureGranted, ReferralMade

from .story import Case, Desk, Town

pytestmark = pytest.mark.broker
WHO = {"name": "made up name", "postcode": "LS6 2AB"}


def referred(town: Town, *providers: Desk) -> tuple[Case, dict[str, OfferMade]]:
    """Return a case that these providers were invited to, and the offer of each, by its code."""
    homes = {one.code: town.open_home(one) for one in providers}
    town.hub.settle()
    case = town.case()
    case.refer(identity=WHO)
    town.hub.settle()
    offers = {one.code: case.offer_of(one, homes[one.code]) for one in providers}
    for one in providers:
        one.post(offers[one.code])
    town.hub.settle()
    return case, offers


def disclose(town: Town, case: Case, provider: Desk) -> None:
    """Let the authority disclose who the child is, from what its own inbox holds."""
    received = town.authority.got(ReferralMade, case.id)
    town.authority.post(disclosure(received, case.id, provider.code, "introductions", "team manager"))
    town.hub.settle()


def opened(provider: Desk, case: Case) -> str | None:
    """Return the name a provider opens of what was disclosed to it; NotFound when the key is not open to it."""
    (granted,) = provider.got(DisclosureGranted, case.id)
    with provider.hub.mailbox(provider.credentials) as fresh:  # one that has opened it keeps the key while it lives
        who = fresh.open_identity(granted.children[0])
    assert who is not None
    return who.name


def test_who_the_child_is(town: Town) -> None:
    """It is disclosed to one provider of two, which opens it; the key closes when another home is chosen."""
    first, second = town.providers[:2]
    case, offers = referred(town, first, second)
    sealed = town.authority.got(ReferralMade, case.id)[0].children[0]
    with pytest.raises(NotFound):
        first.mailbox.open_identity(sealed)
    disclose(town, case, first)
    assert opened(first, case) == WHO["name"]
    assert second.got(DisclosureGranted, case.id) == []
    with pytest.raises(NotFound):
        second.mailbox.open_identity(sealed)
    chosen = offers[second.code]
    case.place(chosen.offer_id, chosen.vacancy_id, second)
    assert first.got(DataUseEnded, case.id)
    with pytest.raises(NotFound):
        opened(first, case)


def test_who_takes_the_child_in_keeps_it(town: Town) -> None:
    """The provider the child moves in with can open it afterwards, too."""
    first = town.providers[0]
    case, offers = referred(town, first)
    disclose(town, case, first)
    chosen = offers[first.code]
    case.place(chosen.offer_id, chosen.vacancy_id, first)
    assert opened(first, case) == WHO["name"]


def test_a_provider_without_a_part_is_told_nothing(town: Town) -> None:
    """A disclosure to who is not invited is rejected, naming the field, and reaches nobody else."""
    first, _, third = town.providers
    case, _ = referred(town, first)
    disclose(town, case, third)
    (why,) = [one for one in town.authority.got(EventRejected) if one.rejected_type == "referral.DisclosureGranted"]
    assert why.field == "provider"
    assert third.got(DisclosureGranted, case.id) == []
    assert WHO["name"] not in json.dumps([repr(one.event) for one in third.received])
