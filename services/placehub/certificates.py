"""The machine's certificates, for every client that speaks HTTPS."""

from __future__ import annotations

import ssl
from functools import cache


@cache
def certificates() -> ssl.SSLContext:
    """Return the context that trusts what the machine trusts; read once, since reading takes tens of milliseconds."""
    return ssl.create_default_context()
