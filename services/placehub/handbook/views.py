"""`docs/views.md`: what each shared view says, column by column."""

from __future__ import annotations

from placehub.handbook.writing import code, page, section, table
from placehub.monitoring.view import View
from placehub.monitoring.views import VIEWS

_INTRO = """\
Read them with `placehub views show NAME`, as a table, `--json` or `--csv`. They are made from the streams
alone. Those whose title says so hide small numbers and may be shared; the others may not be passed on as they are.

The operator sees all of every view. `--as ORG` shows what that organisation is entitled to, and so does
`GET /v1/views/NAME` to the organisation itself: one rule, the view's own, decides for both. `placehub views list` says
who sees what.

`placehub views chart NAME --as ORG --write FILE`, and `GET /v1/views/NAME/chart` to the organisation itself, draw a
view that has a chart (`sufficiency`, `own_sufficiency`) as SVG: exactly the rows it is entitled to, said in words too,
with what is hidden drawn as hidden. It needs no colour, script or font, and the same rows give the same bytes."""


def views() -> str:
    """Return the page."""
    return page("The shared views", "`placehub.monitoring.views.VIEWS`", _INTRO, *map(_view, VIEWS.values()))


def _view(view: View) -> str:
    rows = [(code(name), meaning) for name, meaning in view.columns.items()]
    return section(code(view.name), f"{view.title}. {view.says}", table(("column", "meaning"), rows))
