"""How a batch is gathered: fuller ones cost less for each record, and whatever waits for the first waits longer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gathering:
    """A batch waits so many seconds for more, and again while more has come, so many times at most.

    Where nothing else comes the first record waits for `seconds`; where something comes all the time, for `seconds`
    times `times`.
    """

    seconds: float
    times: int
