"""FHIR: an organisation's searches and offers as ServiceRequest and Task, read-only, out of its own inbox."""

from placehub_connectors.fhir.connector import FHIR_CONNECTOR

__all__ = ["FHIR_CONNECTOR"]
