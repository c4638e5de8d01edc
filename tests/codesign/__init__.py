"""Co-design."""
