"""An organisation that is to join: its facts, and whether they are in order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from placehub.codes import check
from placehub.errors import NotFound, Rejected
from placehub.keys.store import HUB
from placehub.postcodes.authorities import authority
from placehub.saying import said

CODE: Final = re.compile(r"[A-Za-z0-9-]{1,40}")
"""The form of an organisation's code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingAgreement:
    """The data-sharing agreement without which nobody is active; `contact` is a post's mailbox, not a person's."""

    reference: str
    signed_on: date
    contact: str = ""
    role: str = "controller"
    ends_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """An organisation as the register knows it; an authority's `nation` may be left to its ONS code."""

    code: str
    scheme: str
    kind: str
    name: str
    agreement: SharingAgreement
    nation: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an organisation logs in with: shown once, kept nowhere in the hub."""

    code: str
    kafka_password: str = field(repr=False)
    api_token: str = field(repr=False)


def check_code(code: str, where: str = "code") -> str:
    """Return the code if an organisation can have it, else raise Rejected."""
    if not CODE.fullmatch(code):
        raise Rejected(where, "must be 1 to 40 letters, digits and hyphens", "Correct the code.")
    if code.casefold() == HUB:
        raise Rejected(where, "is the hub's own name", "Choose another code.")
    return code


def checked(organisation: Organisation, on: date) -> Organisation:
    """Return the organisation with its nation filled in; Rejected names the first fact that is not in order."""
    check_code(organisation.code)
    check("scheme", organisation.scheme, on, "scheme")
    check("organisation_kind", organisation.kind, on, "kind")
    _check_text(organisation.name, "name", "Give the organisation's name.")
    _check_agreement(organisation.agreement, on)
    nation = _nation(organisation)
    check("nation", nation, on, "nation")
    return Organisation(
        code=organisation.code,
        scheme=organisation.scheme,
        kind=organisation.kind,
        name=organisation.name.strip(),
        agreement=organisation.agreement,
        nation=nation,
    )


def _check_agreement(agreement: SharingAgreement, on: date) -> None:
    _check_text(
        agreement.reference,
        "sharing_agreement",
        "No organisation is active without a recorded data-sharing agreement: give its reference.",
    )
    if agreement.contact:
        _check_text(agreement.contact, "contact", "Give a mailbox of the data protection post.")
    check("data_role", agreement.role, on, "role")
    if agreement.ends_on is not None and agreement.ends_on < on:
        raise Rejected("agreement_ends", "must not lie in the past", "Record the agreement that is in force.")


def _check_text(text: str, where: str, remedy: str) -> None:
    if not text.strip() or not text.isprintable() or len(text) > 200:
        raise Rejected(where, "must be one line of 1 to 200 characters", remedy)


def _nation(organisation: Organisation) -> str:
    if organisation.kind != "authority":
        if not organisation.nation:
            raise Rejected("nation", "is required", "Name the nation it is registered in.")
        return organisation.nation
    if organisation.scheme != "ons":
        raise Rejected("scheme", "an authority is known by its ONS code", "Use scheme ons.")
    try:
        known = authority(organisation.code)
    except NotFound:
        raise Rejected("code", "must be an authority's ONS code", "Codes look like E08000035.") from None
    if not known.places_children:
        raise Rejected("code", "must be of an authority that places children today", "Use its successor or its county.")
    if organisation.nation not in ("", known.nation):
        raise Rejected(
            "nation",
            said("this authority is in {nation}", nation=known.nation),
            "Leave the nation out, or correct the code.",
        )
    return known.nation
