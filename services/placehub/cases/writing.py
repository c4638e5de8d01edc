"""A case file as JSON, HTML or PDF: the same file is the same bytes; nothing is read or written here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from html import escape
from typing import Any, Final

from placehub.cases.file import CaseFile, Entry, NotTold, Telling
from placehub.paper import begin, part

Rows = list[tuple[str, ...]]
STORY: Final = ("happened", "known", "who said it", "event", "what it says", "told")
OWN_STORY: Final = ("told", "happened", "known", "who said it", "event", "what it says")
NOT_TOLD: Final = ("provider", "because", "open homes", "decided", "would have been told")
_SHARES: Final = {STORY: (11, 11, 12, 16, 30, 20), OWN_STORY: (11, 11, 11, 12, 18, 37), NOT_TOLD: (20, 30, 8, 12, 30)}
HUB: Final = "the hub"
_STYLE: Final = (
    "body{font-family:system-ui,sans-serif;line-height:1.45;margin:2rem auto;max-width:75rem;padding:0 1rem;"
    "color:#0b0c0c;background:#fff}table{border-collapse:collapse;width:100%}caption{text-align:left;font-weight:bold;"
    "font-size:1.2rem;padding:1rem 0 .5rem}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;"
    "border-bottom:1px solid #b1b4b6}dt{font-weight:bold}dd{margin:0 0 .5rem}.wide{overflow-x:auto}"
)


def title_of(file: CaseFile) -> str:
    """Return what the file is called."""
    for_whom = f", as {file.organisation} could see it" if file.organisation else ""
    return f"Case {file.referral_id}{for_whom}, as of {_at(file.as_of)}"


def head_of(file: CaseFile) -> Rows:
    """Return what the file is about, a line each."""
    seen = f"only what {file.organisation} had been told by then" if file.organisation else "everything the hub knew"
    return [
        ("referral", str(file.referral_id)),
        ("as of", _at(file.as_of)),
        ("shows", seen),
        ("events", str(len(file.entries))),
        ("times", "UTC, by the hub's clock"),
    ]


def story_of(file: CaseFile) -> tuple[Sequence[str], Rows]:
    """Return the columns and lines of the story: a party's begins with when it was told."""
    if file.organisation is not None:
        return OWN_STORY, [(_at(one.told[0].at), *_common(one)) for one in file.entries]
    return STORY, [(*_common(one), _told(one.told)) for one in file.entries]


def not_told_of(file: CaseFile) -> Rows:
    """Return the lines of who was not told, and why."""
    return [_left_out(one) for one in file.not_told]


def as_document(file: CaseFile) -> dict[str, Any]:
    """Return the file for JSON, its ids and times as they are; sealed parts stay sealed."""
    return {
        "referral_id": file.referral_id,
        "as_of": file.as_of,
        "organisation": file.organisation,
        "story": [asdict(one) for one in file.entries],
        "not_told": [asdict(one) for one in file.not_told],
    }


def as_html(file: CaseFile) -> bytes:
    """Return a page that needs nothing but itself: no script, no font, no picture from elsewhere."""
    columns, lines = story_of(file)
    title = escape(title_of(file))
    parts = [
        f'<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title>',
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>',
        f"<body><main><h1>{title}</h1><dl>",
        *(f"<dt>{escape(what)}</dt><dd>{escape(says)}</dd>" for what, says in head_of(file)),
        "</dl>",
        *_table("The story", columns, lines),
        *([] if file.organisation else _table("Who was not told, and why", NOT_TOLD, not_told_of(file))),
        "</main></body></html>\n",
    ]
    return "\n".join(parts).encode()


def as_pdf(file: CaseFile) -> bytes:
    """Return a PDF for paper, dated by the moment it is as of."""
    columns, lines = story_of(file)
    paper = begin(title_of(file), file.as_of)
    part(paper, title_of(file), ("what", "says"), head_of(file), (20, 80))
    part(paper, "The story", columns, lines, _SHARES[tuple(columns)])
    if file.organisation is None:
        part(paper, "Who was not told, and why", NOT_TOLD, not_told_of(file), _SHARES[NOT_TOLD])
    return bytes(paper.output())


FORMATS: Final[Mapping[str, Callable[[CaseFile], bytes]]] = {"html": as_html, "pdf": as_pdf}


def _table(caption: str, columns: Sequence[str], lines: Rows) -> Iterator[str]:
    yield f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}">'
    yield f"<table><caption>{escape(caption)}</caption><thead><tr>"
    yield "".join(f'<th scope="col">{escape(one)}</th>' for one in columns)
    yield "</tr></thead><tbody>"
    yield from ("<tr>" + "".join(f"<td>{escape(one)}</td>" for one in line) + "</tr>" for line in lines)
    yield "</tbody></table></div>" if lines else "</tbody></table><p>Nothing by then.</p></div>"


def _common(one: Entry) -> tuple[str, ...]:
    return _at(one.happened_at), _at(one.known_at), one.by or HUB, one.event, one.says


def _told(told: Sequence[Telling]) -> str:
    return "; ".join(_telling(one) for one in told) or "nobody"


def _telling(one: Telling) -> str:
    if one.kept_back:
        return f"not {one.organisation}: {one.kept_back}"
    without = f", without {', '.join(one.without)}" if one.without else ""
    return f"{one.organisation} {_at(one.at)}{without}"


def _left_out(one: NotTold) -> tuple[str, ...]:
    return one.provider, one.because, str(one.homes), _at(one.decided_at), one.would_be_told


def _at(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
