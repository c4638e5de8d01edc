"""Events to bytes and back: Avro in the Confluent wire format (0, four bytes of schema id, the record)."""

from __future__ import annotations

import io
import json
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol, cast

import fastavro
import httpx
from fastavro.schema import parse_schema
from pydantic import ValidationError
from schema_registry.client import SchemaRegistryClient
from schema_registry.client.errors import ClientError

from placehub.certificates import certificates
from placehub.contracts.limits import shape
from placehub.contracts.schema import avro_schema, of_fields, schema_text
from placehub.contracts.wording import rule_of
from placehub.contracts.writing import Written, checked, written
from placehub.errors import Misconfigured, Rejected, Unavailable
from placehub.streams import every_event, full_name

_MAGIC = struct.Struct(">bI")
_NULL: Final = b"\x00"
"""The first branch of a union, when that is null."""
_NAME = re.compile(r"[A-Za-z0-9_]{1,60}")  # a key of a map may be anything, and is not repeated
_LAST_ID = 2**31 - 1  # a registry's ids are signed; asked for a larger one, it fails instead of saying that it has none


class Schemas(Protocol):
    """Where schema ids come from and lead to."""

    def id_of(self, cls: type) -> int:
        """Return the id under which the event's schema is registered."""
        ...

    def schema_of(self, schema_id: int) -> dict[str, Any] | None:
        """Return the writer's schema, or None when no such id is registered."""
        ...


_IDS: dict[str, dict[str, int]] = {}
_SCHEMAS: dict[str, dict[int, dict[str, Any]]] = {}


ANSWER_SECONDS: Final = 20.0
"""How long the registry may take: on a busy machine a new schema was seen to take more than the usual five."""


@dataclass(frozen=True, slots=True)
class Version:
    """One registered version of one event's schema."""

    subject: str
    version: int
    id: int
    schema: dict[str, Any]


class Registry:
    """A schema registry by its Confluent API.

    What it once answered holds for ever, and for everyone in this process, so readers go on while it is away.

    `user` and `password` are an organisation's own (read-only through the hub's API); the hub itself registers
    (`register=True`), nobody else can.
    """

    def __init__(
        self, url: str, *, user: str | None = None, password: str | None = None, register: bool = False
    ) -> None:
        auth = httpx.BasicAuth(user, password or "") if user is not None else None
        self._where = str(httpx.URL(url).copy_with(userinfo=b""))
        self._client = SchemaRegistryClient(url, auth=auth)
        # the client opens a connection a request, and would read the machine's certificates anew for each
        self._client.client_kwargs["verify"] = certificates()
        self._client.client_kwargs["timeout"] = ANSWER_SECONDS
        self._register = register
        self._ids = _IDS.setdefault(url, {})
        self._schemas = _SCHEMAS.setdefault(url, {})

    def id_of(self, cls: type) -> int:
        """Return the schema's id, registering it if this is the hub; Misconfigured when it is not known."""
        name = full_name(cls)
        if name not in self._ids:
            self._ids[name] = self._ask_id(name, json.dumps(avro_schema(cls)))
        return self._ids[name]

    def _ask_id(self, name: str, text: str) -> int:
        with self._asking():
            if self._register:
                return int(self._client.register(name, text))
            found = self._client.check_version(name, text)
        if found is None:
            raise Misconfigured(f"The registry does not know {name} as this version writes it. Upgrade one of the two.")
        return int(found.schema_id)

    def schema_of(self, schema_id: int) -> dict[str, Any] | None:
        """Return the writer's schema, or None when the registry has no such id."""
        if schema_id not in self._schemas:
            try:
                found = self._client.get_by_id(schema_id)
            except ClientError as error:
                if error.http_code == 404:
                    return None
                raise self._worded(error) from error
            except Exception as error:  # as above
                raise self._silent(error) from error
            if found is None:
                return None
            self._schemas[schema_id] = dict(found.raw_schema)
        return self._schemas[schema_id]

    def subjects(self) -> list[str]:
        """Return the name of everything that is registered."""
        with self._asking():
            return sorted(self._client.get_subjects())

    def versions_of(self, subject: str) -> list[Version]:
        """Return every version that is registered, the oldest first; none when the subject is not known."""
        with self._asking():
            return [self._version(subject, number) for number in sorted(self._client.get_versions(subject))]

    def latest_of(self, subject: str) -> Version:
        """Return the latest version of a subject that is registered."""
        with self._asking():
            return self._version(subject, "latest")

    def _version(self, subject: str, number: int | str) -> Version:
        found = self._client.get_schema(subject, number)
        if found is None:  # it was there a moment ago: the client says None for any trouble
            raise Unavailable(f"The schema registry at {self._where} did not give {subject}. Try again.", "registry")
        return Version(subject, int(found.version), int(found.schema_id), dict(found.schema.raw_schema))

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except Unavailable:
            raise
        except ClientError as error:
            raise self._worded(error) from error
        except Exception as error:  # the client lets its transport's errors through untyped
            raise self._silent(error) from error

    def _silent(self, error: Exception) -> Unavailable:
        return Unavailable(
            f"The schema registry at {self._where} does not answer ({type(error).__name__}). Try again.",
            server="registry",
        )

    def _worded(self, error: ClientError) -> Misconfigured | Unavailable:
        if error.http_code in (401, 403):
            return Misconfigured(
                f"The schema registry at {self._where} refused these credentials. Check the organisation's code and "
                "token."
            )
        return Unavailable(
            f"The schema registry at {self._where} answered {error.http_code}. Try again.", server="registry"
        )


