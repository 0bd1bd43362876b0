"""Moderation across a space, as ad-hoc commands (docs/extensions/moderation.md, version 0.1).

XEP-0050 1.3.0. Nothing is kept between the steps of a command: all it needs is in its form.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from folkmoot.engine import questions
from folkmoot.engine.commands import SetAffiliations
from folkmoot.engine.errors import Refused
from folkmoot.engine.events import Event
from folkmoot.engine.model import Affiliation, Mark, NodeId
from folkmoot.engine.room_commands import Dismiss, TakeBack
from folkmoot.engine.space_events import Moderated
from folkmoot.facades import disco
from folkmoot.facades.facade import Answered, Facade, Handler, Request, read_jid
from folkmoot.facades.muc.retraction import notice
from folkmoot.facades.personal import around
from folkmoot.facades.pubsub.config import read_form
from folkmoot.facades.pubsub.discovery import node_info as pubsub_info
from folkmoot.facades.pubsub.discovery import node_items as pubsub_items
from folkmoot.facades.pubsub.errors import ERRORS
from folkmoot.facades.pubsub.ns import COMMANDS
from folkmoot.facades.pubsub.reading import node_id
from folkmoot.xmpp.dates import format_date, read_date
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import DATA, Field, Form, Option
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Attr, Element

NS: Final = "urn:folkmoot:moderation:0"

COMMANDS_PER_STANZA_MAX: Final = 20
"""How often one stanza goes on taking messages back before its sender is told how far it is."""

PERIODS: Final = {"hour": 3_600.0, "day": 86_400.0, "all": None}
"""How far back a retraction goes, in seconds; None: to the beginning."""

_PERIODS_TOLD: Final = (
    Option("hour", "The last hour"),
    Option("day", "The last day"),
    Option("all", "All there is"),
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a filled-in form asks for."""

    space: NodeId
    jid: JID
    reason: str
    form: Form


Run = Callable[[Request, Wish], Awaitable[Element]]


@dataclass(frozen=True, slots=True)
class _Command:
    """name: for people. run: carries a wish out and words the answer. fields: of the form."""

    name: str
    run: Run
    fields: tuple[Field, ...] = ()


async def moderate(request: Request, otherwise: Handler) -> Answered:
    """A step of a command of ours, or of one of the service's others."""
    command = _COMMANDS.get(request.payload.get("node", ""))
    if command is None:
        return await otherwise(request)
    form = read_form(request.payload)
    action = request.payload.get("action", "execute")
    if action == "cancel" or (form is not None and form.type == "cancel"):
        return (_step(request, "canceled"),)
    if action not in ("execute", "next", "complete"):
        name = "bad-action" if action == "prev" else "malformed-action"
        raise StanzaError("bad-request", extension=Element(COMMANDS, name))
    if form is None:
        return (_step(request, "executing", *await _asked(request, command)),)
    wish = Wish(
        node_id(request, form.value("space")),
        read_jid(form.value("jid")).bare,
        form.value("reason") or "",
        form,
    )
    return (await command.run(request, wish),)


async def _asked(request: Request, command: _Command) -> tuple[Element, Element]:
    """The form to be filled in, with the spaces that the asker may moderate."""
    spaces = await request.ask(questions.moderated_spaces, request.actor, request.to.bare)
    if not spaces:
        raise StanzaError("forbidden", "there is no space here that is yours to moderate")
    options = tuple(Option(each.name) for each in spaces)
    fields = (
        Field("space", "list-single", (spaces[0].name,), "Space", options, required=True),
        Field("jid", "jid-single", (), "Whom", required=True),
        *command.fields,
        Field("reason", "text-single", (), "Why"),
    )
    return _actions("complete"), Form("form", NS, fields, title=command.name).element()


async def ban(request: Request, wish: Wish) -> Element:
    """Outcast of the space, and so of its rooms."""
    await request.run(
        SetAffiliations(
            actor=request.actor,
            node=wish.space,
            affiliations={wish.jid: Affiliation.OUTCAST},
            reason=wish.reason,
        )
    )
    return _done(request, f"{wish.jid} is banned.")


async def kick(request: Request, wish: Wish) -> Element:
    """Out of every room of the space."""
    events = await request.run(
        Dismiss(actor=request.actor, node=wish.space, jid=wish.jid, reason=wish.reason)
    )
    return _done(request, f"{wish.jid} had to leave {moderated(events).rooms} of its rooms.")


