"""Two policies over one sample world: the design is paired, and stale vacancies are as the model says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from placehub.cli.printing import aside
from placehub.cli.program import app
from placehub.errors import NotFound
from placehub.postcodes import Postcodes
from placehub.sample.behaviour import MODELS
from placehub.sample.comparing import CaseNeeds, QuietSight, begun
from placehub.sample.comparison import Market, Run, Simulated, compare, compare_all, row_of
from placehub.sample.staleness import WORD_STANDS, truth_of
from placehub.sample.world import FIRST_DAY, World, make_world
from placehub.search.deciding import decide
from placehub.search.events import ProviderInvited
from placehub.search.view import Sight

CERTAIN = replace(MODELS["eager"], never_answers=0.0, says_yes=(1.0, 1.0, 1.0), in_house_found=0.0)


@pytest.fixture(scope="module")
def corner(postcodes: Postcodes) -> World:
    """Return a small world."""
    return make_world(1, "corner", postcodes, 14)


def test_where_everybody_says_yes_nothing_is_lost(corner: World, postcodes: Postcodes) -> None:
    """With no stale vacancy and carers who always say yes the policy keeps every offer, by far fewer deliveries."""
    row = row_of(run := Run(corner, "certain", CERTAIN, 0.0), compare(run, postcodes))
    assert (row["offers_kept"], row["best_kept"], row["missed"], row["lesser"]) == (1.0, 1.0, {}, {})
    assert row["placed"] == row["placed_by_mailing"] > 0
    assert row["deliveries_per_placement"] < row["by_mailing"]


def test_the_same_coins_fall_again(corner: World, postcodes: Postcodes) -> None:
    """A run can be made again; more stale vacancies place no more children."""
    first, again, staler = (
        row_of(run := Run(corner, "usual", MODELS["usual"], share), compare(run, postcodes)) for share in (0.3, 0.3, 1)
    )
    assert first == again
    assert staler["placed"] <= first["placed"]


def test_what_is_left_out_decides_nothing(corner: World, postcodes: Postcodes) -> None:
    """Whether or not it is worked out what is only told, the same providers are invited to the same homes at once."""
    market = Market(corner, 0.3, postcodes)
    invited = 0
    for case in corner.cases:
        market.at(case.need_known_at)
        of = [
            decide(None, begun(case).facts, 0, sight(market.stated, CaseNeeds(case), case.need_known_at)).events
            for sight in (Sight, QuietSight)
        ]
        full, quiet = ([one for one in events if isinstance(one, ProviderInvited)] for events in of)
        assert full == quiet
        invited += len(full)
    assert invited > 20


def test_processes_share_the_runs(corner: World) -> None:
    """Two processes come to what one does, in the same order."""
    asked = Simulated("corner", 3, 1), ["usual", "weary"], [0.3]
    assert compare_all(*asked, aside, processes=2) == compare_all(*asked, aside)


def test_stale_vacancies_are_as_the_model_says(corner: World) -> None:
    """Of those drawn as stale about half show, about half are unwilling and the others differ in a fact; none else."""
    homes = [one.home for one in corner.homes]
    truths = [truth_of(1, UUID(int=at), homes[at % len(homes)], 0.5, 0, FIRST_DAY) for at in range(2_000)]
    unwilling, shown, other = (
        sum(found)
        for found in (
            (not one.willing for one in truths),
            (one.stated.willing_until < FIRST_DAY for one in truths),
            (replace(one.stated, willing_until=one.true.willing_until) != one.true for one in truths),
        )
    )
    assert 400 < unwilling < 600
    assert 400 < shown < 600
    assert 200 < other < 600
    fresh = [truth_of(1, UUID(int=at), homes[0], 0.0, 0, FIRST_DAY) for at in range(50)]
    assert all(one.willing and one.stated == one.true for one in fresh)
    assert {one.true.willing_until for one in fresh} == {FIRST_DAY + WORD_STANDS}


def test_it_is_called_simulated(tmp_path: Path) -> None:
    """What is printed and written says so, and a model there is none of is named."""
    asked = ["world", "compare", "--scale", "corner", "--days", "2", "--model"]
    page = tmp_path / "page.md"
    done = CliRunner().invoke(app, [*asked, "usual", "--stale", "0.1", "--write", str(page)])
    assert "**Simulated**: corner, 2 days" in page.read_text()
    assert "| usual | 10% |" in page.read_text()
    assert (done.exit_code, "Simulated" in done.stdout, "Everything here is simulated" in done.stdout) == (
        0,
        True,
        True,
    )
    assert isinstance(CliRunner().invoke(app, [*asked, "sleepy"]).exception, NotFound)
