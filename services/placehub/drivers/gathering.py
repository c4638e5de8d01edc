"""How a batch is gathered: fuller ones cost less for each record, and whatever waits for the first waits longer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Gathering:
    """A batch waits so many seconds for more, and again while more has come, so many times at most.

    Where nothing else comes the first record waits for `seconds`; where something comes all the time, for `seconds`
    times `times`.
    """

    seconds: float
    times: int
    steadily: Gathering | None = None
    """How it goes on once a batch was ended by nothing but its size or its time: much is going on, and the broker is
    asked for more at once as well, until a batch ends because nothing more has come."""


class Fetching:
    """How much the broker is asked for at once. Each answer costs both sides as much as a dozen records in it.

    Neither Faust nor aiokafka has a setting for that, less one that may change: what aiokafka's fetcher goes by is set.
    """

    BYTES: Final = 200_000
    WAIT_MS: Final = 200
    """How long the broker waits for so much, while much is going on."""

    def __init__(self, fetcher: Any) -> None:
        """`fetcher` is what one consumer of aiokafka fetches with."""
        self._fetcher = fetcher
        self._usual = fetcher._fetch_min_bytes, fetcher._fetch_max_wait_ms

    def steadily(self, much: bool) -> None:
        """Ask for much at once from now on, or for whatever is there."""
        asked = (self.BYTES, self.WAIT_MS) if much else self._usual
        self._fetcher._fetch_min_bytes, self._fetcher._fetch_max_wait_ms = asked
