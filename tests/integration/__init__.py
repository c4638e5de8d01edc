"""Tests over the whole hub: real broker, registry, database and services."""
