"""Whom the hub's clients trust: the machine's certificates for HTTPS, and an authority of its own for the broker."""

from __future__ import annotations

import socket
import ssl
from functools import cache
from typing import Final

from placehub.errors import Misconfigured

HANDSHAKE_SECONDS: Final = 2.0


@cache
def certificates() -> ssl.SSLContext:
    """Return the context that trusts what the machine trusts; read once, since reading takes tens of milliseconds."""
    return ssl.create_default_context()


def check_authority(bootstrap: str, authority: str | None) -> None:
    """Raise Misconfigured when the authority's file cannot be read, or a broker shows a certificate of another.

    The Kafka clients say of both but that the broker does not answer. A broker that is away passes: they say so.
    """
    if authority is None:
        return
    try:
        context = ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(
            f"{authority} is no certificate that can be read ({error.strerror or 'not PEM'}). Name the file of the "
            "broker's authority as tls_ca (PLACEHUB_KAFKA_TLS_CA)."
        ) from None
    for server in bootstrap.split(","):
        try:
            _shake_hands(server, context)
        except ssl.SSLCertVerificationError as error:
            raise Misconfigured(
                f"The broker at {server} is not to be trusted: {error.verify_message}. Ask the hub's operator for its "
                "authority's certificate, and name that file as tls_ca (PLACEHUB_KAFKA_TLS_CA)."
            ) from None
        except OSError:
            continue


def speaks_tls(bootstrap: str) -> bool:
    """Tell whether a broker answers by TLS, whoever issued its certificate; nothing is sent to it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # asked only whether it is TLS at all
    for server in bootstrap.split(","):
        try:
            _shake_hands(server, context)
        except OSError:
            continue
        return True
    return False


def _shake_hands(server: str, context: ssl.SSLContext) -> None:
    host, _, port = server.rpartition(":")
    with (
        socket.create_connection((host.strip("[]"), int(port)), HANDSHAKE_SECONDS) as connection,
        context.wrap_socket(connection, server_hostname=host.strip("[]")),
    ):
        pass
