"""Mail to people: what one mail says, and what takes it. Nothing about a child is ever said in one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from placehub.errors import HubError


@dataclass(frozen=True, slots=True)
class Words:
    """One mail."""

    subject: str
    text: str


class AddressRefused(HubError):
    """Nobody is reached by an address, and trying again would not help."""


class Sender(Protocol):
    """Takes mails: a mail server, or GOV.UK Notify."""

    def send(self, to: str, words: Words, id: str) -> None:
        """Hand in one mail, `id` naming it (the same id is the same mail).

        Unavailable when it was not taken, or when that is not known; AddressRefused when nobody is reached by that
        address, Misconfigured when only another setting would help.
        """
        ...
