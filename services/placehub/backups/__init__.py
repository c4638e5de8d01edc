"""Backups: everything a hub keeps, as it stood at one moment, and how it is made again on an empty machine."""
