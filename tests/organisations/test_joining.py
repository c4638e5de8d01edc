"""Who may join, and what must be known of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from placehub.errors import Rejected
from placehub.organisations.joining import Credentials, Organisation, SharingAgreement, checked

TODAY = date(2026, 3, 2)
AGREEMENT = SharingAgreement(reference="DSA-1", signed_on=TODAY, contact="data.protection@example.org")
LEEDS = Organisation(code="E08000035", scheme="ons", kind="authority", name="Leeds City Council", agreement=AGREEMENT)
PROVIDER = Organisation(
    code="SC012345", scheme="ofsted", kind="provider", name="Homes", agreement=AGREEMENT, nation="England"
)


@pytest.mark.parametrize(
    ("code", "nation"), [("E08000035", "England"), ("W06000015", "Wales"), ("S12000036", "Scotland")]
)
def test_nation_of_an_authority(code: str, nation: str) -> None:
    """An authority's nation is known from its ONS code."""
    assert checked(replace(LEEDS, code=code), TODAY).nation == nation


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (replace(LEEDS, code="E99999999"), "code"),
        (replace(LEEDS, code="leeds city"), "code"),
        (replace(PROVIDER, code="Hub"), "code"),
        (replace(PROVIDER, code="x" * 41), "code"),
        (replace(LEEDS, scheme="ofsted"), "scheme"),
        (replace(PROVIDER, scheme="nhs"), "scheme"),
        (replace(PROVIDER, kind="school"), "kind"),
        (replace(PROVIDER, name=" "), "name"),
        (replace(PROVIDER, name="two\nlines"), "name"),
        (replace(PROVIDER, nation=""), "nation"),
        (replace(PROVIDER, nation="France"), "nation"),
        (replace(LEEDS, nation="Wales"), "nation"),
        (replace(PROVIDER, agreement=replace(AGREEMENT, role="friend")), "role"),
        (replace(PROVIDER, agreement=replace(AGREEMENT, ends_on=date(2026, 3, 1))), "agreement_ends"),
    ],
)
def test_facts_out_of_order(wrong: Organisation, field: str) -> None:
    """A fact that is not in order is refused by its name."""
    with pytest.raises(Rejected) as refused:
        checked(wrong, TODAY)
    assert refused.value.field == field


def test_no_sharing_agreement() -> None:
    """No organisation is active without a recorded data-sharing agreement."""
    with pytest.raises(Rejected, match="No organisation is active without a recorded data-sharing agreement"):
        checked(replace(PROVIDER, agreement=replace(AGREEMENT, reference="")), TODAY)


def test_credentials_are_not_shown() -> None:
    """Credentials that end in a log line show no secret."""
    assert "secret" not in repr(Credentials("SC012345", "secret-password", "secret-token"))
