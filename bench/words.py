"""What the clients say: XEP-0060 1.30.0, XEP-0045 1.35.5, XEP-0503 0.3.0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from bench.place import ROOMS, SPACES
from bench.tally import BLANK, MARK, marked
from folkmoot.xmpp.forms import Field, Form
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element, serialize

PUBSUB: Final = "http://jabber.org/protocol/pubsub"
PUBSUB_OWNER: Final = PUBSUB + "#owner"
MUC: Final = "http://jabber.org/protocol/muc"
MUC_USER: Final = MUC + "#user"
MUC_OWNER: Final = MUC + "#owner"
ATOM: Final = "http://www.w3.org/2005/Atom"
BOOKMARKS: Final = "urn:xmpp:bookmarks:1"
SPACE_TYPE: Final = "urn:xmpp:spaces:0"

TEXT_CHARS: Final = 150
"""Of a message's body or an item's title; the item's payload then has some 200 bytes."""

_OPEN: Final = {
    "pubsub#access_model": "open",
    "pubsub#persist_items": "1",
    "pubsub#max_items": "10000",
    "pubsub#send_last_published_item": "never",
    # Each item past max_items would else be told of once more, when the oldest goes.
    "pubsub#notify_retract": "0",
}
_SPACE: Final = {
    "pubsub#type": SPACE_TYPE,
    "pubsub#access_model": "authorize",
    "pubsub#persist_items": "1",
    "pubsub#max_items": "max",
}


def _form(type: str, settings: Mapping[str, str]) -> Element:
    fields = tuple(Field(var, values=(value,)) for var, value in settings.items())
    return Form("submit", type, fields).element()


def create_node(name: str, *, space: bool = False) -> Element:
    """A node that keeps items: open to all, or a space with approval (XEP-0060 §8.1.3)."""
    form = _form(PUBSUB + "#node_config", _SPACE if space else _OPEN)
    create = Element(PUBSUB, "create", {"node": name})
    return Element(PUBSUB, "pubsub", None, create, Element(PUBSUB, "configure", None, form))


def subscribe(node: str, jid: str) -> Element:
    """XEP-0060 §6.1.1."""
    asked = Element(PUBSUB, "subscribe", {"node": node, "jid": jid})
    return Element(PUBSUB, "pubsub", None, asked)


def approve(node: str, jids: Iterable[str]) -> Element:
    """The owner makes subscriptions valid (XEP-0060 §8.8.2)."""
    rows = (
        Element(PUBSUB_OWNER, "subscription", {"jid": jid, "subscription": "subscribed"})
        for jid in jids
    )
    subscriptions = Element(PUBSUB_OWNER, "subscriptions", {"node": node}, *rows)
    return Element(PUBSUB_OWNER, "pubsub", None, subscriptions)


def ban(node: str, jid: str) -> Element:
    """An outcast (XEP-0060 §8.9.2)."""
    row = Element(PUBSUB_OWNER, "affiliation", {"jid": jid, "affiliation": "outcast"})
    rows = Element(PUBSUB_OWNER, "affiliations", {"node": node}, row)
    return Element(PUBSUB_OWNER, "pubsub", None, rows)


def publish(node: str, item_id: str, payload: Element) -> Element:
    """XEP-0060 §7.1.1."""
    item = Element(PUBSUB, "item", {"id": item_id}, payload)
    return Element(PUBSUB, "pubsub", None, Element(PUBSUB, "publish", {"node": node}, item))


def prepared_publish(node: str) -> bytes:
    """An item to publish again and again: `stamped` gives it a new id and the time."""
    title = Element(ATOM, "title", None, marked(TEXT_CHARS))
    payload = publish(node, BLANK, Element(ATOM, "entry", None, title))
    iq = Element(CLIENT, "iq", {"type": "set", "id": BLANK, "to": SPACES}, payload)
    return serialize(iq, CLIENT).encode()


def room(name: str) -> str:
    """A room's address."""
    return f"{name}@{ROOMS}"


def enter(name: str, nick: str, *, counted: bool = False) -> Element:
    """XEP-0045 §7.2.2, with no history; counted: the mark is in the presence, for all to count."""
    history = Element(MUC, "history", {"maxstanzas": "0"})
    presence = Element(CLIENT, "presence", {"to": f"{room(name)}/{nick}"})
    if counted:
        presence.append(Element(CLIENT, "status", None, MARK))
    presence.append(Element(MUC, "x", None, history))
    return presence


def leave(name: str, nick: str) -> Element:
    """XEP-0045 §7.14."""
    return Element(CLIENT, "presence", {"to": f"{room(name)}/{nick}", "type": "unavailable"})


def configure_room(*, space: str | None = None) -> Element:
    """Open and non-anonymous, or members-only in a space (XEP-0045 §10.1.2)."""
    settings = {
        "muc#roomconfig_persistentroom": "1",
        "muc#roomconfig_whois": "anyone",
        "muc#roomconfig_membersonly": "0" if space is None else "1",
    }
    if space is not None:
        settings["muc#roomconfig_pubsub"] = f"xmpp:{SPACES}?;node={space}"
    return Element(MUC_OWNER, "query", None, _form(MUC + "#roomconfig", settings))


def list_room(space: str, name: str) -> Element:
    """A space lists a room (XEP-0503 §5.4)."""
    bookmark = Element(BOOKMARKS, "conference", {"name": name, "autojoin": "true"})
    return publish(space, room(name), bookmark)


def prepared_groupchat(name: str) -> bytes:
    """A message to say again and again (XEP-0045 §7.4); `stamped` gives it the time."""
    body = Element(CLIENT, "body", None, marked(TEXT_CHARS))
    attrs = {"type": "groupchat", "id": BLANK, "to": room(name)}
    return serialize(Element(CLIENT, "message", attrs, body), CLIENT).encode()


def is_own_presence(stanza: Element, name: str) -> bool:
    """Whether someone has entered, left, or was refused (XEP-0045 §7.2.2, §7.2.6 to §7.2.9)."""
    if stanza.name != "presence" or not stanza.get("from", "").startswith(room(name)):
        return False
    x = stanza.child(MUC_USER, "x")
    codes = () if x is None else [status.get("code") for status in x.childs(MUC_USER, "status")]
    return stanza.get("type") == "error" or "110" in codes
