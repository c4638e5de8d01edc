"""`docs/quality.md`: how a referral is scored, what is doubted, how the questions are found, and the feedback on it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields

from placehub.codes import code_list
from placehub.handbook.reading import docstring, field_docs
from placehub.handbook.writing import code, codes, flowing, page, section, table
from placehub.referrals import doubts, quality
from placehub.referrals.doubts import Freshness
from placehub.referrals.quality import ELSEWHERE, FACTS, NOT_TOLD, PARTS_OF_A_RISK, RISKS, SECTIONS
from placehub.search import questions, unknowns

_INTRO = """\
The hub assesses every early notice, referral and revision at once and tells the authority alone (`ReferralAssessed`):
what is told, what is old, what cannot all be true, and what to ask first. `placehub referral check FILE` says the same
before anything is sent. Sealed needs are opened in memory for it; what is said of them is fields, sections, codes and
numbers, never a value."""

_FEEDBACK = """\
Completeness says nothing of truth. So 14 and 42 days after the start the provider with whom the child lives may say of
each field how it turned out (`ReferralFeedbackGiven`), and the authority may answer each (`FeedbackAnswered`). Both
come after the search has ended; late feedback is taken like any other. The view
[`referral_quality`](views.md#referral_quality) shows the trend."""


def quality_page() -> str:
    """Return the page."""
    return page(
        "How good a referral is",
        "`placehub.referrals.quality`, `placehub.referrals.doubts` and `placehub.search.questions`",
        _INTRO,
        section("Completeness", _body(quality), _sections(), _not_told(), _elsewhere()),
        section("Old evidence", _months()),
        section("Contradictions", _list("contradiction")),
        section("The three questions", _body(questions), _body(unknowns), _blocking()),
        section("Feedback", _FEEDBACK, _list("referral_feedback"), _list("feedback_answer")),
    )


def _body(module: object) -> str:
    return docstring(module).partition("\n\n")[2]


def _sections() -> str:
    named = code_list("referral_section")
    listed: dict[str, list[str]] = defaultdict(list)
    for fact in FACTS:
        listed[fact.section].append(fact.path)
    meanings = {value.code: value.meaning for value in named.values}
    each = f"{len(RISKS)} risks, {PARTS_OF_A_RISK} parts each"
    rows = [(name, meanings[name], codes(listed[name]) if listed[name] else each) for name in SECTIONS]
    return table(("section", "what it holds", "fields"), rows)


def _not_told() -> str:
    return f"The codes {codes(sorted(NOT_TOLD))} count as not told. Of an early notice only what it may tell is asked."


def _elsewhere() -> str:
    rows = [(code(name), why) for name, why in ELSEWHERE.items() if name not in RISKS]
    return "Fields of the Placements Data Standard v2 that are told otherwise:\n\n" + table(("field", "how"), rows)


def _months() -> str:
    docs = field_docs(Freshness)
    rows = [
        (code(one.name), code(getattr(doubts.DEFAULT, one.name)), flowing(docs[one.name])) for one in fields(Freshness)
    ]
    return table(("number", "value", "meaning and source"), rows)


def _blocking() -> str:
    return "A field that is not told *blocks* when a hard criterion asks the authority for it, of some home that fits."


def _list(name: str) -> str:
    return table((name.replace("_", " "), "meaning"), [(code(one.code), one.meaning) for one in code_list(name).values])
