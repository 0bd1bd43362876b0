"""Rooms as pubsub: XEP-0207 1.0, §5, with the requests of XEP-0060 1.30.0.

At the rooms service each room is a node. What is asked of it is what its occupants do by XEP-0045
1.35.5, and goes that way; why not is said in XEP-0060's words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from folkmoot.engine import questions, room_questions
from folkmoot.engine.commands import Expire
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.model import NodeId, Occupant, Subscription
from folkmoot.engine.store import Edge
from folkmoot.facades import disco, muc, pubsub
from folkmoot.facades.eventing.room_reading import (
    NICK,
    TO_ENTER,
    entry,
    hold_device,
    hold_service,
    node_of,
    options_with,
    read_options,
    room_named,
    room_of,
    said_in,
)
from folkmoot.facades.eventing.room_words import word
from folkmoot.facades.facade import Answered, Facade, Handler, Request, Route
from folkmoot.facades.mam.query import RESULTS_MAX, read_query
from folkmoot.facades.muc import owner
from folkmoot.facades.muc.notification import archived
from folkmoot.facades.muc.ns import OWNER as MUC_OWNER
from folkmoot.facades.muc.stanzas import room_jid
from folkmoot.facades.paging import fitting
from folkmoot.facades.personal import around
from folkmoot.facades.pubsub.bounces import is_about
from folkmoot.facades.pubsub.conditions import bad, not_subscribed, unmet, unsupported
from folkmoot.facades.pubsub.config import read_form
from folkmoot.facades.pubsub.ns import OWNER, PUBSUB, SUBSCRIBE_OPTIONS
from folkmoot.facades.pubsub.reading import beside, items_named
from folkmoot.facades.pubsub.retrieval import read_most
from folkmoot.facades.pubsub.subscriber import affiliations
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import DATA, Field, Form, FormType
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.rsm import Page, read_set
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import XML_LANG, Element

_KEPT: Final = ("id", XML_LANG)


# --- being in a room


async def subscribe(request: Request) -> Iterable[Element]:
    """Enter a room, which is made where there is none (Listing 13)."""
    room = room_named(request)
    hold_device(request)
    options = read_options(options_with(request), TO_ENTER)
    if not options.get(NICK):
        raise bad("invalid-options", f"{NICK} is needed")
    x = entry(options)
    await _enact(request, Element(CLIENT, "presence", {"to": f"{room}/{options[NICK]}"}, x))
    held = await request.ask(room_questions.own_occupancy, request.actor, node_of(room))
    form = _options_form("result", held).element()
    told = _subscription(room.local, request.actor, "subscribed")
    return (Element(PUBSUB, "pubsub", None, told, Element(PUBSUB, "options", None, form)),)


async def unsubscribe(request: Request) -> Iterable[Element]:
    """Leave a room."""
    room = room_named(request)
    hold_device(request)
    held = await _held(request, room)
    attrs = {"type": "unavailable", "to": f"{room}/{held.nick}"}
    await _enact(request, Element(CLIENT, "presence", attrs))
    told = _subscription(room.local, request.actor, "none")
    return (Element(PUBSUB, "pubsub", None, told),)


async def get_options(request: Request) -> Iterable[Element]:
    """The nick one goes by, as a form (XEP-0060 §6.3.2)."""
    room = room_named(request)
    hold_device(request)
    form = _options_form("form", await _held(request, room)).element()
    attrs = {"node": room.local, "jid": str(request.actor)}
    return (Element(PUBSUB, "pubsub", None, Element(PUBSUB, "options", attrs, form)),)


async def set_options(request: Request) -> Iterable[Element]:
    """Another nick (XEP-0045 §7.6)."""
    room = room_named(request)
    hold_device(request)
    held = await _held(request, room)
    nick = read_options(request.payload, (NICK,)).get(NICK, held.nick)
    if not nick:
        raise bad("invalid-options", f"{NICK} is needed")
    if nick != held.nick:
        await _enact(request, _present(room, nick, held.presence))
    return ()


async def _held(request: Request, room: JID) -> Occupant:
    try:
        return await request.ask(room_questions.own_occupancy, request.actor, node_of(room))
    except Refused as refused:
        if refused.reason is Reason.NOT_SUBSCRIBED:  # §6.2.3.2, §6.3.4.2
            raise not_subscribed() from refused
        raise


def _present(room: JID, nick: str, said: Element) -> Element:
    attrs = {attr: said.get(attr) for attr in _KEPT}
    return Element(CLIENT, "presence", {**attrs, "to": f"{room}/{nick}"}, *said.children)


# --- what is said


async def publish(request: Request) -> Iterable[Element]:
    """Say something to all (Listing 16), set the subject, or be present in another way."""
    room = room_named(request)
    if read_form(beside(request, "publish-options")) is not None:
        raise unmet("what is said in a room is published as the room has it")
    items = request.payload.childs(PUBSUB, "item")
    if len(items) != 1:
        raise bad("item-required" if not items else "invalid-payload", "one thing at a time")
    if items[0].get("id"):
        raise StanzaError("not-acceptable", "a room itself names what is said in it")
    said = said_in(items[0], request.actor, room)
    if said.name == "presence":
        held = await request.ask(room_questions.own_occupancy, request.actor, node_of(room))
        await _enact(request, _present(room, held.nick, said))
    else:
        attrs = {"type": "groupchat", "to": str(room), **{attr: said.get(attr) for attr in _KEPT}}
        await _enact(request, Element(CLIENT, "message", attrs, *said.children))
    return ()


async def items(request: Request) -> Iterable[Element]:
    """What was said, for who may look it up (XEP-0313 §6.1.2).

    Who says nothing of which or how much is told the newest: all is too much (XEP-0060 §6.5.4).
    """
    room = room_named(request)
    node, outer = node_of(room), request.stanza.elements[0]
    query = replace(read_query(outer, node), ids=items_named(request.payload))
    most = read_most(request.payload)
    if most is not None:  # §6.5.7: the newest of them
        query = replace(query, edge=Edge.NEWEST, limit=min(most, RESULTS_MAX))
    elif not query.ids and outer.child(DATA, "x") is None and read_set(outer) is None:
        query = replace(query, edge=Edge.NEWEST)
    while await request.run(Expire(actor=request.actor, node=node)):
        pass  # there may be more that is over than one command ends
    page = await request.engine.archive(request.actor, query)
    entries = [
        Element(PUBSUB, "item", {"id": each.id}, archived(node, each)) for each in page.items
    ]
    part = fitting(entries, forwards=query.edge is Edge.OLDEST)
    found = page.items[part]
    first, last = (found[0].id, found[-1].id) if found else (None, None)
    index = None if page.index is None else page.index + part.start
    listed = Element(PUBSUB, "items", {"node": room.local}, *entries[part])
    told = Page(found, first, last, index, page.count).element()
    return (Element(PUBSUB, "pubsub", None, listed, told),)


# --- what there is of one's own


async def subscriptions(request: Request) -> Iterable[Element]:
    """The rooms one is in, by each device (XEP-0060 §5.6)."""
    name = request.payload.get("node", "")
    held = await _inside(request, name)
    told = (_subscription(node.name, each.subscriber, "subscribed") for node, each in held)
    listed = Element(PUBSUB, "subscriptions", {"node": name or None}, *told)
    return (Element(PUBSUB, "pubsub", None, listed),)


async def _inside(request: Request, name: str = "") -> tuple[tuple[NodeId, Subscription], ...]:
    service = request.services.rooms
    return await request.ask(questions.own_subscriptions, request.actor, service, name, inside=True)


async def get_configuration(request: Request) -> Iterable[Element]:
    """The form of XEP-0045 §10.2."""
    room = room_named(request)
    (query,) = await owner.get_configuration(replace(request, to=room))
    told = Element(OWNER, "configure", {"node": room.local}, *query.children)
    return (Element(OWNER, "pubsub", None, told),)


async def set_configuration(request: Request) -> Iterable[Element]:
    """Configure a room; one that is new is open with it (XEP-0045 §10.1)."""
    room, x = room_named(request), request.payload.child(DATA, "x")
    if x is None:
        raise StanzaError("bad-request", "a data form is needed")
    return await owner.set_configuration(replace(request, to=room, payload=x))


async def delete(request: Request) -> Iterable[Element]:
    """The end of a room, and where to go instead (XEP-0045 §10.9, XEP-0060 §8.4)."""
    room, redirect = room_named(request), request.payload.child(OWNER, "redirect")
    uri = "" if redirect is None else redirect.get("uri", "")
    venue, _, _ = uri.removeprefix("xmpp:").partition("?")
    payload = Element(MUC_OWNER, "destroy", {"jid": venue or None})
    return await owner.destroy(replace(request, to=room, payload=payload))


async def _nothing_else(request: Request) -> tuple[()]:
    """What XEP-0060 has besides is XEP-0045's to ask, of the room itself."""
    asked = request.payload.first
    hold_service(request)
    if asked is None:
        raise StanzaError("bad-request", "one request is needed")
    raise unsupported(asked.name)


