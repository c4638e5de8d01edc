"""Commands that speak with the hub, tried through the command line itself."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from placehub.placements.events import PlacementStarted
from placehub_connectors.cli import program
from placehub_connectors.ledger import Ledger
from placehub_connectors.profile.trials import sample_profile

from ..integration.story import Case, Desk, HubUnderTest, Town, desk

pytestmark = pytest.mark.broker
# All made up.
NEED = {"age_years": 9, "ethnicity": "WBRI", "legal_status": "C2", "category_of_need": "N1"}
IDENTITY = {"name": "Made Up", "date_of_birth": "2016-06-14", "postcode": "LS6 2AB"}


@pytest.fixture
def town(hub: HubUnderTest) -> Iterator[Town]:
    """An authority's agreement with a provider who has a home."""
    made = Town(hub, desk(hub, "authority"), (desk(hub, "provider"),))
    made.begin()
    made.open_home(made.providers[0])
    hub.settle()
    yield made
    made.end()
    for one in (made.authority, *made.providers):
        one.mailbox.close()


def run(code: int, *arguments: object) -> str:
    """Run a command of `placehub-connect`, expect its exit code, and return what it prints."""
    ran = CliRunner().invoke(program(), [*map(str, arguments)])
    assert ran.exit_code == code, ran.output
    return ran.output


def rows(file: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


def placed(town: Town, drop: Path) -> PlacementStarted:
    """Let a child whom the authority knows as 1001 move in with the provider."""
    drop.mkdir()
    with Ledger(drop, town.authority.code) as ledger:
        child = ledger.names.of("child", "1001")
        ledger.keep_names()
    case, (home,), (provider,) = Case(town, town.authority, (child,)), town.homes, town.providers
    case.refer(need=NEED, identity=IDENTITY)
    town.hub.settle()
    offer_id = case.offer(provider, home)
    town.hub.settle()
    case.place(offer_id, home, provider)
    town.hub.settle()
    (started,) = town.authority.got(PlacementStarted, case.id)
    return started


def test_a_return_from_the_streams_alone(town: Town, tmp_path: Path) -> None:
    """With no draft the return tells what events and referral told and lists the rest; completed, it is read back."""
    drop, out, again = tmp_path / "drop", tmp_path / "out", tmp_path / "again"
    started = placed(town, drop)
    first = started.started_on
    year = first.year + (first >= date(first.year, 4, 1))  # the hub's time goes on from test to test
    own: Desk = town.authority
    providers = tmp_path / "providers.csv"
    providers.write_text(f"urn,code,provider\nSC012345,{town.providers[0].code},PR4\n")
    hub = "--drop", drop, "--credentials", own.access.save(tmp_path / "access.json"), "--providers", providers
    told = json.loads(run(1, "ssda903", "produce", "--year", year, *hub, "--out", out, "--json"))
    listed = {(one["file"], one["column"]) for one in told["problems"]}
    assert listed >= {("OC2", "every column"), ("Header", "UPN, MOTHER, MC_DOB"), ("Episodes", "PLACE, PL_POST")}
    assert not [one for one in ("1001", "14/06/2016", "LS6 2AB") if one in str(told)]
    (header,), (episode,) = rows(out / "header.csv"), rows(out / "episodes.csv")
    assert (header["CHILD"], header["SEX"], header["DOB"], header["ETHNIC"]) == ("1001", "F", "14/06/2016", "WBRI")
    began = f"{started.started_on:%d/%m/%Y}"
    expected = {"DECOM": began, "LS": "C2", "CIN": "N1", "HOME_POST": "LS6 2AB", "URN": "SC012345"}
    assert episode.items() >= expected.items()
    typed = (out / "episodes.csv").read_text().replace("C2,N1,,PR4", "C2,N1,U6,PR4")
    (out / "episodes.csv").write_text(typed)
    run(0, "ssda903", "produce", out, "--year", year, *hub, "--out", again)
    assert rows(again / "episodes.csv") == rows(out / "episodes.csv")
    run(0, "ssda903", "read", again, *hub, "--out", tmp_path / "events.jsonl")
    (line,) = [json.loads(one) for one in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert (line["type"], line["data"]["placement_id"]) == ("PlacementStarted", str(started.placement_id))
    assert date.fromisoformat(line["data"]["started_on"]) == started.started_on


def test_a_profile_is_published(town: Town, tmp_path: Path) -> None:
    """A profile is sent once, later what changed of it, and each return that used what changed is named."""
    profile, form = tmp_path / "profile.csv", tmp_path / "form.csv"
    profile.write_bytes(sample_profile())
    publish = "profile", "publish", profile, "--credentials", town.providers[0].access.save(tmp_path / "access.json")
    assert "; 1 events were sent." in run(0, *publish)
    run(0, "profile", "render", profile, "--form", "northshire-annual-monitoring", "--out", form)
    assert run(0, *publish) == "0 facts are new; 0 events were sent.\n"
    profile.write_bytes(sample_profile().replace(b"11.5", b"12"))
    said = run(0, *publish)
    assert said.startswith("1 facts are new; 1 events were sent.")
    assert f"{form} (northshire-annual-monitoring) used what has changed" in said
