"""`docs/asyncapi.yaml`: mailboxes, streams and events for programs, as an AsyncAPI 3 document.

It is written from an organisation's side: it *sends* into its outbox and *receives* from its inbox. The hub's own
streams stand there as channels without an operation: no organisation reaches them.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any, Final

from placehub.contracts.headers import CONTENT_TYPE, LONGEST
from placehub.contracts.schema import avro_schema
from placehub.handbook.writing import page_source
from placehub.intake.table import ACTS
from placehub.settings import Settings
from placehub.streams import (
    DEADLETTER,
    INBOX,
    MAILBOX,
    OUTBOX,
    STREAMS,
    Stream,
    every_event,
    full_name,
    stream,
)

Document = dict[str, Any]

AVRO: Final = "application/vnd.apache.avro;version=1.9.0"
BINDING: Final = "0.5.0"
DAY_MS: Final = 24 * 60 * 60 * 1000
DEAD: Final = "DeadLetter"
_SAYS: Final = """\
What an organisation's system sends to and receives from the hub, over Kafka.

Values are Avro in the Confluent wire format, subjects by record name; every record carries CloudEvents 1.0 headers in
binary mode. An organisation reaches its own two topics, and consumer groups whose names begin with its code and a dot.
Schemas are read from the hub's API with the organisation's code and token."""
_HEADERS: Final = {
    "ce_specversion": ("always 1.0", True),
    "ce_id": ("UUID of the event; the same id again is the same event", True),
    "ce_source": ("/organisations/<code>, or /hub/... for what the hub says; set by the hub in what it sends on", True),
    "ce_type": ("<stream>.<EventName>, the full name of the value's schema", True),
    "ce_subject": ("id of the aggregate, the same as the record's key", True),
    "ce_time": ("RFC 3339 time with a zone: when it happened", True),
    "ce_sequence": ("counts without a gap for each source and subject; set by the hub", False),
    "ce_recordedtime": ("when the hub took the event; set by the hub", False),
    "ce_toldtime": ("when the hub told the owner of the inbox; set by the hub, in inboxes alone", False),
    "ce_marks": ("recorded_late, out_of_policy; set by the hub", False),
    "ce_because": ("UUID of what an event of the hub's own follows from; set by the hub, in streams alone", False),
    "content-type": (CONTENT_TYPE, False),
    "traceparent": ("W3C trace context", False),
}
_DEAD_HEADERS: Final = {
    "sender": "code of the organisation that posted it",
    "ce_id": "id of the event, where it could be read",
    "type": "its type, where it is one",
    "topic": "where the record stands",
    "partition": "where the record stands",
    "offset": "where the record stands",
    "field": "what is wrong",
    "reason": "the rule it breaks",
    "remedy": "what to do",
    "sha256": "hash of the record's value, which is not kept here",
    "rejected_at": "RFC 3339 time",
}


def asyncapi() -> str:
    """Return the document as YAML."""
    from ruamel.yaml import YAML  # only developers have it: they alone write the pages

    writer = YAML()
    writer.width = 120
    out = io.StringIO()
    writer.dump(document(), out)
    return f"# {page_source('the event classes, `placehub.streams` and `placehub.intake.table`')}\n{out.getvalue()}"


def document() -> Document:
    """Return the document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "placehub",
            "version": version("placehub"),
            "description": _SAYS,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": _servers(),
        "channels": _mailboxes() | {one.name: _channel(one) for one in STREAMS},
        "operations": _operations(),
        "components": {
            "securitySchemes": {
                "scramSha256": {
                    "type": "scramSha256",
                    "description": "The organisation's code and its Kafka password; librdkafka from 2.6.1 on.",
                }
            },
            "schemas": {"CloudEventsHeaders": _cloud_events()},
            "messages": {full_name(cls): _message(cls) for cls in every_event()} | {DEAD: _dead_letter()},
        },
    }


def _servers() -> Document:
    def server(protocol: str, says: str) -> Document:
        return {
            "host": "{bootstrap}",
            "protocol": protocol,
            "description": says,
            "variables": {"bootstrap": {"default": "127.0.0.1:9092", "description": "What the hub's operator says"}},
            "security": [{"$ref": "#/components/securitySchemes/scramSha256"}],
            "bindings": {
                "kafka": {
                    "schemaRegistryUrl": "https://api.example/registry",
                    "schemaRegistryVendor": "confluent",
                    "bindingVersion": BINDING,
                }
            },
        }

    return {
        "tls": server("kafka-secure", "A hub in earnest: SASL_SSL"),
        "loopback": server("kafka", "A hub under `placehub up`, on one machine: SASL_PLAINTEXT"),
    }


