"""The organisation's side of the key service: a client, and a Sealer that seals and unseals with it.

Used by the SDK, the CLI, the sample actors and the hub's own search.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections import OrderedDict, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from threading import Lock
from time import monotonic
from typing import Any, Generic, Self, TypeVar
from urllib.parse import quote

import httpx

from placehub.certificates import certificates
from placehub.errors import Conflict, Misconfigured, NotFound, Rejected, Unavailable
from placehub.keys.sealed import Sealed
from placehub.keys.sealing import DataKey, seal, unseal
from placehub.saying import Said

BATCH = 500
"""The most keys asked for in one call."""

REMEMBERED_SECONDS = 900.0
"""How long a key is remembered before it is asked for again."""

Document = dict[str, Any]
"""A JSON object."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Recent(Generic[K, V]):
    """The most recently used entries, at most `size` of them, each for so many `seconds`; safe between threads."""

    def __init__(self, size: int, seconds: float) -> None:
        self._size = size
        self._seconds = seconds
        self._entries: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._lock = Lock()

    def get(self, name: K) -> V | None:
        with self._lock:
            if name not in self._entries:
                return None
            put_at, value = self._entries[name]
            if monotonic() - put_at >= self._seconds:
                del self._entries[name]
                return None
            self._entries.move_to_end(name)
            return value

    def put(self, name: K, value: V) -> None:
        with self._lock:
            self._entries[name] = monotonic(), value
            self._entries.move_to_end(name)
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


class KeyClient:
    """Keys from the API at `api`, as `organisation`; the last `remembered` are kept in memory, never elsewhere.

    Each is kept for `seconds` at most: so a key that was destroyed opens nothing here for longer than that.

    Every call raises Unavailable when the service is away (try again), Misconfigured when the code or token is
    wrong, and Rejected when the service refuses the request itself. May be shared between threads.
    """

    def __init__(
        self, api: str, organisation: str, token: str, *, remembered: int = 10_000, seconds: float = REMEMBERED_SECONDS
    ) -> None:
        self._http = httpx.Client(base_url=api, auth=(organisation, token), timeout=10, verify=certificates())
        self._made: _Recent[tuple[str, str, str], DataKey] = _Recent(remembered, seconds)
        self._opened: _Recent[tuple[str, str], bytes] = _Recent(remembered, seconds)

    def keys_for(self, subject_kind: str, subject_id: str, compartments: Iterable[str]) -> dict[str, DataKey]:
        """Return the organisation's own keys of a subject, made where missing; Conflict once they were destroyed."""
        wanted = list(compartments)
        found = {name: self._made.get((subject_kind, subject_id, name)) for name in wanted}
        missing = [name for name, key in found.items() if key is None]
        if missing:
            body = self._call("PUT", _subject_path(subject_kind, subject_id), {"compartments": missing})
            found |= self._keep(subject_kind, subject_id, body)
        return {name: key for name, key in found.items() if key is not None}

    def make_ready(self, subject_kind: str, subject_ids: Iterable[str], compartments: Iterable[str]) -> None:
        """Ask for the keys of several subjects at once, so that `keys_for` has them; Conflict as there."""
        names = list(compartments)
        missing = sorted(
            {one for one in subject_ids if any(self._made.get((subject_kind, one, n)) is None for n in names)}
        )
        for start in range(0, len(missing), BATCH):
            asked = {"subject_kind": subject_kind, "subject_ids": missing[start : start + BATCH], "compartments": names}
            for subject_id, keys in self._call("POST", "/v1/keys/make", asked).items():
                self._keep(subject_kind, subject_id, keys)

    def open(self, key_id: str, purpose: str) -> bytes:
        """Return a key; NotFound when it is not open to this organisation. Asked again for `purpose`, no new call."""
        key = self._opened.get((key_id, purpose))
        if key is None:
            body = self._call("POST", f"/v1/keys/{quote(key_id, safe='')}/open", {"purpose": purpose})
            key = b64decode(body["key"])
            self._opened.put((key_id, purpose), key)
        return key

    def open_many(self, key_ids: Iterable[str], purpose: str) -> dict[str, bytes]:
        """Return those of the keys that are open to this organisation; the others are left out."""
        wanted = list(dict.fromkeys(key_ids))
        found = {key_id: key for key_id in wanted if (key := self._opened.get((key_id, purpose))) is not None}
        missing = [key_id for key_id in wanted if key_id not in found]
        for start in range(0, len(missing), BATCH):
            asked = {"key_ids": missing[start : start + BATCH], "purpose": purpose}
            for key_id, text in self._call("POST", "/v1/keys/open", asked)["keys"].items():
                found[key_id] = key = b64decode(text)
                self._opened.put((key_id, purpose), key)
        return found

    def post(self, path: str, body: Mapping[str, object]) -> Document:
        """Call a route that is served beside the keys, with the same errors."""
        return self._call("POST", path, body)

    def get(self, path: str) -> Document:
        """Read what a route beside the keys tells the organisation, with the same errors."""
        return self._call("GET", path)

    def forget(self) -> None:
        """Drop every remembered key, for instance when the hub says that the use of data has ended."""
        self._made.clear()
        self._opened.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget the keys and let go of the connections; harmless twice."""
        self.forget()
        self._http.close()

    def _keep(self, subject_kind: str, subject_id: str, given: Mapping[str, Mapping[str, str]]) -> dict[str, DataKey]:
        keys = {name: DataKey(one["key_id"], b64decode(one["key"])) for name, one in given.items()}
        for name, key in keys.items():
            self._made.put((subject_kind, subject_id, name), key)
        return keys

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Document:
        try:
            response = self._http.request(method, path, json=body)
        except httpx.UnsupportedProtocol:
            raise Misconfigured(
                "The API's address must begin with http:// or https://. Correct PLACEHUB_API."
            ) from None
        except httpx.TransportError:
            where = str(self._http.base_url.copy_with(userinfo=b"")).rstrip("/")
            raise Unavailable(f"The key service at {where} does not answer. Try again.", server="api") from None
        if response.status_code != 200:
            raise refused(response)
        answer: Document = response.json()
        return answer


class Sealer:
    """Seals and unseals documents with keys from a KeyClient."""

    def __init__(self, client: KeyClient) -> None:
        self._client = client

    def make_ready(self, parts: Iterable[tuple[str, str, str]]) -> None:
        """Get ready to seal many parts, each named by subject kind, subject and compartment, in few calls."""
        wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
        for subject_kind, subject_id, compartment in parts:
            wanted[subject_kind, subject_id].add(compartment)
        alike: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
        for (subject_kind, subject_id), compartments in wanted.items():
            alike[subject_kind, tuple(sorted(compartments))].append(subject_id)
        for (subject_kind, names), subject_ids in alike.items():
            self._client.make_ready(subject_kind, subject_ids, names)

    def seal_child(self, child_id: str, parts: Mapping[str, Document | None]) -> dict[str, Sealed | None]:
        """Seal a child's `need` and `identity`, asking once for both keys; a part that is None stays None."""
        given = [compartment for compartment, document in parts.items() if document is not None]
        keys = self._client.keys_for("child", child_id, given) if given else {}
        return {
            compartment: None if document is None else _sealed(keys[compartment], compartment, document)
            for compartment, document in parts.items()
        }

    def seal(self, subject_kind: str, subject_id: str, compartment: str, document: Document) -> Sealed:
        """Seal one document as JSON under the subject's key for the compartment."""
        keys = self._client.keys_for(subject_kind, subject_id, [compartment])
        return _sealed(keys[compartment], compartment, document)

    def unseal(self, sealed: Sealed, compartment: str, purpose: str) -> Document:
        """Return the document; NotFound when its key is not open to us, Rejected when it is not as it was sealed."""
        plaintext = unseal(self._client.open(sealed.key_id, purpose), compartment, sealed)
        try:
            document = json.loads(plaintext)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise Rejected(compartment, "must hold a JSON object", "Seal the document as JSON and send a new event.")
        return document


