"""`placehub bench`: what the hub costs, beside something bare in the same run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placehub.cli.options import Json, Write

if TYPE_CHECKING:
    from placehub.sample.made import Asked
    from placehub.settings import Settings

app = typer.Typer(help="Benchmarks, each beside something bare.", no_args_is_help=True, rich_markup_mode=None)
Quick = Annotated[bool, typer.Option("--quick", help="Little of it: to see that it runs.")]
Repeats = Annotated[int, typer.Option(min=1, help="How often each is measured, in turns.")]


@app.callback()
def bench() -> None:
    """Measure. Servers that are needed are started for it, and are gone with it."""


@app.command("match")
def match_(quick: Quick = False, write: Write = None, json: Json = False) -> None:
    """Measure one search among many homes, one home among many searches, and a year's what-if."""
    from placehub.bench.matching import QUICK, Effort, measure
    from placehub.bench.page import matching
    from placehub.cli.printing import aside

    _give("match", measure(QUICK if quick else Effort(), aside), matching, write, json)


@app.command()
def replay(
    scale: Annotated[str, typer.Option(help="Size of the sample world.")] = "england",
    days: Annotated[int, typer.Option(min=1, help="Simulated days at most.")] = 365,
    events: Annotated[int, typer.Option(min=1, help="Events, about.")] = 100_000,
    repeats: Repeats = 3,
    quick: Quick = False,
    write: Write = None,
    json: Json = False,
) -> None:
    """Measure how fast all shared views are made again from the streams, and that they come out the same.

    Every scale but `england` has a section of its own on the page.
    """
    from placehub.bench.page import replay as page
    from placehub.bench.replaying import measure
    from placehub.cli.printing import aside
    from placehub.sample.made import Asked

    with _made_world(None if quick else Asked(scale, days=days, most=events)) as settings:
        found = measure(settings, 1 if quick else repeats, aside)
    found["scale"] = scale
    _give("replay" if scale == "england" else f"replay {scale}", found, page, write, json)


@app.command()
def evidence(
    events: Annotated[int, typer.Option(min=1, help="Events of the made-up England, about.")] = 100_000,
    quick: Quick = False,
    write: Write = None,
    json: Json = False,
) -> None:
    """Measure how fast records are taken into the evidence log and held against it; exit 1 when any differs."""
    from placehub.bench.evidence import measure
    from placehub.bench.page import evidence as page
    from placehub.cli.printing import aside
    from placehub.sample.made import Asked

    with _made_world(None if quick else Asked(most=events)) as settings:
        found = measure(settings, aside)
    _give("evidence", found, page, write, json)
    if found["findings"]:
        raise typer.Exit(1)


@app.command()
def latency(
    scale: Annotated[str, typer.Option(help="Size of the sample world: region has 55 organisations.")] = "region",
    homes: Annotated[int, typer.Option(min=1, help="Homes that are open before, as far as the world has them.")] = 400,
    searches: Annotated[int, typer.Option(min=0, help="Searches that begin before, untimed.")] = 0,
    notices: Annotated[int, typer.Option(min=1, help="Early notices at each pace.")] = 300,
    openings: Annotated[int, typer.Option(min=1, help="Homes that open later.")] = 40,
    a_second: Annotated[
        list[float] | None, typer.Option(min=0.1, help="Notices a second; again for each.", show_default="2, 5, 15")
    ] = None,
    search_workers: Annotated[int, typer.Option(min=1, help="Processes that the searches are shared out to.")] = 1,
    emergency: Annotated[bool, typer.Option("--emergency", help="All who fit are invited to each at once.")] = False,
    repeats: Repeats = 3,
    quick: Quick = False,
    write: Write = None,
    json: Json = False,
) -> None:
    """Measure from an authority's outbox to a provider's inbox, beside a bare hop over the same broker.

    Every scale but `region` has a section of its own on the page, and so have emergencies.
    """
    from placehub.bench.latency import JUST_BEGUN, PACES, Effort, measure
    from placehub.bench.page import latency as page
    from placehub.bench.scenes import busy, running_region, scene
    from placehub.cli.printing import aside

    _quietly()
    effort = Effort(tuple(a_second or PACES), notices, repeats, searches, 0 if searches else JUST_BEGUN)
    if quick:
        effort, homes, openings = Effort((15.0,), 12, 1), 100, 3
    with running_region("corner" if quick else scale, aside, search_workers) as (running, world, now):
        posted = scene(world, now, homes=homes, notices=effort.given, openings=openings, emergency=emergency)
        found = measure(running.settings, posted, running.wait_quiet, effort, busy=lambda: busy(running), tell=aside)
    found["scale"] = "" if scale == "region" else scale
    found["emergency"] = emergency
    of = (found["scale"], "emergency" if emergency else "")
    _give(" ".join(("latency", *filter(None, of))), found, page, write, json)


