"""Governance's own tables: what it knows of everything that has a day."""

from __future__ import annotations

from typing import Final

from placehub.database import METADATA
from placehub.drivers.aggregates import aggregate_table

SCHEMA: Final = "governance"
AGREEMENT: Final = aggregate_table(METADATA, SCHEMA, "agreement_clock", "agreement_id")
PLACEMENT: Final = aggregate_table(METADATA, SCHEMA, "placement_clock", "placement_id")
VACANCY: Final = aggregate_table(METADATA, SCHEMA, "vacancy_clock", "vacancy_id")
TENDERS: Final = aggregate_table(METADATA, SCHEMA, "tenders", "agreement_id")
