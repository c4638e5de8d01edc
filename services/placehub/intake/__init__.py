"""Intake: from an organisation's outbox to the streams, after checking what it alone knows."""
