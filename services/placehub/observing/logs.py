"""Logs: one JSON object a line for every happening, whichever library tells of it, scrubbed."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterable, MutableMapping
from types import TracebackType
from typing import Any, Final

import structlog

from placehub.observing.following import followed_now
from placehub.observing.scrubbing import Scrubber

Line = MutableMapping[str, Any]
OURS: Final = "placehub"
QUIET: Final = {"kafka": logging.ERROR}
"""Loggers that tell too much as a warning: kafka-python at every login that there is no TLS, which is a setting."""
FIRST: Final = ("time", "level", "processor", "event")
LOG: Final = structlog.get_logger()


def set_up_logs(level: str, process: str, worker: str, secrets: Iterable[str] = ()) -> None:
    """Log to standard error from now on; what other libraries tell from warnings on, what the hub tells from `level`.

    Each line has `time`, `level`, `logger`, `event`, `processor`, `worker`, and `trace_id` while an event is taken in.
    """
    own = {"processor": process, "worker": worker}

    def add_own(_logger: Any, _method: str, line: Line) -> Line:
        about = followed_now()
        trace = {} if about is None else {"trace_id": about.trace_id, "ce_id": str(about.id)}
        return {**trace, **line, **own}

    shared: list[Any] = [
        add_own,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            Scrubber(secrets),
            _in_order,
            structlog.processors.JSONRenderer(),
        ],
        foreign_pre_chain=shared,
    )
    _take_over(formatter, level)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    sys.excepthook = _fault
    threading.excepthook = lambda told: _fault(told.exc_type, told.exc_value, told.exc_traceback)


def _in_order(_logger: Any, _method: str, line: Line) -> Line:
    """Put the time first, so that the lines of several logs can be sorted as they are."""
    return {name: line[name] for name in FIRST if name in line} | dict(line)


def _take_over(formatter: logging.Formatter, level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.root.handlers = [handler]
    logging.root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level.upper())
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)
    logging.captureWarnings(True)


def _fault(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    LOG.critical("a fault of the hub's own", exc_info=(kind, error, trace))
