"""Monitoring: base tables and views."""
