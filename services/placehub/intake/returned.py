"""What intake holds returns and meetings against: their two sides, and the return that was produced; pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from placehub.errors import Rejected
from placehub.returns.events import MeetingHeld, ProviderContextAdded, ReturnConfirmed, ReturnProduced, ReturnQueried
from placehub.returns.templates import template
from placehub.saying import said

Said = ReturnQueried | ReturnConfirmed | MeetingHeld | ProviderContextAdded


@dataclass(frozen=True, slots=True)
class Produced:
    """A return that the hub has produced: whose, under which agreement, in which form, and its latest version."""

    agreement_id: UUID
    of_organisation: str
    version: int
    template: str


def produced(event: ReturnProduced) -> Produced:
    """Return what is to be remembered of a return."""
    return Produced(event.agreement_id, event.of_organisation, event.return_version, event.template)


def check_sides(event: Any, sender: str, owner: str, parties: Collection[str]) -> None:
    """Refuse what names another lead or no party of the agreement, or comes from neither of its two sides."""
    if not isinstance(event, Said):
        return
    if event.lead != owner:
        raise Rejected("lead", "must be the agreement's lead", said("Write {organisation} there.", organisation=owner))
    if event.of_organisation not in (owner, *parties):
        raise Rejected("of_organisation", "must be party to the agreement", "Name a provider or authority that is.")
    if sender not in (owner, event.of_organisation):
        rule = "must be one of the two sides: the agreement's lead or the organisation it is about"
        raise Rejected("sender", rule, "Speak of your own returns, figures and meetings.")
    if isinstance(event, ProviderContextAdded) and sender != event.of_organisation:
        raise Rejected(
            "of_organisation",
            "adds context to its own figures alone",
            said("Write {organisation} there.", organisation=sender),
        )
    for number, one in enumerate(event.actions if isinstance(event, MeetingHeld) else ()):
        if one.owner not in (owner, event.of_organisation):
            raise Rejected(f"actions.{number}.owner", "must be one of the two sides", "Name who of them does it.")


def check_return(event: Any, known: Produced | None) -> None:
    """Refuse to speak of a return that was never produced, or to confirm another than its latest version."""
    if not isinstance(event, ReturnQueried | ReturnConfirmed | MeetingHeld) or event.return_id is None:
        return
    if known is None or (known.agreement_id, known.of_organisation) != (event.agreement_id, event.of_organisation):
        rule = "must be a return that was produced of this organisation under this agreement"
        raise Rejected("return_id", rule, "Name the return that you were sent.")
    if isinstance(event, MeetingHeld):
        return
    if isinstance(event, ReturnConfirmed) and event.return_version != known.version:
        rule = said("must be {last}, the latest", last=known.version)
        raise Rejected("return_version", rule, "Read that version, and confirm or query it.")
    if not 1 <= event.return_version <= known.version:
        raise Rejected(
            "return_version", said("must be 1 to {most}", most=known.version), "Name a version that was produced."
        )
    column = event.column if isinstance(event, ReturnQueried) else None
    if column is not None and column not in {rule.column for rule in template(known.template).rules}:
        raise Rejected("column", "must be a column of the return", "Write it as the return does, or leave it out.")
