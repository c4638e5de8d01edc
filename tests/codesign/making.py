"""An agreement (made up) of a lead, a member and providers, and what they say of its documents."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from placehub.agreements.events import AgreementRegistered, ContractManager, ProviderJoined
from placehub.codesign.events import Clause, DocumentAgreed, DocumentProposed, RepresentativeNamed

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
AGREEMENT, DOCUMENT = UUID(int=1), UUID(int=2)
LEAD, MEMBER = "L1", "A1"
MANAGER = ContractManager(organisation=LEAD, post="manager", contact="post@example.org")
CLAUSES = (
    Clause(clause_id="4.2", about="extra support", text="Support agreed in the search is paid from the first day."),
    Clause(clause_id="9.1", about="liability", text="Each party is liable without limit."),
)


def registered(rule: str = "majority of each sector") -> AgreementRegistered:
    """Return the agreement's first event."""
    return AgreementRegistered(
        agreement_id=AGREEMENT,
        lead=LEAD,
        name="Test agreement (made up)",
        kind="framework",
        nation="England",
        authorities=(MEMBER,),
        manager=MANAGER,
        deputies=(replace(MANAGER, post="deputy"),),
        starts_on=date(2026, 1, 1),
        document_rule=rule,
    )


def joined(provider: str) -> ProviderJoined:
    """Return a provider's joining."""
    return ProviderJoined(agreement_id=AGREEMENT, lead=LEAD, provider=provider, joined_on=START.date())


def named(who: str, seat: str = "general", sender: str | None = None, **other: Any) -> RepresentativeNamed:
    """Return the naming of a representative: a provider by itself, else by the lead."""
    of_providers = who.startswith("P")
    usual: dict[str, Any] = {
        "agreement_id": AGREEMENT,
        "sender": sender or (who if of_providers else LEAD),
        "sector": "providers" if of_providers else "commissioners",
        "seat": seat,
        "representative": who,
        "post": "manager",
        "term_from": START.date(),
        "term_until": START.date() + timedelta(days=365),
    }
    return RepresentativeNamed(**(usual | other))


def proposed(sender: str = LEAD, version: int = 1, **other: Any) -> DocumentProposed:
    """Return the proposal of contract terms."""
    usual: dict[str, Any] = {
        "agreement_id": AGREEMENT,
        "document_id": DOCUMENT,
        "document_version": version,
        "sender": sender,
        "kind": "contract terms",
        "title": "Terms",
        "clauses": CLAUSES,
        "in_force_from": START,
    }
    return DocumentProposed(**(usual | other))


def agrees(sender: str, version: int = 1, *, concludes: bool = False) -> DocumentAgreed:
    """Return a representative's yes."""
    return DocumentAgreed(
        agreement_id=AGREEMENT,
        document_id=DOCUMENT,
        document_version=version,
        sender=sender,
        concludes=concludes,
    )
