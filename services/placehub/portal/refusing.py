"""Why something was refused, in the words of the page it is shown on.

The hub's sentences are written for programs, too: they name events, options and fields. Each has a form that is the
same whatever the facts (`placehub.saying`), and the texts of a language say that form as people on a page read it;
those of English hold only the forms that need other words there. What no text is known for, such as a newer version's,
is shown as it came.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Final

from placehub.errors import Rejected, sentence_of
from placehub.portal.words import day, gettext, language, when, word
from placehub.saying import facts_of, form_of

_BETWEEN: Final = re.compile(r"(, | or | and )")
"""What stands between the words of a fact that are several."""
_FIELD: Final = re.compile(r"[a-z_]+(?:[._][a-z_]+)+")


def in_words(sentence: str) -> str:
    """Return a sentence of the hub, or a part of one, as people on a page read it."""
    facts = facts_of(sentence)
    told = gettext(form_of(sentence))
    if not facts:
        return told
    try:
        return told.format_map({name: _fact(value) for name, value in facts.items()})
    except (KeyError, IndexError, ValueError):  # another version's form, with other facts
        return str(sentence)


def why_not(error: Exception) -> str:
    """Return what an error of the hub says, as people on a page read it."""
    if isinstance(error, Rejected):
        return about(error)
    return in_words(sentence_of(error))


def beside(why: Rejected) -> str:
    """Return a refusal as it stands beside the field it is about."""
    return f"{_begun(in_words(why.rule))}. {in_words(why.remedy)}"


def about(why: Rejected) -> str:
    """Return a refusal as it stands where the field it is about is not: that is named, where there is a word for it."""
    named = field_in_words(why.field)
    return f"{named}: {in_words(why.rule)}. {in_words(why.remedy)}" if named else beside(why)


def field_in_words(path: str) -> str:
    """Return the last name of a field's path as people read it; an empty text where their language has none for it."""
    names = [one for one in path.replace("_", " ").split(".") if one and not one.isdigit()]
    name = _begun(names[-1].removesuffix(" id").removeprefix("--")) if names else ""
    told = gettext(name)
    return told if told != name or language() == "en" else ""


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


def _fact(value: str) -> str:
    with suppress(ValueError):
        return day(date.fromisoformat(value))
    with suppress(ValueError):
        return day(datetime.strptime(value, "%d %B %Y").replace(tzinfo=UTC).date())
    with suppress(ValueError):
        return when(datetime.strptime(value, "%d %B %Y %H:%M UTC").replace(tzinfo=UTC))
    joints = {" or ": gettext(" or "), " and ": gettext(" and "), ", ": ", "}
    return "".join(joints.get(one) or word(_without_marks(one)) for one in _BETWEEN.split(value))


def _without_marks(one: str) -> str:
    """Return the last name of a field's path as words; anything else as it is."""
    return one.rpartition(".")[2].replace("_", " ") if _FIELD.fullmatch(one) else one
