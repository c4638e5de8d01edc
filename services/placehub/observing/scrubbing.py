"""Scrubbing: what may never stand in a log line, whoever wrote it.

Three nets, one behind the other: values under the name of a personal or secret field, secrets this process knows by
heart, and texts that look like either. It is the last net, not the first: nothing personal should come here at all.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from placehub.contracts.fields import MonthAhead, Seals, Tag
from placehub.contracts.walking import places
from placehub.keys.sealed import Sealed
from placehub.streams import every_event

PERSONAL: Final = "[personal]"
SECRET: Final = "[secret]"  # noqa: S105 - what is written in its place
OWN: Final = frozenset({"time", "level", "processor", "worker", "trace_id", "ce_id"})
"""What every line has and only this process itself has written."""
SHORTEST_SECRET: Final = 8
"""A secret shorter than this would be found within other words."""

_SECRET_NAME: Final = re.compile(
    r"password|passwd|secret|token|(?:master|evidence)_key|authorization|credential|private_key", re.I
)
_VALUE: Final = r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s,;)}\]]+)"""
_SECRET_PAIR: Final = re.compile(
    rf"""(\w*(?:password|passwd|secret|token|(?:master|evidence)_key|authorization)\w*["']?\s*[=:]\s*)((?:Basic|Bearer)\s+)?{_VALUE}""",
    re.I,
)
_LOGIN: Final = re.compile(r"(\w+://[^\s:/@]*):[^\s@]+@")
_POSTCODE: Final = re.compile(r"\b([A-Z]{1,2}[0-9][A-Z0-9]?)(\s?)([0-9])[A-Z]{2}\b", re.I)
_QUOTED_INPUT: Final = re.compile(r"input_value=.*?, input_type=", re.S)
_DETAIL: Final = re.compile(r"^(\s*(?:DETAIL|CONTEXT):).*$", re.M)


@cache
def personal_names() -> frozenset[str]:
    """Return the name of every field tagged PII or SENSITIVE, those inside the sealed documents too, and of months."""
    names: set[str] = set()
    waiting, seen = list(every_event()), set[type]()
    while waiting:
        cls = waiting.pop()
        seen.add(cls)
        for place in places(cls):
            names |= {place.name} if [*place.marked(Tag), *place.marked(MonthAhead)] else set()
            waiting += [one.document for one in place.marked(Seals) if one.document not in seen]
    return frozenset(names)


class Scrubber:
    """A structlog processor: changes the line, and never fails on one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """`secrets` are what this process knows: passwords, tokens, keys, whole addresses that hold one."""
        known = {form for one in secrets if len(one) >= SHORTEST_SECRET for form in _forms(one)}
        self._known = re.compile("|".join(map(re.escape, sorted(known, key=len, reverse=True)))) if known else None
        self._personal = personal_names()
        told = "|".join(map(re.escape, sorted(self._personal)))
        self._pair = re.compile(rf"""(?<![\w.])((?:{told})["']?\s*[=:]\s*){_VALUE}""")

    def __call__(self, _logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Return the line without what may not stand there."""
        return {name: one if name in OWN else self.value(name, one) for name, one in line.items()}

    def value(self, name: str, value: Any) -> Any:
        """Return what may be told under this name: numbers and ids as they are, any other thing as scrubbed text."""
        if name in self._personal:
            return PERSONAL
        if _SECRET_NAME.search(name):
            return SECRET
        if value is None or isinstance(value, bool | int | float | UUID):
            return value if not isinstance(value, UUID) else str(value)
        if isinstance(value, Sealed):
            return "[sealed]"
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(str(key), one) for key, one in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value("", one) for one in value]
        if is_dataclass(value) and not isinstance(value, type):
            return {one.name: self.value(one.name, getattr(value, one.name)) for one in fields(value)}
        if isinstance(value, bytes | bytearray | memoryview):
            return f"[{len(value)} bytes]"
        return self.text(str(value))

    def text(self, text: str) -> str:
        """Return the text with what looks secret or personal in it taken out."""
        if self._known is not None:
            text = self._known.sub(SECRET, text)
        if "=" in text or ":" in text:
            text = self._pairs(text)
        return _POSTCODE.sub(r"\1\2\3**", text)

    def _pairs(self, text: str) -> str:
        text = _LOGIN.sub(rf"\1:{SECRET}@", text)
        text = _SECRET_PAIR.sub(rf"\1{SECRET}", text)
        text = _QUOTED_INPUT.sub(f"input_value={PERSONAL}, input_type=", text)
        text = _DETAIL.sub(rf"\1 {PERSONAL}", text)
        return self._pair.sub(rf"\1{PERSONAL}", text)


def _forms(secret: str) -> set[str]:
    """Return how a secret may be written: plain, in a URL, in base64."""
    return {secret, quote(secret, safe=""), b64encode(secret.encode()).decode()}
