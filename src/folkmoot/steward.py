"""What an operator asks about spaces: each question has an answer in JSON (docs/spaces.md).

The engine is asked in an owner's name, so an operator can do nothing that the rules forbid an
owner, and the audit trail has it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from enum import Enum
from typing import Any, Final

from folkmoot.admin import AdminError
from folkmoot.engine import questions
from folkmoot.engine.commands import Create, Invite
from folkmoot.engine.configuration import SPACE_TYPE, Access, Inviters
from folkmoot.engine.engine import Engine
from folkmoot.engine.errors import Refused
from folkmoot.engine.events import InviteChanged
from folkmoot.engine.model import NodeId, State
from folkmoot.engine.record import Node
from folkmoot.engine.store import PAGE_ITEMS_MAX, AuditQuery, NodeQuery
from folkmoot.engine.view import View
from folkmoot.facades.invites import invite_uri
from folkmoot.xmpp.dates import format_date
from folkmoot.xmpp.jid import JID, InvalidJID

Message = Mapping[str, Any]

TEMPLATES: Final[Mapping[str, Mapping[str, object]]] = {
    "community": {"access": Access.AUTHORIZE, "inviters": Inviters.PUBLISHERS},
    "team": {"access": Access.WHITELIST, "inviters": Inviters.OWNERS},
    "announcements": {"access": Access.OPEN, "inviters": Inviters.OWNERS},
}
"""How a space begins: asked to be let in, by invitation alone, or open to everyone who listens."""

_SHOWN: Final = ("title", "description", "language", "access", "inherit", "inviters", "parent")


Verbs = Mapping[str, Callable[[Mapping[str, str]], Awaitable[Message]]]


async def answered(
    engine: Engine[Any], subject: str, verbs: Verbs, verb: str, arguments: Mapping[str, str]
) -> Message:
    """The answer to a question about spaces or rooms. Raises AdminError where it has none."""
    if verb not in verbs:
        raise AdminError(f"the server does not know `{subject} {verb}`: is it another version?")
    try:
        answer = await verbs[verb](arguments)
    except Refused as refused:
        why = refused.reason.name.lower().replace("_", " ")
        detail = f" ({refused.detail})" if refused.detail else ""
        raise AdminError(f"it is refused: {why}{detail}") from None
    except (KeyError, ValueError, InvalidJID) as error:
        raise AdminError(f"this makes no sense: {error}") from None
    await engine.settled()
    return answer


class Steward:
    """Answers about the spaces of an engine, whoever runs it."""

    def __init__(self, engine: Engine[Any]) -> None:
        self._engine = engine
        self._verbs: Final[Verbs] = {
            "list": self._list,
            "show": self._show,
            "create": self._create,
            "invite": self._invite,
            "audit": self._audit,
        }

    async def ask(self, verb: str, arguments: Mapping[str, str]) -> Message:
        """The answer to a question. Raises AdminError where it has none."""
        return await answered(self._engine, "space", self._verbs, verb, arguments)

    async def _list(self, arguments: Mapping[str, str]) -> Message:
        found: list[Message] = []
        query = NodeQuery(service=self._engine.services.pubsub, reader=None, types=(SPACE_TYPE,))
        while nodes := await self._engine.shown(query):
            for node in nodes:
                record = await self._engine.ask(View.node, node)
                if record is not None:
                    found.append(_summary(record))
            query = replace(query, bound=nodes[-1].name)
        return {"spaces": found}

    async def _show(self, arguments: Mapping[str, str]) -> Message:
        record = await self._space(arguments)
        config = {name: plain(getattr(record.config, name)) for name in _SHOWN}
        return {
            **_summary(record),
            "created": format_date(record.created),
            "creator": str(record.creator),
            "config": {name: value for name, value in config.items() if value},
            "affiliations": {str(jid): row.value for jid, row in record.affiliations.items()},
            "subscriptions": {
                str(jid): each.state.value for jid, each in record.subscriptions.items()
            },
            "lists": {item_id: plain(node) for item_id, node in record.listed.items()},
        }

    async def _create(self, arguments: Mapping[str, str]) -> Message:
        node = NodeId(self._engine.services.pubsub, arguments["key"])
        template = arguments.get("template", "community")
        if template not in TEMPLATES:
            raise AdminError(f"there is no template {template}: choose {', '.join(TEMPLATES)}")
        owner = JID.parse(arguments["owner"]).bare
        if not await self._engine.ask(questions.is_account, owner):
            raise AdminError(f"there is no account {owner}: `folkmoot user add {owner}` makes it")
        settings = {
            "type": SPACE_TYPE,
            "title": arguments.get("title", ""),
            **TEMPLATES[template],
        }
        await self._engine.run(Create(actor=owner, node=node, settings=settings))
        return _summary(await self._engine.ask(View.found, node))

    async def _invite(self, arguments: Mapping[str, str]) -> Message:
        record = await self._space(arguments)
        owner = await self._owner(record)
        uses = int(arguments.get("uses", "1"))
        events = await self._engine.run(Invite(actor=owner, node=record.id, uses=uses))
        made = next(each for each in events if isinstance(each, InviteChanged) and each.token)
        assert made.after is not None, "an invite that was made is there"
        return {
            "uri": invite_uri(record.id, made.token),
            "expires": format_date(made.after.expires),
            "uses": made.after.uses,
        }

    async def _audit(self, arguments: Mapping[str, str]) -> Message:
        record = await self._space(arguments)
        limit = int(arguments.get("limit", str(PAGE_ITEMS_MAX)))
        if not 0 <= limit <= PAGE_ITEMS_MAX:
            raise AdminError(f"at most {PAGE_ITEMS_MAX} rows at once")
        query = AuditQuery(node=record.id, limit=limit, after=int(arguments.get("after", "0")))
        page = await self._engine.audit(await self._owner(record), query)
        rows = [
            {
                "id": number,
                "at": format_date(row.at),
                "by": str(row.by),
                "what": row.matter.value,
                "of": row.subject,
                "before": row.before or "",
                "after": row.after,
            }
            for number, row in page.rows
        ]
        return {"count": page.count, "rows": rows}

    async def _space(self, arguments: Mapping[str, str]) -> Node:
        key = arguments["key"]
        record = await self._engine.ask(View.node, NodeId(self._engine.services.pubsub, key))
        if record is None or not record.config.is_space:
            raise AdminError(
                f"there is no space {key}: `folkmoot space list` shows those there are"
            )
        return record

    async def _owner(self, record: Node) -> JID:
        return (await self._engine.ask(View.owners, record.id))[0]


def _summary(record: Node) -> Message:
    return {
        "key": record.id.name,
        "title": record.config.title,
        "access": record.config.access.value,
        "members": sum(each.state is State.SUBSCRIBED for each in record.subscriptions.values()),
        "items_listed": len(record.listed),
    }


def plain(value: object) -> object:
    match value:
        case Enum():
            return value.value
        case NodeId(service, name):
            return f"xmpp:{service}?;node={name}"
        case _:
            return value
