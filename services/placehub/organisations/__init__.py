"""Organisations: who they are, their mailboxes and their credentials."""
