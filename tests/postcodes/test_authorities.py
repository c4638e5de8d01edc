"""Tests of the authorities."""

from __future__ import annotations

from datetime import date

import pytest

from placehub.errors import NotFound
from placehub.postcodes import Postcodes, authorities, authority


@pytest.mark.parametrize(
    ("code", "name", "nation"),
    [
        ("E08000035", "Leeds", "England"),
        ("E10000016", "Kent", "England"),
        ("E06000066", "Somerset", "England"),
        ("W06000015", "Cardiff", "Wales"),
        ("S12000049", "Glasgow City", "Scotland"),
    ],
)
def test_authorities_have_their_names_and_nations(code: str, name: str, nation: str) -> None:
    """An ONS code gives the authority's name and nation, and it places children."""
    found = authority(code)
    assert (found.name, found.nation, found.places_children) == (name, nation, True)


def test_each_nation_has_as_many_as_it_has() -> None:
    """153 authorities place children in England, 22 in Wales and 32 in Scotland."""
    assert [len(authorities(nation)) for nation in ("England", "Wales", "Scotland")] == [153, 22, 32]
    assert len(authorities()) == 153 + 22 + 32


def test_a_district_points_to_its_county() -> None:
    """A district does not place children: its county does."""
    maidstone = authority("E07000110")
    assert (maidstone.name, maidstone.upper, maidstone.places_children) == ("Maidstone", "E10000016", False)


def test_an_ended_authority_names_its_successors() -> None:
    """Cumbria ended on 31 March 2023 and two authorities took its place."""
    cumbria = authority("E10000006")
    assert cumbria.until == date(2023, 3, 31)
    assert [authority(code).name for code in cumbria.successors] == ["Cumberland", "Westmorland and Furness"]
    assert cumbria not in authorities("England")


def test_an_unknown_code_is_not_found() -> None:
    """A code nobody has is not found."""
    with pytest.raises(NotFound):
        authority("E99999999")


@pytest.mark.parametrize(
    ("sector", "name"),
    [
        ("EH1 1", "City of Edinburgh"),
        ("G1 1", "Glasgow City"),
        ("DD1 1", "Dundee City"),
        ("AB10 1", "Aberdeen City"),
        ("KW15 1", "Orkney Islands"),
        ("ZE1 0", "Shetland Islands"),
        ("HS1 2", "Na h-Eileanan Siar"),
        ("IV1 1", "Highland"),
        ("KY1 1", "Fife"),
        ("FK1 1", "Falkirk"),
        ("FK8 1", "Stirling"),
        ("FK10 1", "Clackmannanshire"),
        ("PH1 5", "Perth and Kinross"),
        ("DG1 1", "Dumfries and Galloway"),
        ("TD1 1", "Scottish Borders"),
        ("KA1 1", "East Ayrshire"),
        ("KA7 1", "South Ayrshire"),
        ("KA12 8", "North Ayrshire"),
        ("PA1 1", "Renfrewshire"),
        ("PA15 1", "Inverclyde"),
        ("PA34 4", "Argyll and Bute"),
        ("ML1 1", "North Lanarkshire"),
        ("ML3 6", "South Lanarkshire"),
        ("EH54 6", "West Lothian"),
        ("EH22 1", "Midlothian"),
        ("EH41 3", "East Lothian"),
        ("DD8 1", "Angus"),
        ("IV30 1", "Moray"),
        ("AB42 1", "Aberdeenshire"),
        ("G66 1", "East Dunbartonshire"),
        ("G82 1", "West Dunbartonshire"),
        ("G46 6", "East Renfrewshire"),
        ("BT1 5", "Belfast"),
        ("BT48 6", "Derry City and Strabane"),
        ("BT74 6", "Fermanagh and Omagh"),
        ("BT34 1", "Newry, Mourne and Down"),
        ("BT41 1", "Antrim and Newtownabbey"),
        ("BT61 7", "Armagh City, Banbridge and Craigavon"),
        ("BT52 1", "Causeway Coast and Glens"),
        ("BT28 1", "Lisburn and Castlereagh"),
        ("BT43 5", "Mid and East Antrim"),
        ("BT80 8", "Mid Ulster"),
        ("BT20 3", "Ards and North Down"),
        ("CA1 1", "Cumberland"),
        ("LA9 4", "Westmorland and Furness"),
        ("DL7 8", "North Yorkshire"),
        ("TA1 1", "Somerset"),
        ("S70 1", "Barnsley"),
        ("S1 2", "Sheffield"),
    ],
)
def test_the_names_we_add_are_where_they_should_be(postcodes: Postcodes, sector: str, name: str) -> None:
    """A sector in the authority's own town has the code we gave that name."""
    found = postcodes.sector(sector)
    assert found is not None
    assert authority(found.authority).name == name
