"""`placehub audit recompute`, `explain` and `search simulate`: decisions made again, explained, and tried out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from placehub.cli.options import DEFAULT_FOLDER, Folder, Json, hub, now, time_given
from placehub.cli.stories import searches

if TYPE_CHECKING:
    from placehub.audit.explaining import Explanation, HomeExplained
    from placehub.audit.recomputing import Recomputed
    from placehub.audit.simulating import Simulated

app = typer.Typer(help="The hub's decisions, held against its streams.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _audit() -> None:
    """The hub's decisions, held against its streams."""


def add_to(program: typer.Typer) -> None:
    """Add these commands to the program."""
    program.command()(explain)
    searches.command("simulate")(simulate)


@app.command()
def recompute(
    since: Annotated[str | None, typer.Option(help="Only decisions from this time on, RFC 3339.")] = None,
    case: Annotated[UUID | None, typer.Option(help="Only decisions about this referral.")] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Make every decision again from the streams alone and compare it; exit 1 when one comes out otherwise.

    A case whose keys are destroyed, or that could reach a home whose household's key is, is counted as erased; one
    that other rules, codes or postcodes decided as other version. Needs and households are opened through the key
    service, as the search opens them.
    """
    from placehub.app import AUDIT, opened_households, opened_needs, past
    from placehub.audit.recomputing import recompute as recompute_all
    from placehub.cli.printing import as_json, aside
    from placehub.postcodes import Postcodes

    settings, start = hub(folder), time_given(since, "--since")
    tell = aside if not json else lambda line: None
    needs, households = opened_needs(settings, AUDIT), opened_households(settings, AUDIT)
    found = recompute_all(past(settings), Postcodes.open(), needs, households, since=start, case=case, tell=tell)
    if json:
        as_json(found.document())
    else:
        _show(found)
    if not found.all_equal:
        raise typer.Exit(1)


def _show(found: Recomputed) -> None:
    from placehub.cli.printing import as_table

    document = found.document()
    names = ("decisions", "equal", "different", "erased", "other_version")
    as_table("Decisions made again", names, [[document[name] for name in names]])
    rows = [
        (one["referral_id"], one["at"], one["position"], each["event"], each["field"], each["was"], each["now"])
        for one in document["differences"]
        for each in one["differences"]
    ]
    if rows:
        as_table("What came out otherwise", ("referral", "at", "position", "event", "field", "was", "now"), rows)


def explain(
    referral: Annotated[UUID, typer.Argument(help="Id of the referral.")],
    provider: Annotated[str, typer.Argument(help="Code of the provider.")],
    at: Annotated[str | None, typer.Option(help="At this moment, RFC 3339; now if left out.")] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Say why a provider was invited to a case, or why not, at any past moment, from the streams alone."""
    from placehub.app import AUDIT, opened_households, opened_needs, past
    from placehub.audit.explaining import explain as explain_one
    from placehub.cli.printing import as_json
    from placehub.postcodes import Postcodes

    settings = hub(folder)
    moment = time_given(at, "--at") or now(settings)
    needs, households = opened_needs(settings, AUDIT), opened_households(settings, AUDIT)
    found = explain_one(past(settings), Postcodes.open(), needs, households, referral, provider, moment)
    if json:
        as_json(_as_document(found))
    else:
        _tell(found)


def _tell(found: Explanation) -> None:
    from placehub.cli.printing import as_facts, as_table
    from placehub.search.wording import in_band

    as_facts(
        {
            "provider": found.provider,
            "verdict": found.verdict,
            "invitation": found.state,
            "decided_at": found.decided_at,
            "policy": found.policy,
        }
    )
    if found.happened:
        as_table("What happened", ("at", "event", "says"), [(*of, in_band(says)) for *of, says in found.happened])
    rows = [(one.vacancy_id, _verdict(one), "\n".join(_said_of(one))) for one in found.homes]
    if rows:
        as_table("Its homes, as the search judged them", ("vacancy", "this_home", "in_words"), rows)


def _verdict(home: HomeExplained) -> str:
    from placehub.search.wording import because, in_band

    return in_band(home.band) if home.band else f"was left out because {because(home.rule or '')}"


def _said_of(home: HomeExplained) -> list[str]:
    from placehub.search.wording import in_order

    erased = ["Its household's key is destroyed, so it is judged without."] if home.erased else []
    return [*erased, *in_order(home.findings)]


def _as_document(found: Explanation) -> Mapping[str, Any]:
    from dataclasses import asdict

    return asdict(found)


def simulate(
    file: Annotated[str, typer.Argument(help="One EarlyNoticeGiven or ReferralMade as JSON; - reads the input.")],
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Try what a notice or a referral would bring on today's vacancies. Nothing is sent, stored or sealed.

    The file is as `publish` takes it. What it gives sealed already stays unknown; give the needs in the open.
    """
    from placehub.app import AUDIT, opened_households, past
    from placehub.audit.simulating import simulate as simulate_one
    from placehub.cli.letters import read_letters
    from placehub.cli.printing import as_json
    from placehub.errors import Rejected
    from placehub.postcodes import Postcodes

    given = read_letters(file)
    if len(given) != 1:
        raise Rejected("file", "must hold one event", "Simulate one search at a time.")
    settings = hub(folder)
    households = opened_households(settings, AUDIT)
    found = simulate_one(past(settings), Postcodes.open(), households, given[0], now(settings))
    if json:
        as_json(found.document())
    else:
        _show_simulated(found)


def _show_simulated(found: Simulated) -> None:
    from placehub.cli.printing import as_facts, as_table
    from placehub.search.wording import because, in_band

    document = found.document()
    as_facts({name: document[name] for name in ("homes_considered", "homes_fitting", "providers_invited", "policy")})
    columns = ("provider", "its_best_home", "homes", "nearest_miles", "questions")
    if document["invited"]:
        rows = [
            (
                one["provider"],
                in_band(one["band"]),
                len(one["homes"]),
                one["nearest_miles"],
                ", ".join(one["questions"]),
            )
            for one in document["invited"]
        ]
        as_table("Would be invited, in this order", columns, rows)
    if document["removed"]:
        left_out = [(because(rule), homes) for rule, homes in document["removed"].items()]
        as_table("Homes that were left out, by the first rule", ("because", "homes"), left_out)
    if document["questions"]:
        as_table("What to ask first", ("field",), [(one,) for one in document["questions"]])
