"""The benchmarks in words: a page, each figure beside its aim."""

from __future__ import annotations

from typing import Any


def page(found: dict[str, Any]) -> str:
    """Return `docs/benchmarks.md` of one run."""
    machine = found["machine"]
    return "\n".join(
        (
            "# What matching costs",
            "",
            "Written by `placehub bench match --write`. Every figure is processor time, beside what NumPy alone takes",
            "to filter the same columns in the same run. The ratio counts; the milliseconds are this machine's:",
            f"{machine['cores']} cores, Python {machine['python']}, NumPy {machine['numpy']}.",
            "",
            "## P2: one search, with the explanation of the first 50 (aim: p99 at most 3 times the bare filter)",
            "",
            "| vacancies | fit (median) | median ms | p99 ms | bare median | bare p99 | median ratio | p99 ratio |",
            "|---|---|---|---|---|---|---|---|",
            *(_p2(row) for row in found["p2"]),
            "",
            "## P4: a vacancy opens among open searches (aim: p99 at most 250 ms from end to end)",
            "",
            *_p4(found["p4"]),
            "",
            "## P5: what-if over a year (aim: at most 3 times the bare cost)",
            "",
            _p5(found["p5"]),
            "",
        )
    )


def _p2(row: dict[str, Any]) -> str:
    cells = (
        *(f"{row['vacancies']:,}", row["fits_median"], row["median_ms"], row["p99_ms"]),
        *(row["bare_median_ms"], row["bare_p99_ms"], row["median_ratio"], row["p99_ratio"]),
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def _p4(row: dict[str, Any]) -> list[str]:
    few, every = row["up_to_15"], row["all"]
    return [
        f"{row['open_searches']:,} open searches, {row['openings']} openings, of which each is told to "
        f"{row['told_median']} (median) and at most {row['told_most']} searches. {row['says'].capitalize()}.",
        "",
        f"- Where 1 to 15 fit: median {few['median_ms']} ms, p99 {few['p99_ms']} ms "
        f"(bare filter over the searches' columns: {few['bare_median_ms']} and {few['bare_p99_ms']} ms).",
        f"- All openings: median {every['median_ms']} ms, p99 {every['p99_ms']} ms.",
    ]


def _p5(row: dict[str, Any]) -> str:
    return (
        f"{row['searches']:,} searches among {row['places']:,} places, reckoned from {row['measured_searches']:,} that "
        f"were measured: {row['seconds']:,} s, bare {row['bare_seconds']:,} s, ratio {row['ratio']}."
    )
