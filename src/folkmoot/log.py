"""The log: structured lines on standard error, for eyes or for programs.

Any module asks `structlog.get_logger()` for a logger and logs an event with named values. Secrets
and what people write to each other are kept out here once, whoever logs them.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

from folkmoot.config import LogFormat, LogLevel
from folkmoot.xmpp.xml import Element

WITHHELD = "(withheld)"
SECRETS = frozenset(
    {"password", "credentials", "secret", "token", "body", "payload", "stanza", "xml"}
)
"""Names of values that are never written, at any level."""

EventDict = MutableMapping[str, Any]


def configure(format: LogFormat, level: LogLevel, stream: TextIO | None = None) -> None:
    """Set up the log of this process, the standard library's loggers included.

    stream: standard error unless given.
    """
    out = stream or sys.stderr
    number = logging.getLevelNamesMapping()[level.name]
    prepare: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        withhold,
    ]
    write = _json() if format is LogFormat.JSON else _text(out)
    structlog.configure(
        processors=[*prepare, *write],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=prepare,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *write],
        )
    )
    logging.basicConfig(handlers=[handler], level=number, force=True)


def withhold(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Leave out what nobody may read in a log: secrets by name, of stanzas all but their kind."""
    for name, value in event.items():
        if name in SECRETS:
            event[name] = WITHHELD
        elif isinstance(value, Element):
            event[name] = f"<{value.name}/>"
    return event


def _text(out: TextIO) -> list[Processor]:
    return [
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        structlog.dev.ConsoleRenderer(
            colors=out.isatty(),
            pad_event_to=32,
            # The pretty traceback prints local variables, and with them what people wrote.
            exception_formatter=structlog.dev.plain_traceback,
        ),
    ]


def _json() -> list[Processor]:
    transformer = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(transformer),
        structlog.processors.JSONRenderer(default=str),
    ]
