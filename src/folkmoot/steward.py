"""What an operator asks about spaces: each question has an answer in JSON (docs/spaces.md).

The engine is asked in an owner's name, so an operator can do nothing that the rules forbid an
owner, and the audit trail has it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from enum import Enum
from typing import Any, Final

from folkmoot.admin import AdminError
from folkmoot.config.templates import TEMPLATES, Template
from folkmoot.engine.commands import Invite
from folkmoot.engine.configuration import SPACE_TYPE
from folkmoot.engine.decide.invites import INVITE_USES_MAX
from folkmoot.engine.engine import Engine
from folkmoot.engine.model import NodeId, State
from folkmoot.engine.record import Node
from folkmoot.engine.space_events import InviteChanged
from folkmoot.engine.store import PAGE_ITEMS_MAX, AuditQuery, NodeQuery
from folkmoot.engine.view import View
from folkmoot.facades.invites import invite_uri
from folkmoot.spaces import filling, moderating, syncing
from folkmoot.spaces.exporting import exported
from folkmoot.spaces.ground import Arguments, Ground, Message, audit_row, worded
from folkmoot.spaces.importing import imported
from folkmoot.stores.abroad import Abroad
from folkmoot.xmpp.dates import format_date

Verbs = Mapping[str, Callable[[Arguments], Awaitable[Message]]]

_SHOWN: Final = ("title", "description", "language", "access", "inherit", "inviters", "parent")


async def answered(
    engine: Engine[Any], subject: str, verbs: Verbs, verb: str, arguments: Arguments
) -> Message:
    """The answer to a question about spaces or rooms. Raises AdminError where it has none."""
    if verb not in verbs:
        raise AdminError(f"the server does not know `{subject} {verb}`: is it another version?")
    with worded():
        answer = await verbs[verb](arguments)
    await engine.settled()
    return answer


class Steward:
    """Answers about the spaces of an engine, whoever runs it."""

    def __init__(
        self,
        engine: Engine[Any],
        abroad: Abroad,
        templates: Mapping[str, Template] = TEMPLATES,
    ) -> None:
        """abroad: rooms of other services. templates: how spaces begin, by name."""
        self._engine = engine
        self._ground = ground = Ground(engine, templates)
        self._verbs: Final[Verbs] = {
            "list": self._list,
            "show": self._show,
            "create": self._create,
            "templates": lambda arguments: filling.templates(ground, arguments),
            "add": lambda arguments: filling.add(ground, arguments),
            "remove": lambda arguments: filling.remove(ground, arguments),
            "member": lambda arguments: filling.member(ground, arguments),
            "invite": self._invite,
            "audit": self._audit,
            "ban": lambda arguments: moderating.ban(ground, arguments),
            "kick": lambda arguments: moderating.kick(ground, arguments),
            "retract": lambda arguments: moderating.retract(ground, arguments),
            "sync": lambda arguments: syncing.sync(ground, abroad, arguments),
        }

    async def ask(self, verb: str, arguments: Arguments) -> Message:
        """The answer to a question. Raises AdminError where it has none."""
        return await answered(self._engine, "space", self._verbs, verb, arguments)

    async def stream(
        self, verb: str, arguments: Arguments, parts: AsyncIterator[Message]
    ) -> AsyncGenerator[Message, None]:
        """What is asked and answered in parts: an export, or an import with an answer to each."""
        with worded():
            if verb == "export":
                answers = exported(self._ground, arguments)
            elif verb == "import":
                answers = imported(self._ground, arguments, parts)
            else:
                raise AdminError(f"the server does not know `space {verb}`: is it another version?")
            async with aclosing(answers):
                async for answer in answers:
                    yield answer

    async def _list(self, arguments: Arguments) -> Message:
        found: list[Message] = []
        query = NodeQuery(service=self._engine.services.pubsub, reader=None, types=(SPACE_TYPE,))
        while nodes := await self._engine.shown(query):
            for node in nodes:
                record = await self._engine.ask(View.node, node)
                if record is not None:
                    found.append(_summary(record))
            query = replace(query, bound=nodes[-1].name)
        return {"spaces": found}

    async def _show(self, arguments: Arguments) -> Message:
        record = await self._ground.space(arguments)
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

    async def _create(self, arguments: Arguments) -> Message:
        space = await filling.create(self._ground, arguments)
        return _summary(await self._engine.ask(View.found, space))

    async def _invite(self, arguments: Arguments) -> Message:
        record = await self._ground.space(arguments)
        owner = await self._ground.owner(record)
        uses = int(arguments.get("uses", "1"))
        if not 1 <= uses <= INVITE_USES_MAX:
            raise AdminError(f"an invite lets in 1 to {INVITE_USES_MAX}")
        events = await self._engine.run(Invite(actor=owner, node=record.id, uses=uses))
        made = next(each for each in events if isinstance(each, InviteChanged) and each.token)
        assert made.after is not None, "an invite that was made is there"
        return {
            "uri": invite_uri(record.id, made.token),
            "expires": format_date(made.after.expires),
            "uses": made.after.uses,
        }

    async def _audit(self, arguments: Arguments) -> Message:
        record = await self._ground.space(arguments)
        limit = int(arguments.get("limit", str(PAGE_ITEMS_MAX)))
        if not 0 <= limit <= PAGE_ITEMS_MAX:
            raise AdminError(f"at most {PAGE_ITEMS_MAX} rows at once")
        query = AuditQuery(node=record.id, limit=limit, after=int(arguments.get("after", "0")))
        page = await self._engine.audit(await self._ground.owner(record), query)
        rows = [audit_row(*row) for row in page.rows]
        return {"count": page.count, "rows": rows}


def _summary(record: Node) -> Message:
    return {
        "key": record.id.name,
        "title": record.config.title,
        "access": record.config.access.value,
        "members": sum(each.state is State.SUBSCRIBED for each in record.subscriptions.values()),
        "items_listed": len(record.listed),
    }


def plain(value: object) -> object:
    """A value as JSON has it; a node as a link to it."""
    match value:
        case Enum():
            return value.value
        case NodeId(service, ""):
            return f"xmpp:{service}?join"
        case NodeId(service, name):
            return f"xmpp:{service}?;node={name}"
        case _:
            return value
