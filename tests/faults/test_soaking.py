"""What a soak notes, tells and draws."""

from __future__ import annotations

import os
from xml.etree import ElementTree as ET

from placehub.faults.drawing import draw
from placehub.faults.soaking import Noted, Soak
from placehub.observing.usage import memory_mb

SOAK = Soak([Noted(float(at), {"search": 100.0 + at, "intake": 80.0}, at % 3, at * 10) for at in range(8)])


def test_the_figures_of_a_soak() -> None:
    """Memory is told as it was in the first and the last quarter and at most; the lag at most and in the end."""
    figures = SOAK.figures()
    assert figures["memory"]["search"] == {"beginning": 100.5, "end": 106.5, "most": 107.0}
    assert figures["memory"]["intake"] == {"beginning": 80.0, "end": 80.0, "most": 80.0}
    assert (figures["lag_at_most"], figures["lag_in_the_end"], figures["records_a_second"]) == (2, 0.5, 10.0)


def test_the_picture_of_a_soak() -> None:
    """The picture has a panel for memory and one for lag, and names each line with its last value."""
    root = ET.fromstring(draw(SOAK.lines()))  # noqa: S314 - our own
    words = {one.text for one in root.iter("{http://www.w3.org/2000/svg}text")}
    assert words >= {"Memory in MB, by process", "Records still to read", "search 107", "intake 80", "all processors 1"}
    assert len(list(root.iter("{http://www.w3.org/2000/svg}polyline"))) == 3


def test_the_memory_of_a_process() -> None:
    """A process that lives holds memory, one that has gone holds none."""
    assert memory_mb([os.getpid()]) > 1
    assert memory_mb([2**22 + 1]) == 0
