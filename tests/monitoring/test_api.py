"""What an organisation reads of the views over HTTP."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import insert
from sqlalchemy.engine import Engine

from placehub.keys.api import create_app
from placehub.monitoring.api import router
from placehub.monitoring.charts import draw
from placehub.monitoring.tables import PLACEMENT, WITHHELD
from placehub.monitoring.views import VIEWS

from ..keys.calling import HUB_TOKEN, MASTER, NOW, Api, free_port
from .neighbours import Neighbourhood


@pytest.fixture
def api(engine: Engine) -> Api:
    """The API in this process, with the routes of the views."""
    return Api(create_app(engine, MASTER, HUB_TOKEN, f"http://127.0.0.1:{free_port()}", lambda: NOW, [router]), engine)


def test_each_provider_reads_its_own(api: Api, engine: Engine) -> None:
    """Each reads its own searches by its own reasons, most first; nobody else's, and not those it was invited to."""
    one, two = (f"P{uuid4().hex[:8]}" for _ in range(2))
    kept_out = [(one, "age"), (one, "distance"), (one, "distance"), (two, "no open vacancy")]
    rows = [{"referral_id": uuid4(), "provider": of, "criterion": criterion} for of, criterion in kept_out]
    invited = {"referral_id": uuid4(), "provider": one, "criterion": "sex", "invited_at": NOW}
    with engine.begin() as connection:
        connection.execute(insert(WITHHELD), rows)
        connection.execute(insert(WITHHELD), [invited])
    assert api.call(one, "GET", "/v1/not-invited").json() == [
        {"criterion": "distance", "because": "the home is too far away", "searches": 2},
        {"criterion": "age", "because": "the age is far outside the home's approval", "searches": 1},
    ]
    assert [row["criterion"] for row in api.call(two, "GET", "/v1/not-invited").json()] == ["no open vacancy"]
    assert api.call("hub", "GET", "/v1/not-invited").json() == []
    assert api.call(None, "GET", "/v1/not-invited").status_code == 401


def test_a_view_is_the_same_over_http(api: Api, engine: Engine) -> None:
    """Each organisation lists and reads what it is entitled to; of the rest it is told what to read instead."""
    one = Neighbourhood()
    with engine.begin() as connection:
        one.join(connection)
        sides = {"authority": one.authority, "provider": one.provider}
        connection.execute(insert(PLACEMENT), [{"placement_id": uuid4(), "starts_on": NOW.date(), **sides}])
    (placement,) = api.call(one.provider, "GET", "/v1/views/placements").json()["rows"]
    assert (placement["authority"], placement["starts_on"]) == (one.authority, "2026-03-02")
    listed = {
        who: {row["name"] for row in api.call(who, "GET", "/v1/views").json()} for who in (one.authority, one.provider)
    }
    assert listed[one.authority] - listed[one.provider] == {
        "searches",
        "time_to_tell",
        "deliveries_per_placement",
    }
    refused = api.call(one.provider, "GET", "/v1/views/searches")
    assert refused.status_code == 404
    assert "has nothing for a provider" in refused.json()["detail"]
    assert api.call(one.provider, "GET", "/v1/views/nosuch").status_code == 404
    assert api.call(None, "GET", "/v1/views/placements").status_code == 401


def test_a_chart_over_http(api: Api, engine: Engine) -> None:
    """Each organisation is drawn its own, as the command line draws it; a view without a chart says so."""
    one, other = Neighbourhood(), Neighbourhood()
    with engine.begin() as connection:
        for each in (one, other):
            each.join(connection)
            each.search(connection)
    answer = api.call(one.authority, "GET", "/v1/views/own_sufficiency/chart")
    assert answer.headers["content-type"] == "image/svg+xml"
    with engine.connect() as connection:
        assert answer.text == draw(VIEWS["own_sufficiency"].chart(connection, organisation=one.authority))
    assert f"{one.authority}: searches 1, homes 0." in answer.text
    assert other.authority not in answer.text
    refused = api.call(one.authority, "GET", "/v1/views/searches/chart")
    assert (refused.status_code, "has no chart" in refused.json()["detail"]) == (404, True)
    assert api.call(None, "GET", "/v1/views/sufficiency/chart").status_code == 401
