"""Who takes part: real authorities by their real codes, made-up providers, and a made-up consortium that leads.

A made-up code (`SAMPLE-IFA-07`) cannot be taken for a real one: no scheme's codes have that form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from placehub.agreements.events import AgreementRegistered, ContractManager, ProviderJoined
from placehub.postcodes import authorities as authorities_of
from placehub.postcodes import authority
from placehub.sample.chance import made_id, rng
from placehub.sample.places import Places

NEIGHBOURS: Final[dict[str, tuple[str, ...]]] = {
    "E08000035": ("E08000032", "E08000036", "E06000014"),  # Leeds: Bradford, Wakefield, York
    "W06000006": (),  # Wrexham
    "S12000047": (),  # Fife
    "E08000032": ("E08000035", "E08000033", "E08000034"),  # Bradford: Leeds, Calderdale, Kirklees
    "E08000034": ("E08000033", "E08000036", "E08000032"),  # Kirklees: Calderdale, Wakefield, Bradford
    "E08000036": ("E08000035", "E08000034", "E08000038"),  # Wakefield: Leeds, Kirklees, Barnsley
    "E08000033": ("E08000032", "E08000034"),  # Calderdale: Bradford, Kirklees
    "E08000039": ("E08000018", "E08000038", "E08000017"),  # Sheffield: Rotherham, Barnsley, Doncaster
    "E08000018": ("E08000039", "E08000017", "E08000038"),  # Rotherham: Sheffield, Doncaster, Barnsley
    "E08000017": ("E08000018", "E08000038", "E08000036"),  # Doncaster: Rotherham, Barnsley, Wakefield
    "E08000038": ("E08000039", "E08000018", "E08000036"),  # Barnsley: Sheffield, Rotherham, Wakefield
    "E06000014": ("E08000035", "E06000011"),  # York: Leeds, East Riding
    "E06000010": ("E06000011",),  # Hull: East Riding
    "E06000011": ("E06000010", "E06000014", "E08000017"),  # East Riding: Hull, York, Doncaster
}
"""The authorities, and the neighbours where a provider that works for one also has carers."""

NEAREST: Final = 3
"""How many authorities outside the region count as an authority's neighbours: those whose middle is nearest."""
SCHEMES: Final = {"England": "ofsted", "Wales": "ciw", "Scotland": "ci"}
LEAD: Final = "SAMPLE-LEAD-01"
STARTS_ON: Final = date(2025, 4, 1)


@dataclass(frozen=True, slots=True)
class Party:
    """One organisation of the sample world."""

    code: str
    scheme: str
    kind: str
    name: str
    nation: str
    areas: tuple[str, ...] = ()
    """Authorities where a provider's carers live; its main one first."""

    @property
    def sharing_agreement(self) -> str:
        """The reference of its made-up data-sharing agreement."""
        return f"SAMPLE-DSA-{self.code}"


def make_authorities(count: int, nation: str | None = None) -> tuple[Party, ...]:
    """Return the first `count` authorities of a nation by their codes, or, without one, of the region.

    A Welsh and a Scottish authority are always among the region's.
    """
    codes = [one.code for one in authorities_of(nation)] if nation else list(NEIGHBOURS)
    found = (authority(code) for code in codes[:count])
    return tuple(Party(one.code, "ons", "authority", one.name, one.nation) for one in found)


def make_providers(seed: int, count: int, authorities: Sequence[Party], places: Places) -> tuple[Party, ...]:
    """Return the made-up providers, at least one for each authority where there are enough."""
    codes = [one.code for one in authorities]
    return tuple(_provider(seed, number, codes, places) for number in range(1, count + 1))


def _provider(seed: int, number: int, codes: list[str], places: Places) -> Party:
    main = codes[(number - 1) % len(codes)]
    around = NEIGHBOURS[main] if main in NEIGHBOURS else places.nearest(main, NEAREST)
    near = [code for code in around if code in codes]
    chance = rng(seed, "provider", number)
    nation = authority(main).nation
    return Party(
        code=f"SAMPLE-IFA-{number:02}",
        scheme=SCHEMES[nation],
        kind="provider",
        name=f"Sample Fostering {number:02} (made up)",
        nation=nation,
        areas=(main, *chance.sample(near, min(len(near), chance.randint(0, 2)))),
    )


def make_lead() -> Party:
    """Return the consortium that holds the agreements; it is no authority, so its code is made up."""
    return Party(LEAD, "ons", "consortium", "Sample Commissioning Consortium (made up)", "England")


def agreement_id(seed: int, nation: str) -> UUID:
    """Return the id of the agreement of that nation."""
    return made_id(seed, "agreement", nation)


def agreements(seed: int, authorities: Sequence[Party]) -> tuple[AgreementRegistered, ...]:
    """Return one agreement for each nation that has an authority here."""
    nations = dict.fromkeys(one.nation for one in authorities)
    return tuple(_agreement(seed, nation, authorities) for nation in nations)


def _agreement(seed: int, nation: str, authorities: Sequence[Party]) -> AgreementRegistered:
    return AgreementRegistered(
        agreement_id=agreement_id(seed, nation),
        lead=LEAD,
        name=f"Sample foster care agreement, {nation} (made up)",
        kind="framework",
        nation=nation,
        authorities=tuple(one.code for one in authorities if one.nation == nation),
        manager=ContractManager(organisation=LEAD, post="Contract manager", contact="contracts@lead.example"),
        deputies=(ContractManager(organisation=LEAD, post="Deputy", contact="deputy@lead.example"),),
        starts_on=STARTS_ON,
    )


def joinings(seed: int, providers: Sequence[Party]) -> tuple[ProviderJoined, ...]:
    """Return which provider joins which agreement: the one of its own nation."""
    return tuple(
        ProviderJoined(agreement_id=agreement_id(seed, one.nation), lead=LEAD, provider=one.code, joined_on=STARTS_ON)
        for one in providers
    )
