"""Invites to spaces: tokens made, listed, revoked (docs/extensions/invites.md, version 0.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from folkmoot.engine import questions
from folkmoot.engine.commands import Invite, Revoke
from folkmoot.engine.model import NodeId, Ticket
from folkmoot.engine.space_events import InviteChanged
from folkmoot.facades.facade import Facade, Request, Route
from folkmoot.facades.form_table import node_uri
from folkmoot.facades.pubsub.errors import ERRORS
from folkmoot.facades.pubsub.reading import node_named
from folkmoot.facades.spaces import INVITE as NS
from folkmoot.xmpp.dates import format_date, read_date
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.xml import Element

_DIGITS_MAX: Final = 9


async def invite(request: Request) -> Iterable[Element]:
    """Make an invite; its token is in the answer, and nowhere else ever."""
    node = node_named(request)
    expires = request.payload.get("expires")
    events = await request.run(
        Invite(
            actor=request.actor,
            node=node,
            uses=_uses(request.payload.get("uses", "1")),
            expires=None if expires is None else read_date(expires),
        )
    )
    made = next(each for each in events if isinstance(each, InviteChanged) and each.token)
    assert made.after is not None, "an invite that was made is there"
    told = _element(made.after)
    told.attrs |= {"node": node.name, "token": made.token, "uri": invite_uri(node, made.token)}
    return (told,)


async def invites(request: Request) -> Iterable[Element]:
    """The invites there are, oldest first, without their tokens."""
    node = node_named(request)
    held = await request.ask(questions.invites, request.actor, node)
    return (Element(NS, "invites", {"node": node.name}, *map(_element, held)),)


async def revoke(request: Request) -> Iterable[Element]:
    """End an invite."""
    node = node_named(request)
    item_id = request.payload.get("id")
    if not item_id:
        raise StanzaError("bad-request", "which invite?")
    await request.run(Revoke(actor=request.actor, node=node, id=item_id))
    return ()


def invite_uri(node: NodeId, token: str) -> str:
    """What is sent to who is invited; a client that does not know tokens finds the space."""
    return f"{node_uri(node)};invite={quote(token, safe='')}"


def _uses(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX):
        raise StanzaError("bad-request", "uses is a number from 1")
    return int(text)


def _element(ticket: Ticket) -> Element:
    return Element(
        NS,
        "invite",
        {
            "id": ticket.id,
            "by": str(ticket.inviter),
            "created": format_date(ticket.created),
            "expires": format_date(ticket.expires),
            "uses": str(ticket.uses),
            "used": str(ticket.used),
        },
    )


FACADE: Final = Facade(
    "invites",
    (
        Route("iq", "set", (NS, "invite"), invite),
        Route("iq", "get", (NS, "invites"), invites),
        Route("iq", "set", (NS, "revoke"), revoke),
    ),
    ERRORS,
)

FEATURES: Final = (NS,)
