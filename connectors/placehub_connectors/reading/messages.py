"""E-mail saved as a file: the one attachment that holds rows. Who sent it is not proved by it."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import PurePath

from placehub_connectors.mapping.language import Format
from placehub_connectors.reading.tables import Table, Unreadable


def read_message(data: bytes, format: Format, read: Callable[[str, bytes, Format], Table], known: set[str]) -> Table:
    """Return the table in a message's one attachment of a known ending; Unreadable when there is none, or more."""
    message = message_from_bytes(data, policy=policy.default)
    found = [one for one in _attachments(message) if PurePath(one[0]).suffix.lower() in known]
    if len(found) != 1:
        rule = f"must carry one file of rows, and carries {len(found)}"
        raise Unreadable(rule, "Attach the filled-in template, and nothing else that is a list.")
    return read(*found[0], format)


def _attachments(message: EmailMessage) -> list[tuple[str, bytes]]:
    found = []
    for part in message.walk():
        content = part.get_payload(decode=True) if not part.is_multipart() else None
        if part.get_filename() and isinstance(content, bytes):
            found.append((str(part.get_filename()), content))
    return found