class Folder:
    """Schemas of this very version, numbered by their place in the catalogue: for tools that need no registry."""

    def id_of(self, cls: type) -> int:
        """Return the schema's number in the catalogue."""
        return every_event().index(cls) + 1

    def schema_of(self, schema_id: int) -> dict[str, Any] | None:
        """Return the schema of that number."""
        events = every_event()
        return avro_schema(events[schema_id - 1]) if 0 < schema_id <= len(events) else None


class Unread:
    """Stands for an item that was counted and not read."""

    __slots__ = ()


UNREAD: Final = Unread()
NONE_COUNTED: Final[Mapping[type, tuple[str, ...]]] = {}
"""What a codec leaves out that reads everything."""


class Codec:
    """Encodes and decodes events with schemas from one place."""

    def __init__(self, schemas: Schemas, counted: Mapping[type, tuple[str, ...]] = NONE_COUNTED) -> None:
        """`counted`: fields that are lists of records whose items are only counted when an event is decoded.

        Each item is then `UNREAD`; everything else of the event is as ever. Bytes that are passed over are not checked;
        those of a list that was written last are not looked at.
        """
        self._schemas = schemas
        self._writers: dict[int, Any] = {}
        self._cut: dict[tuple[int, str], Sequence[Any]] = {}
        self._counted = {full_name(cls): fields for cls, fields in counted.items()}
        self._counting: dict[int, _Counting] = {}
        self._heads: dict[bytes, type] = {}
        self._written = Written()

    def encode(self, event: object) -> bytes:
        """Return the event's bytes; Rejected when a field does not fit its type."""
        body = self._written.body(event)
        return _MAGIC.pack(0, self._schemas.id_of(type(event))) + (_whole(event) if body is None else body)

    def decode(self, value: bytes | None, *, whole: bool = False) -> Any:
        """Return the event; Rejected says what is wrong with bytes that are none, Unavailable may be tried again.

        A `whole` one has the items that are otherwise only counted.
        """
        if value is None:
            raise Rejected(
                "value", "must not be empty (a tombstone)", "Post an EventCorrected or a withdrawal instead."
            )
        if len(value) < _MAGIC.size or value[0] != 0:
            raise Rejected("value", "must be Avro in the Confluent wire format", "Use a registry-aware serializer.")
        schema_id = int(_MAGIC.unpack_from(value)[1])
        writer = self._writer(schema_id)
        name = str(writer.get("name"))  # in full, as it is parsed
        cls = _classes().get(name)
        if cls is None:
            raise Rejected("ce_type", "is not an event this version of the hub knows", "Use an event of the catalogue.")
        if whole or name not in self._counted:
            return from_record(cls, _read(value, writer, parsed(name)))
        if schema_id not in self._counting:
            self._counting[schema_id] = _Counting(cls, self._counted[name], writer)
        return self._counting[schema_id].read(value)

    def class_of(self, value: bytes | None) -> type | None:
        """Return which event these bytes are of, by their schema's id alone; None for what `decode` would reject."""
        head = (value or b"")[: _MAGIC.size]
        if head not in self._heads and len(head) == _MAGIC.size and head[0] == 0:
            try:
                cls = _classes().get(str(self._writer(int(_MAGIC.unpack(head)[1])).get("name")))
            except Rejected:
                return None
            if cls is not None:
                self._heads[head] = cls
        return self._heads.get(head)

    def without(self, value: bytes, field: str) -> bytes | None:
        """Return an event's bytes with one field null; None where that cannot be said of it: see `_around`.

        The rest is as it was: nothing is decoded and encoded again, which takes several times as long.
        """
        schema_id = int(_MAGIC.unpack_from(value)[1])
        if (schema_id, field) not in self._cut:
            self._cut[schema_id, field] = _around(self._writer(schema_id), field)
        ends = []
        for schemas in self._cut[schema_id, field]:
            stream = io.BytesIO(value)
            stream.seek(_MAGIC.size)
            fastavro.schemaless_reader(stream, *schemas)
            ends.append(stream.tell())
        return value[: ends[0]] + _NULL + value[ends[1] :] if ends else None

    def _writer(self, schema_id: int) -> Any:
        if schema_id not in self._writers:
            schema = self._schemas.schema_of(schema_id) if schema_id <= _LAST_ID else None
            if schema is None:
                raise Rejected("schema id", "must be registered", "Use the schemas that the hub registered.")
            self._writers[schema_id] = parse_schema(dict(schema))
        return self._writers[schema_id]


