"""What the views say of vacancies: the board, by area and kind of placement."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, distinct, func, literal, select

from placehub.monitoring.entitlement import own
from placehub.monitoring.tables import VACANCY
from placehub.monitoring.view import OPERATORS_OWN, View


def _vacancy_board(as_of: ColumnElement[Any]) -> Select[Any]:
    kinds = func.unnest(VACANCY.c.kinds).table_valued("kind").render_derived()
    stale = VACANCY.c.willing_until < as_of
    state = case((stale, "stale"), else_=VACANCY.c.state)

    def places(which: str) -> ColumnElement[Any]:
        return func.coalesce(func.sum(VACANCY.c.places).filter(state == which), 0)

    return (
        select(
            VACANCY.c.area,
            kinds.c.kind,
            func.count(distinct(VACANCY.c.vacancy_id)).label("homes"),
            places("now").label("open"),
            places("coming").label("coming"),
            places("ask carer").label("ask_carer"),
            places("stale").label("stale"),
        )
        .select_from(VACANCY)
        .join(kinds, literal(True))
        .where(VACANCY.c.state.in_(("now", "coming", "ask carer")), VACANCY.c.places > 0)
        .group_by(VACANCY.c.area, kinds.c.kind)
        .order_by(VACANCY.c.area, kinds.c.kind)
    )


VACANCY_BOARD: Final = View(
    name="vacancy_board",
    title="Vacancies by area and kind of placement" + OPERATORS_OWN,
    says="Homes with a place left, not paused or closed. A home that takes several kinds counts in each.",
    columns={
        "area": "Authority whose area the home is in, by its postcode sector, from VacancyOpened or VacancyRevised",
        "kind": "Kind of placement the home takes",
        "homes": "Homes counted in this row",
        "open": "Places free now; less those reserved or filled (VacancyReserved, VacancyReleased, VacancyFilled)",
        "coming": "Places that will be free on a date",
        "ask_carer": "Places for which the carer must be asked first",
        "stale": "Places whose willing_until has passed: the carer must be asked again (VacancyConfirmed)",
    },
    select=_vacancy_board,
    entitled=own(
        "a provider sees its own homes, counted; an authority sees a home only inside an offer made to it",
        "See the view homes_we_lack.",
        provider=lambda provider: VACANCY.c.provider == provider,
    ),
)
