"""A repair of kafka-python: whether a broker refused a login, or was only away.

kafka-python 3.0.12 sees of a refused login but that the connection ended; it tries again until its time for
bootstrapping is over, and then says the same as of a broker that did not answer. A broker that was killed, and came
back a moment after that, was taken for one that refuses.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from kafka.errors import KafkaConnectionError, SaslAuthenticationFailedError
from kafka.net.connection import KafkaConnection

REFUSED: Final = 4
"""Logins of one user that broke off within one attempt to bootstrap: a broker that is killed breaks off one each of its
few clients', one that refuses breaks off some eight in ten seconds."""

_AUTHENTICATE: Final = KafkaConnection._sasl_authenticate
_broken_off: Final[Counter[str]] = Counter()


async def _authenticate(connection: Any, timeout_at: float | None = None) -> None:
    try:
        await _AUTHENTICATE(connection, timeout_at)
    except (KafkaConnectionError, SaslAuthenticationFailedError):
        _broken_off[str(connection.config["sasl_plain_username"])] += 1
        raise


def broken_off(user: str) -> int:
    """Return how many logins of this user brokers have broken off since this process began."""
    return _broken_off[user]


def count_refusals() -> None:
    """Have every client of this process count the logins that are broken off; harmless twice."""
    KafkaConnection._sasl_authenticate = _authenticate
