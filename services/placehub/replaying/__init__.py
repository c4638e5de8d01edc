"""Replay: the shared views made again from the streams, in tables of their own, held against the live ones."""
