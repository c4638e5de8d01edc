"""The benchmarks in words: a page with a section of each, every figure beside its aim."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from placehub.sample.comparison import REASONS

HEAD: Final = """# What it costs

Each section is written by the command it names, and by nothing else. Every figure stands beside something bare that
was measured in the same run, in turns with it, on a machine that others used as well: the ratio counts, with its spread
over the repeats in brackets. `load` is how many processes wanted one of the cores in the minute before.
"""


def put(path: Path, name: str, section: str) -> None:
    """Write one benchmark's section into the page, in the place of its last; the page is begun if there is none."""
    text = path.read_text(encoding="utf-8") if path.exists() else HEAD
    begins, ends = f"<!-- bench {name} -->", f"<!-- /bench {name} -->"
    whole = f"{begins}\n{section.strip()}\n{ends}\n"
    there = re.compile(f"{re.escape(begins)}.*{re.escape(ends)}\n", re.DOTALL)
    text = there.sub(lambda _: whole, text) if there.search(text) else f"{text.rstrip()}\n\n{whole}"
    path.write_text(text, encoding="utf-8")


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def told(machine: Mapping[str, Any]) -> str:
    """Return the machine in words."""
    return f"{machine['cores']} cores, Python {machine['python']}, load {machine['load']}."


def matching(found: dict[str, Any]) -> str:
    """Return the section of `bench match`."""
    machine = found["machine"]
    return "\n".join(
        (
            "## What matching costs",
            "",
            "Written by `placehub bench match --write docs/benchmarks.md`. Every figure is processor time, beside what",
            "NumPy alone takes to filter the same columns in the same run. The ratio counts; milliseconds are of",
            f"{told(machine)} NumPy {machine['numpy']}.",
            "",
            "### P2: one search, with the explanation of the first 50 (aim: p99 at most 3 times the bare filter)",
            "",
            "| vacancies | fit (median) | median ms | p99 ms | bare median | bare p99 | median ratio | p99 ratio |",
            "|---|---|---|---|---|---|---|---|",
            *(_p2(row) for row in found["p2"]),
            "",
            "### P4: a vacancy opens among open searches (aim: p99 at most 250 ms from end to end)",
            "",
            *_p4(found["p4"]),
            "",
            "### P5: what-if over a year (aim: at most 3 times the bare cost)",
            "",
            _p5(found["p5"]),
            "",
        )
    )


