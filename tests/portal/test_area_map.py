"""Sufficiency on a map: where each area is, by how much is looked for and offered there; small numbers stay hidden."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from placehub.portal.area_map import LARGEST, LETTER, MARGIN, SMALLEST, WIDTH, drawn
from placehub.postcodes import Postcodes, authorities

from .visiting import join

CENTRES = {
    "Northtown": (430_000.0, 480_000.0),
    "Southtown": (530_000.0, 380_000.0),
    "Elsewhere": (480_000.0, 430_000.0),
}


def row(area: str, figure: str, count: int | None, what: str = "any kind") -> dict[str, Any]:
    """Return a row of the view."""
    return {"area": area, "figure": figure, "what": what, "count": count}


def test_north_is_up_and_area_is_number() -> None:
    """A circle's area stands for its number, the largest is as large as any may be; others are dots around."""
    found = drawn(
        [
            row("Northtown", "searches", 100),
            row("Northtown", "homes", 25),
            row("Southtown", "searches", 1),
            row("Southtown", "distance", 900, "over 20 miles"),
        ],
        CENTRES,
    )
    assert found is not None
    north, south = found.spots
    assert (north.name, north.searches, north.homes) == ("Northtown", LARGEST, LARGEST / 2)
    assert (south.searches, south.homes) == (SMALLEST, 0)
    assert north.y < south.y
    assert north.x < south.x
    assert (north.x, south.x) == (MARGIN, WIDTH - MARGIN)
    assert found.around == ((WIDTH / 2, found.height / 2),)


def test_a_name_is_not_cut_off() -> None:
    """A long name at the edge stands a little aside, whole within the picture; a short one is beneath its area."""
    far = "A Very Long Name of an Area at the Edge"
    found = drawn([row(far, "homes", 5), row("Southtown", "homes", 10)], {far: (430_000.0, 480_000.0), **CENTRES})
    assert found is not None
    short, long = found.spots
    assert (short.named_across, long.x) == (short.x, MARGIN)
    assert long.x < long.named_across == round(len(far) * LETTER / 2, 1)


def test_a_hidden_number_is_drawn_as_hidden() -> None:
    """Neither as nought nor by its size, whatever another organisation says of the same area."""
    found = drawn([row("Northtown", "homes", None), row("Northtown", "homes", 40)], CENTRES)
    assert found is not None
    (spot,) = found.spots
    assert (spot.searches, spot.homes) == (0, None)


def test_no_name_stands_upon_another() -> None:
    """Of two areas side by side the larger is named; apart, both are."""
    near = {
        "Largetown": (430_000.0, 430_000.0),
        "Smalltown": (431_000.0, 430_000.0),
        "Farville": (500_000.0, 500_000.0),
    }
    found = drawn([row(name, "homes", count) for name, count in zip(near, (50, 10, 20), strict=True)], near)
    assert found is not None
    assert {spot.name for spot in found.spots if spot.named} == {"Largetown", "Farville"}


def test_nothing_to_draw() -> None:
    """Rows of no known area, or none, have no map."""
    assert drawn([], CENTRES) is None
    assert drawn([row("not told", "searches", 7)], CENTRES) is None


def test_every_authority_has_a_centre() -> None:
    """Each that places children lies somewhere on the grid; Leeds lies where Leeds is."""
    centres = Postcodes.open().centres()
    missing = {one.name for one in authorities("England") if one.places_children} - {
        one.name for one in authorities("England") if one.code in centres
    }
    assert not missing
    east, north = centres["E08000035"]
    assert abs(east - 430_000) < 10_000
    assert abs(north - 434_000) < 10_000


@pytest.mark.broker
def test_a_view_without_areas_has_no_map(hub: Any) -> None:
    """Only the views of sufficiency have one, and those only where there is something to draw."""
    visitor = join(hub.settings, hub.add("consortium").code, f"{uuid4()}@example.org", "commissioner")
    assert visitor.get("/views/agreement_calendar/map.svg").answer.status_code == 404
    page = visitor.get("/views/sufficiency")
    shown = 'src="/views/sufficiency/map.svg"' in page.answer.text
    picture = visitor.get("/views/sufficiency/map.svg").answer
    assert picture.status_code == (200 if shown else 404)