def _mailboxes() -> Document:
    code = {"organisation": {"description": "Code of the organisation"}}
    days = Settings.model_fields["mailbox_days"].default
    outbox = "Only the organisation of that code writes here, only the hub reads."
    inbox = "Only the hub writes here, only the organisation of that code reads."
    dead = "What was set aside: headers alone, no value. Only the hub reaches it."
    received = [cls for cls in every_event() if not full_name(cls).startswith("clock.")]
    return {
        "outbox": {
            "address": f"{OUTBOX}{{organisation}}",
            "description": outbox,
            "parameters": code,
            "messages": _references(posted()),
            "bindings": _topic(1, days),
        },
        "inbox": {
            "address": f"{INBOX}{{organisation}}",
            "description": inbox,
            "parameters": code,
            "messages": _references(received),
            "bindings": _topic(1, days),
        },
        DEADLETTER: {
            "address": DEADLETTER,
            "description": dead,
            "messages": {DEAD: {"$ref": f"#/components/messages/{DEAD}"}},
            "bindings": _topic(None, days),
        },
    }


def posted() -> list[type]:
    """Return every event that an organisation may post."""
    return [cls for cls in every_event() if full_name(cls) in ACTS and ACTS[full_name(cls)].by != ("hub",)]


def _channel(one: Stream) -> Document:
    partitions = 1 if one.single_partition else Settings.model_fields["partitions"].default
    return {
        "address": one.name,
        "description": f"{one.says}. Only the hub reaches it: written by {', '.join(one.writers)}.",
        "messages": _references(one.events),
        "bindings": _topic(partitions, None),
    }


def _references(events: Iterable[type]) -> Document:
    return {full_name(cls): {"$ref": f"#/components/messages/{full_name(cls)}"} for cls in events}


def _topic(partitions: int | None, days: int | None) -> Document:
    kept = {"cleanup.policy": ["delete"], "retention.ms": days * DAY_MS if days else -1}
    counted = {"partitions": partitions} if partitions else {}
    return {"kafka": {**counted, "topicConfiguration": kept, "bindingVersion": BINDING}}


def _operations() -> Document:
    group = {"type": "string", "description": "Begins with the organisation's code and a dot"}
    return {
        "post": {
            "action": "send",
            "channel": {"$ref": "#/channels/outbox"},
            "summary": "Post an event; EventRejected in the inbox says what is wrong with one.",
        },
        "read": {
            "action": "receive",
            "channel": {"$ref": "#/channels/inbox"},
            "summary": "Read what the organisation may see; an event of an unknown type is to be skipped and counted.",
            "bindings": {"kafka": {"groupId": group, "bindingVersion": BINDING}},
        },
    }


def _message(cls: type) -> Document:
    name = full_name(cls)
    home, _, short = name.partition(".")
    says = str(avro_schema(cls)["doc"])
    key = "organisation" if home == MAILBOX else stream(home).key
    return {
        "name": name,
        "title": short,
        "summary": says,
        "contentType": CONTENT_TYPE,
        "headers": {"$ref": "#/components/schemas/CloudEventsHeaders"},
        "payload": {"schemaFormat": AVRO, "schema": {"$ref": f"../schemas/avro/{home}/{short}.avsc"}},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": f"{key} as text"},
                "schemaIdLocation": "payload",
                "schemaIdPayloadEncoding": "confluent",
                "schemaLookupStrategy": "RecordNameStrategy",
                "bindingVersion": BINDING,
            }
        },
    }


def _cloud_events() -> Document:
    properties = {
        name: {"type": "string", "description": says, "maxLength": LONGEST} for name, (says, _) in _HEADERS.items()
    }
    required = [name for name, (_, needed) in _HEADERS.items() if needed]
    return {"type": "object", "required": required, "properties": properties}


def _dead_letter() -> Document:
    headers = {name: {"type": "string", "description": says} for name, says in _DEAD_HEADERS.items()}
    return {
        "name": DEAD,
        "summary": "A record that was set aside.",
        "headers": {"type": "object", "required": list(headers), "properties": headers},
        "payload": {"type": "null"},
        "bindings": {
            "kafka": {"key": {"type": "string", "description": "code of the sender"}, "bindingVersion": BINDING}
        },
    }
