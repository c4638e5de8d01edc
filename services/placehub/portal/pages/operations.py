"""Whether the hub is well: servers, processors and how far each has come; an operator pauses one and lets it go on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from typing import Any, Final

import structlog
from fastapi import APIRouter, HTTPException, Request, Response
from sqlalchemy import Connection, insert, select

from placehub.drivers.pausing import Pause, paused
from placehub.drivers.pausing import pause as pause_processor
from placehub.drivers.pausing import resume as resume_processor
from placehub.drivers.presence import Present, present
from placehub.drivers.quiet import Lag, Reading
from placehub.drivers.restarting import restart as restart_processor
from placehub.portal.accounts import HUB
from placehub.portal.people import Signed
from placehub.portal.sitting import NOTICES, Doors, Entry, Form, Open, Sent, Who, go_to, only, page
from placehub.portal.tables import OPERATED
from placehub.portal.words import gettext as _
from placehub.portal.words import when

LOG = structlog.get_logger()
OPERATORS: Final = only(HUB)
"""Lets in operators alone; to everybody else there is no such page."""
DONE_SHOWN: Final = 30
"""Acts of operators that are shown, the last ones."""
router = APIRouter(dependencies=[OPERATORS])
NOTICES.update(
    {
        "processor-paused": lambda: _("It stops within about two seconds. What it has taken in goes out."),
        "restarted": lambda: _("Its processes end in order and are started again. Nothing is lost."),
        "resumed": lambda: _("It goes on where it stood."),
    }
)


def menu(who: Signed) -> list[Entry]:
    """Return where this begins."""
    says = _("Servers, and what each processor has still to do; pause one and let it go on.")
    return [Entry("/operations", _("Health"), says)] if who.acting.kind == HUB else []


def acted(door: Doors, who: Signed, act: str, about: str, reason: str = "") -> None:
    """Put on record what an operator did: for other operators, and in the hub's log."""
    LOG.warning("an operator acted", act=act, about=about, person_id=str(who.person_id))
    row = {"act": act, "about": about, "person_id": who.person_id, "by": signature(who), "reason": reason}
    with door.engine.begin() as connection:
        connection.execute(insert(OPERATED).values(**row, at=door.operating.now()))


def _done_lately(connection: Connection) -> list[tuple[object, ...]]:
    rows = connection.execute(select(OPERATED).order_by(OPERATED.c.id.desc()).limit(DONE_SHOWN))
    return [(when(row.at), row.by, row.act, row.about, row.reason) for row in rows]


def signature(who: Signed) -> str:
    """Return by whom something was done, as other operators read it."""
    return f"{who.name}, {who.email}"


@router.get("/operations")
def health_page(request: Request, door: Open) -> Response:
    """Show whether every part answers and keeps up."""
    servers, lag = door.operating.health()
    well = lag is not None and set(servers.values()) == {"up"}
    facts = _numbers(door, lag) if well and lag else {}
    return page(request, "operations.html", well=well, servers=list(servers.items()), **facts)


def _numbers(door: Doors, found: Lag) -> dict[str, Any]:
    behind = Counter[str]()
    for one in found.readings:
        behind[one.processor] += one.behind
    with door.reads.connect() as connection:
        pauses, workers, resting = paused(connection), present(connection), door.operating.resting(connection)
        acts = _done_lately(connection)
    running = Counter(one.processor for one in workers)
    rows = [
        (
            {"href": f"/operations/{name}", "text": name},
            behind[name],
            found.outgoing.get(name, 0),
            running[name],
            _("paused") if name in pauses else _("runs") if running[name] else _("no process was seen lately"),
        )
        for name in door.operating.processors
    ]
    return {
        "processors": rows,
        "acts": acts,
        "pauses": [str(one) for one in pauses.values()],
        "workers": [(one.processor, _place(one), when(one.started_at), _holding(one.partitions)) for one in workers],
        "resting": [(one["organisation"], one["rejected"], one["of"]) for one in resting],
    }


def _place(one: Present) -> str:
    return f"{one.host} {one.pid}"


def _holding(partitions: Mapping[str, Collection[int]]) -> str:
    kinds = Counter(topic.partition(".")[0] for topic, numbers in partitions.items() for _number in numbers)
    return ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))


@router.get("/operations/{processor}")
def processor_page(request: Request, door: Open, processor: str) -> Response:
    """Show one processor, partition by partition."""
    return _processor(request, door, processor, Form())


@router.post("/operations/{processor}/pause")
def processor_paused(request: Request, door: Open, who: Who, processor: str, form: Sent) -> Response:
    """Let a processor take in nothing more until it is resumed."""
    _check(door, processor)
    reason = form.need("reason", _("Say why it is to be paused."))
    if form.errors:
        return _processor(request, door, processor, form)
    with door.engine.begin() as connection:
        pause_processor(connection, Pause(processor, door.operating.now(), signature(who), reason))
    acted(door, who, "pause", processor, reason)
    return go_to(f"/operations/{processor}", "processor-paused")


@router.post("/operations/{processor}/resume")
def processor_resumed(door: Open, who: Who, processor: str, form: Sent) -> Response:
    """Let a paused processor go on where it stood."""
    _check(door, processor)
    with door.engine.begin() as connection:
        resume_processor(connection, processor)
    acted(door, who, "resume", processor)
    return go_to(f"/operations/{processor}", "resumed")


@router.post("/operations/{processor}/restart")
def processor_restarted(request: Request, door: Open, who: Who, processor: str, form: Sent) -> Response:
    """Let every process of a processor end in order and be started again."""
    _check(door, processor)
    if not form.has("sure"):
        form.wrong("sure", _("Tick the box if it is to begin anew."))
        return _processor(request, door, processor, form)
    with door.engine.begin() as connection:
        restart_processor(connection, processor)
    acted(door, who, "restart", processor)
    return go_to(f"/operations/{processor}", "restarted")


def _check(door: Doors, processor: str) -> None:
    if processor not in door.operating.processors:
        raise HTTPException(404)


def _processor(request: Request, door: Doors, processor: str, form: Form) -> Response:
    _check(door, processor)
    found = door.operating.lag()
    with door.reads.connect() as connection:
        pause, workers = paused(connection).get(processor), present(connection)
    held = defaultdict[tuple[str, int], list[str]](list)
    for one in workers:
        for topic, numbers in one.partitions.items() if one.processor == processor else ():
            for number in numbers:
                held[topic, number].append(_place(one))
    mine = sorted(one for one in found.readings if one.processor == processor)
    rows = [_partition(one, held) for one in sorted(mine, key=lambda one: one.whole)]
    return page(request, "processor.html", form=form, name=processor, pause=pause, partitions=rows)


def _partition(one: Reading, held: Mapping[tuple[str, int], Collection[str]]) -> tuple[object, ...]:
    by = _("its world, read whole") if one.whole else ", ".join(held.get((one.topic, one.partition), ()))
    return (one.topic, one.partition, one.next, one.end, one.behind, by)
