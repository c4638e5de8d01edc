"""A repair of Faust: what it lost on the way to us is read again.

While partitions are given anew, faust-streaming 0.15.3 drops what it has fetched and trusts in reading on from the
group's committed offset. A partition that has none yet is not set back (`seek_to_committed` leaves it alone), so what
was fetched of it and dropped would not come again until its next owner. Positions stand in the database: when nothing
is on its way and the consumer is ahead of them, it is set back to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from placehub.drivers.records import Partition

LOOK_SECONDS: Final = 3.0
"""How often it is looked whether anything was lost, and how long nothing must have come before."""


class Rereading:
    """Remembers what was read again, so that a gap that holds no records is not read for ever."""

    def __init__(self) -> None:
        self._again: dict[Partition, tuple[int, int]] = {}

    def lost(self, positions: Mapping[Partition, int], reads: Mapping[Partition, int]) -> dict[Partition, int]:
        """Return where to read again, by partition.

        `positions`: the next offset to take in; `reads`: the next one the consumer will fetch. Nothing may be on its
        way between the two. A gap is named once: records of a transaction that was given up never come.
        """
        ahead = {one: (at, reads[one]) for one, at in positions.items() if reads.get(one, 0) > at}
        found = {one: gap[0] for one, gap in ahead.items() if self._again.get(one) != gap}
        self._again = ahead
        return found