def _sealed(key: DataKey, compartment: str, document: Document) -> Sealed:
    try:
        text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        plaintext = text.encode()
    except (TypeError, ValueError, RecursionError):
        # The cause quotes the value.
        raise Rejected(compartment, "must be plain JSON", "Write dates as text and leave out anything else.") from None
    return seal(key.key, key.key_id, compartment, plaintext)


def _subject_path(subject_kind: str, subject_id: str) -> str:
    return f"/v1/keys/{quote(subject_kind, safe='')}/{quote(subject_id, safe='')}"


def refused(response: httpx.Response) -> Exception:
    """Return the error that an answer of the key service is, its sentences with their forms."""
    try:
        body = response.json()
    except ValueError:
        body = {}
    detail = _told(body, "detail")
    remedy = _told(body, "remedy")
    match response.status_code:
        case 401:
            return Misconfigured("The key service refused us: wrong code or token. Correct them and start again.")
        case 404:
            return NotFound(detail or "There is no such key. Check the address of the API.")
        case 409:
            return Conflict(detail)
        case 422:
            return Rejected(str(body.get("field", "request")), detail, remedy)
        case status if status >= 500:
            told = detail or f"The key service is not working (it answered {status}). Try again."
            return Unavailable(told, server="api")
        case status:
            return Misconfigured(f"The key service answered {status}: {detail or 'no reason given'}. {remedy}".strip())


def _told(body: Mapping[str, Any], name: str) -> Said:
    """Return a sentence of a problem with the form it was made from, where the service is new enough to tell."""
    facts = body.get("facts") or {}
    return Said(str(body.get(name, "")), str(body.get(f"{name}_form", "")), {one: str(facts[one]) for one in facts})
