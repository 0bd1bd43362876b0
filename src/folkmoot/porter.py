"""What an operator asks about rooms: each question has an answer in JSON (docs/rooms.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Final

from folkmoot.admin import AdminError
from folkmoot.engine.configuration import Access, RoomConfig
from folkmoot.engine.engine import Engine
from folkmoot.engine.model import NodeId
from folkmoot.engine.record import Node
from folkmoot.engine.store import NodeQuery
from folkmoot.engine.view import View
from folkmoot.spaces.ground import Message
from folkmoot.steward import Verbs, answered, plain
from folkmoot.xmpp.dates import format_date
from folkmoot.xmpp.jid import JID

_SHOWN: Final = ("title", "description", "language", "inherit", "parent")
_SECRET: Final = ("password",)


class Porter:
    """Answers about the rooms of an engine, whoever runs it; nothing is changed."""

    def __init__(self, engine: Engine[Any]) -> None:
        self._engine = engine
        self._verbs: Final[Verbs] = {"list": self._list, "show": self._show}

    async def ask(self, verb: str, arguments: Mapping[str, str]) -> Message:
        """The answer to a question. Raises AdminError where it has none."""
        return await answered(self._engine, "room", self._verbs, verb, arguments)

    async def _list(self, arguments: Mapping[str, str]) -> Message:
        found: list[Message] = []
        query = NodeQuery(service=self._engine.services.rooms, reader=None)
        while nodes := await self._engine.shown(query):
            for node in nodes:
                record = await self._engine.ask(View.node, node)
                if record is not None:
                    found.append(await self._summary(record))
            query = replace(query, bound=nodes[-1].name)
        return {"rooms": found}

    async def _show(self, arguments: Mapping[str, str]) -> Message:
        record = await self._room(arguments["room"])
        room = record.config.room or RoomConfig()
        config = {name: plain(getattr(record.config, name)) for name in _SHOWN}
        config |= {
            field.name: _told(getattr(room, field.name))
            for field in fields(RoomConfig)
            if field.name not in _SECRET
        }
        chain = await self._engine.ask(View.chain, record.id)
        return {
            **await self._summary(record),
            "created": format_date(record.created),
            "creator": str(record.creator),
            "space": plain(chain[1]) if len(chain) > 1 else "",
            "config": {name: value for name, value in config.items() if value},
            "affiliations": {str(jid): row.value for jid, row in record.affiliations.items()},
            "registrations": {
                str(jid): {"nick": each.nick, "pending": each.pending}
                for jid, each in record.registrations.items()
            },
            "nicks": list(record.nicks),
        }

    async def _summary(self, record: Node) -> Message:
        messages, octets = await self._engine.weight(record.id)
        room = record.config.room or RoomConfig()
        return {
            "room": f"{record.id.name}@{record.id.service}",
            "title": record.config.title,
            "public": room.public,
            "members_only": record.config.access is Access.WHITELIST,
            "persistent": room.persistent,
            "occupants": len(record.nicks),
            "messages": messages,
            "bytes": octets,
        }

    async def _room(self, named: str) -> Node:
        services = self._engine.services
        jid = JID.parse(named if "@" in named else f"{named}@{services.rooms}")
        node = NodeId(services.rooms, jid.local or "")
        record = (
            await self._engine.ask(View.node, node) if jid.domain == node.service.domain else None
        )
        if record is None:
            raise AdminError(f"there is no room {jid}: `folkmoot room list` shows those there are")
        return record


def _told(value: object) -> object:
    return [plain(each) for each in value] if isinstance(value, tuple) else plain(value)
