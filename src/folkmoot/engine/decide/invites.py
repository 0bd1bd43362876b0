"""Invites: tokens that let others into a space or room at once (docs/extensions/invites.md).

A token is told once, to who made it; what is kept is a digest, which lets nobody in.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.commands import Invite, Revoke
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import Event
from folkmoot.engine.model import NodeId, Ticket
from folkmoot.engine.record import Node
from folkmoot.engine.space_events import InviteChanged
from folkmoot.engine.view import View

INVITES_PER_NODE_MAX: Final = 100
"""How many invites a space has that still let somebody in."""

INVITE_USES_MAX: Final = 1_000

INVITE_SECONDS_MAX: Final = 366 * 24 * 3600

INVITE_SECONDS: Final = 7 * 24 * 3600
"""How long an invite is good for where nothing is said of it."""

_ID_CHARS: Final = 16


def invite(command: Invite, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """A token for a space or a room; those that let nobody in any more make room for it."""
    record = view.found(command.node)
    config = record.config
    if reason := access.refuses_invite(config, view.affiliation(command.node, command.actor)):
        raise Refused(reason)
    if not config.is_space and config.room is None:
        raise Refused(Reason.BAD_CONFIG, "type")
    if not 1 <= command.uses <= INVITE_USES_MAX:
        raise Refused(Reason.BAD_CONFIG, "invite.uses")
    expires = stamp.at + INVITE_SECONDS if command.expires is None else command.expires
    if not stamp.at < expires <= stamp.at + INVITE_SECONDS_MAX:
        raise Refused(Reason.BAD_CONFIG, "invite.expires")
    spent = [each for each in record.invites.values() if not each.good(stamp.at)]
    if len(record.invites) - len(spent) >= INVITES_PER_NODE_MAX:
        raise Refused(Reason.TOO_MANY_INVITES)
    digest = digest_of(stamp.id)
    ticket = Ticket(
        id=digest[:_ID_CHARS],
        digest=digest,
        inviter=command.actor.bare,
        created=stamp.at,
        expires=expires,
        uses=command.uses,
    )
    made = InviteChanged(
        node=command.node, before=None, after=ticket, by=command.actor, token=stamp.id
    )
    gone = (
        InviteChanged(node=command.node, before=each, after=None, by=command.actor)
        for each in spent
    )
    return (*gone, made)


def revoke(command: Revoke, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """An invite lets nobody in any more; whom it let in stays."""
    record = view.found(command.node)
    mine = view.affiliation(command.node, command.actor)
    if reason := access.refuses_invite(record.config, mine):
        raise Refused(reason)
    held = record.invites.get(command.id) or _held(record, command.id)
    if held is None or not access.may_see_invite(mine, own=held.inviter == command.actor.bare):
        raise Refused(Reason.ITEM_NOT_FOUND)
    return (InviteChanged(node=command.node, before=held, after=None, by=command.actor),)


def presented(node: NodeId, token: str, view: View, stamp: Stamp) -> InviteChanged | None:
    """The use of an invite by who asks to be let in with it; None where it is not good.

    It is good until it expires, as often as it says, and for as long as its inviter may invite.
    """
    record = view.node(node)
    held = None if record is None or not token else _held(record, token)
    if record is None or held is None or not held.good(stamp.at):
        return None
    inviter = view.affiliation(node, held.inviter)
    if access.refuses_invite(record.config, inviter) is not None:
        return None
    used = replace(held, used=held.used + 1)
    return InviteChanged(node=node, before=held, after=used, by=held.inviter)


def _held(record: Node, token: str) -> Ticket | None:
    digest = digest_of(token)
    held = record.invites.get(digest[:_ID_CHARS])
    return held if held is not None and held.digest == digest else None


def digest_of(token: str) -> str:
    """What is kept of a token, in hexadecimal. It has too much chance in it to need a salt."""
    return sha256(token.encode()).hexdigest()