def _p2(row: dict[str, Any]) -> str:
    cells = (
        *(f"{row['vacancies']:,}", row["fits_median"], row["median_ms"], row["p99_ms"]),
        *(row["bare_median_ms"], row["bare_p99_ms"], row["median_ratio"], row["p99_ratio"]),
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def _p4(row: dict[str, Any]) -> list[str]:
    few, every = row["up_to_15"], row["all"]
    return [
        f"{row['open_searches']:,} open searches, {row['openings']} openings, of which each is told to "
        f"{row['told_median']} (median) and at most {row['told_most']} searches. {row['says'].capitalize()}.",
        "",
        f"- Where 1 to 15 fit: median {few['median_ms']} ms, p99 {few['p99_ms']} ms "
        f"(bare filter over the searches' columns: {few['bare_median_ms']} and {few['bare_p99_ms']} ms).",
        f"- All openings: median {every['median_ms']} ms, p99 {every['p99_ms']} ms.",
    ]


def _p5(row: dict[str, Any]) -> str:
    return (
        f"{row['searches']:,} searches among {row['places']:,} places, reckoned from {row['measured_searches']:,} that "
        f"were measured: {row['seconds']:,} s, bare {row['bare_seconds']:,} s, ratio {row['ratio']}."
    )


def compared(found: dict[str, Any]) -> str:
    """Return the section of `world compare`."""
    rows = [
        [
            *(one["model"], f"{one['stale']:.0%}", one["policy"], f"{one['searches']:,}"),
            *(one[name] for name in _COMPARED),
            *_why(one),
        ]
        for one in found["runs"]
    ]
    return "\n".join(
        (
            "## The shipped policy beside mailing everybody (aim: 15 deliveries a placement, 0.99 of offers and bands)",
            "",
            f"**Simulated**: {found['scale']}, {found['days']} days, seed {found['seed']}. Written by `placehub world",
            f"compare --scale {found['scale']} --days {found['days']} --write docs/benchmarks.md`; "
            "[the models](model.md) are this project's own.",
            "",
            table(_COMPARED_COLUMNS, rows),
            "",
            "No offer: searches that had one under mailing and none under the policy; lesser: those whose best offer",
            "was in a lesser band. Each as three numbers: the home does not fit as it is stated; it does, but its",
            "provider was not told; it was told, and answered after the search had ended.",
        )
    )


_COMPARED: Final = (
    *("deliveries_per_placement", "by_mailing", "offers_kept", "best_kept", "placed", "placed_by_mailing"),
    *("hours_to_offer", "hours_by_mailing"),
)
_COMPARED_COLUMNS: Final = (
    *("people", "stale", "policy", "searches", "deliveries a placement", "by mailing", "offers kept", "best band kept"),
    *("placed", "by mailing", "hours to an offer", "by mailing", "no offer", "lesser"),
)


def _why(row: Mapping[str, Any]) -> list[str]:
    return [" + ".join(str(row[name].get(one, 0)) for one in REASONS) for name in ("missed", "lesser")]


def replay(found: dict[str, Any]) -> str:
    """Return the section of `bench replay`."""
    rows = [
        [
            what,
            f"{one['a_second']:,}",
            one["busy_us_an_event"],
            one["memory_mb"] or "",
            *(found.get(name, "") for name in ratios),
        ]
        for key, what, ratios in _REPLAYS
        for one in (found[key],)
    ]
    live = f"{found['live_a_second']:,}" if found["live_a_second"] else "not measured"
    scale = found.get("scale", "england")
    option = "" if scale == "england" else f" --scale {scale}"
    return "\n".join(
        (
            f"## P1: all shared views made again, {scale} (aim: at least 1.0 with two processes, 0.7 with one)",
            "",
            f"Written by `placehub bench replay{option} --write docs/benchmarks.md`.",
            f"{found['events']:,} events of the made-up world *{scale}*. {told(found['machine'])}",
            "",
            table(_REPLAY_COLUMNS, rows),
            "",
            f"Events a second as the live views fold them, transaction by transaction: {live}. What was made again is "
            + ("the same as they are, row by row." if found["equal_to_live"] else "**not** the same as they are."),
            "",
            "The bare reader decodes every field of every event. The replay passes over the homes of invitations, as",
            "it only counts them; the second bare reader does so as well. Processor time is of the whole command, with",
            "its start and the comparison, without the database.",
        )
    )


_REPLAY_COLUMNS: Final = (
    "what",
    "events a second",
    "processor µs an event",
    "largest process MB",
    "to bare",
    "to bare that counts",
)
_REPLAYS: Final = (
    ("bare", "kafka-python and fastavro, every field", ("", "")),
    ("bare_counted", "the same, homes of invitations only counted", ("", "")),
    ("one", "`placehub replay --all`", ("ratio_one", "ratio_one_counted")),
    ("two", "`placehub replay --all --processes 2`", ("ratio_two", "ratio_two_counted")),
)


def evidence(found: dict[str, Any]) -> str:
    """Return the section of `bench evidence`."""
    rows = [
        [what, f"{one['a_second']:,}", one["busy_us_an_event"], one["memory_mb"] or ""]
        for key, what in _EVIDENCE
        for one in (found[key],)
    ]
    return "\n".join(
        (
            "## The evidence log held against its streams",
            "",
            "Written by `placehub bench evidence --write docs/benchmarks.md`.",
            f"{found['records']:,} records of the made-up England. {told(found['machine'])}",
            "",
            table(("what", "records a second", "processor µs a record", "largest process MB"), rows),
            "",
            f"What differs: {found['findings']}. Asked again, with nothing new, it takes "
            f"{found['again_seconds']} s, its start included:",
            "it goes on where it came to. Records are taken in 500 in a transaction at most; the time of database and",
            "broker is not in it.",
        )
    )


_EVIDENCE: Final = (
    ("bare", "kafka-python, each value hashed"),
    ("taken", "taken into the log"),
    ("verified", "`placehub audit verify`, from the beginning"),
)


def whatif(found: dict[str, Any]) -> str:
    """Return the section of `bench whatif`."""
    rows = [[one[name] for name in _WHATIF] for one in found["runs"]]
    return "\n".join(
        (
            f"## What-if over whole cases: {found['scale']}",
            "",
            f"Written by `placehub bench whatif --scale {found['scale']} --write docs/benchmarks.md`.",
            told(found["machine"]),
            f"A history of the sample world *{found['scale']}* in memory, decided again by the policy that ran. Each",
            "figure is processor time, in turns; how streams are read is not in it. Memory is the most the process",
            f"held by then; history itself, and living through it, took {found['history_mb']} MB.",
            "",
            table(_WHATIF_COLUMNS, rows),
            "",
            "Bare: the same world folded, and for each case one filter by NumPy as its search begins. One decision:",
            "the hub's rules in its place. The what-if plays each case to its end, with all that was said, each",
            "home that changed meanwhile and each timer: it decides many times where they look once. `changed`: cases",
            "that came out otherwise than they were, of which there should be none.",
        )
    )


_WHATIF: Final = (
    *("days", "cases", "changed", "whatif_ms_a_case", "decided_ms_a_case", "bare_ms_a_case", "to_decided", "to_bare"),
    "memory_mb",
)
_WHATIF_COLUMNS: Final = (
    *("days", "cases", "changed", "what-if ms a case", "one decision", "bare", "to one decision", "to bare"),
    "memory MB",
)


def latency(found: dict[str, Any]) -> str:
    """Return the section of `bench latency`."""
    p3, p4, scale, begun = found["p3"], found["p4"], found.get("scale", ""), found["just_begun"]
    rows = [
        *([_hop(f"{_p3(begun)}, the first {begun['notices']} of a hub that has just begun", begun)] if begun else ()),
        *(_hop(_p3(one), one) for one in p3),
        _hop("P4: a home opens, the last of 1 to 15 searches told", p4["up_to_15"]),
        _hop("P4: the same, of 16 searches and more", p4["more"]),
    ]
    emergency = found.get("emergency", False)
    option = (f" --scale {scale}" if scale else "") + (" --emergency" if emergency else "")
    of = (f", {scale}" if scale else "") + (", emergencies" if emergency else "")
    return "\n".join(
        (
            f"## P3, P4: from an outbox to an inbox{of} (aim: p99 at most 250 ms)",
            "",
            f"Written by `placehub bench latency{option} --write docs/benchmarks.md`. {told(found['machine'])}",
            f"{found['organisations']} organisations. Then {p4['openings']} homes of narrow approval open, one after",
            f"the other and those that few searches fit first, among {p4['open_searches']:,} open searches:",
            f"{p4['that_told']} are told to somebody, {p4['told_few']} to 1 to 15 searches, the others to "
            f"{p4['told_most']} at most.",
            "",
            table(_HOPS, rows),
            "",
            "A bare hop is a record of four bytes through the same producer, broker and reader, between each two of",
            "the others. What the notices of each pace led to, and the processor milliseconds for each of them, in",
            "which whatever follows from it is done (what a hub takes that rests is in it, too):",
            "",
            table(
                ("a second", "notices", "that invite", "invited (median)", "at most", "ms in all", "of it"),
                [_cost(one) for one in p3],
            ),
        )
    )


def _p3(one: Mapping[str, Any]) -> str:
    return f"P3: a notice posted, the first provider invited, {one['a_second']:g} a second"


def _cost(one: Mapping[str, Any]) -> list[object]:
    busy: Mapping[str, float] = one["busy_ms_a_notice"]
    names = ("notices", "with_an_invitation", "invited_median", "invited_most")
    shares = ", ".join(f"{name} {ms}" for name, ms in busy.items()) or "not told here"
    return [f"{one['a_second']:g}", *(one[name] for name in names), round(sum(busy.values())), shares]


_HOPS: Final = ("what", "median ms", "p99 ms", "bare hop median", "bare hop p99", "median to bare", "p99 to bare")


def _hop(what: str, one: Mapping[str, Any]) -> list[object]:
    names = ("median_ms", "p99_ms", "bare_median_ms", "bare_p99_ms", "median_ratio", "p99_ratio")
    return [what, *(one.get(name, "none") for name in names)]


def fanout(found: dict[str, Any]) -> str:
    """Return the section of `bench fanout`."""
    return "\n".join(
        (
            "## Fan-out: one decision to many inboxes",
            "",
            f"Written by `placehub bench fanout --write docs/benchmarks.md`. {told(found['machine'])}",
            "A decision is put in the stream `referral`: an invitation for each provider to one made-up case. Delivery",
            "alone runs. It puts in each provider's inbox the case and its invitation, and each invitation in the",
            "authority's. Timed until the last provider has its own. Bare: one producer that writes the same records,",
            "byte for byte, to the same topics, in turns.",
            "",
            table(_FANOUT, [_fanned(one) for one in found["sizes"]]),
            "",
            "Processor time is of delivery, or of the bare producer with the reader of all inboxes beside it; servers",
            "are the broker and the database. Of one record to ten it is coarse: the system counts it in hundredths",
            "of a second.",
        )
    )


_FANOUT: Final = (
    *("inboxes", "records", "kB", "median ms", "bare median", "to bare", "delivery ms a record", "its servers"),
    *("bare ms a record", "its servers"),
)


def _fanned(one: Mapping[str, Any]) -> list[object]:
    ours, bare = one["busy_ms_a_record"], one["bare_busy_ms_a_record"]
    sizes = (one["inboxes"], one["records"], round(one["bytes"] / 1000))
    times = (round(one["median_ms"]), round(one["bare_median_ms"]), one["median_ratio"])
    return [*sizes, *times, *ours.values(), *bare.values()]


def startup(found: dict[str, Any]) -> str:
    """Return the section of `bench startup`."""
    return "\n".join(
        (
            "## P6: from `up` to ready (aim: 30 s and 1.2 GB)",
            "",
            f"Written by `placehub bench startup --write docs/benchmarks.md`. {told(found['machine'])}",
            f"A hub that is set up: {found['seconds']} s until every process works and both pages answer;",
            f"its three servers alone: {found['servers_seconds']} s. Ratio: {found['ratio']}. Memory of all processes",
            f"then, shared pages counted once: {found['memory_mb']} MB; of the servers alone",
            f"{found['servers_memory_mb']} MB.",
        )
    )


def portal(found: dict[str, Any]) -> str:
    """Return the section of `bench portal`."""
    alone, crowded = found["shown"]["alone"], found["shown"]["crowded"]
    shortest, longest = found["pauses"]
    return "\n".join(
        (
            "## The portal: a referral seen (aim: within a second), pages with many people (aim: p95 at most 300 ms)",
            "",
            f"Written by `placehub bench portal --write docs/benchmarks.md`. {told(found['machine'])}",
            f"{found['people']} people at once for {found['seconds']:g} s, with pauses of {shortest:g} to {longest:g}",
            f"seconds between two pages, while the demo goes on ({found['steps']} steps). A referral's time begins as",
            "the officer sends the form, and ends when the provider's list shows it: the list is asked for as the",
            "event stream says that there is something new.",
            "",
            table(_SHOWN, [_shown("nobody else there", alone), _shown("with everybody there", crowded)]),
            "",
            table(_PAGES, [_page(row) for row in found["pages"]]),
            "",
            "Bare is a file of the portal's own, kept in its memory, which each person asks for before each page.",
            *_failures(found["pages"]),
        )
    )


_SHOWN: Final = ("referrals", "sent", "shown", "within 1 s", "p50 ms", "p95 ms", "bare p50", "bare p95")
_PAGES: Final = ("page", "asked for", "failed", "p50 ms", "p95 ms")


def _shown(what: str, one: Mapping[str, Any]) -> list[object]:
    names = ("referrals", "shown", "within_a_second", "p50_ms", "p95_ms", "bare_p50_ms", "bare_p95_ms")
    return [what, *(one.get(name, "none") for name in names)]


def _failures(pages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line where a page failed: with which status; 0: no answer came."""
    said = [f"`{one['page']}`: {', '.join(map(str, one['statuses']))}" for one in pages[2:] if one["failed"]]
    return ["", f"Failed with: {'; '.join(said)}."] if said else []


def _page(one: Mapping[str, Any]) -> list[object]:
    return [f"`{one['page']}`", *(one.get(name, "none") for name in ("asked", "failed", "p50_ms", "p95_ms"))]
