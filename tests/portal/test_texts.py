"""Every text goes through gettext, so that it can be told in another language."""

from __future__ import annotations

import ast
import re
from collections import Counter
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


def notices(path: Path) -> Iterator[str]:
    """Yield the names of what a module lets pages say after an act."""
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) == "NOTICES.update"
            and isinstance(node.args[0], ast.Dict)
        ):
            yield from (str(ast.literal_eval(key)) for key in node.args[0].keys if key)


def test_no_area_says_what_another_does() -> None:
    """Each name of what was done is one area's alone: the second would be said in place of the first."""
    found = Counter(name for path in (FOLDER / "pages").glob("*.py") for name in notices(path))
    assert len(found) > 30
    assert [name for name, count in found.items() if count > 1] == []


def test_texts_can_be_extracted() -> None:
    """Both kinds of file are read for texts: those of the pages and those of what is told in them."""
    mapping = [("**.py", "python"), ("templates/**.html", "jinja2")]
    found = {str(message) for _, _, message, _, _ in extract_from_dir(FOLDER, mapping)}
    assert {"Give early notice", "Searches that fit", "{provider} declined: {reason}.", "Not answered yet"} <= found
    assert len(found) > 200