async def retract(request: Request, wish: Wish) -> Element:
    """What was said in the rooms of the space, in as many steps as it takes."""
    form = wish.form
    command = TakeBack(
        actor=request.actor,
        node=wish.space,
        jid=wish.jid,
        notice=notice,
        reason=wish.reason,
        within=_within(form),
        start=_start(form),
    )
    messages = _count(form)
    for _ in range(COMMANDS_PER_STANZA_MAX):
        try:
            done = moderated(await request.run(command))
        except Refused as refused:
            if messages == 0:
                raise
            text = f"{messages} messages were retracted before this was refused"
            error = ERRORS[refused.reason](refused.detail)
            raise StanzaError(error.condition, text, extension=error.extension) from refused
        messages += done.messages
        if done.next is None:
            return _done(request, f"Messages of {wish.jid} retracted: {messages}.")
        command = replace(command, start=done.next)
    return _under_way(request, wish, command.start, messages)


def moderated(events: Iterable[Event]) -> Moderated:
    """What a command of moderation says of itself."""
    return next(event for event in events if isinstance(event, Moderated))


def _within(form: Form) -> float | None:
    period = form.value("period") or "all"
    if period not in PERIODS:
        raise StanzaError("bad-request", f"the period is one of {', '.join(PERIODS)}")
    return PERIODS[period]


def _start(form: Form) -> Mark | None:
    since = form.value("since")
    if since is None:
        return None
    return Mark(read_date(since), form.value("room") or "", form.value("before") or "")


def _count(form: Form) -> int:
    """How many messages the steps before this one have retracted, by their own word."""
    text = form.value("messages") or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise StanzaError("bad-request", "messages is a number")
    return int(text)


def _under_way(request: Request, wish: Wish, start: Mark | None, messages: int) -> Element:
    """How far it is, with all that the next step needs."""
    assert start is not None, "there is somewhere to go on"
    told = f"Messages retracted so far: {messages}; the room {start.room} is next."
    values = {
        "space": wish.space.name,
        "jid": str(wish.jid),
        "reason": wish.reason,
        "since": format_date(start.since),
        "room": start.room,
        "before": start.before,
        "messages": str(messages),
    }
    fields = tuple(Field(var, "hidden", (value,)) for var, value in values.items())
    form = Form("form", NS, fields, title="Retract more?").element()
    return _step(request, "executing", _actions("next"), form, _note(told))


def _done(request: Request, told: str) -> Element:
    return _step(request, "completed", _note(told))


def _note(text: str) -> Element:
    return Element(COMMANDS, "note", {"type": "info"}, text)


def _actions(only: str) -> Element:
    return Element(COMMANDS, "actions", {"execute": only}, Element(COMMANDS, only))


def _step(request: Request, status: str, *children: Element) -> Element:
    session = request.payload.get("sessionid") or request.stanza.get("id")
    attrs: dict[Attr, str | None] = {
        "node": request.payload.get("node"),
        "sessionid": session,
        "status": status,
    }
    return Element(COMMANDS, "command", attrs, *children)


_PERIOD: Final = Field("period", "list-single", ("hour",), "Since when", _PERIODS_TOLD)

_COMMANDS: Final = {
    f"{NS}#ban": _Command("Ban somebody from a space", ban),
    f"{NS}#kick": _Command("Kick somebody from the rooms of a space", kick),
    f"{NS}#retract": _Command(
        "Retract what somebody said in the rooms of a space", retract, (_PERIOD,)
    ),
}


async def node_items(request: Request, node: str) -> Iterable[Element]:
    """The commands of the service, those of XEP-0060 first (XEP-0050 §2.2), or a node's items."""
    if node in _COMMANDS:
        return (Element(disco.ITEMS, "query", {"node": node}),)
    told = await pubsub_items(request, node)
    if node == COMMANDS:
        (query,) = told
        for name, command in _COMMANDS.items():
            attrs = {"jid": str(request.to.bare), "node": name, "name": command.name}
            query.append(Element(disco.ITEMS, "item", attrs))
    return told


async def node_info(request: Request, node: str) -> Iterable[Element]:
    """What a command is (XEP-0050 §2.2), or a node."""
    command = _COMMANDS.get(node)
    if command is None:
        return await pubsub_info(request, node)
    identity = disco.Identity("automation", "command-node", command.name)
    return (disco.info(node, (identity,), (COMMANDS, DATA)),)


def beside(facade: Facade) -> Facade:
    """A facade that has commands, with these among them."""
    return around(facade, {("iq", "set", COMMANDS, "command"): moderate})


FEATURES: Final = (NS,)
