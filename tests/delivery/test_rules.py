"""The delivery table: every event has a row, and nothing forbidden passes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from placehub.agreements.events import ConsultationAnswered, ProviderSuspended
from placehub.contracts.codec import from_json, to_json
from placehub.delivery.parties import Offered, Parties, Seat
from placehub.delivery.rules import NEVER_FROM_A_STREAM, TABLE, Audience, Row, check_table, recipients
from placehub.delivery.stripping import strip
from placehub.errors import Misconfigured
from placehub.offers.events import OfferMade, OfferRevised
from placehub.referrals.events import OfferSelected, ReferralMade
from placehub.search.events import OfferAssessed, OfferNotSelected, ProviderInvited, SelectionRefused
from placehub.streams import every_event, full_name
from placehub.vacancies.events import VacancyOpened, VacancyReserved

from .making import said, whole

PROVIDER_SIDE = (Audience.INVITED, Audience.THIS_PROVIDER, Audience.PROVIDER_OF_OFFER)
AUTHORITY_SIDE = (Audience.AUTHORITY, Audience.AUTHORITY_CONCERNED)
NOT_FOR_PROVIDERS = {"identity", "case_offset", "vacancy_offsets", "next_offers", "feedback"}
NOT_FOR_AUTHORITIES = {"household", "household_ref", "places_left", "postcode_sector", "exclusions"}


def _names(thing: Any) -> set[str]:
    if isinstance(thing, dict):
        filled = {name for name, value in thing.items() if value not in (None, [], {})}
        return filled.union(*(_names(value) for value in thing.values()))
    return set().union(*(_names(one) for one in thing)) if isinstance(thing, list) else set()


def test_table_is_whole() -> None:
    """Every event of the catalogue has a row, and every field the table removes can be removed."""
    check_table()


@pytest.mark.parametrize("event", every_event(), ids=full_name)
def test_every_event_is_listed_once_or_set_apart(event: type) -> None:
    """An event either has rows or is said never to come from a stream, and no audience is named twice."""
    audiences = [row.audience for row in TABLE if row.event is event]
    assert bool(audiences) != (event in NEVER_FROM_A_STREAM)
    assert len(audiences) == len(set(audiences))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{full_name(row.event)} to {row.audience}")
def test_stripping_leaves_no_forbidden_field(row: Row) -> None:
    """What an audience may not see is gone, what is left is still the event, and stripping twice changes nothing."""
    event = strip(whole(row.event), row.without)
    forbidden = NOT_FOR_PROVIDERS if row.audience in PROVIDER_SIDE else set()
    forbidden = NOT_FOR_AUTHORITIES if row.audience in AUTHORITY_SIDE else forbidden
    if row.event is OfferAssessed:  # an authority sees a household only inside an offer made to it
        forbidden = forbidden - {"household_ref"}
    if row.event is OfferNotSelected:  # the feedback there is the provider's own
        forbidden = forbidden - {"feedback"}
    assert not _names(to_json(event)) & forbidden
    assert from_json(row.event, to_json(event)) == event
    assert strip(event, row.without) == event


def test_a_missing_row_is_refused() -> None:
    """A table without a row for some event is wrong, and the event is named."""
    with pytest.raises(Misconfigured, match=r"referral\.OfferMade"):
        check_table(tuple(row for row in TABLE if row.event is not OfferMade))


@pytest.mark.parametrize(
    ("path", "complaint"),
    [("children.nickname", "no field nickname"), ("authority", "required"), ("lawful_basis.purpose", "required")],
)
def test_a_field_that_cannot_be_removed_is_refused(path: str, complaint: str) -> None:
    """A row that names an unknown or a required field is wrong."""
    bad = replace(next(row for row in TABLE if row.event is ReferralMade), without=(path,))
    with pytest.raises(Misconfigured, match=complaint):
        check_table((*TABLE, bad))


def test_a_row_to_nobody_stands_alone() -> None:
    """An event cannot go to nobody and to somebody."""
    with pytest.raises(Misconfigured, match="nobody and to somebody"):
        check_table((*TABLE, Row(OfferMade, Audience.NOBODY)))


PARTIES = Parties(owner="LA", seats={"P": Seat(), "Q": Seat(), "GONE": Seat(open=False)})


def test_an_invited_provider_gets_the_need_but_no_identity() -> None:
    """The referral reaches every invited provider with need and without identity, and no closed one."""
    event = whole(ReferralMade, authority="LA")
    found = {one.organisation: one.without for one in recipients(event, said(event, "LA"), PARTIES)}
    assert found == {"LA": (), "P": ("children.identity",), "Q": ("children.identity",)}
    assert strip(event, found["P"]).children[0].need == event.children[0].need


def test_selection_says_nothing_of_others() -> None:
    """The selected provider learns that it was selected, the other providers nothing."""
    selected = whole(OfferSelected, authority="LA")
    parties = replace(PARTIES, offers={selected.offer_id: Offered("P")})
    found = {
        one.organisation: strip(selected, one.without) for one in recipients(selected, said(selected, "LA"), parties)
    }
    assert found == {"LA": selected, "P": replace(selected, reason=None, feedback=())}


def test_a_refused_selection_lists_next_offers_for_the_authority_only() -> None:
    """The next offers are other providers' and are shown to the authority alone."""
    event = whole(SelectionRefused, provider="P")
    found = {one.organisation: one.without for one in recipients(event, said(event, "/hub/search/referral/0"), PARTIES)}
    assert found == {"LA": (), "P": ("next_offers", "basis")}


