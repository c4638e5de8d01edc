"""Mailboxes: what an organisation posts and reads, with its own credentials."""
