"""The reservations' own table: every vacancy as its single writer knows it."""

from __future__ import annotations

from typing import Final

from placehub.database import METADATA
from placehub.drivers.aggregates import aggregate_table

SCHEMA: Final = "vacancies"
VACANCY: Final = aggregate_table(METADATA, SCHEMA, "vacancy", "vacancy_id")
