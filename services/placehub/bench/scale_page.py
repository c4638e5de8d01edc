"""`bench scale` in words, and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from placehub.bench.page import table, told

_COLUMNS: Final = (
    *("search workers", "organisations", "intakes", "first invitation ms", "bare hop ms", "notices a second"),
    *("processor ms a notice", "of it search", "intake", "broker", "joined after s", "all held MB", "the broker MB"),
)


def scale(found: dict[str, Any]) -> str:
    """Return the section of `bench scale`."""
    return "\n".join(
        (
            "## P7: cost as work grows (aim: no cliff)",
            "",
            f"Written by `placehub bench scale --write docs/benchmarks.md`. {told(found['machine'])}",
            f"Each line is a hub of its own: {found['timed']} early notices come one by one, two a second, a bare",
            f"record between each two; then {found['at_once']} at once, until all that follows is delivered.",
            "Times are medians. Other numbers of organisations than 55 are in the sample's corner, where there are",
            "fewer homes to invite, and most of them have no part in it. One line alone: `--organisations 3000`.",
            "Joined: from nothing until all organisations have mailboxes, passwords and rules; memory: at the end.",
            "",
            table(_COLUMNS, [_row(one) for one in (*found["workers"], *found["organisations"])]),
        )
    )


def _row(one: dict[str, Any]) -> Sequence[object]:
    of = one["busy_ms_of"]
    search = sum(value for name, value in of.items() if name.startswith("search"))
    intake = sum(value for name, value in of.items() if name.startswith("intake"))
    return (
        *(one["workers"], one["organisations"], one["intakes"]),
        *(one["first_ms"], one["bare_ms"], one["a_second"], one["busy_ms"]),
        *(round(search, 1), round(intake, 1), of.get("kafka", 0)),
        *(one["joined_s"], one["memory_mb"], one["broker_mb"]),
    )


def panels(found: dict[str, Any]) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Return what is drawn: panel -> line -> its points."""
    drawn = {"search workers": "workers", "organisations": "organisations"}
    return {
        f"By {words}": {
            "notices a second": [(one[name], one["a_second"]) for one in found[name]],
            "processor ms a notice": [(one[name], one["busy_ms"]) for one in found[name]],
        }
        for words, name in drawn.items()
        if found[name]
    }
