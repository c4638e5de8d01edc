"""The evidence log."""
