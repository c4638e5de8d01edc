"""`docs/streams.md`: every topic of the hub."""

from __future__ import annotations

from placehub.handbook.writing import anchor, code, page, section, table, words
from placehub.settings import Settings
from placehub.streams import DEADLETTER, INBOX, MAILBOX_EVENTS, OUTBOX, STREAMS, Stream, event_name, full_name

_INTRO = """\
Streams are the record: they are kept for ever, in the order in which the hub took the events. Mailboxes are the way in
and out: one pair for each organisation, kept for `mailbox_days` ({days} unless [set](settings.md) otherwise). Every
value is Avro in the Confluent wire format, every event carries CloudEvents headers."""


def streams() -> str:
    """Return the page."""
    days = Settings.model_fields["mailbox_days"].default
    parts = [_INTRO.format(days=days), _overview(), _mailboxes(days), *map(_stream, STREAMS)]
    return page("Streams and mailboxes", "`placehub.streams`", *parts)


def _overview() -> str:
    default = Settings.model_fields["partitions"].default
    rows = [
        (
            code(one.name),
            code(one.key),
            words(one.writers),
            words(one.readers),
            "1" if one.single_partition else f"{default}, fixed when it is created",
            "for ever",
        )
        for one in STREAMS
    ]
    return section("Streams", table(("topic", "key", "written by", "read by", "partitions", "kept"), rows))


def _mailboxes(days: int) -> str:
    rows = [
        (code(f"{OUTBOX}<code>"), "the organisation of that code alone", "intake alone", f"{days} days"),
        (
            code(f"{INBOX}<code>"),
            "delivery, and whoever rejects",
            "the organisation of that code alone",
            f"{days} days",
        ),
        (code(DEADLETTER), "whoever rejects, operators", "monitoring, operators", f"{days} days"),
    ]
    only = (
        f"In no stream, only in one inbox: {_linked(MAILBOX_EVENTS)}. A dead letter has no value; its "
        "headers say topic, partition, offset, reason, field and remedy. An operator's settling record behind it says "
        "settles, how, reason, by and settled_at."
    )
    return section("Mailboxes and dead letters", table(("topic", "written by", "read by", "kept"), rows), only)


def _stream(one: Stream) -> str:
    return section(code(one.name), f"{one.says}.", f"Events: {_linked(one.events)}.")


def _linked(events: tuple[type, ...]) -> str:
    return ", ".join(f"[{event_name(event)}](events.md#{anchor(full_name(event))})" for event in events)
