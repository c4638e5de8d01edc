"""Three people who do not exist, invited to the portal of a demo, so that somebody may look around as each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection

from placehub.clock import WallClock
from placehub.drivers.records import Record
from placehub.portal.people import invite
from placehub.referrals.events import EarlyNoticeGiven, ReferralMade
from placehub.search.events import ProviderInvited

MADE_UP: Final = "demo.example"
"""Their addresses: a domain that nobody can have (RFC 2606)."""


class Visitor(NamedTuple):
    """Somebody to be: the role, for whom, and the one link by which they join."""

    role: str
    organisation: str
    link: str


def invite_visitors(connection: Connection, portal: str, referrals: Sequence[Record]) -> list[Visitor]:
    """Invite an officer of the authority with most cases, a manager of the provider invited most, and an operator."""
    authority = _most(
        one.event.authority for one in referrals if isinstance(one.event, EarlyNoticeGiven | ReferralMade)
    )
    provider = _most(one.event.provider for one in referrals if isinstance(one.event, ProviderInvited))
    people = [("placement officer", authority), ("referral manager", provider), ("operator", "hub")]
    return [_visitor(connection, portal, role, code) for role, code in people if code]


def _most(codes: Iterable[str]) -> str:
    counted = Counter(codes)
    return min(counted, key=lambda code: (-counted[code], code), default="")


def _visitor(connection: Connection, portal: str, role: str, code: str) -> Visitor:
    email = f"{role.replace(' ', '.')}@{MADE_UP}"
    now = WallClock().now()  # invitations are of the real world
    token = invite(connection, organisation=code, email=email, role=role, administrator=True, by="the demo", now=now)
    return Visitor(role, code, f"{portal.rstrip('/')}/join/{token}")
