"""Charts are whole SVG documents: said in words too, true to scale, never nought for hidden, nothing from outside."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

from placehub.monitoring.charts import LABELS, LONGEST, NOTHING, WIDTH, Bar, Chart, Group, Panel, draw
from placehub.monitoring.sufficiency import SUFFICIENCY

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*rows: tuple[str, str, str, int | None], title: str = "Sufficiency") -> ET.Element:
    """Return the picture of these rows of the view."""
    assert SUFFICIENCY.panels is not None
    names = ("area", "figure", "what", "count")
    panels = SUFFICIENCY.panels([dict(zip(names, row, strict=True)) for row in rows])
    return ET.fromstring(draw(Chart(name="sufficiency", title=title, note="A note.", panels=panels)))  # noqa: S314


def bars(picture: ET.Element) -> dict[str, dict[str, Any] | None]:
    """Return the attributes of each bar by its words; None where none is drawn."""
    found = {}
    for group in picture.iter(f"{SVG}g"):
        box = group.find(f"{SVG}rect")
        found[str(group.findtext(f"{SVG}title"))] = None if box is None else dict(box.attrib)
    return found


def test_bars_are_true_to_scale_and_told_apart_without_colour() -> None:
    """The longest of a panel is as long as it may be; searches are dark and homes hatched, beside each other."""
    found = bars(drawn(("Leeds", "searches", "any kind", 40), ("Leeds", "homes", "any kind", 10)))
    dark, hatched = found["Leeds, searches: 40"], found["Leeds, homes: 10"]
    assert dark is not None
    assert hatched is not None
    assert (float(dark["width"]), float(hatched["width"])) == (LONGEST, LONGEST / 4)
    assert hatched["fill"] == "url(#sufficiency-hatched)"
    assert hatched["fill"] != dark["fill"]


def test_hidden_is_not_nought() -> None:
    """A hidden count is a dashed box of one width and says so; nought has no bar; what has no row is nought."""
    found = bars(
        drawn(
            ("Leeds", "searches", "any kind", None),
            ("York", "searches", "any kind", 0),
            ("York", "homes", "any kind", 400),
            ("York", "distance", "over 20 miles", None),
        )
    )
    hidden, far = found["Leeds, searches: hidden"], found["York, over 20 miles: hidden"]
    assert hidden is not None
    assert far is not None
    assert hidden["stroke-dasharray"]
    assert hidden["width"] == far["width"]
    assert found["York, searches: 0"] is None
    assert found["Leeds, homes: 0"] is None


def test_all_of_it_is_said_in_words() -> None:
    """Whoever does not see the bars is told every number, and which are hidden; the picture is named."""
    picture = drawn(("Leeds", "no fit", "age", 20), ("Leeds", "no fit", "several at once", None))
    title, words = (picture.find(f"{SVG}{name}") for name in ("title", "desc"))
    assert title is not None
    assert words is not None
    assert picture.get("aria-labelledby") == f"{title.get('id')} {words.get('id')}"
    assert words.text == (
        "Searches in which nothing fitted, by what was lacking most. Leeds: age 20, several at once hidden."
    )
    nothing = drawn().find(f"{SVG}desc")
    assert nothing is not None
    assert nothing.text == NOTHING


def test_everything_is_on_the_page_line_under_line() -> None:
    """However long the title and many the areas: lines are in order and apart, and none leaves the page."""
    rows = [(f"Area {number}", "searches", "any kind", number * 5) for number in range(40)]
    picture = drawn(*rows, title="What is looked for " * 20)
    height = float(picture.get("height") or 0)
    lines = sorted({float(one.get("y") or 0) for one in picture.iter(f"{SVG}text")})
    assert all(after - before >= 15 for before, after in pairwise(lines))
    assert lines[-1] < height
    for one in picture.iter(f"{SVG}text"):
        width = len(one.text or "") * float(one.get("font-size") or 13) * 0.62
        x = float(one.get("x") or 0)
        assert x - width >= 0 if one.get("text-anchor") else x + width <= WIDTH + 20, one.text
    assert all(LABELS + float(box["width"]) < WIDTH for box in bars(picture).values() if box)


def test_nothing_comes_from_outside_and_bytes_are_the_same() -> None:
    """No script, style sheet, picture or font is fetched; names are written as they are, less what XML cannot hold."""
    group = Group(heading='<script>&"\x00', bars=(Bar(label="a", count=5),))
    chart = Chart(name="any", title="T", note="", panels=(Panel(title="P", groups=(group,)),))
    text = draw(chart)
    picture = ET.fromstring(text)  # noqa: S314
    assert text == draw(chart)
    assert {one.tag.removeprefix(SVG) for one in picture.iter()} <= {
        *("svg", "title", "desc", "defs", "pattern", "rect", "path", "g", "text")
    }
    assert re.findall(r"(?:href|src|url)\W?[^#]", text.replace("url(#", "")) == []
    assert '<script>&" , a: 5' in bars(picture)
