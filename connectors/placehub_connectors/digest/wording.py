"""The words of the mails and of the page; pure. No case's id, need or place stands in any of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Final

from placehub.mail import Words
from placehub.organisations.rota import as_told
from placehub_connectors.digest.picture import OpenHome, Picture

STYLE: Final = (
    "body{font:1.1rem/1.5 Arial,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem;color:#0b0c0c}"
    "button{font:inherit;padding:.5rem 1rem}"
)
_ANEW: Final = "Wait for the next weekly e-mail, which brings a new link, or ask whoever runs this service for you."


def digest_words(picture: Picture, now: datetime) -> Words | None:
    """Return the daily digest; None when there is nothing to say."""
    lines = [*_answers(picture.waiting(now)), *_stale(picture.going_stale(now))]
    return Words("What waits for you today", _letter(lines)) if lines else None


def quiet_words() -> Words:
    """Return the digest of a day with nothing to say, for those who asked to have it all the same."""
    return Words("Nothing waits for you today", _letter(["No search waits for an answer, and no home goes stale."]))


def _answers(waiting: Sequence[datetime]) -> list[str]:
    if not waiting:
        return []
    counted = Counter(map(as_told, waiting))
    due = [f"- {count} by {when}" for when, count in counted.items()]
    return [f"{_many(len(waiting), 'search', 'searches')} that your homes fit: your answer is due.", *due, ""]


def _stale(until: Sequence[datetime]) -> list[str]:
    if not until:
        return []
    told = f"{_many(len(until), 'home', 'homes')}: the carer's word ends within the week, or has ended."
    return [told, f"- the first on {as_told(until[0])}", "Ask the carers again, then confirm the homes.", ""]


def confirm_words(count: int, link: str, until: datetime) -> Words:
    """Return the weekly mail with the link."""
    lines = [f"{_many(count, 'home', 'homes')} can be confirmed in one go. Ask the carers first.", "", link, ""]
    lines += [f"The link shows what it will confirm, works once, and ends on {as_told(until)}. Do not pass it on."]
    return Words("Confirm all your homes", _letter(lines))


def emergency_words(respond_by: datetime) -> Words:
    """Return the mail that an emergency waits."""
    lines = ["A home is needed today, and one of yours may fit.", f"Your answer is due by {as_told(respond_by)}."]
    return Words("Urgent: an emergency search waits", _letter([*lines, "Sign in to see it."]))


def _letter(lines: Sequence[str]) -> str:
    return "\n".join([*lines, "", "This mail holds nothing about any child. Times are those of London."]) + "\n"


def _many(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def asking_page(homes: Sequence[OpenHome], gone: int, until: datetime) -> str:
    """Return the page that shows what a link will confirm, and does nothing itself."""
    listed = _list(homes)
    said = f"<p>{_many(gone, 'home', 'homes')} of this link cannot be: closed, paused, full or confirmed by now.</p>"
    button = f"<form method='post'><p>Their carers say yes until {escape(as_told(until))}.</p>"
    button += "<button>Confirm all of them</button></form>"
    nothing = "<p>There is nothing left to confirm. You need do nothing.</p>"
    return page("Confirm your homes", f"{listed}{said if gone else ''}{button if homes else nothing}")


def done_page(homes: Sequence[OpenHome], gone: int, refused: int) -> str:
    """Return the page that says what was confirmed and what could not be."""
    parts = [f"<p>{_many(len(homes), 'home was', 'homes were')} confirmed.</p>", _list(homes)]
    if gone:
        parts.append(f"<p>{_many(gone, 'home was', 'homes were')} not: closed, paused, full or confirmed by now.</p>")
    if refused:
        parts.append(f"<p>{_many(refused, 'home was', 'homes were')} refused afterwards. Look at each by itself.</p>")
    return page("Done", "".join([*parts, "<p>This link is used up. The next weekly e-mail brings a new one.</p>"]))


def refused_page(why: str) -> str:
    """Return the page of a link that cannot be used."""
    return page("This link cannot be used", f"<p>{escape(why)}</p><p>{escape(_ANEW)}</p>")


def away_page() -> str:
    """Return the page of a moment at which nothing can be confirmed."""
    return page(
        "Not now", "<p>The exchange does not answer at the moment. Try the same link again in a few minutes.</p>"
    )


def _list(homes: Sequence[OpenHome]) -> str:
    rows = "".join(
        f"<li>{escape(one.sector)}: {_many(one.places, 'place', 'places')}, ages {one.min_age} to {one.max_age}, "
        f"the carer's word ends {escape(as_told(one.willing_until))}</li>"
        for one in homes
    )
    return f"<ul>{rows}</ul>" if rows else ""


def page(title: str, body: str) -> str:
    """Return a whole page; `body` is HTML."""
    head = f"<meta charset='utf-8'><meta name='viewport' content='width=device-width'><title>{escape(title)}</title>"
    return (
        f"<!doctype html><html lang='en-GB'><head>{head}<style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
