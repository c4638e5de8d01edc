"""Signing in by an organisation's own OpenID Connect provider: the code flow with PKCE, for people already invited."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from placehub.certificates import certificates
from placehub.errors import Misconfigured, Rejected, Unavailable
from placehub.settings import Settings

BACK: Final = "/sign-in/provider/back"
"""Where the provider sends the browser; its address is registered there."""
SCOPE: Final = "openid email profile"
ALGORITHMS: Final = ("RS256", "ES256", "PS256")
"""What an identity may be signed with: keys the provider publishes, never a shared secret, never nothing."""
SECONDS: Final = 10.0
"""How long the provider may take to answer."""
MINUTES: Final = 10
"""How long somebody may take to sign in there."""
MOST: Final = 1_000
"""Sign-ins that are under way at once; with more the oldest are forgotten."""
LEEWAY: Final = 60
"""Seconds the provider's clock may differ from ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """Who somebody is, as the provider has signed it."""

    issuer: str
    subject: str
    email: str
    """Lower case; empty where the provider does not say that it has verified it."""
    name: str


@dataclass(frozen=True, slots=True)
class _Begun:
    nonce: str
    verifier: str
    at: datetime


class SignOn:
    """One provider, and the sign-ins that were begun there; may be shared between threads.

    What was begun is kept in this process: after a restart people begin again.
    """

    def __init__(
        self,
        *,
        issuer: str,
        client: str,
        secret: str,
        organisations: tuple[str, ...],
        root: str,
        wall: Callable[[], datetime],
    ) -> None:
        """`organisations`: codes of those whose people it proves, nobody else's; `root`: the portal's address.

        Misconfigured when the issuer is reached in the clear and is not on this machine.
        """
        _check_safe(issuer)
        self.issuer: Final = issuer
        self.organisations: Final = organisations
        self._client = client
        self._secret = secret
        self._back = f"{root}{BACK}"
        self._wall = wall
        self._begun: OrderedDict[str, _Begun] = OrderedDict()
        self._lock = Lock()
        self._http = httpx.Client(timeout=SECONDS, verify=certificates())

    @classmethod
    def of(cls, settings: Settings, root: str, wall: Callable[[], datetime]) -> SignOn | None:
        """Return the provider that is set; None for none, Misconfigured for half of one."""
        if not settings.oidc:
            return None
        organisations = tuple(one.strip() for one in settings.oidc_organisations.split(",") if one.strip())
        needed = {
            "oidc_client": settings.oidc_client,
            "oidc_secret": settings.oidc_secret,
            "oidc_organisations": organisations,
        }
        missing = [f"PLACEHUB_{name.upper()}" for name, value in needed.items() if not value]
        if missing or settings.oidc_secret is None:
            raise Misconfigured(f"A provider for sign-in is named, but not all it needs. Set {' and '.join(missing)}.")
        return cls(
            issuer=settings.oidc,
            client=settings.oidc_client,
            secret=settings.oidc_secret.get_secret_value(),
            organisations=organisations,
            root=root,
            wall=wall,
        )

    def begin(self) -> tuple[str, str]:
        """Return where the browser is sent, and the state it comes back with; Unavailable without an answer."""
        begun = _Begun(generate_token(32), generate_token(64), self._wall())
        with self._oauth() as oauth:
            address, state = oauth.create_authorization_url(
                self._metadata()["authorization_endpoint"], nonce=begun.nonce, code_verifier=begun.verifier
            )
        with self._lock:
            self._begun[state] = begun
            while len(self._begun) > MOST:
                self._begun.popitem(last=False)
        return str(address), str(state)

    def finish(self, state: str, code: str) -> Proven:
        """Return who came back; each state works once. Rejected where anything does not hold, Unavailable as above."""
        with self._lock:
            begun = self._begun.pop(state, None)
        if begun is None or not code or self._wall() > begun.at + timedelta(minutes=MINUTES):
            raise _rejected("began here too long ago, or not at all")
        metadata = self._metadata()
        try:
            with self._oauth() as oauth:
                token = oauth.fetch_token(metadata["token_endpoint"], code=code, code_verifier=begun.verifier)
        except OAuthError:
            raise _rejected("was not taken by your organisation's provider") from None
        except httpx.HTTPError:
            raise _away() from None
        return self._read(str(token.get("id_token", "")), begun.nonce, self._get(metadata["jwks_uri"]))

    def close(self) -> None:
        """Let go of the connections; harmless twice."""
        self._http.close()

    def _oauth(self) -> OAuth2Client:
        return OAuth2Client(
            client_id=self._client,
            client_secret=self._secret,
            scope=SCOPE,
            redirect_uri=self._back,
            code_challenge_method="S256",
            timeout=SECONDS,
            verify=certificates(),
        )

    def _metadata(self) -> dict[str, Any]:
        found = self._get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self.issuer:
            raise Misconfigured("The provider for sign-in names itself otherwise. Set PLACEHUB_OIDC as it does.")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            _check_safe(str(found.get(name, "")))
        return found

    def _get(self, address: str) -> dict[str, Any]:
        try:
            answer = self._http.get(address)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError):
            raise _away() from None
        return found

    def _read(self, token: str, nonce: str, keys: dict[str, Any]) -> Proven:
        registry = jwt.JWTClaimsRegistry(
            now=int(self._wall().timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self._client},
            sub={"essential": True},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = jwt.decode(token, KeySet.import_key_set(keys), algorithms=list(ALGORITHMS)).claims  # type: ignore[arg-type]
            registry.validate(claims)
        except (JoseError, ValueError):
            raise _rejected("was not signed as it should be") from None
        verified = claims.get("email_verified") is True
        return Proven(
            issuer=self.issuer,
            subject=str(claims["sub"]),
            email=str(claims.get("email", "")).strip().lower() if verified else "",
            name=str(claims.get("name") or claims.get("email") or ""),
        )


def _check_safe(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and not _is_here(parts.hostname or ""):
        raise Misconfigured("The provider for sign-in is not reached by https://. Use its secure address.")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _rejected(rule: str) -> Rejected:
    return Rejected("provider", rule, "Begin again.")


def _away() -> Unavailable:
    return Unavailable("Your organisation's provider for sign-in does not answer. Try again.", server="oidc")
