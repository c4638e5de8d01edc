"""Decisions made again, explained and simulated."""