def _whole(event: object) -> bytes:
    record = to_record(event)
    try:
        return written(parsed(full_name(type(event))), record)
    except (ValueError, TypeError, OverflowError) as error:  # what the checks of the class cannot see
        raise Rejected("event", "must hold only what Avro can carry", "Send text as UTF-8.") from error


def _around(schema: Any, field: str) -> Sequence[Any]:
    """Return schemas that pass over what stands before a field, and over that with the field; none if never null.

    None either where another version wrote it: it may hold what this one knows nothing of.
    """
    fields = schema["fields"]
    names = [one["name"] for one in fields]
    if field not in names or names != [one["name"] for one in parsed(schema["name"])["fields"]]:
        return ()
    at = names.index(field)
    if not isinstance(fields[at]["type"], list) or fields[at]["type"][0] != "null":
        return ()
    return [(of_fields(schema, fields[:end]), of_fields(schema, [])) for end in (at, at + 1)]


class _Counting:
    """Reads an event as one schema wrote it, but for the items of some lists, which are counted.

    Where the only such list is the last field of both sides, its items need not be gone through: it begins with their
    number, as all that the hub writes stands in one block.
    """

    def __init__(self, cls: type, counted: tuple[str, ...], writer: Any) -> None:
        self._cls = cls
        self._counted = counted
        both = writer, parsed(full_name(cls))
        last = all(counted == (one["fields"][-1]["name"],) for one in both)
        self._begun = [up_to_items(one) for one in both] if last else None
        self._whole = writer, _without_items(both[1], counted)

    def read(self, value: bytes) -> Any:
        """Return the event; Rejected as `Codec.decode` says."""
        record = _read(value, *self._begun, whole=False) if self._begun else {}
        counts = {field: record.get(field, -1) for field in self._counted}
        if min(counts.values()) < 0:  # not last, or in a block that tells its length too
            record = _read(value, *self._whole)
            counts = {field: len(record[field]) for field in self._counted}
        event = from_record(self._cls, record | dict.fromkeys(counts, ()))
        for field, count in counts.items():
            object.__setattr__(event, field, (UNREAD,) * count)
        return event


