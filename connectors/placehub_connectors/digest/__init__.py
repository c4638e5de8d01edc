"""Digest: a provider without a system of its own is told by e-mail what waits, and confirms its homes by one link."""

from placehub_connectors.digest.connector import CONNECTOR

__all__ = ["CONNECTOR"]
