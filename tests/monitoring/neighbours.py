"""One neighbourhood of an authority, a provider and a consortium, with rows in every view that has rows of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Table, insert

from placehub.monitoring import tables as kept
from placehub.monitoring import trust_tables as owed

from .telling import START

DAY = date(2026, 3, 2)


def code(kind: str) -> str:
    """Return a code that no other test uses."""
    return f"{kind[0].upper()}{uuid4().hex[:8]}"


@dataclass(kw_only=True)
class Neighbourhood:
    """An authority that looks for a home, a provider that offers one, and the lead of their agreement."""

    authority: str = field(default_factory=lambda: code("authority"))
    provider: str = field(default_factory=lambda: code("provider"))
    lead: str = field(default_factory=lambda: code("consortium"))
    case: UUID = field(default_factory=uuid4)
    placed: bool = True

    @property
    def codes(self) -> dict[str, str]:
        """The code of each kind of organisation."""
        return {"authority": self.authority, "provider": self.provider, "consortium": self.lead}

    def join(self, connection: Connection) -> None:
        """Make the hub know its three organisations."""
        rows = [{"organisation": of, "name": of, "kind": kind, "nation": "England"} for kind, of in self.codes.items()]
        connection.execute(insert(kept.ORGANISATION), rows)

    def search(self, connection: Connection) -> None:
        """Look for a home: the case is the authority's alone."""
        row = {
            "referral_id": self.case,
            "authority": self.authority,
            "kind": "short term",
            "area": "Leeds",
            "age_bands": ["8-10"],
            "need_known_at": START,
            "search_started_at": START,
            "no_fit_at": START,
            "invitations": 2,
        }
        connection.execute(insert(kept.SEARCH), [row])
        quality = {"referral_id": self.case, "authority": self.authority, "made_at": START}
        connection.execute(insert(kept.QUALITY), [quality])

    def live(self, connection: Connection) -> None:
        """Let what can happen between the three happen, in the case and under an agreement of theirs."""
        for table, row in self._rows().items():
            if table is kept.PLACEMENT and not self.placed:
                continue
            connection.execute(insert(table), [row])

    def _rows(self) -> Mapping[Table, dict[str, Any]]:
        agreement, tender, vacancy, offer, placement = (uuid4() for _ in range(5))
        of_case = {"referral_id": self.case}
        sides = {"agreement_id": agreement, "lead": self.lead}
        place = uuid4().int % 10**12
        return {
            kept.WITHHELD: {**of_case, "provider": self.provider, "criterion": "age", "homes": 1},
            kept.VACANCY: {
                "vacancy_id": vacancy,
                "provider": self.provider,
                "area": "Leeds",
                "kinds": ["short term"],
                "places": 2,
                "state": "now",
                "opened_at": START,
            },
            kept.PLACEMENT: {
                **of_case,
                "placement_id": placement,
                "authority": self.authority,
                "provider": self.provider,
                "started_on": DAY,
                "ended_on": DAY,
                "reason": "CARPL",
            },
            kept.OFFER: {
                **of_case,
                "offer_id": offer,
                "provider": self.provider,
                "state": "open",
                "band": "fits",
                "need": 700,
                "elsewhere": True,
                "assessed_at": START,
            },
            kept.SUPPORT_REFUSED: {
                **of_case,
                "offer_id": offer,
                "what": "taxis",
                "authority": self.authority,
                "refused_at": START,
            },
            kept.AGREEMENT: {
                **sides,
                "name": f"{agreement}",
                "authorities": [self.authority],
                "providers": [self.provider],
            },
            kept.TENDER_CLAUSE: {
                **sides,
                "tender_id": tender,
                "clause_id": "1",
                "about": "payment",
                "told": [self.provider],
                "opened_on": DAY,
            },
            kept.DECLINED_CLAUSE: {
                "tender_id": tender,
                "clause_id": "1",
                "provider": self.provider,
                "declined_at": START,
            },
            kept.DISPUTE: {
                "agreement_id": agreement,
                "dispute_id": uuid4(),
                "raised_by": self.provider,
                "against": self.authority,
                "routed_to": self.lead,
                "about": "payment",
            },
            kept.RETURN: {
                **sides,
                "return_id": uuid4(),
                "of_organisation": self.provider,
                "version": 1,
                "ends_on": DAY,
            },
            kept.PARTNERSHIP_EVENT: {
                "agreement_id": agreement,
                "partnership_event_id": uuid4(),
                "planned_for": DAY,
            },
            owed.INVITATION: {
                **of_case,
                "provider": self.provider,
                "released_at": START,
                "answer": "offer",
                "answered_at": START,
            },
            owed.OFFER_ANSWER: {
                **of_case,
                "offer_id": offer,
                "provider": self.provider,
                "made_at": START,
                "assessed_at": START,
                "not_selected_at": START,
            },
            owed.FEE_SAID: {
                "source": f"/organisations/{self.provider}",
                "ce_id": uuid4(),
                "placement_id": placement,
                "event": "FeeChanged",
                "authority": self.authority,
                "provider": self.provider,
                "side": "provider",
                "holds_from": DAY,
                "terms": "lines",
                "weekly": 900,
                "said_at": START,
            },
            kept.DEAD_LETTER: {
                "partition": 0,
                "offset": place,
                "sender": self.provider,
                **dict.fromkeys(("type", "reason", "field", "remedy"), "word"),
            },
        }
