"""Sentences that remember what they were made of, so that whoever shows them may put them into other words; pure."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Self


class Said(str):
    """An English sentence (or a part of one) with the form it was made from and the facts that stand in it.

    `form` is the same wherever the same rule is broken, whatever the facts: `must be 0 to {most}`. It is what programs
    and translations go by. A text without facts is its own form, and may be a plain string.
    """

    form: str
    facts: Mapping[str, str]

    def __new__(cls, text: str, form: str = "", facts: Mapping[str, str] | None = None) -> Self:
        """Make a sentence of a text as it came from elsewhere, with its form and facts where they came along."""
        made = super().__new__(cls, text)
        made.form, made.facts = form or text, dict(facts or {})
        return made


def said(form: str, **facts: object) -> Said:
    """Return the sentence a form gives with these facts; KeyError for one that is missing.

    Facts are numbers, days, codes or words of the hub, never what somebody sent. Those the form has no place for are
    left out.
    """
    named = {name for _, name, _, _ in Formatter().parse(form) if name}
    told = {name: str(facts[name]) for name in sorted(named)}
    return Said(form.format_map(told), form, told)


def begun(text: str) -> str:
    """Return a text as it stands where a sentence begins."""
    return text[:1].upper() + text[1:]


def form_of(text: str) -> str:
    """Return what a text was made from; itself where it is a plain one."""
    return text.form if isinstance(text, Said) else text


def facts_of(text: str) -> Mapping[str, str]:
    """Return what stands in a text, by name."""
    return text.facts if isinstance(text, Said) else {}
