"""How an organisation reaches the broker, and its client's errors as the hub words them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import (
    AuthorizationError,
    FencedInstanceIdError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    SaslAuthenticationFailedError,
)

from placehub.certificates import check_authority, speaks_tls
from placehub.errors import Conflict, Misconfigured, Rejected, Unavailable
from placehub.refreshing import keep_refreshing
from placehub.refusing import REFUSED, broken_off, count_refusals

keep_refreshing()
count_refusals()

LOGIN_MS = 10_000
"""How long a login may take; a wrong password shows only by its running out."""
RECONNECT_MS: Final = 5_000
"""How long an organisation's client leaves a broker alone, at most, before it tries to reach it again.

kafka-python's own 30 seconds would be waited for once more after a broker that was away for as long is back; much less
would have thousands of organisations knock at a broker that is just starting.
"""
ENDS_MS: Final = 20_000
"""How long the broker may take to say where topics end: as long as two logins on a machine that is busy."""


def login(bootstrap: str, user: str, password: str, tls_ca: str | None) -> dict[str, Any]:
    """Return what every kafka-python client needs to log in as this user; Misconfigured when `tls_ca` is not its."""
    check_authority(bootstrap, tls_ca)
    return {
        "bootstrap_servers": bootstrap.split(","),
        "bootstrap_timeout_ms": LOGIN_MS,
        "reconnect_backoff_max_ms": RECONNECT_MS,
        "security_protocol": "SASL_SSL" if tls_ca else "SASL_PLAINTEXT",
        "ssl_cafile": tls_ca,
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": user,
        "sasl_plain_password": password,
    }


def ends_of(consumer: KafkaConsumer, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """Return where each place ends now; Unavailable when the broker does not say so of all of them."""
    if not places:
        return {}
    try:
        ends: dict[TopicPartition, int] = consumer.end_offsets(places, timeout_ms=ENDS_MS)
    except KeyError:  # a broker that is just starting may leave some out of its answer, which this client takes badly
        raise Unavailable("The broker does not say where its topics end. Try again.") from None
    return ends


@contextmanager
def broker_errors(bootstrap: str, user: str, broken_off_before: int | None = None) -> Iterator[None]:
    """Turn the broker client's errors into Misconfigured, Unavailable, Conflict or Rejected, each saying what to do.

    `broken_off_before`: how many logins had been when what may have failed began; not given: it begins here.
    """
    before = broken_off(user) if broken_off_before is None else broken_off_before
    try:
        yield
    except SaslAuthenticationFailedError:
        raise _refused(user) from None
    except AuthorizationError:
        raise Misconfigured(
            f"The hub does not allow {user} to do this. Ask its operator whether {user} is registered and active."
        ) from None
    except FencedInstanceIdError:
        raise Conflict(f"Another process reads the inbox of {user} under the same name. Stop one of the two.") from None
    except MessageSizeTooLargeError:
        raise Rejected("event", "must be smaller than a megabyte", "Send documents by reference.") from None
    except KafkaTimeoutError as error:
        # a login that is refused and a broker that is away look the same to this client when its time is over
        if "bootstrap" in str(error) and broken_off(user) - before >= REFUSED:
            raise _refused(user) from None
        raise _silent(bootstrap) from None
    except KafkaError as error:
        raise Unavailable(f"The broker at {bootstrap} failed ({type(error).__name__}). Try again.") from error


def _silent(bootstrap: str) -> Unavailable:
    if speaks_tls(bootstrap):
        return Unavailable(
            f"The broker at {bootstrap} speaks TLS and let nobody in. Name the file of its authority's certificate as "
            "tls_ca (PLACEHUB_KAFKA_TLS_CA), or try again."
        )
    return Unavailable(f"The broker at {bootstrap} does not answer. Try again.")


def _refused(user: str) -> Misconfigured:
    return Misconfigured(f"The broker refused the login of {user}: wrong organisation or password. Correct them.")
