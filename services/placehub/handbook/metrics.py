"""`docs/metrics.md`: every metric of the hub."""

from __future__ import annotations

from placehub.handbook.writing import code, codes, page, section, table
from placehub.observing.metrics import METRICS, MOST_REASONS

_INTRO = """\
Each process serves its own at `http://<observe>/metrics`, where the setting [`observe`](settings.md) says so. Nothing
in them is of a person or secret; whoever reaches the address may read them, so it belongs on a closed network.
`/live` and `/ready` stand beside it: see [operations](operations.md)."""

_READING = """\
- **Add up** over the workers of a processor what each tells of itself: counters, lag, partitions held.
- **Take the maximum** of `placehub_outgoing_rows` and `placehub_parked_events`: they are the processor's, and every
  worker tells the same.
- A partition that nobody holds has no lag at all: compare `placehub_partitions_held` with what there is.
- Lag, offsets and rows are as the last probe saw them, some seconds ago at most.
- After {most} different reasons one process counts further ones as `other`."""

_EXAMPLES = """\
`deploy/prometheus/alerts.yml` holds alert rules, `deploy/grafana/placehub.json` a dashboard; a test holds both against
what real processes tell."""


def metrics() -> str:
    """Return the page."""
    rows = [(code(one.name), one.kind, codes(one.labels), one.says) for one in METRICS]
    return page(
        "Metrics",
        "`placehub.observing.metrics`",
        _INTRO,
        table(("metric", "kind", "labels", "what it counts"), rows),
        "Beside them stand `process_*` and `python_*`: memory, processor time, open files, garbage collection.",
        section("How to read them", _READING.format(most=MOST_REASONS)),
        section("Alerts and a dashboard", _EXAMPLES),
    )
