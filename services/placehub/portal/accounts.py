"""What proves who a person is: a password, and a code of the moment from their authenticator."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from placehub.codes import code_list
from placehub.errors import Rejected
from placehub.saying import said

SHORTEST: Final = 12
"""Characters of a password at least; there is no other rule on what it is made of (NIST SP 800-63B)."""
LONGEST: Final = 200
STEP_SECONDS: Final = 30
DIGITS: Final = 6
HUB: Final = "hub"
"""What its operators act for: the hub itself. No organisation can have this code; it is their kind as well."""
ROLES: Final = {
    "authority": ("placement officer", "team manager", "nominated officer", "director", "contract manager", "deputy"),
    "provider": ("referral manager", "out of hours"),
    "consortium": ("contract manager", "deputy", "commissioner"),
    HUB: ("operator",),
}
"""Kind of organisation -> the roles its people may have, of code list `officer_role`; the hub's operators beside."""
PLACING: Final = ("placement officer", "team manager", "nominated officer", "director")
ANSWERING: Final = ("referral manager", "out of hours")

_HASHER: Final = PasswordHasher()
NOBODY: Final = _HASHER.hash(secrets.token_urlsafe(16))
"""A password's hash that no password has: checking an unknown person takes as long as a known one."""


def check_role(kind: str, role: str) -> str:
    """Return the role; Rejected where an organisation of that kind has no such role."""
    allowed = ROLES.get(kind, ())
    if role not in allowed:
        raise Rejected(
            "role",
            said("must be a role of an organisation that is {kind}", kind=kind),
            said("Use one of: {names}.", names=", ".join(allowed)),
        )
    return role


def check_email(email: str) -> str:
    """Return an address in lower case; Rejected when it has not the form of one."""
    name, at, domain = email.strip().lower().partition("@")
    if not (name and at and "." in domain) or " " in email.strip() or len(email) > LONGEST:
        raise Rejected("email", "must be an e-mail address, like name@example.org", "Correct it.")
    return f"{name}@{domain}"


def check_password(password: str) -> str:
    """Return a password that may be chosen; Rejected when it is too short or long."""
    if not SHORTEST <= len(password) <= LONGEST:
        remedy = "Three words that do not belong together are easy to keep in mind."
        raise Rejected("password", said("must have {least} to {most} characters", least=SHORTEST, most=LONGEST), remedy)
    return password


def hashed(password: str) -> str:
    """Return what is kept of a password."""
    return _HASHER.hash(password)


def is_password(kept: str, password: str) -> bool:
    """Tell whether this is the password of which `kept` was kept."""
    try:
        return _HASHER.verify(kept, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False


def new_totp_key() -> str:
    """Return a new key for an authenticator, base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def totp_address(key: str, email: str) -> str:
    """Return what an authenticator reads from a QR code."""
    return f"otpauth://totp/{quote(f'placehub:{email}')}?secret={key}&issuer=placehub"


def step_of(key: str, code: str, now: datetime, used: int) -> int | None:
    """Return the step a code stands for, the present one or one beside it; None if it is no code of a step unused."""
    totp = TOTP(base64.b32decode(key), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303  # RFC 6238 as authenticators have it
    given = "".join(code.split())
    present = int(now.timestamp()) // STEP_SECONDS
    for step in (present, present - 1, present + 1):
        if step > used and hmac.compare_digest(totp.generate(step * STEP_SECONDS), given.encode()):
            return step
    return None


def new_token() -> str:
    """Return a secret for a link or a cookie; only its hash is kept."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """Return what is kept of a link's or a cookie's secret."""
    return sha256(token.encode()).digest()


def form_token(secret: str) -> str:
    """Return what every form carries of whoever it was shown to: who has not its cookie cannot know it."""
    return hmac.new(secret.encode(), b"placehub form", sha256).hexdigest()


def role_title(role: str) -> str:
    """Return a role as people read it."""
    return next((one.meaning for one in code_list("officer_role").values if one.code == role), role)
