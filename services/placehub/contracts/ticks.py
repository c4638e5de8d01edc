"""The tick of the hub's clock, where time is simulated."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar

from placehub.contracts.fields import Doc, event


@event
class ClockTicked:
    """It is now this time, for every service."""

    STREAM: ClassVar[str] = "clock"
    now: Annotated[datetime, Doc("Never earlier than the tick before")]
