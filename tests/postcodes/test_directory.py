"""Tests of the postcode directory, on the real data."""

from __future__ import annotations

from math import dist

import numpy as np
import pytest

from placehub.postcodes import Place, Postcodes, Sector, authority, distance_miles, normalise, sector_of


def place(postcodes: Postcodes, postcode: str) -> Place:
    """Return a place that must exist."""
    found = postcodes.find(postcode)
    assert found is not None
    return found


def sector(postcodes: Postcodes, label: str) -> Sector:
    """Return a sector that must exist."""
    found = postcodes.sector(label)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("postcode", "name", "nation"),
    [
        ("LS1 1BA", "Leeds", "England"),
        ("BD1 1HY", "Bradford", "England"),
        ("SW1A 1AA", "Westminster", "England"),
        ("ME14 1XQ", "Kent", "England"),
        ("CF10 3ND", "Cardiff", "Wales"),
        ("EH1 1YJ", "City of Edinburgh", "Scotland"),
        ("BT1 5GS", "Belfast", "Northern Ireland"),
    ],
)
def test_a_postcode_lies_in_the_authority_for_its_children(
    postcodes: Postcodes, postcode: str, name: str, nation: str
) -> None:
    """A town hall's postcode is in its authority; in a county it is the county, not the district."""
    found = authority(place(postcodes, postcode).authority)
    assert (found.name, found.nation) == (name, nation)


def test_a_postcode_gives_its_sector_code_and_metres(postcodes: Postcodes) -> None:
    """LS1 1BA, however spelt, is in Leeds (E08000035), in the middle of that city."""
    found = place(postcodes, "ls11ba")
    assert (found.postcode, found.sector, found.authority) == ("LS1 1BA", "LS1 1", "E08000035")
    assert dist((found.east, found.north), (429_800, 433_800)) < 1_500


def test_a_county_postcode_keeps_its_district(postcodes: Postcodes) -> None:
    """The district of a county's postcode is known beside the county."""
    found = place(postcodes, "ME14 1XQ")
    assert (found.authority, authority(found.district).name) == ("E10000016", "Maidstone")


def test_leeds_and_bradford_are_nine_miles_apart(postcodes: Postcodes) -> None:
    """The distance of two known cities is right, both ways and to itself."""
    leeds, bradford = place(postcodes, "LS1 1BA"), place(postcodes, "BD1 1HY")
    assert distance_miles(leeds, bradford) == pytest.approx(9, abs=2)
    assert distance_miles(bradford, leeds) == distance_miles(leeds, bradford)
    assert distance_miles(leeds, leeds) == 0


def test_belfast_lies_west_of_scotland(postcodes: Postcodes) -> None:
    """Northern Ireland is converted from the Irish grid: Belfast is some 100 miles from Glasgow, not in Cheshire."""
    belfast, glasgow = place(postcodes, "BT1 5GS"), place(postcodes, "G2 1DU")
    assert dist((belfast.east, belfast.north), (146_000, 530_000)) < 3_000
    assert belfast.east < sector(postcodes, "DG9 7").east
    assert distance_miles(belfast, glasgow) == pytest.approx(103, abs=8)


@pytest.mark.parametrize("postcode", ["LS1 1ZZ", "ZZ1 1AA", "LS1", "not a postcode", "", "JE1 0BD", "IM1 1AA"])
def test_what_is_not_in_the_directory_is_none(postcodes: Postcodes, postcode: str) -> None:
    """A postcode that does not exist, or is not on the grid, has no place."""
    assert postcodes.find(postcode) is None


def test_a_retired_postcode_still_has_its_place(postcodes: Postcodes) -> None:
    """An old address can still be measured from: AB1 was renamed in the 1990s."""
    assert authority(place(postcodes, "AB1 0AA").authority).nation == "Scotland"


def test_a_sectors_centre_is_the_mean_of_its_postcodes(postcodes: Postcodes) -> None:
    """A sector counts its postcodes, stands at their mean and names their main authority."""
    found = sector(postcodes, "ls62")
    places = [place(postcodes, postcode) for postcode in postcodes.postcodes_in("LS6 2")]
    assert (found.sector, found.count, found.authority) == ("LS6 2", len(places), "E08000035")
    assert found.east == pytest.approx(np.mean([one.east for one in places]), abs=1)
    assert found.north == pytest.approx(np.mean([one.north for one in places]), abs=1)
    assert postcodes.sector("LS6 0X") is None
    assert postcodes.sector("ZZ9 9") is None


def test_the_columns_agree_with_single_look_ups(postcodes: Postcodes) -> None:
    """The arrays for many distances at once hold the same centres, in the order of the sectors."""
    labels = postcodes.sectors()
    assert len(labels) == len(postcodes.sector_east) == len(postcodes.sector_north) > 10_000
    for at in range(0, len(labels), 500):
        found = sector(postcodes, labels[at])
        assert postcodes.sector_index(labels[at]) == at
        assert (found.east, found.north) == (postcodes.sector_east[at], postcodes.sector_north[at])
    assert postcodes.sector_index("ZZ9 9") is None


def test_every_sampled_postcode_is_found_where_its_sector_is(postcodes: Postcodes) -> None:
    """Postcodes from all over are found under their usual spelling and sector, in a known authority."""
    for label in postcodes.sectors()[::97]:
        for postcode in postcodes.postcodes_in(label)[::29]:
            found = place(postcodes, postcode)
            assert found.postcode == postcode == normalise(postcode)
            assert found.sector == label == sector_of(postcode)
            assert authority(found.authority).until is None


def test_the_arrays_cannot_be_changed(postcodes: Postcodes) -> None:
    """Shared columns are read-only."""
    with pytest.raises(ValueError, match="read-only"):
        postcodes.sector_east[0] = 0


def test_authorities_that_adjoin(postcodes: Postcodes) -> None:
    """Leeds adjoins Bradford, not Kent; adjoining goes both ways; nobody adjoins a code nobody knows."""
    leeds, bradford, kent = "E08000035", "E08000032", "E10000016"
    near = postcodes.adjoining(leeds)
    assert bradford in near
    assert kent not in near
    assert leeds not in near
    assert leeds in postcodes.adjoining(bradford)
    assert postcodes.adjoining("E99999999") == frozenset()
