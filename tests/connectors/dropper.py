"""What a process does that reads a folder and posts into a file, to be killed."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from placehub.mailboxes.documents import Prepared
from placehub.mailboxes.inbox import Mark, Received
from placehub_connectors.dropping import Choices, Drop
from placehub_connectors.ledger import Ledger
from placehub_connectors.mapping.shipped import shipped_mapping


class Fixed:
    """A clock that stands."""

    def now(self) -> datetime:
        """Return the one time."""
        return datetime(2026, 3, 4, 9, tzinfo=UTC)


class FilePost:
    """Posts by writing each event's id on a line, slowly enough to be killed between two of them."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def post_prepared(self, prepared: Sequence[Prepared]) -> list[UUID]:
        """Write the ids."""
        for one in prepared:
            subject = one.document.get("referral_id") or one.document["vacancy_id"]
            os.write(self._handle, f"{one.id} {one.cls.__name__} {subject}\n".encode())
            time.sleep(0.0005)
        return [one.id for one in prepared]

    def read_to_end(self, after: Mark | None = None) -> list[Received]:
        """Hear nothing."""
        return []


def drop_once(folder: Path, posted: Path) -> None:
    """Read the folder once."""
    mapping = shipped_mapping("placements-data-standard-v2")
    with Ledger(folder, "E08000035") as ledger:
        Drop(folder, mapping, ledger, FilePost(posted), Fixed(), Choices()).look()
