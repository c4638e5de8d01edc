"""The measures as a picture: history beside the shadow, one panel for each kind of figure; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from placehub.audit.whatif.comparing import MEAN, MEDIAN, SHARE, Measure
from placehub.monitoring.charts import Bar, Chart, Group, Panel

_TITLES: Final = {
    MEDIAN: "Medians",
    SHARE: "Shares of cases, in percent",
    MEAN: "Means",
}
_NOTE: Final = (
    "Dark: history; hatched: the same history under the policy that was tried. Numbers are rounded; the table beside "
    "has them in full, with how many cases each rests on."
)


def chart_of(policy: str, measures: Sequence[Measure]) -> Chart:
    """Return the chart; a measure of which nothing is known is left out."""
    told = [one for one in measures if one.was is not None and one.would_be is not None]
    panels = [
        Panel(title=_TITLES[figure] if len(some) > 1 else some[0].name, groups=tuple(map(_group, some)))
        for figure, some in _panels(told)
    ]
    return Chart(name="whatif", title=f"What if {policy} had been in force", note=_NOTE, panels=tuple(panels))


def _panels(measures: Sequence[Measure]) -> list[tuple[str, list[Measure]]]:
    """Put shares, which have one scale, into one panel; each other measure has its own."""
    shares = [one for one in measures if one.figure == SHARE]
    alone = [(one.figure, [one]) for one in measures if one.figure != SHARE]
    return [*alone, (SHARE, shares)] if shares else alone


def _group(one: Measure) -> Group:
    scale = 100 if one.figure == SHARE else 1
    both = (("history", one.was), ("would be", one.would_be))
    bars = [Bar(label=label, count=round((value or 0) * scale), series=nth) for nth, (label, value) in enumerate(both)]
    return Group(heading=f"{one.name} ({one.counted} cases)", bars=tuple(bars))
