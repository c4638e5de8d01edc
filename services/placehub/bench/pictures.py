"""What benchmarks draw beside their page: how a cost grows, the bare thing's with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from placehub.bench.scale_page import panels as scale
from placehub.faults.drawing import draw

Panels = dict[str, dict[str, list[tuple[float, float]]]]
"""Panel -> line -> its points."""


def picture_of(name: str, found: dict[str, Any], page: Path) -> str:
    """Draw a benchmark's figures into a file beside its page; return the line that shows it, empty where none is drawn.

    `name` is of the section: the benchmark's, and the scale where a scale has a section of its own.
    """
    kind = name.partition(" ")[0]
    if kind not in _DRAWN:
        return ""
    panels_of, says = _DRAWN[kind]
    drawn = panels_of(found)
    if not drawn:
        return ""
    file = page.with_name(f"bench-{name.replace(' ', '-')}.svg")
    file.write_text(draw(drawn, unit=""), encoding="utf-8")
    return f"\n\n![{says}]({file.name})"


def _lines(
    rows: Sequence[Mapping[str, Any]], along: str, lines: Mapping[str, str]
) -> dict[str, list[tuple[float, float]]]:
    """Return the lines of one panel: what each is called -> its figure in every row that has it; none of one row."""
    whole = sorted((one for one in rows if all(of in one for of in lines.values())), key=lambda one: float(one[along]))
    if len(whole) < 2:
        return {}
    return {name: [(float(one[along]), float(one[of])) for one in whole] for name, of in lines.items()}


def _panel(title: str, *of: Any) -> Panels:
    lines = _lines(*of)
    return {title: lines} if lines else {}


def matching(found: dict[str, Any]) -> Panels:
    """One search, by the number of homes."""
    lines = {"hub, median": "median_ms", "hub, p99": "p99_ms", "bare, p99": "bare_p99_ms"}
    return _panel("One search in ms, by homes", found["p2"], "vacancies", lines)


def latency(found: dict[str, Any]) -> Panels:
    """From outbox to inbox, by the pace of notices."""
    lines = {"hub, median": "median_ms", "hub, p99": "p99_ms", "bare, p99": "bare_p99_ms"}
    costs = [{**one, "ms": sum(one["busy_ms_a_notice"].values())} for one in found["p3"]]
    return {
        **_panel("First invitation in ms, by notices a second", found["p3"], "a_second", lines),
        **_panel("Processor ms a notice, by notices a second", costs, "a_second", {"all processes": "ms"}),
    }


def fanout(found: dict[str, Any]) -> Panels:
    """One decision, by the number of inboxes."""
    lines = {"hub": "median_ms", "bare": "bare_median_ms"}
    return _panel("Last inbox in ms, by inboxes", found["sizes"], "inboxes", lines)


def whatif(found: dict[str, Any]) -> Panels:
    """A case decided again, by the cases of the history."""
    lines = {"what-if": "whatif_ms_a_case", "one decision": "decided_ms_a_case", "bare": "bare_ms_a_case"}
    return _panel("Processor ms a case, by cases", found["runs"], "cases", lines)


_DRAWN: Final[dict[str, tuple[Callable[[dict[str, Any]], Panels], str]]] = {
    "match": (matching, "Time of one search by the number of homes, beside the bare filter's."),
    "latency": (latency, "Time to the first invitation, and processor time, by notices a second."),
    "fanout": (fanout, "Time until the last inbox has its invitation, by inboxes, beside a bare producer's."),
    "scale": (scale, "Notices a second by search workers and by organisations, and what each costs."),
    "whatif": (whatif, "Processor time of a case by the number of cases, beside one decision and a bare filter."),
}
"""Benchmark -> what it draws, and the picture in words."""
