"""The clients' own logs, where a person reads what is printed."""

from __future__ import annotations

import logging


def hush() -> None:
    """Keep the clients' own logs off the terminal: what matters comes as an error of ours."""
    for name in ("kafka", "schema_registry"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
