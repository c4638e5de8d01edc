"""Subscriber: a provider's office takes invitations and answers them, in a few lines of its own program."""

from placehub_connectors.subscriber.asynchronous import AsyncProvider
from placehub_connectors.subscriber.invitations import Invitation
from placehub_connectors.subscriber.provider import Provider

__all__ = ["AsyncProvider", "Invitation", "Provider"]
