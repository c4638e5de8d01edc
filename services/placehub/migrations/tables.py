"""Importing this module puts every service's tables on the metadata."""

from placehub.database import METADATA
from placehub.delivery import tables as delivery
from placehub.drivers import tables as drivers
from placehub.evidence import tables as evidence
from placehub.governance import tables as governance
from placehub.ingest import tables as ingest
from placehub.intake import tables as intake
from placehub.keys import tables as keys
from placehub.monitoring import tables as monitoring
from placehub.monitoring import trust_tables as trust
from placehub.organisations import tables as organisations
from placehub.portal import tables as portal
from placehub.retention import tables as retention
from placehub.search import tables as search
from placehub.vacancies import tables as vacancies

SERVICES = (
    delivery,
    drivers,
    evidence,
    governance,
    ingest,
    intake,
    keys,
    monitoring,
    organisations,
    portal,
    retention,
    search,
    trust,
    vacancies,
)
SCHEMAS = tuple(sorted({str(table.schema) for table in METADATA.tables.values()}))
"""The PostgreSQL schemas, one a service."""
