"""Lines over time, or over whatever grows, as SVG, each named at its end: no script, no font but the reader's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from xml.etree import ElementTree as ET

Points = Sequence[tuple[float, float]]
WIDTH: Final = 760
HEIGHT: Final = 240
LEFT: Final = 60
RIGHT: Final = 180
TOP: Final = 34
NAME_HEIGHT: Final = 13
"""Names are this far apart at least."""
INK: Final = "#12436d"


def draw(panels: Mapping[str, Mapping[str, Points]], unit: str = "s") -> str:
    """Return a picture with one panel under the other: title -> name of a line -> its points.

    A point is how far along, in `unit`s, and a value.
    """
    height = (HEIGHT + TOP) * len(panels) + TOP
    svg = ET.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {height}", role="img")
    ET.SubElement(svg, "title").text = "; ".join(panels)
    ET.SubElement(svg, "rect", width="100%", height="100%", fill="#ffffff")
    for number, (title, lines) in enumerate(panels.items()):
        _panel(svg, title, lines, TOP + number * (HEIGHT + TOP), unit)
    return ET.tostring(svg, encoding="unicode") + "\n"


def _panel(svg: ET.Element, title: str, lines: Mapping[str, Points], top: int, unit: str) -> None:
    most_x = max((x for points in lines.values() for x, _ in points), default=0) or 1
    most_y = max((y for points in lines.values() for _, y in points), default=0) or 1
    bottom, width = top + HEIGHT - TOP, WIDTH - LEFT - RIGHT

    def at(x: float, y: float) -> tuple[float, float]:
        return round(LEFT + x / most_x * width, 1), round(bottom - y / most_y * (bottom - top - TOP), 1)

    _text(svg, title, 10, top, size=15)
    _text(svg, f"{most_y:,.0f}", LEFT - 6, at(0, most_y)[1] + 4, anchor="end")
    _text(svg, "0", LEFT - 6, bottom, anchor="end")
    _text(svg, f"{most_x:,.0f} {unit}".strip(), at(most_x, 0)[0], bottom + 16, anchor="end")
    ET.SubElement(svg, "path", d=f"M{LEFT} {top + TOP}V{bottom}H{WIDTH - RIGHT}", fill="none", stroke="#505a5f")
    lowest = float(bottom)
    for name, points in sorted(lines.items(), key=lambda one: one[1][-1][1]):
        way = " ".join(f"{x},{y}" for x, y in (at(*point) for point in points))
        ET.SubElement(svg, "polyline", points=way, fill="none", stroke=INK)
        end = at(*points[-1])[1]
        lowest = min(end + 4, lowest - NAME_HEIGHT)
        _text(svg, f"{name} {points[-1][1]:,.0f}", WIDTH - RIGHT + 8, lowest)


def _text(svg: ET.Element, words: str, x: float, y: float, *, anchor: str = "start", size: int = 11) -> None:
    place = {"x": str(x), "y": str(y), "text-anchor": anchor, "font-size": str(size)}
    ET.SubElement(svg, "text", place | {"font-family": "sans-serif", "fill": "#0b0c0c"}).text = words
