"""What a party said and the search rejected: whoever received it is told, and the circle is as if it was never said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine, select

from placehub.delivery.tables import FACT
from placehub.referrals import events as referrals
from placehub.search import events as search

from .case import AUTHORITY, HUB, Told
from .making import whole
from .test_processor import Deliver, deliver

__all__ = ["deliver"]
ONE, TWO = "IFA-1", "IFA-2"


def set_aside(case: Told, number: int, sender: str = AUTHORITY) -> list[Any]:
    """Let the hub set aside what was told at that place; return the letters that it caused."""
    return case.tell(
        search.EventSetAside(
            referral_id=case.referral_id, sender=sender, set_aside=case.told[number][1].id, event="Any"
        )
    )


def split(case: Told, by: str) -> None:
    """Let a role confirm who stays with whom."""
    case.authority(referrals.SplitConfirmed, by=by)


def newcomer_is_told(case: Told, provider: str) -> list[Any]:
    """Return the splits that an invited provider is told of."""
    letters = case.invite(provider)
    return [one.event.by for one in letters if isinstance(one.event, referrals.SplitConfirmed)]


def test_what_was_refused_is_not_told_to_a_newcomer() -> None:
    """Of a split that was refused nobody hears who comes later; the one that it replaced stands as before."""
    case = Told()
    case.authority(referrals.ReferralMade)
    split(case, "refused")
    set_aside(case, 1)
    assert newcomer_is_told(case, ONE) == []
    split(case, "team manager")
    split(case, "refused again")
    split(case, "and again")
    set_aside(case, -2)
    set_aside(case, -2)
    assert newcomer_is_told(case, TWO) == ["team manager"]


def test_who_came_meanwhile_is_told_what_stands() -> None:
    """A provider invited between a revision and its refusal is told of the referral that stands after all."""
    case = Told()
    case.authority(referrals.ReferralMade, version=1)
    case.authority(referrals.ReferralRevised, version=9)
    case.invite(ONE)
    letters = set_aside(case, 1)
    assert [(one.organisation, type(one.event).__name__) for one in letters] == [(ONE, "ReferralMade")]


def test_a_fact_that_the_hub_acted_on_forgets_what_it_replaced() -> None:
    """What follows from a revision says that it stands: nothing older is kept any longer."""
    case = Told()
    case.authority(referrals.ReferralMade)
    case.authority(referrals.ReferralRevised)
    assert "referral" in case.circle.earlier
    revision = case.told[-1][1].id
    assessed = whole(search.ReferralAssessed, referral_id=case.referral_id)
    case.tell(assessed, because=uuid4())
    assert "referral" in case.circle.earlier
    case.tell(assessed, because=revision)
    assert case.circle.earlier == {}


def test_a_refused_selection_keeps_nobody_in_the_case() -> None:
    """A provider of whose offer only a refused selection was made is told to purge; one that stands is kept."""
    case = Told()
    case.authority(referrals.ReferralMade)
    case.invite(ONE), case.invite(TWO)
    case.offer(ONE), case.offer(TWO)
    case.select(ONE)
    case.select(TWO)
    set_aside(case, -1)
    case.select(ONE)  # again: refused, since it is selected already
    set_aside(case, -1)
    case.authority(referrals.SelectionWithdrawn, offer_id=case.offers[ONE])
    set_aside(case, -1)
    assert case.circle.parties.selected() == {ONE}
    closed = search.SearchClosed(referral_id=case.referral_id, outcome="independent")
    told = [one.organisation for one in case.tell(closed) if type(one.event).__name__ == "DataUseEnded"]
    assert told == [TWO]


def test_nobody_sets_aside_another_s_word_by_its_id() -> None:
    """A sender chooses its own ids: the refusal of a provider's event leaves the authority's of the same id alone."""
    case = Told()
    case.authority(referrals.ReferralMade)
    case.invite(ONE)
    case.offer(ONE), case.select(ONE)
    split(case, "team manager")
    before = case.circle
    for number in (-1, -2):
        assert set_aside(case, number, sender=ONE) == []
    assert case.circle.parties == before.parties
    assert case.circle.facts == before.facts


def test_whoever_received_it_is_told(engine: Engine, deliver: Deliver) -> None:
    """The provider and the sender, who have it in their inboxes, are told that it does not stand; nobody else is."""
    authority, one, other = (f"{kind}-{uuid4().hex[:8]}" for kind in ("LA", "P", "Q"))
    case = uuid4()
    made = whole(referrals.EarlyNoticeGiven, referral_id=case, authority=authority, previous_placement=None)
    invited = [whole(search.ProviderInvited, referral_id=case, provider=of, homes=()) for of in (one, other)]
    confirmed = whole(referrals.SplitConfirmed, referral_id=case, authority=authority, reason=None)
    wrong = replace(confirmed, by="refused")
    deliver((made, authority), (invited[0], HUB), (confirmed, authority))
    ids = posted(engine, case)
    deliver((wrong, authority), at=10)
    refused = posted(engine, case)["split"]
    assert refused != ids["split"]
    aside = search.EventSetAside(referral_id=case, sender=authority, set_aside=refused, event="SplitConfirmed")
    assert deliver((aside, HUB), at=20) == [(authority, "EventSetAside"), (one, "EventSetAside")]
    assert posted(engine, case) == ids
    assert [name for to, name in deliver((invited[1], HUB), at=30) if to == other] == [
        "EarlyNoticeGiven",
        "SplitConfirmed",
        "ProviderInvited",
    ]


def posted(engine: Engine, case: UUID) -> dict[str, UUID]:
    """Return the id of the event in each slot of the case."""
    with engine.connect() as connection:
        rows = connection.execute(select(FACT.c.slot, FACT.c.attributes).where(FACT.c.subject == case))
        return {row.slot: UUID(row.attributes["ce_id"]) for row in rows if " before " not in row.slot}
