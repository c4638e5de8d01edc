"""Audit: what the hub decided is decided again from the streams alone, explained, and tried out before it is asked."""
