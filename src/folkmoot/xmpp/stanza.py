"""Stanzas: replies, errors and the bytes of a stanza for many hearers: RFC 6120 §8."""

from __future__ import annotations

from typing import NamedTuple

from folkmoot.xmpp.element import Element, escape_value, serialize
from folkmoot.xmpp.errors import STANZA_CONDITIONS, StanzaError
from folkmoot.xmpp.jid import JID

CLIENT = "jabber:client"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"


def reply(iq: Element, *children: Element) -> Element:
    """The result of an iq: its id, its addresses the other way round (RFC 6120 §8.2.3)."""
    return _answer(iq, "result", *children)


def error_reply(stanza: Element, error: StanzaError) -> Element:
    """The error that refuses a stanza (RFC 6120 §8.3).

    The application-specific condition stands before the one of RFC 6120, as ejabberd has it:
    Movim reads only the first child of `<error/>`, and everyone else reads either order.

    A presence comes back whole, since clients tell by what is in it what has failed: entering a
    room, where it holds what XEP-0045 §7.2 has in it (§7.2.6, Example 27).
    """
    told = Element(stanza.ns, "error", {"type": error.type})
    if error.extension is not None:
        told.append(error.extension)
    told.append(Element(STANZAS, error.condition))
    if error.text:
        told.append(Element(STANZAS, "text", None, error.text))
    returned = stanza.elements if stanza.name == "presence" else []
    if error.beside is not None:
        returned = [*returned, error.beside]
    return _answer(stanza, "error", *returned, told)


def read_error(stanza: Element) -> StanzaError:
    """Why somebody else refused what we sent (RFC 6120 §8.3); an unknown why is undefined."""
    error = stanza.child(stanza.ns, "error")
    children = [] if error is None else error.elements
    found = [each.name for each in children if each.ns == STANZAS and each.name != "text"]
    condition = found[0] if found and found[0] in STANZA_CONDITIONS else "undefined-condition"
    text = "" if error is None else getattr(error.child(STANZAS, "text"), "text", "")
    return StanzaError(condition, text)


def _answer(stanza: Element, type: str, *children: Element) -> Element:
    attrs = {
        "type": type,
        "id": stanza.get("id"),
        "from": stanza.get("to"),
        "to": stanza.get("from"),
    }
    return Element(stanza.ns, stanza.name, attrs, *children)


class Wording(NamedTuple):
    """A stanza serialised once for many hearers.

    Between `head` and `tail` stands what `stamp` gives for each of them, or nothing.
    sender: the address it is from, "" where it says none.
    """

    head: bytes
    tail: bytes
    sender: str = ""


def wording(stanza: Element) -> Wording:
    """The bytes of a jabber:client stanza, its own `to` left out and no xmlns on its root.

    Every other attribute stays, xml:lang among them.
    """
    attrs = {attr: value for attr, value in stanza.attrs.items() if attr != "to"}
    unaddressed = Element(stanza.ns, stanza.name, attrs, *stanza.children)
    text = serialize(unaddressed, CLIENT)
    split = len(stanza.name) + 1
    return Wording(text[:split].encode(), text[split:].encode(), stanza.get("from") or "")


def stamp(jid: JID | None, *, framed: bool) -> bytes:
    """What stands between a wording's head and tail for one hearer.

    jid: whom the stanza is for, None where the stream alone says it.
    framed: the stanza stands on its own (WebSocket, RFC 7395 §3.3) and must declare its namespace.
    """
    namespace = b" xmlns='jabber:client'" if framed else b""
    if jid is None:
        return namespace
    return namespace + f" to='{escape_value(str(jid))}'".encode()
