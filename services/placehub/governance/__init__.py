"""Governance: what is due under agreements and in placements, and who is reminded of it."""
