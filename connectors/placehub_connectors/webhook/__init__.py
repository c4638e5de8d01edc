"""Webhook: what comes to a provider's inbox is sent to a URL of its own, signed, in order, until it has been taken."""

from placehub_connectors.webhook.connector import WEBHOOK_CONNECTOR

__all__ = ["WEBHOOK_CONNECTOR"]
