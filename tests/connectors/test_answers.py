"""The ids of a provider's answers: the same where the same is answered, and others where it is not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from placehub.contracts.headers import Attributes
from placehub.referrals.child import Child
from placehub.referrals.events import ReferralMade, ReferralRevised, Wanted
from placehub.search.events import InvitationClosed, InvitationUpdated, ProviderInvited
from placehub_connectors.subscriber import answers
from placehub_connectors.subscriber.invitations import Case, Invitation, follow, invitation_of

from ..integration.story import BASIS, FEES

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
REFERRAL, HOME = uuid4(), uuid4()
CHILDREN = (uuid4(), uuid4())


def told(cls: type, version: int) -> Any:
    """Return a referral of two children."""
    children = tuple(Child(child_id=one) for one in CHILDREN)
    facts = {"need_known_at": AT, "lawful_basis": BASIS, "wanted": Wanted(), "children": children}
    return cls(referral_id=REFERRAL, authority="E1", version=version, **facts)


def invited(cls: type) -> Any:
    """Return what the hub says of the invitation."""
    told = {"interest_only": False, "band": "fits", "released_at": AT, "respond_by": AT}
    return cls(referral_id=REFERRAL, provider="SC1", **told)


def after(*events: Any) -> Invitation:
    """Return the invitation as these events leave it, each with an id of its own."""
    case = Case()
    for number, event in enumerate(events):
        case = follow(case, event, UUID(int=number))
    about = Attributes(id=uuid4(), source="/hub", type="-", subject="-", time=AT)
    return invitation_of(case, {}, events[-1], about)


def interest(invitation: Invitation) -> UUID:
    """Return the id of interest in the home."""
    return answers.interest("SC1", invitation, HOME).id


def offer(invitation: Invitation, *children: UUID) -> UUID:
    """Return the id of an offer of the home."""
    made = answers.offer("SC1", invitation, FEES, AT.date(), AT, HOME, children, None)
    return UUID(str(made.event.offer_id))


def test_an_invitation_that_changes_is_the_same_one() -> None:
    """Interest, refusal and question are the same after the invitation or its referral changed; the offer is not."""
    began = told(ReferralMade, 1), invited(ProviderInvited)
    first = after(*began)
    changed = after(*began, told(ReferralRevised, 2), invited(InvitationUpdated))
    assert interest(first) == interest(changed)
    for about in ("children.pets", "children.home_adaptation"):
        asked = {answers.ask("SC1", one, CHILDREN[0], about, None).id for one in (first, changed)}
        assert len(asked) == 1
    assert len({answers.decline("SC1", one, "carer unavailable", None, None).id for one in (first, changed)}) == 1
    assert offer(first) != offer(changed)


def test_a_new_search_is_a_new_invitation() -> None:
    """Once the invitation was closed, another of the same case is answered anew."""
    began = told(ReferralMade, 1), invited(ProviderInvited)
    closed = InvitationClosed(referral_id=REFERRAL, provider="SC1", reason="search closed")
    assert interest(after(*began)) != interest(after(*began, closed, invited(ProviderInvited)))


def test_an_offer_is_of_its_children() -> None:
    """A home offered for one child and for the other are two offers; for both, however they are named, it is one."""
    invitation = after(told(ReferralMade, 1), invited(ProviderInvited))
    both = {offer(invitation), offer(invitation, *CHILDREN), offer(invitation, *reversed(CHILDREN))}
    assert len(both) == 1
    assert len({*both, offer(invitation, CHILDREN[0]), offer(invitation, CHILDREN[1])}) == 3
