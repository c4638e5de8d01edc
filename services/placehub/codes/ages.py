"""Age bands: what the hub shows of a child's age instead of a date of birth."""

from __future__ import annotations

from functools import cache

from placehub.codes.lists import code_list
from placehub.errors import NotFound, Rejected


@cache
def _bands() -> dict[str, tuple[int, int]]:
    return {value.code: value.bounds for value in code_list("age_band").values if value.bounds is not None}


def bounds(age_band: str) -> tuple[int, int]:
    """Return the band's first and last whole year, both included; NotFound for an unknown band."""
    try:
        return _bands()[age_band]
    except KeyError:
        raise NotFound(f"There is no such age band. Use one of: {', '.join(_bands())}.") from None


def band_of(age_years: int) -> str:
    """Return the band a whole number of years falls in; Rejected for an age outside every band."""
    for band, (low, high) in _bands().items():
        if low <= age_years <= high:
            return band
    raise Rejected("age_years", "an age must fall in one of the age bands", "Give whole years from 0 to 120.")
