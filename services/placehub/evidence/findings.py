"""What a check of the log or of a bundle finds; pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was logged or signed.

    `where` names it: `record referral/3/17`, `leaf 450`, `tile 1/0`, `tree head 700`, `log`, or a part of a bundle.
    `field` is the part of it, empty where the whole is meant. The values are not told: a record's could be anybody's.
    """

    where: str
    field: str
    says: str

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.where}{f', {self.field}' if self.field else ''}: {self.says}"
