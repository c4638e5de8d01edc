"""The search's own table: every case it knows."""

from __future__ import annotations

from typing import Final

from placehub.database import METADATA
from placehub.drivers.aggregates import aggregate_table

SCHEMA: Final = "search"
CASE: Final = aggregate_table(METADATA, SCHEMA, "case", "referral_id")
