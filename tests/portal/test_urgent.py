"""Friday 17:00: a home is needed today. Offered in two taps, agreed by word of mouth, the paperwork done afterwards."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from placehub.agreements.events import AgreedFee, AgreementRegistered, ContractManager, ProviderJoined
from placehub.contracts.parts import FeeLine

from ..integration.story import Desk, desk
from .test_story import add_home, says, shows, until
from .visiting import Visitor, join, settle

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def officer(hub: Any) -> Visitor:
    """A placement officer of an authority."""
    code = hub.add("authority").code
    return join(hub.settings, code, f"{uuid4()}@example.org", "placement officer")


@pytest.fixture(scope="module")
def duty(hub: Any) -> Visitor:
    """Whoever is on out of hours at a provider."""
    code = hub.add("provider").code
    visitor = join(hub.settings, code, f"{uuid4()}@example.org", "out of hours")
    add_home(visitor, postcode="HR1 2AA")
    return visitor


def refer(officer: Visitor, **more: Any) -> str:
    """Make a referral of a child who needs a home today, and return the case's address."""
    officer.get("/referrals/new")
    given: dict[str, Any] = {"needed_by": "Today", "kind": "short term", "near_sector": "HR1 2"}
    seen = officer.send("/referrals/new", age_years_0="9", sex_0="F", risks_others_0=["yes"], **(given | more))
    assert says(seen, "The referral was made")
    return seen.path


def test_two_taps_then_by_word_of_mouth_then_on_paper(officer: Visitor, duty: Visitor) -> None:
    """The child moves in on the recorded verbal agreement; both sides post the terms afterwards."""
    case = refer(officer)
    search = case.replace("/cases/", "/searches/")
    until(duty, "/searches", lambda seen: f"{search}/offer-now" in seen.answer.text)
    seen = duty.get(duty.page.link(f"{search}/offer-now"))
    assert "£900.00 a week. The home's standard fee." in seen.text
    assert says(duty.send("/offer"), "The offer was made")

    until(officer, case, lambda seen: "This home" in seen.text)
    officer.send("/select")
    until(officer, case, shows("It was agreed by word of mouth"))
    wrong = officer.send("/verbal", 422, spoken_at="five")
    assert "Must be a time of day" in wrong.text
    assert says(officer.send("/verbal", spoken_at="17:20"), "The verbal agreement is recorded.")
    until(officer, case, shows("The paperwork is still open"))
    assert "Paperwork still open" in officer.get("/cases").text
    until(duty, search, shows("Agreed by word of mouth"))
    officer.get(case)
    officer.send("/start")
    seen = until(officer, case, shows("The search is over: Independent"))
    assert "The paperwork is still open" in seen.text

    officer.send("/agree")
    until(duty, search, shows("agreed to a start on"))
    duty.send("/agree")
    seen = until(officer, case, shows("The child has moved in"))
    seen = until(officer, case, lambda seen: "The paperwork is still open" not in seen.text)
    placement = seen.link("/placements/[0-9a-f-]{36}")
    assert "paperwork" not in officer.get(placement).text
    assert re.search(r"It was agreed by word of mouth, .*, 5:20pm: from ", officer.page.text)
    assert (
        officer.http.post(
            f"{case}/verbal", data={"form_token": officer.page.form("/sign-out").values["form_token"][0]}
        ).status_code
        == 404
    ), "there is nothing left to be agreed by word of mouth"


def test_the_fee_of_the_agreement_comes_before_the_home_s(hub: Any, duty: Visitor) -> None:
    """What was agreed for this kind of placement and this provider's tier is what is offered in two taps."""
    lead, provider = desk(hub, "authority"), desk(hub, "provider")
    officer = join(hub.settings, lead.code, f"{uuid4()}@example.org", "placement officer")
    manager = join(hub.settings, provider.code, f"{uuid4()}@example.org", "referral manager")
    add_home(manager, postcode="HR1 2AA")
    agreement = agree(lead, provider)
    settle(hub, lead.code, provider.code)
    search = refer(officer, agreement_id=str(agreement)).replace("/cases/", "/searches/")
    until(manager, "/searches", lambda seen: f"{search}/offer-now" in seen.answer.text)
    assert "£650.00 a week. As agreed: Framework (made up)." in manager.get(f"{search}/offer-now").text
    for one in (lead, provider):
        one.mailbox.close()


def agree(lead: Desk, provider: Desk) -> Any:
    """Register an agreement with a fee schedule, let the provider join it in tier 2, and return its id."""
    today = lead.hub.now.date()
    posts = [
        ContractManager(organisation=lead.code, post=one, contact=f"{one}@example.org") for one in ("manager", "deputy")
    ]
    fees = ((None, None, 500), ("short term", 1, 600), ("short term", 2, 650), ("long term", 2, 700))
    registered = AgreementRegistered(
        agreement_id=uuid4(),
        lead=lead.code,
        name="Framework (made up)",
        kind="framework",
        nation="England",
        authorities=(lead.code,),
        manager=posts[0],
        deputies=(posts[1],),
        starts_on=today,
        ends_on=today + timedelta(days=700),
        fee_schedule=tuple(
            AgreedFee(
                line=FeeLine(what="base fee", amount=Decimal(pounds), unit="week"), placement_kind=kind, tier=tier
            )
            for kind, tier, pounds in fees
        ),
    )
    lead.post(registered)
    lead.post(
        ProviderJoined(
            agreement_id=registered.agreement_id, lead=lead.code, provider=provider.code, tier=2, joined_on=today
        )
    )
    return registered.agreement_id
