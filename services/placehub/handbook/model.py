"""`docs/model.md`: how the sample world's people behave, and the figures it is drawn from."""

from __future__ import annotations

from placehub.handbook.reading import docstring
from placehub.handbook.writing import code, page, section, table
from placehub.sample import behaviour, comparing, figures, staleness
from placehub.sample.behaviour import MODELS, model_rows
from placehub.sample.figures import Approximate, Figure


def model() -> str:
    """Return the page."""
    parameters = [(code(row[0]), *map(code, row[1:-1]), row[-1]) for row in model_rows(*MODELS.values())]
    return page(
        "The sample world: a model, not evidence",
        "`placehub.sample.behaviour` and `placehub.sample.figures`",
        section("How people behave", *_told(docstring(behaviour))),
        section("The model's parameters", table(("parameter", *map(code, MODELS), "meaning"), parameters)),
        section("Two policies, one world: how they are compared", docstring(comparing)),
        section("Stale vacancies in that comparison", *_told(docstring(staleness))),
        section("Figures", docstring(figures).partition("\n\n")[2]),
        section("Published", _figures(figures.PUBLISHED), level=3),
        section("Planned", _figures(figures.PLANNED), level=3),
        section("Approximate, for the sample only", _approximate(), level=3),
    )


def _told(text: str) -> list[str]:
    """Return a module's docstring, its table (ruled with `=`) kept as it was typed."""
    return [f"```text\n{part}\n```" if part.startswith("===") else part for part in text.split("\n\n")]


def _figures(listed: tuple[Figure, ...]) -> str:
    rows = [
        (f"{one.value:,g}" if one.value < 1 else f"{one.value:,.0f}", one.what, one.source, one.licence or "")
        for one in listed
    ]
    return table(("figure", "what it counts", "source", "licence"), rows)


def _approximate() -> str:
    found = [one for one in vars(figures).values() if isinstance(one, Approximate)]
    rows = [
        (one.what, "; ".join(f"{'not said' if value is None else value} {share:.0%}" for value, share in one.shares))
        for one in found
    ]
    risks = [
        (f"risk {code(name)}", f"under ten {younger:.0%}; ten and over {older:.0%}")
        for name, younger, older in figures.RISKS
    ]
    return table(("what", "shares"), [*rows, *risks])
