"""`docs/matching.md`: the criteria in their order, how bands come about, and the policy's numbers."""

from __future__ import annotations

from dataclasses import fields

from placehub.agreements import agreed
from placehub.handbook.reading import docstring, field_docs
from placehub.handbook.writing import code, codes, flowing, page, section, table
from placehub.search.criteria import CRITERIA
from placehub.search.looking import Level
from placehub.search.matching import BANDS, HARD_FACTS, RULES_VERSION, band, match
from placehub.search.ordering import FULL
from placehub.search.policy import DEFAULT, Policy, check_policy
from placehub.search.releasing import invite, release_at
from placehub.search.skills import SKILLS
from placehub.search.surroundings import Surroundings
from placehub.search.weighing import ORDER_ONLY, SHARES, fresh_share, need_of
from placehub.search.widening import nothing_fits, widen
from placehub.search.withholding import relaxations
from placehub.vacancies import questioning

_INTRO = """\
Matching is a pure function of the need, the homes, the hub's time and the policy: the same facts give the same answer.
No price is among the facts it reads, but where parties agree that it decides between homes equal in band and need.
What is unknown is a question to somebody, never a "no" and never a "yes".
Every invitation carries the findings it rests on."""


def matching() -> str:
    """Return the page."""
    return page(
        "How a search and a home are matched",
        "`placehub.search`",
        _INTRO,
        section("Who is searched", docstring(Surroundings.eligible)),
        section("What a criterion may say", _levels()),
        section("The criteria, in order", _order(), _criteria()),
        section("What only orders", _order_only()),
        section("Skills that are asked for", _skills()),
        section("Need", docstring(need_of), _shares(), docstring(fresh_share), _weights()),
        section("When a fact of a home is questioned", docstring(questioning), _about()),
        section("When too few homes fit", docstring(widen), docstring(nothing_fits), docstring(relaxations)),
        section("When invitations leave", docstring(invite), docstring(release_at)),
        section("Bands", f"Best first: {codes(BANDS)}. {_hard()}", docstring(band)),
        section("Order", docstring(match)),
        section("The policy", _policy()),
        section(
            "The policy that decides", docstring(Surroundings.policy_for), docstring(agreed), docstring(check_policy)
        ),
    )


def _levels() -> str:
    rows = [(str(int(one)), code(one.verdict), one.asked or "") for one in Level]
    return table(("from best to worst", "verdict in the finding", "who is asked"), rows)


def _order() -> str:
    return (
        "A home that does not fit counts as removed by the first criterion that says so; `NoFitFound` tells these "
        f"counts. Version of the rules: {code(RULES_VERSION)}."
    )


def _criteria() -> str:
    rows = [
        (str(number), code(name), "yes" if name in HARD_FACTS else "", flowing(docstring(rule)))
        for number, (name, rule) in enumerate(CRITERIA.items(), start=1)
    ]
    return table(("", "criterion", "hard fact", "what it says"), rows)


def _order_only() -> str:
    named = [name for name in CRITERIA if name in ORDER_ONLY]
    return f"{codes(named)} order homes within a band; neither what they find nor what they ask lowers a band."


def _skills() -> str:
    rows = [(code(one.code_list), code(one.code), codes(one.skills), one.reason) for one in SKILLS]
    return f"Any one of the skills is enough. {SKILLS_NOTE}\n\n" + table(("list", "code", "skills", "why"), rows)


SKILLS_NOTE = "Communication needs are a criterion of their own."


def _shares() -> str:
    shown = [one for one in Level if one is not Level.DOES_NOT_FIT]
    rows = [(code(one.verdict), one.asked or "", f"{SHARES[one] / FULL:g}") for one in shown]
    return table(("verdict", "who is asked", "share of the weight"), rows)


def _weights() -> str:
    total = sum(one.weight for one in DEFAULT.weights)
    rows = [(code(one.criterion), str(one.weight)) for one in DEFAULT.weights]
    return f"The weights of the shipped policy, of {total}:\n\n" + table(("criterion", "weight"), rows)


def _about() -> str:
    rows = [(code(reason), code(fact)) for reason, fact in questioning.ABOUT.items()]
    return table(("said three times", "questions"), rows)


def _hard() -> str:
    return "An open question on a *hard fact* (no support can make up for it) always counts."


def _policy() -> str:
    docs = field_docs(Policy)
    rows = [
        (code(one.name), code(getattr(DEFAULT, one.name)), flowing(docs.get(one.name, ""))) for one in fields(Policy)
    ]
    return table(("number", "value", "meaning and source"), rows)
