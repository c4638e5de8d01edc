"""The FHIR bridge as a connector."""

from typing import Final

from placehub_connectors.connector import Connector
from placehub_connectors.fhir.commands import commands

FHIR_CONNECTOR: Final = Connector(
    name="fhir",
    says="Show searches and offers as FHIR R4 ServiceRequest and Task, read-only.",
    sides=("authority", "provider"),
    commands=commands,
    trials=lambda: (),  # it sends the hub nothing
)
"""Registered by entry point."""
