"""Roles and affiliations of others: XEP-0045 1.35.5, §8.2-8.5, §9 and §10.3-10.8."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine import room_questions
from folkmoot.engine.commands import SetAffiliations
from folkmoot.engine.model import Affiliation, NodeId, Role
from folkmoot.engine.room_commands import SetRoles
from folkmoot.engine.room_questions import Affiliate
from folkmoot.facades.facade import Answered, Request, Route, read_jid
from folkmoot.facades.muc.notification import item_element
from folkmoot.facades.muc.ns import ADMIN
from folkmoot.facades.muc.standing import AFFILIATIONS
from folkmoot.facades.muc.stanzas import read_text, room_asked
from folkmoot.facades.paging import cut
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID, InvalidJID, prepare_resource
from folkmoot.xmpp.rsm import read_set
from folkmoot.xmpp.xml import Element

LIST_ITEMS_MAX: Final = 1_000
"""How many items an answer has; who wants more asks page by page (XEP-0059)."""

_ROLES: Final[dict[str, Role | None]] = {"none": None, **{role.value: role for role in Role}}
_AFFILIATIONS: Final = {
    word: affiliation
    for affiliation, word in AFFILIATIONS.items()
    if affiliation not in (Affiliation.PUBLISHER, Affiliation.PUBLISH_ONLY)
}


async def get_list(request: Request) -> Iterable[Element]:
    """Who has a role (§8.5, §9.8) or an affiliation (§9.2, §9.5, §10.5, §10.8)."""
    room = room_asked(request)
    items = _items(request.payload)
    if len(items) != 1:
        raise StanzaError("bad-request", "one list at a time")
    role, affiliation = items[0].get("role"), items[0].get("affiliation")
    if (role is None) is (affiliation is None):
        raise StanzaError("bad-request", "a role or an affiliation is needed")
    if role is not None:
        named = await _of_role(request, room, _role(role))
    else:
        named = await _of_affiliation(request, room, _affiliation(affiliation or ""))
    told, page = cut(named, read_set(request.payload), most=LIST_ITEMS_MAX)
    return (Element(ADMIN, "query", None, *told, *page),)


async def _of_role(request: Request, room: NodeId, role: Role | None) -> list[tuple[str, Element]]:
    if role is None:
        raise StanzaError("bad-request", "nobody has a list of those who are not there")
    occupants = await request.ask(room_questions.occupants, request.actor, room, role)
    found = sorted(occupants, key=lambda seen: seen.nick)
    return [(seen.nick, item_element(ADMIN, seen, nick=seen.nick)) for seen in found]


async def _of_affiliation(
    request: Request, room: NodeId, wanted: Affiliation
) -> list[tuple[str, Element]]:
    if wanted is Affiliation.NONE:
        raise StanzaError("bad-request", "nobody has a list of those who have none (§5.2)")
    found = await request.ask(room_questions.affiliates, request.actor, room, wanted)
    return [(str(each.jid), _affiliate(each)) for each in found]


def _affiliate(each: Affiliate) -> Element:
    attrs = {
        "affiliation": AFFILIATIONS[each.affiliation],
        "jid": str(each.jid),
        "nick": each.nick or None,
    }
    return Element(ADMIN, "item", attrs)


async def change(request: Request) -> Answered:
    """Give roles by nick, or affiliations by JID; all that is asked, or nothing (§9.2).

    Who asks hears that it is done before others hear what (§8.2 to §8.5, §9, §10).
    Raises StanzaError: bad-request where both are asked for in one breath (§17.4).
    """
    room = room_asked(request)
    items = _items(request.payload)
    reasons = {read_text(item, "reason") for item in items}
    # The engine tells one reason; where they differ, none is told to those it is not meant for.
    reason = reasons.pop() if len(reasons) == 1 else ""
    if all(_gives(item, "role", "affiliation") for item in items):
        roles = {_nick(item): _role(item.get("role", "")) for item in items}
        await request.run_answered(
            SetRoles(actor=request.actor, node=room, roles=roles, reason=reason)
        )
    elif all(_gives(item, "affiliation", "role") for item in items):
        named = [(await _named(request, room, item), item) for item in items]
        await request.run_answered(
            SetAffiliations(
                actor=request.actor,
                node=room,
                affiliations={
                    jid: _affiliation(item.get("affiliation", "")) for jid, item in named
                },
                nicks={
                    jid: _reserved(item.get("nick", ""))
                    for jid, item in named
                    if item.get("jid") is not None and item.get("nick") is not None
                },
                reason=reason,
            )
        )
    else:
        raise StanzaError("bad-request", "either roles or affiliations are given")
    return None


async def _named(request: Request, room: NodeId, item: Element) -> JID:
    """Whom an item is about; some clients know no more than the nick of an occupant."""
    if item.get("jid") is None and item.get("nick"):
        return await request.ask(room_questions.real_jid, request.actor, room, _nick(item))
    return read_jid(item.get("jid")).bare


def _reserved(nick: str) -> str:
    """The nick that goes with an affiliation; "" takes away the one there is (§9.5)."""
    return _prepared(nick) if nick else ""


def _items(query: Element) -> list[Element]:
    items = query.childs(ADMIN, "item")
    if not items:
        raise StanzaError("bad-request", "an item is needed")
    return items


def _gives(item: Element, wanted: str, other: str) -> bool:
    return item.get(wanted) is not None and item.get(other) is None


def _role(word: str) -> Role | None:
    if word not in _ROLES:
        raise StanzaError("bad-request", f"{word!r} is no role")
    return _ROLES[word]


def _affiliation(word: str) -> Affiliation:
    if word not in _AFFILIATIONS:
        raise StanzaError("bad-request", f"{word!r} is no affiliation")
    return _AFFILIATIONS[word]


def _nick(item: Element) -> str:
    nick = item.get("nick")
    if not nick:
        raise StanzaError("bad-request", "a role goes with a nick (§17.4)")
    return _prepared(nick)


def _prepared(nick: str) -> str:
    try:
        return prepare_resource(nick)
    except InvalidJID as error:
        raise StanzaError("jid-malformed", str(error)) from error


ROUTES: Final = (
    Route("iq", "get", (ADMIN, "query"), get_list),
    Route("iq", "set", (ADMIN, "query"), change),
)
