"""The deployment's own authority, and the certificates of its servers."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from placehub.errors import Misconfigured

AUTHORITY_DAYS: Final = 3650
"""Days the authority's own certificate holds."""
SERVER_DAYS: Final = 397
"""Days a server's certificate holds."""
_BACK = timedelta(minutes=5)  # for a machine whose clock is a little behind


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key, both PEM; the key is PKCS #8 without a password."""

    certificate: str
    key: str


def make_authority(name: str, now: datetime) -> Pair:
    """Return a new authority whose certificates are only for servers directly below it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(
        key_cert_sign=True,
        crl_sign=True,
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _begun(subject, subject, key.public_key(), now, now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return _pem(certificate, key)


def issue(authority: Pair, names: Sequence[str], now: datetime) -> Pair:
    """Return a server's certificate for these host names and addresses, the first of them its common name.

    It ends no later than the authority's own. Misconfigured when that has ended, or the key is not the authority's.
    """
    issuer, signing = _opened(authority, now)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    until = min(now + timedelta(days=SERVER_DAYS), issuer.not_valid_after_utc)
    alternatives = x509.SubjectAlternativeName([_general(name) for name in dict.fromkeys(names)])
    # A broker is also another broker's client.
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    above = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    certificate = (
        _begun(subject, issuer.subject, key.public_key(), now, until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(alternatives, critical=False)
        .add_extension(purposes, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above), critical=False)
        .sign(signing, hashes.SHA256())
    )
    return _pem(certificate, key)


def names_of(certificate: str) -> list[str]:
    """Return the host names and addresses a certificate (PEM) was issued for, in their order."""
    found = x509.load_pem_x509_certificate(certificate.encode())
    alternatives = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(one.value) for one in alternatives]


def ends(certificate: str) -> datetime:
    """Return when a certificate (PEM) ends."""
    return x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc


def _opened(authority: Pair, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    certificate = x509.load_pem_x509_certificate(authority.certificate.encode())
    key = load_pem_private_key(authority.key.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise Misconfigured("The authority's key and certificate do not belong together. Restore both from one copy.")
    if certificate.not_valid_after_utc <= now:
        raise Misconfigured(
            f"The authority ended on {certificate.not_valid_after_utc.date()}. See 'A new authority' in "
            "docs/production.md."
        )
    return certificate, key


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACK)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    return Pair(
        certificate=certificate.public_bytes(Encoding.PEM).decode(),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    )