def test_the_authority_is_told_of_an_invitation_without_the_homes() -> None:
    """An authority sees a household only inside an offer made to it."""
    event = whole(ProviderInvited, provider="P")
    found = {one.organisation: one.without for one in recipients(event, said(event, "/hub/search/referral/0"), PARTIES)}
    assert found == {"LA": ("homes", "basis.changed"), "P": ("basis",)}


def test_a_vacancy_is_its_owner_s_alone() -> None:
    """A vacancy goes back to its provider as a receipt and to nobody else; a reservation to both sides."""
    opened, reserved = whole(VacancyOpened, provider="P"), whole(VacancyReserved, provider="P", authority="LA")
    assert [one.organisation for one in recipients(opened, said(opened, "P"), Parties())] == ["P"]
    both = recipients(reserved, said(reserved, "/hub/vacancies/vacancy/0"), Parties())
    assert {one.organisation: one.without for one in both} == {"P": (), "LA": ("places_left",)}


@pytest.mark.parametrize(
    ("event", "source"),
    [
        (whole(OfferMade, provider="P"), "Q"),  # in another's name
        (whole(OfferMade, provider="STRANGER"), "STRANGER"),  # never invited
        (whole(ReferralMade, authority="OTHER"), "OTHER"),  # not its case
        (whole(VacancyOpened, provider="P"), "Q"),
    ],
)
def test_what_a_sender_has_no_right_to_say_reaches_nobody(event: Any, source: str) -> None:
    """An event in another's name, of another's case, or without an invitation is delivered to nobody."""
    assert recipients(event, said(event, source), PARTIES) == ()


def test_another_s_offer_cannot_be_revised() -> None:
    """An offer belongs to whoever made it first."""
    event = whole(OfferRevised, provider="Q")
    parties = replace(PARTIES, offers={event.offer_id: Offered("P")})
    assert recipients(event, said(event, "Q"), parties) == ()


def test_stripped_events_hold_no_identity_bytes() -> None:
    """The sealed identity is not in what is sent, not even as ciphertext."""
    event = whole(ReferralMade)
    assert "key of identity" in json.dumps(to_json(event))
    assert "key of identity" not in json.dumps(to_json(strip(event, ("children.identity",))))


def test_why_a_provider_is_suspended_reaches_only_who_decided_and_itself() -> None:
    """Members are told that it is suspended, not why; other providers are told nothing."""
    event = whole(ProviderSuspended, lead="LEAD", provider="P")
    parties = replace(PARTIES, owner="LEAD", members=frozenset({"LA", "LB"}))
    found = {one.organisation: one.without for one in recipients(event, said(event, "LEAD"), parties)}
    assert found == {"LEAD": (), "P": (), "LA": ("reason",), "LB": ("reason",)}


def test_an_answer_in_a_consultation_is_not_another_provider_s() -> None:
    """The commissioners read it, and whoever gave it has the receipt."""
    event = whole(ConsultationAnswered, sender="P")
    parties = replace(PARTIES, owner="LEAD", members=frozenset({"LA"}))
    assert [one.organisation for one in recipients(event, said(event, "P"), parties)] == ["LA", "LEAD", "P"]
