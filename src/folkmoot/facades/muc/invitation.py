"""Invitations through a room, and how they are declined: XEP-0045 1.35.5, §7.8.2."""

from __future__ import annotations

from typing import Final

from folkmoot.engine import room_questions
from folkmoot.engine.commands import SetAffiliations
from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.engine.notifications import Seen
from folkmoot.facades import carbons
from folkmoot.facades.facade import Outgoing, Reach, Request, read_jid
from folkmoot.facades.muc.ns import USER
from folkmoot.facades.muc.stanzas import occupant_address, room_address, user_element
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, wording
from folkmoot.xmpp.xml import Element

INVITATIONS_MAX: Final = 20
"""How many people one message may invite."""

_PASSING: Final = ("reason", "continue")


async def invite(request: Request, room: NodeId, invites: list[Element]) -> None:
    """Pass invitations on; who is invited to a members-only room becomes its member.

    Raises StanzaError: bad-request where there are too many, or one is for nobody.
    """
    if len(invites) > INVITATIONS_MAX:
        raise StanzaError("bad-request", f"at most {INVITATIONS_MAX} at once")
    guests = [read_jid(each.get("to")) for each in invites]
    invitations = [
        await request.ask(room_questions.invitation, request.actor, room, guest) for guest in guests
    ]
    admitted = {
        guest.bare: Affiliation.MEMBER
        for guest, invitation in zip(guests, invitations, strict=True)
        if invitation.admits
    }
    if admitted:
        await request.run(
            SetAffiliations(actor=request.actor, node=room, affiliations=admitted, invited=True)
        )
    for guest, invitation, asked in zip(guests, invitations, invites, strict=True):
        attrs = {"from": _inviter(room, invitation.inviter)}
        told = Element(USER, "invite", attrs, *_passing(asked))
        password = invitation.config.room.password if invitation.config.room else ""
        secret = (Element(USER, "password", None, password),) if password else ()
        sent = _send(request, room, (guest,), told, *secret)
        request.tell(carbons.received(_to(guest, sent), guest))
    if carbons.is_copied(request.stanza):
        request.tell(carbons.sent(request.stanza, request.actor, request.to))


async def decline(request: Request, room: NodeId, declined: Element) -> None:
    """Tell who invited that nobody will come of it."""
    host = read_jid(declined.get("to"))
    to = await request.ask(room_questions.inviter, request.actor, room, host)
    attrs = {"from": str(request.actor.bare)}
    _send(request, room, to, Element(USER, "decline", attrs, *_passing(declined)))


def _inviter(room: NodeId, seen: Seen) -> str:
    return occupant_address(room, seen.nick) if seen.jid is None else str(seen.jid.bare)


def _passing(element: Element) -> list[Element]:
    return [child for child in element.elements if child.ns == USER and child.name in _PASSING]


def _to(guest: JID, stanza: Element) -> Element:
    return Element(stanza.ns, stanza.name, {**stanza.attrs, "to": str(guest)}, *stanza.children)


def _send(request: Request, room: NodeId, to: tuple[JID, ...], *told: Element) -> Element:
    attrs = {"from": room_address(room), "id": request.stanza.get("id")}
    stanza = Element(CLIENT, "message", attrs, user_element(*told))
    if to:
        request.tell(Outgoing(wording(stanza), to, Reach.KEPT))
    return stanza
