"""Providers beside the world: they join its hub while it runs, and have no part in what the world comes to."""

from __future__ import annotations

from pathlib import Path

from placehub.mailboxes.access import Access
from placehub.operating import handed_over
from placehub.organisations.joining import Organisation, SharingAgreement
from placehub.organisations.register import add_many
from placehub.sample.parties import STARTS_ON
from placehub.sample.world import FIRST_DAY
from placehub.settings import Settings


def join_beside(folder: Path, code: str, name: str, contact: str) -> Access:
    """Let one more provider join the hub of a folder; return what it is given. Unavailable while a server is away."""
    settings = Settings.load(folder)
    agreement = SharingAgreement(reference="made up", signed_on=STARTS_ON, contact=contact)
    joined = Organisation(code=code, scheme="ofsted", kind="provider", name=name, nation="England", agreement=agreement)
    (credentials,) = add_many(settings, [joined], FIRST_DAY)
    return handed_over(credentials, settings)
