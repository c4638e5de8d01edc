"""`docs/delivery.md`: who receives what, without which fields, and why."""

from __future__ import annotations

from placehub.delivery.rules import NEVER_FROM_A_STREAM, TABLE
from placehub.handbook.writing import code, codes, page, section, table
from placehub.streams import event_name, full_name

_INTRO = """\
For every event this table says into whose inbox it goes, and which fields are taken out first. Whoever is reached by
two rows gets the fuller one. The sender is among them: what comes back is its receipt that the hub has taken the event.

A provider that is invited late also gets every earlier fact of the case, so that late is no less than early."""


def delivery() -> str:
    """Return the page."""
    return page("Who receives what", "`placehub.delivery.rules.TABLE`", _INTRO, *_tables(), _apart())


def _tables() -> list[str]:
    streams = dict.fromkeys(str(row.event.STREAM) for row in TABLE)  # type: ignore[attr-defined]  # every event names one
    return [section(f"`{name}`", _table(name)) for name in streams]


def _table(stream: str) -> str:
    rows = [row for row in TABLE if full_name(row.event).startswith(f"{stream}.")]
    return table(
        ("event", "goes to", "without", "why"),
        [(code(event_name(row.event)), row.audience.value, codes(row.without), row.why) for row in rows],
    )


def _apart() -> str:
    rows = [(code(full_name(event)), why) for event, why in NEVER_FROM_A_STREAM.items()]
    return section("Delivered in another way", table(("event", "how"), rows))
