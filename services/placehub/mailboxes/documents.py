"""An event given as JSON: checked whole, its personal parts found in the open and then sealed.

Where the event has a sealed part, the document may hold it open (`need: {...}`, a text) or sealed already
(`{key_id, nonce, ciphertext}`). Nothing leaves this process before the whole document has passed.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, Final
from uuid import UUID

from placehub.contracts.codec import from_json, to_json
from placehub.contracts.fields import OpenWords, Seals
from placehub.errors import Rejected
from placehub.keys.sealed import Sealed
from placehub.mailboxes.checks import check_codes, check_event, described, marked
from placehub.saying import said
from placehub.streams import every_event, full_name

TEXT: Final = "text"
"""The one field of a document of free text; such a part may also be given as a plain string."""

_SEALED = {"key_id", "nonce", "ciphertext"}
_STANDS_FOR_IT = {"key_id": "", "nonce": "A" * 16, "ciphertext": "_" * 32}
_SHORTEST_NAME = 3
_SUBJECT_FIELD = {"child": "child_id", "household": "household_ref"}


@dataclass(frozen=True, slots=True)
class OpenPart:
    """A part of a document that is still open: what it says, and whose key must seal it."""

    path: str
    document: dict[str, Any]
    subject_kind: str
    subject_id: str
    compartment: str
    _holder: dict[str, Any]
    _name: str

    def close(self, sealed: Sealed) -> None:
        """Put the sealed part in its place."""
        self._holder[self._name] = {
            "key_id": sealed.key_id,
            "nonce": b64encode(sealed.nonce).decode(),
            "ciphertext": b64encode(sealed.ciphertext).decode(),
        }


@dataclass(frozen=True, slots=True)
class Prepared:
    """An event that has passed every check but is not sealed yet; `document` holds no open part any more."""

    cls: type
    time: datetime
    id: UUID
    document: dict[str, Any]
    open_parts: tuple[OpenPart, ...]

    def sealed(self, seal: Callable[[OpenPart], Sealed]) -> Any:
        """Return the event with every open part sealed."""
        for part in self.open_parts:
            part.close(seal(part))
        return from_json(self.cls, self.document)


def prepare(event_type: str, document: Mapping[str, Any], time: datetime, id: UUID) -> Prepared:
    """Check a whole document; Rejected names the first field that is wrong, by its dotted path, never its value."""
    if time.tzinfo is None:
        raise Rejected("time", "must carry a time zone", "Write it as 2026-03-02T09:30:00+00:00.")
    cls = event_named(event_type)
    copy = deepcopy(dict(document))
    parts = tuple(_open_parts(cls, copy, copy, time.date(), ""))
    for part in parts:
        part._holder[part._name] = _STANDS_FOR_IT
    event = from_json(cls, copy)
    check_event(event, time.date())
    _check_nobody_named(event, parts)
    return Prepared(cls, time, id, copy, parts)


def _check_nobody_named(event: Any, parts: tuple[OpenPart, ...]) -> None:
    """Refuse open words that repeat what the same document gives to be sealed as an identity."""
    identities = [part.document for part in parts if part.compartment == "identity"]
    for path, value, mark in marked(event):
        if isinstance(mark, OpenWords) and any(_repeats(value, one) for one in identities):
            rule = "is open to everyone who gets the event, and repeats what is to be sealed as the child's identity"
            raise Rejected(path, rule, "Take the name or the address out.")


def _repeats(words: str, identity: Mapping[str, Any]) -> bool:
    names = {one for one in _words(identity.get("name") or "") if len(one) >= _SHORTEST_NAME}
    whole = [text for name in ("address", "postcode") if (text := " ".join(_words(identity.get(name) or "")))]
    said = _words(words)
    return bool(names & set(said)) or any(one in " ".join(said) for one in whole)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def event_named(name: str) -> type:
    """Return the event's class by its short or full name; Rejected when there is none, or more than one."""
    found = [cls for cls in every_event() if name in (full_name(cls), full_name(cls).partition(".")[2])]
    if len(found) == 1:
        return found[0]
    if found:
        raise Rejected(
            "type", "stands for several events", said("Use one of: {names}.", names=", ".join(map(full_name, found)))
        )
    near = get_close_matches(name, [full_name(cls).partition(".")[2] for cls in every_event()], n=3)
    raise Rejected(
        "type",
        "must be an event of the catalogue",
        said("Did you mean {names}?", names=" or ".join(near)) if near else "Correct it.",
    )


def _open_parts(cls: type, document: Any, event: Mapping[str, Any], on: date, within: str) -> Iterator[OpenPart]:
    # Whatever has not the form it should have is left to the check of the whole event, which names it.
    if not isinstance(document, dict):
        return
    for field in described(cls):
        value, path = document.get(field.name), f"{within}{field.name}"
        if field.seals is not None and value is not None and not _is_sealed(value):
            yield _open_part(field.seals, field.name, document, event, on, path)
        elif field.record is not None and field.many:
            for number, one in enumerate(value if isinstance(value, list) else ()):
                yield from _open_parts(field.record, one, event, on, f"{path}.{number}.")
        elif field.record is not None:
            yield from _open_parts(field.record, value, event, on, f"{path}.")


def _open_part(
    seals: Seals, name: str, holder: dict[str, Any], event: Mapping[str, Any], on: date, path: str
) -> OpenPart:
    value = holder[name]
    about = _SUBJECT_FIELD[seals.subject]
    names_subject = [one for one in (value, holder, event) if isinstance(one, dict) and about in one]
    free_text = [field.name for field in described(seals.document)] == [TEXT]
    if free_text:
        value = {TEXT: value} if isinstance(value, str) else value
    if not isinstance(value, dict):
        raise Rejected(path, "must be an object", "Give its fields, open or sealed.")
    if free_text:
        value = {key: one for key, one in value.items() if key != about}
    return OpenPart(
        path,
        _checked(seals.document, value, on, path),
        seals.subject,
        _subject_id(names_subject[0][about] if names_subject else None, about, path),
        seals.compartment,
        holder,
        name,
    )


def _checked(cls: type, value: dict[str, Any], on: date, path: str) -> dict[str, Any]:
    try:
        document = from_json(cls, value)
    except Rejected as error:
        raise Rejected(f"{path}.{error.field}", error.rule, error.remedy) from None
    check_codes(document, on, within=f"{path}.")
    return to_json(document)


def _subject_id(given: Any, about: str, path: str) -> str:
    try:
        return str(UUID(given))
    except (TypeError, ValueError, AttributeError):
        raise Rejected(
            path,
            said("is sealed under a key of its {about}, which must be a UUID", about=about),
            said("Give {about} beside it, or (words only) within it, next to `text`.", about=about),
        ) from None


def _is_sealed(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == _SEALED
