"""Where a webhook may be sent: an address that is public, resolved and checked anew for each delivery, and kept for it.

A name that leads to a public address when it is checked and to the machine's own when it is called would else be a way
into whatever trusts this machine.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from placehub.errors import Rejected, Unavailable

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""Returns every address of a host's name; OSError when there is none."""
_NAT64: Final = IPv6Network("64:ff9b::/96")
_REMEDY: Final = "Name a public address, or allow private ones if the receiver is within your own network."


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A receiver's URL, taken apart."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def name(self) -> str:
        """Host and port as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == {"http": 80, "https": 443}[self.scheme] else f"{host}:{self.port}"

    def at(self, address: str) -> str:
        """Return the URL with an address instead of the name."""
        host = f"[{address}]" if ":" in address else address
        return f"{self.scheme}://{host}:{self.port}{self.path}"


def target_of(url: str, *, private: bool) -> Target:
    """Take a URL apart; Rejected when it is none that may be used. Without TLS only private receivers are allowed."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        raise Rejected("url", "must be a URL", "Write it as https://host/path.") from None
    if parts.scheme not in (("http", "https") if private else ("https",)) or not parts.hostname:
        raise Rejected("url", "must begin with https://", _REMEDY)
    if parts.username or parts.password:
        raise Rejected("url", "must hold no password", "The signature says who sends it; take the password out.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(scheme=parts.scheme, host=parts.hostname, port=port, path=path)


def resolve(host: str, port: int) -> list[str]:
    """Ask the machine for every address of a name."""
    return list(dict.fromkeys(str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


def address_of(target: Target, *, private: bool, resolve: Resolve = resolve) -> str:
    """Return the address to call; Rejected when any that the name has is not public, Unavailable when it has none."""
    try:
        found = resolve(target.host, target.port)
    except OSError:
        found = []
    if not found:
        raise Unavailable("The receiver's name has no address now.", server="receiver")
    if not private and not all(is_public(ip_address(one.partition("%")[0])) for one in found):
        raise Rejected("url", "leads to an address that is not public", _REMEDY)
    return found[0]


def is_public(address: Address) -> bool:
    """Tell whether an address is of the public internet; one that wraps another is what it wraps."""
    inner: Address | None = None
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
    return is_public(inner) if inner is not None else address.is_global and not address.is_multicast
