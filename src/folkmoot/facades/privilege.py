"""Privileged entity: XEP-0356 0.4.1. What another server grants us, and what is said by it.

In both of its namespaces: ejabberd spoke the one from before 0.4 until 24.10. What is said in the
name of an account comes as bytes, and stays so: it is worded once for all who hear it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from folkmoot.engine.rosters import Acquaintance
from folkmoot.facades.forwarding import FORWARD
from folkmoot.facades.roster import NS as ROSTER
from folkmoot.xmpp.element import escape_value
from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element

VERSIONS: Final = ("urn:xmpp:privilege:1", "urn:xmpp:privilege:2")

_MESSAGE: Final = b"<message"


class Seen(Enum):
    """Whose presence a server shows (§7)."""

    NOBODY = "none"
    ACCOUNTS = "managed_entity"
    CONTACTS = "roster"
    """And that of those on the accounts' rosters."""


@dataclass(frozen=True, slots=True)
class Grants:
    """What a server lets us do. version: the namespace it said so in, "" where it said nothing.

    rosters: read them. pushes: be told when one changes. messages: send them as accounts.
    """

    version: str = ""
    rosters: bool = False
    pushes: bool = False
    messages: bool = False
    presence: Seen = Seen.NOBODY


NOTHING: Final = Grants()


def read_grants(message: Element) -> Grants | None:
    """What a server says that it grants (§4.2, §5.2, §7.2); None where it says nothing of that.

    Roster pushes are counted on only where they are promised in so many words: Prosody's module
    sends none, and leaves out the attribute whose default would mean them.
    """
    children = (message.child(version, "privilege") for version in VERSIONS)
    found = next((each for each in children if each is not None), None)
    if message.name != "message" or found is None:
        return None
    permissions = {each.get("access", ""): each for each in _permissions(found)}
    types = {access: each.get("type", "none") for access, each in permissions.items()}
    rosters = types.get("roster") in ("get", "both")
    try:
        presence = Seen(types.get("presence", "none"))
    except ValueError:
        presence = Seen.NOBODY
    return Grants(
        version=found.ns,
        rosters=rosters,
        pushes=rosters and permissions["roster"].get("push") in ("true", "1"),
        messages=types.get("message") == "outgoing",
        presence=presence,
    )


def _permissions(privilege: Element) -> Iterator[Element]:
    """However deep: Prosody's module of 2023 puts what follows the permission of iqs into it."""
    waiting = [privilege]
    while waiting:
        for each in waiting.pop().elements:
            waiting.append(each)
            if (each.ns, each.name) == (privilege.ns, "perm"):
                yield each


def around(version: str, service: JID, server: JID) -> tuple[bytes, bytes]:
    """What stands before and after a message that is said in the name of an account (§5.3)."""
    head = (
        f"<message from='{escape_value(str(service))}' to='{escape_value(str(server))}'>"
        f"<privilege xmlns='{version}'><forwarded xmlns='{FORWARD}'>"
    )
    return head.encode(), b"</forwarded></privilege></message>"


def spoken(message: bytes) -> bytes | None:
    """A message that names no namespace, as it stands in another; None for any other stanza."""
    if not message.startswith(_MESSAGE):
        return None
    return _MESSAGE + f" xmlns='{CLIENT}'".encode() + message.removeprefix(_MESSAGE)


def roster_query() -> Element:
    """What is asked of an account that has a roster (§4.3)."""
    return Element(ROSTER, "query")


def is_push(iq: Element) -> bool:
    """Whether a stanza says that something is new on a roster (§4.4)."""
    return iq.name == "iq" and iq.get("type") == "set" and iq.child(ROSTER, "query") is not None


def read_roster(query: Element) -> Iterable[tuple[JID, Acquaintance]]:
    """The contacts on a roster, or in a part of it; those that have no address are left out."""
    for item in query.childs(ROSTER, "item"):
        try:
            jid = JID.parse(item.get("jid", ""))
        except InvalidJID:
            continue
        state = item.get("subscription", "none")
        groups = frozenset(each.text for each in item.childs(ROSTER, "group"))
        yield jid.bare, Acquaintance(state in ("from", "both"), state in ("to", "both"), groups)
