"""What a server announces to its component: privileges (XEP-0356) and delegation (XEP-0355).

Read of every version of both, by 0.4.1 and 0.5, for `folkmoot check` to tell of it; what is used of
it is read where it is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from folkmoot.xmpp.xml import Element

OFFERS_MAX: Final = 100
"""How much of what a server offers is remembered."""

_DISCO: Final = "http://jabber.org/protocol/disco#info"
_NAMESPACE: Final = re.compile(r"urn:xmpp:(privilege|delegation):\d+")
_NESTING: Final = re.compile(r"urn:xmpp:delegation:\d+:(?:bare)?:(?P<namespace>.+)", re.DOTALL)


class Kind(StrEnum):
    """What sort of thing is offered."""

    PRIVILEGE = "privilege"
    DELEGATION = "delegation"


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing. what: roster, message or presence, or the namespace of iqs. how: its type."""

    kind: Kind
    what: str
    how: str = ""


def read_offers(stanza: Element) -> tuple[Offer, ...]:
    """What a stanza of the server's own offers; nothing, where it is about something else.

    That a namespace is delegated is said in a message (XEP-0355 §4.2). Before that a server asks
    what we know of it (§7.2), and ejabberd says nothing else until that is answered.
    """
    found: list[Offer] = []
    for child in stanza.elements:
        if stanza.name == "message" and (of := _NAMESPACE.fullmatch(child.ns)):
            if child.name == of[1] == Kind.PRIVILEGE:
                found.extend(_permissions(child))
            elif child.name == of[1] == Kind.DELEGATION:
                names = (each.get("namespace", "") for each in child.childs(child.ns, "delegated"))
                found.extend(Offer(Kind.DELEGATION, name) for name in names if name)
        elif stanza.get("type") == "get" and (child.ns, child.name) == (_DISCO, "query"):
            asked = _NESTING.fullmatch(child.get("node", ""))
            found.extend((Offer(Kind.DELEGATION, asked["namespace"]),) if asked else ())
    return tuple(found[:OFFERS_MAX])


def _permissions(privilege: Element) -> Iterator[Offer]:
    """XEP-0356 §4.2, §7.3; `type='none'` takes back what nobody has given."""
    for each in privilege.childs(privilege.ns, "perm"):
        what, how = each.get("access", ""), each.get("type", "")
        if what == "iq":
            yield from _namespaces(each)
        elif what and how != "none":
            yield Offer(Kind.PRIVILEGE, what, how)


def _namespaces(permission: Element) -> Iterator[Offer]:
    """Those of iqs. Prosody's module of 2023 puts each into the one before."""
    waiting = permission.elements[::-1]
    while waiting:
        each = waiting.pop()
        if each.name == "namespace" and each.get("ns") and each.get("type") != "none":
            yield Offer(Kind.PRIVILEGE, each.get("ns", ""), each.get("type", ""))
        waiting.extend(each.elements[::-1])
