"""The webhook as a connector."""

from typing import Final

from placehub_connectors.connector import Connector
from placehub_connectors.webhook.commands import commands

WEBHOOK_CONNECTOR: Final = Connector(
    name="webhook",
    says="Deliver what comes to an inbox to a URL, signed, in order, tried for 72 hours.",
    sides=("provider", "authority", "consortium"),
    commands=commands,
    trials=lambda: (),  # it sends the hub nothing
)
"""Registered by entry point."""
