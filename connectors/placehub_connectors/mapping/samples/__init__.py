"""One made-up file for each shipped mapping; every person in them is invented."""

from __future__ import annotations

from importlib.resources import files


def sample(mapping: str) -> tuple[str, bytes]:
    """Return the name and content of the sample for a shipped mapping; LookupError when it has none."""
    for one in (files("placehub_connectors.mapping") / "samples").iterdir():
        if one.name.rpartition(".")[0] == mapping:
            return one.name, one.read_bytes()
    raise LookupError(mapping)