@app.command()
def fanout(repeats: Repeats = 3, quick: Quick = False, write: Write = None, json: Json = False) -> None:
    """Measure one decision that reaches 1 to 300 inboxes, beside a bare producer writing the same bytes to them."""
    from placehub.bench.fanout import SIZES, measure
    from placehub.bench.page import fanout as page
    from placehub.bench.scenes import delivering
    from placehub.cli.printing import aside

    _quietly()
    sizes = SIZES[:2] if quick else SIZES
    with delivering(max(sizes), aside) as (running, providers, decision, busy):
        found = measure(
            running.settings,
            providers,
            decision,
            sizes=sizes,
            repeats=1 if quick else repeats,
            busy=busy,
            tell=aside,
        )
    _give("fanout", found, page, write, json)


@app.command()
def startup(repeats: Repeats = 3, quick: Quick = False, write: Write = None, json: Json = False) -> None:
    """Measure a hub from `up` to ready, and the memory of everything, beside its servers alone."""
    from placehub.bench.page import startup as page
    from placehub.bench.startup import measure
    from placehub.cli.printing import aside

    _quietly()
    _give("startup", measure(1 if quick else repeats, aside), page, write, json)


@app.command()
def portal(
    scale: Annotated[str, typer.Option(help="Size of the sample world that is played meanwhile.")] = "region",
    days: Annotated[int, typer.Option(min=0, help="Simulated days that are played before.")] = 10,
    people: Annotated[int, typer.Option(min=1, help="People at the portal at once.")] = 50,
    seconds: Annotated[float, typer.Option(min=1, help="How long they are there.")] = 120.0,
    referrals: Annotated[int, typer.Option(min=1, help="Referrals whose way to a provider's page is timed.")] = 20,
    quick: Quick = False,
    write: Write = None,
    json: Json = False,
) -> None:
    """Measure the portal's pages with many people at once, and how soon a referral is on the provider's page."""
    from placehub.bench.page import portal as page
    from placehub.bench.portal import QUICK, Effort, Pair, measure
    from placehub.bench.scenes import playing_demo
    from placehub.bench.visitors import MANAGER, OFFICER, seated
    from placehub.cli.printing import aside

    _quietly()
    count = 6 if quick else people
    with playing_demo("corner" if quick else scale, 1 if quick else days, count, aside) as demo:
        officer, manager = seated(demo.running.settings, list(zip(demo.strangers, (OFFICER, MANAGER), strict=True)))
        seats = seated(demo.running.settings, demo.people)
        found = measure(
            demo.running.settings,
            Pair(officer, manager, "TR18 2AB"),
            seats,
            demo.step,
            demo.running.wait_quiet,
            QUICK if quick else Effort(referrals=referrals, seconds=seconds),
            aside,
        )
    _give("portal", found, page, write, json)


