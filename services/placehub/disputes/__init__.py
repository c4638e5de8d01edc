"""Disputes: raised by either party, routed to whoever is there and has no part in it, and resolved by a day."""