def _options_form(type: FormType, held: Occupant) -> Form:
    nick = Field(NICK, "text-single", (held.nick,), "Nick")
    return Form(type, SUBSCRIBE_OPTIONS, (nick,))


def _subscription(name: str, jid: JID, state: str) -> Element:
    attrs = {"node": name, "jid": str(jid), "subscription": state}
    return Element(PUBSUB, "subscription", attrs)


async def _enact(request: Request, stanza: Element) -> None:
    """Do what an occupant does by a stanza. Raises Refused, to be said as this facade says it."""
    stanza.attrs["from"] = str(request.actor)
    try:
        await request.instead(stanza)
    except StanzaError as error:
        if isinstance(error.__cause__, Refused):
            raise error.__cause__ from error
        raise


# --- where it stands


async def _told_back(request: Request, otherwise: Handler) -> Answered:
    """A notification comes back to the service: it is for the room that it was about (§12.4)."""
    if request.to.local:
        return await otherwise(request)
    for node, each in await _inside(request):
        if each.subscriber == request.actor and is_about(request.stanza, node):
            await otherwise(replace(request, to=room_jid(node)))
    return ()


async def _as_node(request: Request, otherwise: Handler) -> Answered:
    """What a node of the service is, is what the room says of itself (XEP-0060 §5.3)."""
    name = request.payload.get("node")
    if request.to.local or not name:
        return await otherwise(request)
    room, payload = room_of(request, name), Element(disco.INFO, "query")
    told = tuple(await otherwise(replace(request, to=room, payload=payload)) or ())
    for query in told:
        query.attrs["node"] = name
    return told


