"""Pseudonyms: the ids the hub knows a child, case or household by, made from the organisation's own numbers.

They follow from the organisation's secret, so the same number always has the same id, and nobody without the secret
can try numbers out. Whoever loses the secret gets other ids for the same children: keep it as you keep the database.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final
from uuid import UUID

SECRET_BYTES: Final = 32


class Pseudonyms:
    """One organisation's pseudonyms, and what each of those made or known here stands for."""

    def __init__(self, organisation: str, secret: bytes, known: Mapping[tuple[str, UUID], str] | None = None) -> None:
        self.organisation = organisation
        self._secret = secret
        self.known = dict(known or {})
        """(what it names, id) -> the organisation's own number."""

    def of(self, names: str, number: str) -> UUID:
        """Return the id of the organisation's number for what it names: `child`, `case`, `household` ..."""
        id = self.derived(names, number)
        self.known[names, id] = number
        return id

    def number(self, names: str, id: UUID) -> str | None:
        """Return the organisation's own number of an id, or None when it was never made here."""
        return self.known.get((names, id))

    def derived(self, *parts: str) -> UUID:
        """Return the id that follows from these parts; it is not kept."""
        return UUID(bytes=self.digest(*parts)[:16], version=4)

    def digest(self, *parts: str) -> bytes:
        """Return 32 bytes that follow from these parts and tell nothing of them without the secret."""
        said = "".join(f"{len(part)}:{part}" for part in (self.organisation, *parts))
        return hmac.new(self._secret, said.encode(), hashlib.sha256).digest()
