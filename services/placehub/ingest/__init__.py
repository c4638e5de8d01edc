"""Ingest: events posted over HTTP reach the sender's own outbox, and a receipt leads to what became of them."""
