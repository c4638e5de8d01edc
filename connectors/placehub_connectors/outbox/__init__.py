"""Outbox: a case system's own database holds what it has to say until the hub has it (transactional outbox)."""

from placehub_connectors.outbox.connector import OUTBOX_CONNECTOR
from placehub_connectors.outbox.table import outbox_table, write

__all__ = ["OUTBOX_CONNECTOR", "outbox_table", "write"]
