"""Time stamps of tree heads by somebody outside of the hub, RFC 3161: what is asked, and whether an answer holds.

What is stamped is a head's signed text and its signature, one after the other. An answer that holds shows that the
signature existed by the time it names: neither the hub nor whoever took its key can make one for a day that is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from placehub.errors import Misconfigured, Rejected
from placehub.evidence.heads import Head

REMEDY = "Ask the authority again, or look whether its root certificates are those named."


@dataclass(frozen=True, slots=True)
class Stamp:
    """An answer that holds, and the time it names."""

    answer: bytes
    stamped_at: datetime


def stamped_text(head: Head) -> bytes:
    """Return what is stamped of a head."""
    return head.text + head.signature


def question(head: Head) -> TimeStampRequest:
    """Return what the authority is asked: a hash, a number drawn by chance, and for its certificates."""
    return TimestampRequestBuilder().data(stamped_text(head)).hash_algorithm(HashAlgorithm.SHA256).build()


def roots_of(pem: bytes) -> tuple[Certificate, ...]:
    """Read root certificates in PEM; Misconfigured when there is none."""
    try:
        return tuple(load_pem_x509_certificates(pem))
    except ValueError:
        raise Misconfigured(
            "The time-stamping authority's root certificates must be PEM. Name the file it publishes them in."
        ) from None


def stamp_of(head: Head, answer: bytes, roots: Sequence[Certificate], asked: TimeStampRequest | None = None) -> Stamp:
    """Return the stamp that an answer is of a head; `asked`: the question it is the answer to, where that is known.

    Rejected when it is no answer, is over something else, or does not go back to one of the roots.
    """
    builder = VerifierBuilder.from_request(asked) if asked else VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    try:
        told = decode_timestamp_response(answer)
        builder.build().verify_message(told, stamped_text(head))
    except VerificationError as error:
        raise Rejected("time stamp", f"must hold for the tree head ({error})", REMEDY) from None
    except ValueError:
        raise Rejected("time stamp", "must be an answer of RFC 3161 in DER", REMEDY) from None
    return Stamp(answer, told.tst_info.gen_time)
