"""The options of a subscription: XEP-0060 1.30.0, §6.3, §16.4.2; leases, §12.19; XEP-0497 0.1.0."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from folkmoot.engine.digest import DIGEST_SECONDS, DIGEST_SECONDS_MAX, DIGEST_SECONDS_MIN
from folkmoot.engine.model import HERE, Show, Subscription, Topic
from folkmoot.facades.form_table import single
from folkmoot.facades.pubsub.conditions import bad
from folkmoot.facades.pubsub.ns import SUBSCRIBE_OPTIONS
from folkmoot.xmpp.dates import format_date, read_date
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import Field, Form, FormType, Option, read_boolean

SCOPES: Final = "urn:xmpp:pubsub-ext-sub:0"
TYPE: Final = f"{{{SCOPES}}}type"
DEPTH: Final = f"{{{SCOPES}}}depth"
"""XEP-0497's options (§3)."""

_FREQUENCY: Final = re.compile(r"[0-9]{1,12}")
_DEPTH: Final = re.compile(r"[+-]?[0-9]{1,9}")

_TOPICS: Final = {
    Topic.ITEMS: "Items",
    Topic.METADATA: "What the node is",
    Topic.LINKED: "Items of nodes that go with it",
}

_SHOWS: Final = {
    Show.ONLINE: "Available",
    Show.CHAT: "Free for a chat",
    Show.AWAY: "Away",
    Show.XA: "Away for long",
    Show.DND: "Not to be disturbed",
}


def _read_flag(values: Sequence[str]) -> bool:
    return read_boolean(single(values))


def _read_frequency(values: Sequence[str]) -> float:
    """Seconds; the field has milliseconds."""
    given = single(values).strip()
    if not given:
        return DIGEST_SECONDS
    seconds = int(given) / 1_000 if _FREQUENCY.fullmatch(given) else 0.0
    if not DIGEST_SECONDS_MIN <= seconds <= DIGEST_SECONDS_MAX:
        bounds = f"{_milliseconds(DIGEST_SECONDS_MIN)} to {_milliseconds(DIGEST_SECONDS_MAX)}"
        raise StanzaError("bad-request", f"{bounds} milliseconds")
    return seconds


def _read_expire(values: Sequence[str]) -> float | None:
    given = single(values).strip()
    return read_date(given) if given else None


def _read_shows(values: Sequence[str]) -> frozenset[Show]:
    words = {show.value: show for show in Show}
    if unknown := [value for value in values if value not in words]:
        raise StanzaError("bad-request", f"{unknown[0]} is no way to be available")
    return frozenset(words[value] for value in values)


def _read_topics(values: Sequence[str]) -> frozenset[Topic]:
    words = {topic.value: topic for topic in Topic}
    if unknown := [value for value in values if value not in words]:
        raise StanzaError("bad-request", f"nobody subscribes to {unknown[0]}")
    return frozenset(words[value] for value in values) or HERE.topics


def _read_depth(values: Sequence[str]) -> int:
    given = _DEPTH.fullmatch(single(values).strip() or "0")
    if given is None:
        raise StanzaError("bad-request", "a number of levels is needed")
    return int(given[0])


_READ: Final[Mapping[str, tuple[str, Callable[[Sequence[str]], object]]]] = {
    "pubsub#deliver": ("deliver", _read_flag),
    "pubsub#expire": ("expires", _read_expire),
    "pubsub#digest": ("digest", _read_flag),
    "pubsub#digest_frequency": ("digest_seconds", _read_frequency),
    "pubsub#include_body": ("body", _read_flag),
    "pubsub#show-values": ("shows", _read_shows),
    TYPE: ("topics", _read_topics),
    DEPTH: ("depth", _read_depth),
}
"""What a field sets, and how it is read."""


def read_options(form: Form | None) -> dict[str, object]:
    """The options a subscriber asks for; what is not named stays as it is (§6.3.5).

    Raises StanzaError invalid-options for what is not offered, or makes no sense (§6.3.6.2).
    """
    if form is None or form.type == "cancel":
        return {}
    if form.type != "submit":
        raise bad("invalid-options", "options are submitted")
    options: dict[str, object] = {}
    for field in form.fields:
        if field.var not in _READ:
            raise bad("invalid-options", f"{field.var} is not offered")
        name, read = _READ[field.var]
        try:
            options[name] = read(field.values)
        except StanzaError as error:
            raise bad("invalid-options", f"{field.var}: {error.text}") from error
    return options


def options_form(type: FormType, held: Subscription) -> Form:
    """A subscription's options as a form (§6.3.3)."""
    expires = () if held.expires is None else (format_date(held.expires),)
    shows = tuple(show.value for show in _SHOWS if show in held.manner.shows)
    choices = tuple(Option(show.value, label) for show, label in _SHOWS.items())
    return Form(
        type,
        SUBSCRIBE_OPTIONS,
        (
            Field("pubsub#deliver", "boolean", (_said(held.deliver),), "Notify of items"),
            Field(
                "pubsub#digest", "boolean", (_said(held.digest is not None),), "Many items at once"
            ),
            Field(
                "pubsub#digest_frequency",
                "text-single",
                (_milliseconds(DIGEST_SECONDS if held.digest is None else held.digest.seconds),),
                "That far apart, in milliseconds",
            ),
            Field("pubsub#expire", "text-single", expires, "When the subscription ends"),
            Field(
                "pubsub#include_body", "boolean", (_said(held.manner.body),), "With words to read"
            ),
            Field(
                "pubsub#show-values",
                "list-multi",
                shows,
                "Only while I am (nothing chosen: always)",
                choices,
            ),
            Field(
                TYPE,
                "list-multi",
                tuple(topic.value for topic in _TOPICS if topic in held.scope.topics),
                "What to hear of",
                tuple(Option(topic.value, label) for topic, label in _TOPICS.items()),
            ),
            Field(
                DEPTH,
                "text-single",
                (str(held.scope.depth),),
                "And of how many levels below (-1: all)",
            ),
        ),
    )


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1_000))


def _said(flag: bool) -> str:
    return "1" if flag else "0"
