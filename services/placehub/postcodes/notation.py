"""How a postcode is written: `LS6 2AB`, in the sector `LS6 2`."""

from __future__ import annotations

import re

# GIR and NPT are outward codes of older days that are still in the directory.
_POSTCODE = re.compile(r"((?:[A-Z]{1,2}[0-9][A-Z0-9]?)|GIR|NPT)([0-9])([A-Z]{2})")
_SECTOR = re.compile(r"((?:[A-Z]{1,2}[0-9][A-Z0-9]?)|GIR|NPT)([0-9])")


def normalise(text: str) -> str | None:
    """Return the postcode in its usual spelling (`ls62ab` gives `LS6 2AB`), or None when it cannot be one."""
    found = _POSTCODE.fullmatch(_bare(text))
    return None if found is None else f"{found[1]} {found[2]}{found[3]}"


def sector_of(postcode: str) -> str | None:
    """Return the sector of a postcode (`LS6 2AB` gives `LS6 2`), or None when the text is no postcode."""
    usual = normalise(postcode)
    return None if usual is None else usual[:-2]


def normalise_sector(text: str) -> str | None:
    """Return the sector in its usual spelling (`ls62` gives `LS6 2`), or None when it cannot be one."""
    found = _SECTOR.fullmatch(_bare(text))
    return None if found is None else f"{found[1]} {found[2]}"


def _bare(text: str) -> str:
    return "".join(text.split()).upper()
