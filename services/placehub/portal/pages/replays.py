"""Making the views again from the streams, beside the live ones: first a plan, then the act, with its progress."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from placehub.errors import Conflict, HubError
from placehub.portal.accounts import HUB
from placehub.portal.pages.operations import OPERATORS, acted, signature
from placehub.portal.people import Signed
from placehub.portal.refusing import why_not
from placehub.portal.replays import Run
from placehub.portal.sitting import NOTICES, Doors, Entry, Form, Open, Sent, Who, go_to, page
from placehub.portal.words import gettext as _
from placehub.replaying.planning import Wanted, view_titles, wanted_views
from placehub.replaying.shadow import asked, discard

router = APIRouter(dependencies=[OPERATORS])
NOTICES.update(
    {
        "replay": lambda: _("It has begun. It sends nothing to anyone, and the live views stay as they are."),
        "replay-live": lambda: _("What is new is made as well, then the new views take the place of the live ones."),
        "replay-broken-off": lambda: _("It stops after its next step. Asked for again, it goes on from there."),
        "replay-discarded": lambda: _("The shadow is taken away."),
    }
)


def menu(who: Signed) -> list[Entry]:
    """Return where this begins."""
    says = _("Make views again from the streams and hold them against the live ones.")
    return [Entry("/replay", _("Replay"), says)] if who.acting.kind == HUB else []


@router.get("/replay")
def replay_page(request: Request, door: Open, view: str = "") -> Response:
    """Show what a replay would read and how long it takes, and how far the one that runs has come."""
    form = Form()
    plan = _plan(door, view, form) if view else None
    return _replay(request, door, form, view, plan)


@router.post("/replay/begin")
def replay_begun(request: Request, door: Open, who: Who, form: Sent) -> Response:
    """Begin it, into the shadow; or go on with the one that was broken off."""
    view = form.need("view", _("Choose what is to be made again."))
    wanted = _wanted(view, form)
    if wanted is not None and not form.errors:
        try:
            door.replays.begin(wanted, signature(who))
        except Conflict as why:
            form.wrong("view", why_not(why))
        else:
            acted(door, who, "replay into the shadow", view)
            return go_to("/replay", "replay")
    return _replay(request, door, form, view, None)


@router.post("/replay/live")
def replay_put_live(request: Request, door: Open, who: Who, form: Sent) -> Response:
    """Put what was made in the place of the live views, once it has caught up with them; it is recorded why."""
    run = door.replays.last
    if run is None or not _may_go_live(run):
        form.wrong("reason", _("Nothing is through that could be put in their place. Make the views again first."))
    reason = form.need("reason", _("Say why they are put in their place."))
    if not form.has("sure"):
        form.wrong("sure", _("Tick the box if the live views are to be replaced."))
    if run is not None and not form.errors:
        try:
            door.replays.begin(run.wanted, signature(who), into_live=True)
        except Conflict as why:
            form.wrong("reason", why_not(why))
        else:
            acted(door, who, "put replayed views live", ", ".join(run.wanted.views), reason)
            return go_to("/replay", "replay-live")
    return _replay(request, door, form, "", None)


def _may_go_live(run: Run) -> bool:
    """Tell whether a replay is through, of all events, and stands beside the live views still."""
    return run.over and run.found is not None and not run.into_live and run.wanted.whole


@router.post("/replay/break-off")
def replay_broken_off(door: Open, who: Who, form: Sent) -> Response:
    """Let it stop; what it has made stays."""
    door.replays.break_off()
    acted(door, who, "break off", "replay")
    return go_to("/replay", "replay-broken-off")


@router.post("/replay/discard")
def replay_discarded(request: Request, door: Open, who: Who, form: Sent) -> Response:
    """Take the shadow away; not while one runs."""
    run = door.replays.last
    if run and not run.over:
        form.wrong("view", _("A replay runs. Break it off first."))
        return _replay(request, door, form, "", None)
    with door.engine.begin() as connection:
        discard(connection)
    acted(door, who, "discard", "the replay's shadow")
    return go_to("/replay", "replay-discarded")


def _wanted(view: str, form: Form) -> Wanted | None:
    try:
        return Wanted(views=wanted_views([] if view == "all" else [view], view == "all"))
    except HubError as why:
        form.wrong("view", why_not(why))
        return None


def _plan(door: Doors, view: str, form: Form) -> list[tuple[str, str]] | None:
    wanted = _wanted(view, form)
    if wanted is None:
        return None
    made = door.operating.replay(wanted)
    try:
        rate = made.measure()
    finally:
        made.engine.dispose()
    seconds = f"{made.plan.events / rate:,.0f}" if rate else _("not known")
    return [
        (_("Streams"), ", ".join(made.plan.streams)),
        (_("Tables"), ", ".join(table.name for table in made.plan.tables)),
        (_("Events"), f"{made.plan.events:,}"),
        (_("Events a second here"), f"{rate:,.0f}" if rate else _("not known")),
        (_("Seconds it takes"), seconds),
    ]


def _replay(request: Request, door: Doors, form: Form, view: str, plan: list[tuple[str, str]] | None) -> Response:
    with door.reads.connect() as connection:
        there = asked(connection)
    run = door.replays.last
    may_go_live = there is not None and run is not None and _may_go_live(run)
    facts: dict[str, Any] = {
        "may_go_live": may_go_live,
        "run": run,
        "state": _state(run),
        "compared": _compared(run),
        "plan": plan,
        "view": view,
    }
    views = [("all", _("Every view")), *((name, _(title)) for name, title in view_titles().items())]
    return page(request, "replay.html", form=form, views=views, shadow=_asked(there), **facts)


def _asked(there: Any) -> str:
    return ", ".join(there.get("views", ())) if there else ""


def _state(run: Run | None) -> str:
    if run is None:
        return ""
    if run.wrong:
        return _("It ended early: {why}").format(why=run.wrong)
    if run.broken_off:
        return _("It was broken off. Asked for again, it goes on from there.")
    if run.found is None:
        return _("It runs.")
    if run.into_live:
        return _("It is through: the views made again stand in the place of the live ones.")
    if all(one.equal for one in run.found):
        return _("It is through: all tables are the same as the live ones.")
    return _(
        "It is through: they are not the same. Look at both, then put the new ones in their place, or take them away."
    )


def _compared(run: Run | None) -> list[tuple[object, ...]]:
    found = run.found if run and run.found else ()
    return [(one.table, one.shadow, one.live, _("yes") if one.equal else _("no")) for one in found]
