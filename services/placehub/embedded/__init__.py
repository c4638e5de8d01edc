"""Kafka, a schema registry and PostgreSQL from one command: the real servers, fetched once, run as this user."""
