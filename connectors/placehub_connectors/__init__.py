"""Connectors: one module per outside system; they import placehub, never the other way."""
