"""Why something was refused, in the words of the page it is shown on.

The hub's sentences are written for programs, too: they name events, options and fields. Each has a form that is the
same whatever the facts (`placehub.saying`), and the texts of a language say that form as people on a page read it;
those of English hold only the forms that need other words there. What no text is known for, such as a newer version's,
is shown as it came.
"""

from __future__ import annotations

from placehub.errors import Rejected, sentence_of
from placehub.portal.words import gettext, language, retold
from placehub.saying import begun


def why_not(error: Exception) -> str:
    """Return what an error of the hub says, as people on a page read it."""
    if isinstance(error, Rejected):
        return about(error)
    return retold(sentence_of(error))


def beside(why: Rejected) -> str:
    """Return a refusal as it stands beside the field it is about."""
    return f"{begun(retold(why.rule))}. {retold(why.remedy)}"


def about(why: Rejected) -> str:
    """Return a refusal as it stands where the field it is about is not: that is named, where there is a word for it."""
    named = field_in_words(why.field)
    return f"{named}: {retold(why.rule)}. {retold(why.remedy)}" if named else beside(why)


def field_in_words(path: str) -> str:
    """Return the last name of a field's path as people read it; an empty text where their language has none for it."""
    names = [one for one in path.replace("_", " ").split(".") if one and not one.isdigit()]
    name = begun(names[-1].removesuffix(" id").removeprefix("--")) if names else ""
    told = gettext(name)
    return told if told != name or language() == "en" else ""
