"""Making a space and filling it: rooms on its list, people in it. Each verb is one command."""

from __future__ import annotations

from typing import Final

from folkmoot.admin import AdminError
from folkmoot.config.templates import ORDER_MAX, TemplateRoom
from folkmoot.engine.commands import Restore, Retract, SetAffiliations
from folkmoot.engine.configuration import SPACE_TYPE, Access
from folkmoot.engine.model import Affiliation, Item, NodeId
from folkmoot.engine.view import View
from folkmoot.facades.spaces import BOOKMARKS
from folkmoot.spaces.ground import Arguments, Ground, Message
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

PLACE: Final = "urn:folkmoot:spaces:0"
"""The namespace of a room's place on the list (docs/extensions/order.md)."""

_MEMBERS: Final = {
    each.value: each
    for each in (
        Affiliation.OWNER,
        Affiliation.PUBLISHER,
        Affiliation.MEMBER,
        Affiliation.OUTCAST,
        Affiliation.NONE,
    )
}


async def templates(ground: Ground, arguments: Arguments) -> Message:
    """How spaces may begin."""
    return {
        "templates": [
            {
                "name": name,
                "access": each.access.value,
                "inviters": each.inviters.value,
                "publish": each.publish.value,
                "title": each.title,
                "description": each.description,
                "rooms": [room.name for room in each.rooms],
            }
            for name, each in ground.templates.items()
        ]
    }


async def create(ground: Ground, arguments: Arguments) -> NodeId:
    """A space with the rooms of its template."""
    space = ground.node(arguments["key"])
    name = arguments.get("template", "community")
    template = ground.templates.get(name)
    if template is None:
        known = ", ".join(ground.templates)
        raise AdminError(f"there is no template {name}: choose {known}")
    owner = await ground.account(arguments["owner"])
    settings = {
        "type": SPACE_TYPE,
        "title": arguments.get("title") or template.title,
        "description": arguments.get("description") or template.description,
        "access": template.access,
        "inviters": template.inviters,
        "publish": template.publish,
    }
    await _make(ground, Restore(actor=owner, node=space, settings=settings), *template.rooms)
    return space


async def add(ground: Ground, arguments: Arguments) -> Message:
    """A room in a space: it is made, names the space, and the space lists it."""
    record = await ground.space(arguments)
    who = arguments.get("who", "")
    if who not in ("", "open", "members"):
        raise AdminError("a room is for everybody, or for members only")
    order = int(arguments.get("order", "0"))
    if not 0 <= order <= ORDER_MAX:
        raise AdminError(f"the order of a room is 1 to {ORDER_MAX}")
    room = TemplateRoom(
        name=ground.room(arguments["name"]).name,
        title=arguments.get("title", ""),
        description=arguments.get("description", ""),
        members_only=record.config.private if not who else who == "members",
        category=arguments.get("category", ""),
        order=order,
    )
    if await ground.engine.ask(View.node, ground.room(room.name)) is not None:
        raise AdminError(f"there is a room {room.name} already: choose another name")
    owner = await ground.owner(record)
    await _make(ground, Restore(actor=owner, node=record.id), room)
    return {
        "room": _address(ground.room(room.name)),
        "space": record.id.name,
        "members_only": room.members_only,
    }


async def _make(ground: Ground, space: Restore, *rooms: TemplateRoom) -> None:
    """A space, or more of it: with rooms in it, all at once or none."""
    owner = space.actor
    nodes = {ground.room(room.name): room for room in rooms}
    await ground.engine.run(
        Restore(
            actor=owner,
            node=space.node,
            settings=space.settings,
            items=tuple((_listing(node, room, owner), node) for node, room in nodes.items()),
            beside=tuple(
                Restore(actor=owner, node=node, settings=_settings(room, space.node))
                for node, room in nodes.items()
            ),
            opens=dict.fromkeys(nodes, Affiliation.OWNER),
        )
    )


def _settings(room: TemplateRoom, space: NodeId) -> dict[str, object]:
    """How a room is configured; one that is not for everybody is not shown to everybody."""
    return {
        "title": room.title or room.name,
        "description": room.description,
        "access": Access.WHITELIST if room.members_only else Access.OPEN,
        "parent": space,
        "room.persistent": True,
        "room.public": not room.members_only,
    }


def _listing(node: NodeId, room: TemplateRoom, owner: JID) -> Item:
    """The item that lists a room (XEP-0503 §5.4)."""
    conference = Element(
        BOOKMARKS, "conference", {"name": room.title or room.name, "autojoin": "true"}
    )
    if room.category or room.order:
        order = str(room.order) if room.order else None
        place = Element(PLACE, "place", {"category": room.category or None, "order": order})
        conference.append(Element(BOOKMARKS, "extensions", None, place))
    return Item(_address(node), owner, 0.0, conference)


def _address(room: NodeId) -> str:
    return f"{room.name}@{room.service}"


async def remove(ground: Ground, arguments: Arguments) -> Message:
    """A room out of a space: off its list, and of no space any more; the room stays."""
    record = await ground.space(arguments)
    room = ground.room(arguments["name"])
    item_ids = tuple(item_id for item_id, node in record.listed.items() if node == room)
    if not item_ids:
        key = record.id.name
        raise AdminError(
            f"{key} does not list {room.name}: `folkmoot space show {key}` says what it lists"
        )
    owner = await ground.owner(record)
    await ground.engine.run(Retract(actor=owner, node=record.id, item_ids=item_ids, release=True))
    return {"room": _address(room), "space": record.id.name}


async def member(ground: Ground, arguments: Arguments) -> Message:
    """Somebody has another affiliation with a space, and so with its rooms."""
    record = await ground.space(arguments)
    jid = JID.parse(arguments["jid"]).bare
    word = arguments.get("as", Affiliation.MEMBER.value)
    wanted = _MEMBERS.get(word)
    if wanted is None:
        raise AdminError(f"nobody is {word} of a space: choose {', '.join(_MEMBERS)}")
    let_in = wanted not in (Affiliation.OUTCAST, Affiliation.NONE)
    if let_in and not jid.local:
        raise AdminError(f"{jid} is no account: say {jid}@{ground.engine.services.domain}")
    if let_in and ground.engine.services.local(jid):
        await ground.account(str(jid))  # whoever is gone may still be banned, or struck off
    was = await ground.engine.ask(View.affiliation, record.id, jid)
    owner = await ground.owner(record, other_than=jid)
    await ground.engine.run(
        SetAffiliations(actor=owner, node=record.id, affiliations={jid: wanted})
    )
    now = await ground.engine.ask(View.affiliation, record.id, jid)
    return {"jid": str(jid), "space": record.id.name, "was": was.value, "now": now.value}
