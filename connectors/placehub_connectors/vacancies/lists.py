"""A provider's own program takes the lists of homes that are put into a folder; as `placehub-connect vacancies run`."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from placehub.clock import WallClock
from placehub.errors import Unavailable
from placehub.mailboxes.access import Access
from placehub.mailboxes.mailbox import Mailbox
from placehub_connectors.dropping import Choices, Done, Drop
from placehub_connectors.ledger import Ledger
from placehub_connectors.mapping.shipped import shipped_mapping
from placehub_connectors.vacancies import CLOSING, MAPPING

LOG = logging.getLogger(__name__)
EVERY_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class _Clock:
    """The time a caller tells."""

    now: Callable[[], datetime]


def take_lists(
    folder: Path,
    access: Access,
    stopped: Callable[[], bool],
    *,
    full: bool = False,
    every: float = EVERY_SECONDS,
    now: Callable[[], datetime] | None = None,
) -> Iterator[Done]:
    """Post what is new in each list that comes to a folder, and yield what its rows came to, until told to stop.

    A list (the template, as CSV or Excel) is taken when it rested for one look. With `full` it is the whole list, and a
    home that it lacks is closed. A hub that is away is waited for; killed at any point, nothing is lost and nothing
    takes effect twice. Raises Misconfigured, and Conflict when another process reads the folder.
    """
    choices = Choices(full=full, closing=CLOSING)
    clock = _Clock(now) if now else WallClock()
    with Ledger(folder, access.organisation) as ledger, Mailbox.of(access) as mailbox:
        drop = Drop(folder, shipped_mapping(MAPPING), ledger, mailbox, clock, choices)
        while not stopped():
            try:
                yield from drop.look(settled=True)
            except Unavailable as error:
                LOG.warning("the hub is away and is tried again: %s", error)
            time.sleep(every)
