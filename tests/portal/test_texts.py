"""Every text goes through gettext, so that it can be told in another language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir
from jinja2 import Environment

import placehub.portal

FOLDER = Path(placehub.portal.__file__).parent
NAMES = {"placehub"}
"""Words that are the same in every language."""


def bare(text: str) -> str:
    """Return what of a template is read by people and not given by an expression."""
    data = "".join(value if kind == "data" else "" for _, kind, value in Environment(autoescape=True).lex(text))
    return re.sub(r"<[^>]*>|&[a-z]+;", " ", data)


def untold() -> Iterator[str]:
    """Yield every word of a template that stands in it as it is."""
    for path in sorted((FOLDER / "templates").rglob("*.html")):
        words = set(re.findall(r"[A-Za-z]{2,}", bare(path.read_text()))) - NAMES
        yield from (f"{path.name}: {one}" for one in sorted(words))


def test_no_template_has_words_of_its_own() -> None:
    """What people read in a template is marked to be put into their language."""
    assert list(untold()) == []


def test_texts_can_be_extracted() -> None:
    """Both kinds of file are read for texts: those of the pages and those of what is told in them."""
    mapping = [("**.py", "python"), ("templates/**.html", "jinja2")]
    found = {str(message) for _, _, message, _, _ in extract_from_dir(FOLDER, mapping)}
    assert {"Give early notice", "Searches that fit", "{provider} declined: {reason}.", "Not answered yet"} <= found
    assert len(found) > 200
