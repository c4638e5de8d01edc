"""Alembic migrations of the hub's database, every service's tables in one line of versions."""