def beside_rooms(facade: Facade) -> Facade:
    """XEP-0045, with what comes back from those who hear through pubsub, and with nodes."""
    return around(
        facade,
        {("message", "error"): _told_back, ("iq", "get", disco.INFO, "query"): _as_node},
    )


_IN_ROOMS_WORDS: Final = (
    Reason.OUTRANKED,
    Reason.NICK_IN_USE,
    Reason.NICK_LOCKED,
    Reason.WRONG_PASSWORD,
    Reason.ROOM_FULL,
    Reason.ROOM_LOCKED,
    Reason.NO_VOICE,
    Reason.TOO_FAST,
    Reason.TOO_BUSY,
    Reason.SLOW_MODE,
    Reason.MAY_NOT_CREATE,
    Reason.BAD_CONFIG,
)
"""Reasons that XEP-0060 has no words for, or that are about a room's own form."""

_ERRORS: Final = {
    **pubsub.FACADE.errors,
    **{reason: muc.FACADE.errors[reason] for reason in _IN_ROOMS_WORDS},
    Reason.NICK_NEEDED: lambda detail: bad("invalid-options", f"{NICK} is needed"),
}

ROOMS: Final = Facade(
    "eventing in rooms",
    (
        Route("iq", "set", (PUBSUB, "pubsub", "subscribe"), subscribe),
        Route("iq", "set", (PUBSUB, "pubsub", "unsubscribe"), unsubscribe),
        Route("iq", "get", (PUBSUB, "pubsub", "options"), get_options),
        Route("iq", "set", (PUBSUB, "pubsub", "options"), set_options),
        Route("iq", "set", (PUBSUB, "pubsub", "publish"), publish),
        Route("iq", "get", (PUBSUB, "pubsub", "items"), items),
        Route("iq", "get", (PUBSUB, "pubsub", "subscriptions"), subscriptions),
        Route("iq", "get", (PUBSUB, "pubsub", "affiliations"), affiliations),
        Route("iq", "get", (OWNER, "pubsub", "configure"), get_configuration),
        Route("iq", "set", (OWNER, "pubsub", "configure"), set_configuration),
        Route("iq", "set", (OWNER, "pubsub", "delete"), delete),
        *(
            Route("iq", type, (ns, "pubsub"), _nothing_else)
            for type in ("get", "set")
            for ns in (PUBSUB, OWNER)
        ),
    ),
    _ERRORS,
    word,
)
"""Rooms, for who asks and hears by XEP-0060 alone."""
