"""The outbox as a connector."""

from typing import Final

from placehub_connectors.connector import Connector
from placehub_connectors.outbox.commands import commands

OUTBOX_CONNECTOR: Final = Connector(
    name="outbox",
    says="Send what a case system writes into a table of its own database (PostgreSQL, SQLite).",
    sides=("authority", "provider", "consortium"),
    commands=commands,
    trials=lambda: (),  # it makes no events of its own: it carries whatever the case system writes
)
"""Registered by entry point."""
