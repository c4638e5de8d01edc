"""What intake holds agreements against: who manages them, which day comes before which, who is spoken of; pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from placehub.agreements.events import ProviderLeft, ProviderSuspended, ReturnTerms, SuspensionLifted
from placehub.errors import Rejected
from placehub.partnership.checking import check_shares
from placehub.saying import said

IN_ORDER: Final = (
    ("starts_on", "consult_by"),
    ("starts_on", "ends_on"),
    ("consult_by", "decide_by"),
    ("consult_by", "ends_on"),
    ("decide_by", "ends_on"),
    ("opened_on", "closes_on"),
    ("away_from", "away_until"),
)
"""Days of one event of which the second must not lie before the first, where both are told."""
MONTHS: Final = (1, 2, 3, 4, 6, 12)
"""How many months a period of returns may have, so that a year has whole ones."""
MOST_DAYS: Final = 92
"""Days within which returns are to be confirmed, at most."""
MOST: Final = {"notice_weeks": 260, "consultation_days": 365}
"""The largest number each of these terms takes."""


def check_terms(event: Any) -> None:
    """Refuse an event whose manager has no deputy, or whose days or numbers cannot be."""
    _check_manager(event)
    _check_neutral(event)
    for first, second in IN_ORDER:
        begins, ends = getattr(event, first, None), getattr(event, second, None)
        if begins is not None and ends is not None and ends < begins:
            raise Rejected(second, said("must not lie before {first}", first=first), "Correct one of the two days.")
    for name, most in MOST.items():
        number = getattr(event, name, None)
        if number is not None and not 0 <= number <= most:
            raise Rejected(name, said("must be 0 to {most}", most=most), "Give a number within these bounds.")
    _check_returns(getattr(event, "returns", None))
    check_shares(getattr(event, "agenda_shares", None))


def _check_returns(terms: ReturnTerms | None) -> None:
    if terms is None:
        return
    if terms.every_months not in MONTHS:
        rule = said("must be one of {months}", months=", ".join(map(str, MONTHS)))
        raise Rejected("returns.every_months", rule, "Choose how many months a period has.")
    if not 1 <= terms.confirm_days <= MOST_DAYS:
        raise Rejected(
            "returns.confirm_days", said("must be 1 to {most}", most=MOST_DAYS), "Give a number within these bounds."
        )


def _check_manager(event: Any) -> None:
    if getattr(event, "manager", None) is None:
        return
    if not event.deputies:
        raise Rejected("deputies", "an agreement needs a contract manager and at least one deputy", "Name a deputy.")
    manager = (event.manager.organisation, event.manager.post)
    for number, one in enumerate(event.deputies):
        if (one.organisation, one.post) == manager:
            rule = "a deputy must be another post than the contract manager"
            raise Rejected(f"deputies.{number}", rule, "Name the post that acts when the manager is away.")


def _check_neutral(event: Any) -> None:
    neutral = getattr(event, "neutral", None)
    if neutral is not None and neutral.organisation in (event.lead, *event.authorities):
        rule = "must be of an organisation that is not party to the agreement"
        raise Rejected("neutral.organisation", rule, "Agree on somebody without a part in it.")


def check_named(event: Any, sender: str, owner: str, parties: Collection[str]) -> None:
    """Refuse to suspend or let go a provider that never joined, or to let go another than oneself without the lead."""
    if not isinstance(event, ProviderLeft | ProviderSuspended | SuspensionLifted):
        return
    if event.provider not in parties:
        raise Rejected("provider", "must be a provider that joined the agreement", "Name one that did.")
    if isinstance(event, ProviderLeft) and sender not in (owner, event.provider):
        raise Rejected("provider", "leaves by its own word or the lead's", "Ask the agreement's lead.")
