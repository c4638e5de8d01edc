"""Times of many calls, and what they come to beside something bare."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np


def seconds(calls: Sequence[Callable[[], Any]]) -> list[float]:
    """Return how long each call takes, in this process's processor seconds: what others do meanwhile is not in it."""
    found = []
    for call in calls:
        began = time.process_time()
        call()
        found.append(time.process_time() - began)
    return found


def figures(ours: Sequence[Sequence[float]], bare: Sequence[Sequence[float]]) -> dict[str, Any]:
    """Return median and p99 in milliseconds of both over all repeats, and the ratio of each repeat with its spread."""
    medians = [_at(one, 50) / _at(other, 50) for one, other in zip(ours, bare, strict=True)]
    tails = [_at(one, 99) / _at(other, 99) for one, other in zip(ours, bare, strict=True)]
    all_ours, all_bare = ([value for some in times for value in some] for times in (ours, bare))
    return {
        "median_ms": _ms(_at(all_ours, 50)),
        "p99_ms": _ms(_at(all_ours, 99)),
        "bare_median_ms": _ms(_at(all_bare, 50)),
        "bare_p99_ms": _ms(_at(all_bare, 99)),
        "median_ratio": spread(medians),
        "p99_ratio": spread(tails),
        "mean_ratio": round(sum(all_ours) / sum(all_bare), 2),
    }


def machine() -> dict[str, Any]:
    """Return what the run ran on; `load`: how many processes wanted a core in the last minute, these included."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "load": round(os.getloadavg()[0], 1),
    }


def spent_ms(before: Mapping[str, float], after: Mapping[str, float], count: int) -> dict[str, float]:
    """Return the processor milliseconds that each process took for each of so many acts, from its seconds by then."""
    each = {name: (seconds - before.get(name, 0.0)) * 1000 / count for name, seconds in sorted(after.items())}
    return {name: round(one, 1) for name, one in each.items()}


def _at(values: Sequence[float], percent: float) -> float:
    return float(np.percentile(values, percent))


def _ms(value: float) -> float:
    return round(value * 1000, 3)


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Return the middle one of some values, with the least and the most."""
    return f"{median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"
