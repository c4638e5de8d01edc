"""Which event is being taken in: every log line written meanwhile carries its trace, and so does a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from operator import attrgetter
from typing import Final, TypeVar

from placehub.contracts.headers import Attributes

T = TypeVar("T")
_NOW: Final[ContextVar[Attributes | None]] = ContextVar("following", default=None)


def followed(things: Iterable[T], about: Callable[[T], Attributes] = attrgetter("attributes")) -> Iterator[T]:
    """Yield each thing, and let what the loop does with it be done under its event's trace."""
    for one in things:
        _NOW.set(about(one))
        yield one
    _NOW.set(None)


def followed_now() -> Attributes | None:
    """Return the event that is being taken in here, if one is."""
    return _NOW.get()


def let_go(error: BaseException | None = None) -> None:
    """Follow no event any more; a fault keeps a note of the one that was."""
    about = _NOW.get()
    if error is not None and about is not None:
        error.add_note(f"while taking in {about.type} {about.id} (trace {about.trace_id})")
    _NOW.set(None)
