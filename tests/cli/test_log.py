"""The log: for eyes or for programs, and never what nobody may read."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from folkmoot import log
from folkmoot.config import LogFormat, LogLevel
from folkmoot.xmpp.xml import Element


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Each test sets up the log of this process; afterwards it is as pytest had it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def test_json_is_an_object_a_line() -> None:
    """Ours and what libraries log through `logging`."""
    out = io.StringIO()
    log.configure(LogFormat.JSON, LogLevel.INFO, out)
    structlog.get_logger().info("listening", port=5222)
    logging.getLogger("aiohttp.server").warning("odd %s", "request")
    ours, theirs = map(json.loads, out.getvalue().splitlines())
    assert (ours["event"], ours["level"], ours["port"]) == ("listening", "info", 5222)
    assert (theirs["event"], theirs["level"]) == ("odd request", "warning")
    assert ours["timestamp"].endswith("Z")


def test_text_is_a_line_without_colours_where_no_terminal_is() -> None:
    """The event, then its values."""
    out = io.StringIO()
    log.configure(LogFormat.TEXT, LogLevel.INFO, out)
    structlog.get_logger().info("listening", port=5222)
    (line,) = out.getvalue().splitlines()
    assert "listening" in line
    assert line.endswith("port=5222")
    assert "\x1b" not in line


@pytest.mark.parametrize("format", LogFormat)
def test_lighter_lines_are_left_out(format: LogFormat) -> None:
    """Below the level nothing is written, whoever logs."""
    out = io.StringIO()
    log.configure(format, LogLevel.WARNING, out)
    structlog.get_logger().info("listening")
    logging.getLogger("asyncio").info("using selector")
    assert out.getvalue() == ""


@pytest.mark.parametrize("format", LogFormat)
def test_nobodys_words_are_written(format: LogFormat) -> None:
    """Secrets by their name, stanzas but for their kind, also at the lowest level."""
    out = io.StringIO()
    log.configure(format, LogLevel.DEBUG, out)
    body = Element("jabber:client", "body", None, "my bounty is boundless")
    message = Element("jabber:client", "message", {"to": "romeo@localhost"}, body)
    structlog.get_logger().debug("routed", what=message, password="balcony", body="as the sea")
    for words in ("balcony", "as the sea", "boundless"):
        assert words not in out.getvalue()
    assert "<message/>" in out.getvalue()


@pytest.mark.parametrize("format", LogFormat)
def test_a_traceback_shows_no_variables(format: LogFormat) -> None:
    """A bug is told with its lines, not with what people wrote while it happened."""
    out = io.StringIO()
    log.configure(format, LogLevel.INFO, out)
    said = "".join(["my ", "bounty"])
    try:
        raise ZeroDivisionError(len(said))
    except ZeroDivisionError:
        structlog.get_logger().exception("bug")
        logging.getLogger("asyncio").exception("bug")
    assert out.getvalue().count("ZeroDivisionError") >= 2
    assert "my bounty" not in out.getvalue()
