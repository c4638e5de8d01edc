"""Whose certificates a webhook trusts, and why a receiver was not reached."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

from placehub.certificates import certificates
from placehub.errors import Misconfigured


def trust(ca: Path | None) -> ssl.SSLContext:
    """Return the context that trusts the authorities in a file, else the machine's; Misconfigured for another file."""
    if ca is None:
        return certificates()
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError):
        raise Misconfigured(f"{ca} is no certificate that can be read. Name the receiver's authority, PEM.") from None


def why_not(error: httpx.HTTPError) -> str:
    """Return why a delivery was not made: of a certificate that is not trusted what is wrong, else the error's kind."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the receiver's certificate is not trusted ({cause.verify_message}); --ca names its authority"
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__
