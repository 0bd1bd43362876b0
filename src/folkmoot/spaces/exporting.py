"""A space and its rooms, said in parts (docs/extensions/export.md)."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from typing import Any

from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.events import lasting
from folkmoot.engine.model import Item, NodeId, Subscription
from folkmoot.engine.record import Node
from folkmoot.engine.store import PAGE_ITEMS_MAX, AuditQuery, ItemQuery
from folkmoot.engine.view import View
from folkmoot.facades.form_table import Row
from folkmoot.facades.muc.standing import AFFILIATIONS as ROOM_WORDS
from folkmoot.facades.pubsub.options import options_form
from folkmoot.spaces.document import FORMAT, VERSION, Part, paged
from folkmoot.spaces.ground import Arguments, Ground, Message, audit_row
from folkmoot.spaces.reading import OF_ROOMS, SPACE_ROWS
from folkmoot.xmpp.dates import format_date
from folkmoot.xmpp.xml import serialize


async def exported(ground: Ground, arguments: Arguments) -> AsyncGenerator[Part, None]:
    """The parts of an export, in the order of its text; with `history` and `audit` where asked.

    Read while the server goes on: what changes meanwhile is in it, or not.
    """
    record = await ground.space(arguments)
    history = "history" in arguments
    services = ground.engine.services
    yield {
        "head": {
            "format": FORMAT,
            "version": VERSION,
            "exported": format_date(int(time.time())),
            "services": {"pubsub": str(services.pubsub), "rooms": str(services.rooms)},
        }
    }
    config = _config(record.config, SPACE_ROWS)
    yield {"space": {"node": record.id.name, "config": config}}
    people = sorted(record.affiliations.items(), key=str)
    rows: Iterable[Message] = [{"jid": str(jid), "affiliation": each.value} for jid, each in people]
    for page in paged(list(rows)):
        yield {"rows": ["affiliations", page]}
    held = [each for each in record.subscriptions.values() if lasting(each) is not None]
    for page in paged([_subscription(each) for each in sorted(held, key=_address)]):
        yield {"rows": ["subscriptions", page]}
    async for items in _pages(ground, record.id):
        yield {"rows": ["items", [_item(each, whole=history) for each in items]]}
    for room in await _rooms(ground, record):
        async for part in _room(ground, room, history=history):
            yield part
    if "audit" in arguments:
        async for part in _audit(ground, record):
            yield part


def _address(subscription: Subscription) -> str:
    return str(subscription.subscriber)


async def _rooms(ground: Ground, record: Node) -> list[NodeId]:
    """The rooms that are in the space, as both halves agree."""
    rooms: list[NodeId] = []
    for node in sorted(set(record.listed.values()), key=str):
        chain = await ground.engine.ask(View.chain, node)
        if node.service == ground.engine.services.rooms and chain[1:2] == (record.id,):
            rooms.append(node)
    return rooms


async def _room(ground: Ground, room: NodeId, *, history: bool) -> AsyncIterator[Part]:
    record = await ground.engine.ask(View.found, room)
    said: dict[str, object] = {"node": room.name, "config": _config(record.config, OF_ROOMS)}
    if record.subject is not None:
        subject = _item(record.subject, whole=history)
        said["subject"] = {name: value for name, value in subject.items() if name != "id"}
    yield {"room": said}
    people = sorted(record.affiliations.items(), key=str)
    for page in paged([{"jid": str(jid), "affiliation": ROOM_WORDS[each]} for jid, each in people]):
        yield {"rows": ["affiliations", page]}
    if history:
        async for items in _pages(ground, room):
            yield {"rows": ["history", [_item(each, whole=True) for each in items]]}


async def _pages(ground: Ground, node: NodeId) -> AsyncIterator[tuple[Item, ...]]:
    """The items of a node, oldest first, a page at a time."""
    query = ItemQuery(node=node, counted=False)
    while items := (await ground.engine.ask(View.page, query)).items:
        yield items
        query = ItemQuery(node=node, after=items[-1].id, counted=False)


def _config(config: NodeConfig, rows: Mapping[str, Row]) -> Mapping[str, str | list[str]]:
    """A configuration by the names of its form's fields; what has no value is left out."""
    fields = (row.field(config) for row in rows.values())
    return {
        each.var: list(each.values) if each.type.endswith("-multi") else each.values[0]
        for each in fields
        if each.values
    }


def _subscription(held: Subscription) -> Mapping[str, Any]:
    said: dict[str, Any] = {"jid": str(held.subscriber), "subscription": held.state.value}
    plain = Subscription(held.subscriber, held.state, held.via)
    usual = {each.var: each.values for each in options_form("result", plain).fields}
    options = {
        each.var: list(each.values) if each.type.endswith("-multi") else each.values[0]
        for each in options_form("result", held).fields
        if each.values != usual[each.var]
    }
    return {**said, "options": options} if options else said


def _item(item: Item, *, whole: bool) -> dict[str, str]:
    """An item; whole: with who published it, and when."""
    said = {"id": item.id}
    if item.nick:
        said["nick"] = item.nick
    if whole:
        said |= {"publisher": str(item.publisher), "published": format_date(item.published)}
    if item.payload is not None:
        said["payload"] = serialize(item.payload)
    return said


async def _audit(ground: Ground, record: Node) -> AsyncIterator[Part]:
    owner, after = await ground.owner(record), 0
    while True:
        query = AuditQuery(node=record.id, limit=PAGE_ITEMS_MAX, after=after)
        rows = (await ground.engine.audit(owner, query)).rows
        if not rows:
            return
        yield {"audit": [audit_row(*row) for row in rows]}
        after = rows[-1][0]
