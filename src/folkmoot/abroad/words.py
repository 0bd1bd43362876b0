"""What is asked of a room abroad: XEP-0045 1.35.5, §9 and §10, from the asking side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine.model import Affiliation
from folkmoot.facades.disco import INFO
from folkmoot.facades.muc.ns import ADMIN
from folkmoot.xmpp.forms import DATA
from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.xml import Element

LISTS: Final = (Affiliation.OWNER, Affiliation.ADMIN, Affiliation.MEMBER, Affiliation.OUTCAST)
"""The lists that a room has (§5.2), and so all that can be set but none."""


def list_query(affiliation: Affiliation) -> Element:
    """Who has an affiliation (§9.5, §9.2, §10.5, §10.8)?"""
    return Element(ADMIN, "query", None, Element(ADMIN, "item", {"affiliation": affiliation.value}))


def read_list(query: Element | None, affiliation: Affiliation) -> dict[JID, Affiliation]:
    """The people on a list; what is no JID is nobody."""
    found: dict[JID, Affiliation] = {}
    for item in [] if query is None else query.childs(ADMIN, "item"):
        if item.get("affiliation", affiliation.value) != affiliation.value:
            continue
        try:
            found[JID.parse(item.get("jid", "")).bare] = affiliation
        except InvalidJID:
            continue
    return found


def set_query(changes: Iterable[tuple[JID, Affiliation]]) -> Element:
    """Let people have these affiliations from now on (§9.3, §9.1)."""
    items = (
        Element(ADMIN, "item", {"jid": str(jid), "affiliation": affiliation.value})
        for jid, affiliation in changes
    )
    return Element(ADMIN, "query", None, *items)


def info_query() -> Element:
    """What is this room (§6.4)?"""
    return Element(INFO, "query")


def names(query: Element | None, uri: str) -> bool:
    """Whether a room says in its disco#info that it is of a space.

    In whatever field: as `muc#roomconfig_pubsub` has it, or among the words of its description.
    """
    forms = [] if query is None else query.childs(DATA, "x")
    values = (value.text for x in forms for field in x.elements for value in field.elements)
    return any(uri in text.split() for text in values)