@app.command()
def peers(
    scale: Annotated[str, typer.Option(help="Size of the made world whose cases are folded.")] = "region",
    days: Annotated[int, typer.Option(min=1, help="Simulated days of it.")] = 14,
    homes: Annotated[int, typer.Option(min=1, help="Homes that are matched with as many searches.")] = 3000,
    repeats: Repeats = 3,
    quick: Quick = False,
    write: Write = None,
    json: Json = False,
) -> None:
    """Measure the hub beside Faust, quixstreams and Kafka Streams: one view folded, and homes and searches matched.

    Exit 1 when the rows or the pairs differ.
    """
    from placehub.bench import pairing
    from placehub.bench.peers import measure
    from placehub.bench.peers_page import peers as page
    from placehub.cli.printing import aside
    from placehub.sample.made import Asked

    with _made_world(None if quick else Asked(scale, days=days)) as settings:
        found = measure(settings, 1 if quick else repeats, aside)
        found["match"] = pairing.measure(settings, 50 if quick else homes, 1 if quick else repeats, aside)
    _give("peers", found, page, write, json)
    must_be_alike(found)


@app.command()
def scale(
    workers: Annotated[
        list[int] | None, typer.Option(min=1, max=6, help="A line with so many search workers; again for each.")
    ] = None,
    organisations: Annotated[
        list[int] | None, typer.Option(min=1, help="A line with so many organisations; again for each.")
    ] = None,
    quick: Quick = False,
    write: Write = None,
    json: Json = False,
) -> None:
    """Measure what a notice costs with more search workers, and with more organisations.

    Where lines are named, those alone are measured. A picture is written beside the page.
    """
    from dataclasses import replace

    from placehub.bench.scale import QUICK, Effort, measure
    from placehub.bench.scale_page import scale as page
    from placehub.cli.printing import aside

    _quietly()
    effort = QUICK if quick else Effort()
    if workers or organisations:
        effort = replace(effort, workers=tuple(workers or ()), organisations=tuple(organisations or ()))
    found = measure(effort, aside)
    _give("scale", found, page, write, json)


@app.command("whatif")
def whatif_(
    scale: Annotated[str, typer.Option(help="Size of the sample world that is lived through.")] = "region",
    days: Annotated[list[int] | None, typer.Option(min=1, help="Days of its history; again for each.")] = None,
    repeats: Repeats = 3,
    quick: Quick = False,
    write: Write = None,
    json: Json = False,
) -> None:
    """Measure a span of history decided again, of growing length, beside one look for each of the same searches.

    Every scale but `region` has a section of its own on the page.
    """
    from placehub.bench.page import whatif as page
    from placehub.bench.whatif import QUICK, Effort, measure
    from placehub.cli.printing import aside

    plain = Effort()
    effort = QUICK if quick else Effort(scale, tuple(days or plain.days), repeats)
    name = f"whatif {scale}" if scale != plain.scale else "whatif"
    _give(name, measure(effort, aside), page, write, json)


def must_be_alike(found: dict[str, Any]) -> None:
    """End with exit code 1, and say how many of which way, when what several ways came to differs."""
    from placehub.bench.peers_page import unlike
    from placehub.cli.printing import aside

    pairs = found.get("match", {"alike": True})["alike"]
    if any(found["different"].values()) or not pairs:
        aside(unlike(found) if pairs else "The pairs differ.")
        raise typer.Exit(1)


@contextmanager
def _made_world(asked: Asked | None) -> Iterator[Settings]:
    """Yield servers of their own in which a made world stands; None: little of one, to see that it runs."""
    from placehub.bench.servers import load_world, servers
    from placehub.cli.printing import aside
    from placehub.sample.made import Asked

    _quietly()
    with servers() as settings:
        load_world(settings, asked or Asked("corner", days=7), aside)
        yield settings


def _quietly() -> None:
    # a client of the hub's own complains once its broker is stopped, which it is meant to be
    from placehub.drivers.presence import worker_id
    from placehub.observing.logs import set_up_logs

    set_up_logs("CRITICAL", "bench", str(worker_id()))


def _give(
    name: str, found: dict[str, Any], page: Callable[[dict[str, Any]], str], write: Path | None, json: bool
) -> None:
    from placehub.bench.page import put
    from placehub.bench.pictures import picture_of
    from placehub.cli.printing import as_json

    if write is not None:
        put(write, name, page(found) + picture_of(name, found, write))
    if json:
        as_json(found)
    else:
        print(page(found))
