"""The flood guard's rule, pure: when is so much of an outbox wrong that it is left alone for a while?

A sender whose system has gone astray posts thousands of wrong events. Each is set aside and answered, but not at once:
its outbox rests now and then, so that it cannot keep intake from the others. What it holds waits there; nothing of it
is passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

RECENT: Final = 200
"""How many of an outbox's last records are looked at."""
ENOUGH: Final = 100
"""Fewer rejected ones than this among them are no flood."""


@dataclass(frozen=True, slots=True)
class Recent:
    """What became of an outbox's last records, oldest first: whether each was rejected."""

    rejected: tuple[bool, ...] = ()

    def after(self, outcomes: Sequence[bool]) -> Recent:
        """Return it with further records taken in."""
        return Recent((*self.rejected, *outcomes)[-RECENT:])

    @property
    def count(self) -> int:
        """How many of them were rejected."""
        return sum(self.rejected)

    @property
    def flooded(self) -> bool:
        """Whether most of them were rejected, and enough to say so."""
        return self.count >= ENOUGH and self.count * 2 > len(self.rejected)