def up_to_items(schema: Any) -> Any:
    """Return the schema of an event that ends with a list, read no further than the number of its items."""
    *before, last = schema["fields"]
    return of_fields(schema, [*before, {"name": last["name"], "type": "long"}])


def _without_items(schema: Any, counted: tuple[str, ...]) -> Any:
    """Return the schema of an event in which the items of some lists have no fields."""
    fields = json.loads(json.dumps(schema["fields"]))
    for field in fields:
        if field["name"] in counted:
            field["type"]["items"]["fields"] = []
    return of_fields(schema, fields)


def _read(value: bytes, writer: Any, reader: Any, *, whole: bool = True) -> dict[str, Any]:
    stream = io.BytesIO(value[_MAGIC.size :])
    try:
        record = fastavro.schemaless_reader(stream, writer, reader)
    except Exception as error:  # fastavro raises whatever its C reader met: EOFError, IndexError, ValueError, ...
        raise Rejected("value", "must be whole Avro of its schema", "Encode the event again and post it.") from error
    if whole and stream.read(1):
        raise Rejected("value", "must end where its record ends", "Encode the event again and post it.")
    return cast(dict[str, Any], record)


@cache
def _classes() -> Mapping[str, type]:
    return {full_name(cls): cls for cls in every_event()}


def event_class(name: str) -> type | None:
    """Return the class of `<stream>.<EventName>`, or None."""
    return _classes().get(name)


def make_ready() -> None:
    """Make what every event is checked and written with: else the first of each kind waits for it, and all behind it.

    It takes a tenth of a second. Harmless twice.
    """
    for name, cls in _classes().items():
        parsed(name)
        shape(cls)


@cache
def parsed(name: str) -> Any:
    """Return fastavro's form of this version's schema of that full name."""
    return parse_schema(avro_schema(_classes()[name]))


def to_record(event: object) -> dict[str, Any]:
    """Return the event as the dictionary an Avro writer takes; Rejected names the first field that does not fit."""
    try:
        return checked(event)
    except ValidationError as error:
        raise refusal(error) from None


def from_record(cls: type, record: Mapping[str, Any]) -> Any:
    """Return the event a dictionary holds; Rejected names the first field that does not fit."""
    try:
        return shape(cls)[0].validate_python(dict(record))
    except ValidationError as error:
        raise refusal(error) from None


def to_json(event: object) -> dict[str, Any]:
    """Return the event as JSON values; sealed bytes as base64 in the alphabet that is safe in a URL."""
    cls: type = type(event)
    return cast(dict[str, Any], shape(cls)[1].to_python(event, mode="json"))


def from_json(cls: type, document: Mapping[str, Any]) -> Any:
    """Return the event a JSON document holds, nothing converted; Rejected names the first field that does not fit."""
    return from_text(cls, json.dumps(document))


def from_text(cls: type, document: str) -> Any:
    """Return the event a document holds that is still JSON text, as `from_json` would."""
    try:
        return shape(cls)[0].validate_json(document, strict=True)
    except ValidationError as error:
        raise refusal(error) from None


def refusal(error: ValidationError) -> Rejected:
    """Say which field broke which rule, without its value."""
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"] if _NAME.fullmatch(str(part))) or "event"
    if first["type"] == "string_pattern_mismatch":
        return Rejected(where, "must hold no control characters but line ends and tabs", "Take them out.")
    if first["type"] == "string_unicode":
        return Rejected(where, "must be whole Unicode text", "Take lone surrogates out.")
    return Rejected(where, rule_of(first), "Correct this field and send the event again.")


def write_schemas(folder: Path) -> None:
    """Write every event's `.avsc` below `folder/<stream>/`."""
    for cls in every_event():
        path = folder / f"{full_name(cls).replace('.', '/')}.avsc"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(schema_text(cls), encoding="utf-8")
