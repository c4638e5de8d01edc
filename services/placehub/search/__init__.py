"""The hub's own part of a case: who is invited, why, and what follows."""
