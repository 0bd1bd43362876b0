"""What every verb about spaces stands on: the engine, and whom and what it is asked about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from folkmoot.admin import AdminError
from folkmoot.config.templates import TEMPLATES, Template
from folkmoot.engine import account_questions
from folkmoot.engine.engine import Engine
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.model import NodeId
from folkmoot.engine.record import Node
from folkmoot.engine.space_events import Audited
from folkmoot.engine.view import View
from folkmoot.xmpp.dates import format_date
from folkmoot.xmpp.jid import JID, InvalidJID

Message = Mapping[str, Any]
Arguments = Mapping[str, str]

_ADVICE: Final[Mapping[Reason, str]] = {
    Reason.NODE_EXISTS: "choose another name",
    Reason.LAST_OWNER: "make somebody else an owner first",
    Reason.MAY_NOT_CREATE: "the configuration names who may, in [spaces]",
    Reason.TOO_MANY_NODES: "nodes_per_account_max in [spaces] of the configuration is reached",
    Reason.NODE_FULL: "the list is full; take something off it first",
}
"""What helps, where the reason alone does not say it."""


def said(refused: Refused) -> str:
    """Why the engine refuses something, and what helps, in words."""
    why = refused.reason.name.lower().replace("_", " ")
    detail = f" ({refused.detail})" if refused.detail else ""
    advice = _ADVICE.get(refused.reason, "")
    return f"{why}{detail}: {advice}" if advice else f"{why}{detail}"


@contextmanager
def worded() -> Iterator[None]:
    """What goes wrong within the block, as an AdminError."""
    try:
        yield
    except Refused as refused:
        raise AdminError(f"it is refused: {said(refused)}") from None
    except (KeyError, ValueError, InvalidJID) as error:
        raise AdminError(f"this makes no sense: {error}") from None


def audit_row(number: int, row: Audited) -> Message:
    """A row of the audit trail (docs/spaces.md)."""
    return {
        "id": number,
        "at": format_date(row.at),
        "by": str(row.by),
        "what": row.matter.value,
        "of": row.subject,
        "before": row.before or "",
        "after": row.after,
    }


class Ground:
    """The engine, asked in the name of a space's owner. templates: how spaces begin, by name."""

    def __init__(self, engine: Engine[Any], templates: Mapping[str, Template] = TEMPLATES) -> None:
        self.engine = engine
        self.templates = templates

    def node(self, key: str) -> NodeId:
        """The node of a space."""
        return NodeId(self.engine.services.pubsub, key)

    def room(self, name: str) -> NodeId:
        """The node of a room, by what stands before the @. Raises InvalidJID."""
        rooms = self.engine.services.rooms
        return NodeId(rooms, JID.parse(f"{name}@{rooms}").local)

    async def space(self, arguments: Arguments) -> Node:
        """The space that is asked about. Raises AdminError where there is none."""
        key = arguments["key"]
        record = await self.engine.ask(View.node, self.node(key))
        if record is None or not record.config.is_space:
            raise AdminError(
                f"there is no space {key}: `folkmoot space list` shows those there are"
            )
        return record

    async def owner(self, record: Node, other_than: JID | None = None) -> JID:
        """An owner of a space, if possible another than somebody."""
        owners = await self.engine.ask(View.owners, record.id)
        return next((each for each in owners if each != other_than), owners[0])

    async def account(self, text: str) -> JID:
        """An account of this server. Raises AdminError where there is none, InvalidJID.

        Where the accounts are another server's, nobody here knows which there are.
        """
        jid = JID.parse(text).bare
        if self.engine.services.accounts and not await self.engine.ask(
            account_questions.is_account, jid
        ):
            raise AdminError(f"there is no account {jid}: `folkmoot user add {jid}` makes it")
        return jid
