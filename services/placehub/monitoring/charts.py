"""Charts of views as SVG: bars beside their words and numbers, readable without colour, and the same bytes each time.

A chart is a picture of rows that an organisation may see anyway; what is hidden in them is drawn as hidden, never as
nought. It needs nothing from outside: no script, no style sheet, no font but the reader's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Final
from xml.etree import ElementTree as ET

WIDTH: Final = 760
MARGIN: Final = 20
LABELS: Final = 230
"""Where bars begin: the words of each stand to the left of it."""
LONGEST: Final = 440
"""How long the bar of the greatest count of a panel is."""
LINE: Final = 22
BAR: Final = 14
HIDDEN_WIDTH: Final = 30
"""How wide the dashed box of a hidden count is, whatever the count."""
LETTERS: Final = 92
"""How many letters fit in a line of a heading."""
HIDDEN: Final = "hidden"
IN_A_DASHED_BOX: Final = "A dashed box is no length: its number is hidden."
NOTHING: Final = "There is nothing to show yet."
_DARK, _LIGHT = "#12436d", "#ffffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One count; None: it is hidden. `series` says how it is filled: 0 dark, 1 hatched."""

    label: str
    count: int | None
    series: int = 0
    hidden: str = HIDDEN
    """What stands in place of a hidden count."""

    @property
    def told(self) -> str:
        """The count in words."""
        return self.hidden if self.count is None else str(self.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Bars under one heading, such as an area."""

    heading: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Groups whose bars have one scale."""

    title: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture of a view: its name (letters and `_`, for ids), what it is called, a note below, and its panels."""

    name: str
    title: str
    note: str
    panels: tuple[Panel, ...]


def in_words(panels: Sequence[Panel]) -> str:
    """Return every count of the panels in words, for whoever does not see the bars."""
    return " ".join(f"{panel.title}. {' '.join(map(_sentence, panel.groups))}" for panel in panels)


def _sentence(group: Group) -> str:
    return f"{group.heading}: {', '.join(f'{bar.label} {bar.told}' for bar in group.bars)}."


def draw(chart: Chart, tell: Callable[[str], str] = str, language: str = "en") -> str:
    """Return the chart as an SVG document of its own; `tell` puts its words, but for names, into a language."""
    sheet = _Sheet(chart.name, language)
    chart = _told(chart, tell)
    nothing = tell(NOTHING)
    sheet.named(chart.title, in_words(chart.panels) or nothing)
    sheet.heading(chart.title, 17)
    for panel in chart.panels:
        _panel(sheet, panel)
    if not chart.panels:
        sheet.line(nothing)
    some_hidden = any(bar.count is None for panel in chart.panels for group in panel.groups for bar in group.bars)
    sheet.note(f"{tell(IN_A_DASHED_BOX)} {chart.note}" if some_hidden else chart.note)
    return sheet.written()


def _told(chart: Chart, tell: Callable[[str], str]) -> Chart:
    """Return the chart with its panels' titles and its bars' labels in another language; its own are told already."""
    hidden = tell(HIDDEN)
    panels = (
        replace(panel, title=tell(panel.title), groups=tuple(_group(one, tell, hidden) for one in panel.groups))
        for panel in chart.panels
    )
    return replace(chart, panels=tuple(panels))


def _group(group: Group, tell: Callable[[str], str], hidden: str) -> Group:
    return replace(group, bars=tuple(replace(one, label=tell(one.label), hidden=hidden) for one in group.bars))


def _panel(sheet: _Sheet, panel: Panel) -> None:
    greatest = max((bar.count or 0 for group in panel.groups for bar in group.bars), default=0)
    sheet.heading(panel.title, 15)
    for group in panel.groups:
        sheet.line(group.heading)
        for bar in group.bars:
            length = round(LONGEST * (bar.count or 0) / greatest, 1) if greatest else 0
            sheet.bar(f"{group.heading}, {bar.label}: {bar.told}", bar, length)


class _Sheet:
    """A page that is written from the top down."""

    def __init__(self, name: str, language: str) -> None:
        self._name = name
        self._y = MARGIN
        self._root = ET.Element("svg", xmlns="http://www.w3.org/2000/svg", role="img", lang=language)
        self._root.set("aria-labelledby", f"{name}-title {name}-desc")
        self._root.set("font-family", "sans-serif")
        self._root.set("font-size", "13")

    def named(self, title: str, words: str) -> None:
        """Say what the picture is called, and all of it in words."""
        for kind, said in (("title", title), ("desc", words)):
            ET.SubElement(self._root, kind, id=f"{self._name}-{kind}").text = _clean(said)
        hatched = ET.SubElement(ET.SubElement(self._root, "defs"), "pattern", id=f"{self._name}-hatched")
        for key, value in (("width", "6"), ("height", "6"), ("patternUnits", "userSpaceOnUse")):
            hatched.set(key, value)
        ET.SubElement(hatched, "rect", width="6", height="6", fill=_LIGHT)
        ET.SubElement(hatched, "path", d="M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2", stroke=_DARK)
        ET.SubElement(self._root, "rect", width="100%", height="100%", fill=_LIGHT)

    def heading(self, said: str, size: int) -> None:
        """Write a heading, in as many lines as it needs."""
        self._y += 8
        for words in wrap(_clean(said), LETTERS * 13 // size):
            self._text(MARGIN, words, size=size, bold=True)
            self._y += LINE

    def line(self, said: str) -> None:
        """Write a line of its own."""
        self._y += 4
        self._text(MARGIN, said, bold=True)
        self._y += LINE

    def note(self, said: str) -> None:
        """Write what is to be known of the whole, small."""
        self._y += 8
        for words in wrap(_clean(said), LETTERS + 20):
            self._text(MARGIN, words, size=12)
            self._y += LINE - 4

    def bar(self, told: str, bar: Bar, length: float) -> None:
        """Draw a bar between its label and its count; a hidden count is a dashed box of always the same width."""
        group = ET.SubElement(self._root, "g")
        ET.SubElement(group, "title").text = _clean(told)
        self._text(LABELS - 8, bar.label, end=True, within=group)
        ET.SubElement(group, "path", d=f"M{LABELS},{self._y - 3} v{LINE}", stroke=_DARK)
        if bar.count is None:
            self._box(group, HIDDEN_WIDTH, _LIGHT).set("stroke-dasharray", "3 3")
        elif length:
            self._box(group, length, f"url(#{self._name}-hatched)" if bar.series else _DARK)
        self._text(LABELS + (HIDDEN_WIDTH if bar.count is None else length) + 6, bar.told, within=group)
        self._y += LINE

    def written(self) -> str:
        """Return the document, as high as what was written."""
        height = self._y + MARGIN
        for key, value in (("width", WIDTH), ("height", height), ("viewBox", f"0 0 {WIDTH} {height}")):
            self._root.set(key, str(value))
        ET.indent(self._root)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(self._root, encoding="unicode")}\n'

    def _box(self, within: ET.Element, width: float, fill: str) -> ET.Element:
        place = {"x": LABELS, "y": self._y + 1, "width": width, "height": BAR}
        given = {name: str(value) for name, value in place.items()}
        return ET.SubElement(within, "rect", {**given, "fill": fill, "stroke": _DARK})

    def _text(
        self,
        x: float,
        said: str,
        *,
        size: int = 13,
        bold: bool = False,
        end: bool = False,
        within: ET.Element | None = None,
    ) -> None:
        place = {"x": str(x), "y": str(self._y + 13), "fill": "#0b0c0c"}
        look = {**({"font-weight": "bold"} if bold else {}), **({"text-anchor": "end"} if end else {})}
        sized = {} if size == 13 else {"font-size": str(size)}
        parent = self._root if within is None else within
        ET.SubElement(parent, "text", {**place, **sized, **look}).text = _clean(said)


def _clean(said: str) -> str:
    """Return what was said without what no XML document may hold."""
    return "".join(one if one.isprintable() else " " for one in said)
