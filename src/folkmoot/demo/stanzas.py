"""What the story's people say, as Movim says it: XEP-0060 1.30.0, XEP-0045 1.35.5, XEP-0503 0.3.0.

Each function gives a stanza, or a pattern of one to come. Requests get their id when they are sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from folkmoot.demo.client import ROSTER
from folkmoot.facades import disco, spaces
from folkmoot.facades.muc import ns as muc
from folkmoot.facades.pubsub import ns as pubsub
from folkmoot.xmpp.forms import DATA
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.rsm import RSM
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Attr, Element

BANNED: Final = "301"
CREATED: Final = "201"
ONESELF: Final = "110"

SPACE_SETTINGS: Final = {
    "pubsub#type": spaces.NS,
    "pubsub#notify_retract": "true",
    "pubsub#persist_items": "true",
    "pubsub#purge_offline": "false",
    "pubsub#notify_sub": "true",
    "pubsub#notify_config": "true",
    "pubsub#notify_delete": "true",
    "pubsub#max_items": "max",
    "pubsub#publish_model": "publishers",
    "pubsub#access_model": "authorize",
    "pubsub#deliver_payloads": "true",
}
"""How Movim configures a space, and what it then asks for with each publish to it."""


def iq(type: str, to: JID | None, payload: Element) -> Element:
    """A request; without an address it is for one's own account."""
    return Element(CLIENT, "iq", {"type": type, "to": str(to) if to else None}, payload)


def message(*children: Element, **attrs: str) -> Element:
    """A message; `from_` stands for the attribute `from`."""
    return _stanza("message", attrs, children)


def presence(*children: Element, **attrs: str) -> Element:
    """A presence; `from_` stands for the attribute `from`."""
    return _stanza("presence", attrs, children)


def _stanza(name: str, attrs: Mapping[str, str], children: tuple[Element, ...]) -> Element:
    named: dict[Attr, str | None] = {attr.rstrip("_"): text for attr, text in attrs.items()}
    return Element(CLIENT, name, named, *children)


def body(text: str) -> Element:
    """What a message says."""
    return Element(CLIENT, "body", None, text)


def form(form_type: str | None, settings: Mapping[str, str]) -> Element:
    """A filled-in form; Movim leaves the types of fields out, and FORM_TYPE now and then."""
    x = Element(DATA, "x", {"type": "submit"})
    if form_type is not None:
        x.append(field("FORM_TYPE", form_type, type="hidden"))
    for var, value in settings.items():
        x.append(field(var, value))
    return x


def field(var: str, value: str, type: str | None = None) -> Element:
    """One field of a form, with its value."""
    return Element(DATA, "field", {"var": var, "type": type}, Element(DATA, "value", None, value))


# Spaces.


def _pubsub(type: str, service: JID, *children: Element) -> Element:
    return iq(type, service, Element(pubsub.PUBSUB, "pubsub", None, *children))


def _owner(type: str, service: JID, child: Element) -> Element:
    return iq(type, service, Element(pubsub.OWNER, "pubsub", None, child))


def create_space(service: JID, key: str, title: str) -> Element:
    """Create a space whose owners let everybody in by hand (XEP-0060 §8.1.3)."""
    settings = {"pubsub#title": title, **SPACE_SETTINGS}
    configure = Element(pubsub.PUBSUB, "configure", None, form(pubsub.NODE_CONFIG, settings))
    return _pubsub("set", service, _named("create", key), configure)


def create_node(service: JID, name: str) -> Element:
    """Create a node like any other (XEP-0060 §8.1.2)."""
    return _pubsub("set", service, _named("create", name))


def _named(name: str, node: str, *children: Element, **attrs: str) -> Element:
    return Element(pubsub.PUBSUB, name, {"node": node} | attrs, *children)


def subscribe(service: JID, key: str, who: JID) -> Element:
    """Ask to be let in to a space, by its key (§6.1)."""
    return _pubsub("set", service, _named("subscribe", key, jid=str(who.bare)))


def items(service: JID, key: str) -> Element:
    """Ask for the items: those of a space are its rooms (§6.5)."""
    return _pubsub("get", service, _named("items", key, max_items="100"))


def list_room(service: JID, key: str, room: JID, name: str) -> Element:
    """Put a room on the list of a space, if the space is what it should be (§7.1.5)."""
    listed = Element(spaces.BOOKMARKS, "conference", {"name": name, "autojoin": "true"})
    item = Element(pubsub.PUBSUB, "item", {"id": str(room)}, listed)
    options = Element(pubsub.PUBSUB, "publish-options", None, form(None, SPACE_SETTINGS))
    return _pubsub("set", service, _named("publish", key, item), options)


def publish(service: JID, node: str, item_id: str, text: str) -> Element:
    """Publish an item (§7.1)."""
    payload = Element("http://www.w3.org/2005/Atom", "title", None, text)
    item = Element(pubsub.PUBSUB, "item", {"id": item_id}, payload)
    return _pubsub("set", service, _named("publish", node, item))


def retrieve(service: JID, node: str, after: str = "") -> Element:
    """Ask for a page of items (§6.5.4; XEP-0059 1.0)."""
    page = Element(RSM, "set", None, Element(RSM, "max", None, "100"))
    if after:
        page.append(Element(RSM, "after", None, after))
    return _pubsub("get", service, _named("items", node), page)


def approve(service: JID, asked: Element) -> Element:
    """The authorization form, sent back with a yes (§8.6.2)."""
    values = {each.get("var", ""): _value(each) for each in asked.childs(DATA, "field")}
    kept = {var: value for var, value in values.items() if var != "FORM_TYPE"}
    return message(form(pubsub.AUTHORIZATION, {**kept, "pubsub#allow": "true"}), to=str(service))


def _value(field: Element) -> str:
    value = field.child(DATA, "value")
    return value.text if value is not None else ""


def set_affiliation(service: JID, key: str, who: JID, affiliation: str) -> Element:
    """Say what somebody is in a space (§8.9.2)."""
    row = Element(pubsub.OWNER, "affiliation", {"jid": str(who), "affiliation": affiliation})
    return _owner("set", service, Element(pubsub.OWNER, "affiliations", {"node": key}, row))


def listing(service: JID, key: str, name: str) -> Element:
    """Ask for all `affiliations` or `subscriptions`, as an owner (§8.8.1, §8.9.1)."""
    return _owner("get", service, Element(pubsub.OWNER, name, {"node": key}))


def delete_node(service: JID, key: str) -> Element:
    """Delete a space (§8.4)."""
    return _owner("set", service, Element(pubsub.OWNER, "delete", {"node": key}))


def approval_asked(service: JID, key: str, who: JID) -> Element:
    """To come: the form that asks an owner whether somebody may come in (§8.6)."""
    x = Element(DATA, "x", {"type": "form"})
    for var, value in (
        ("FORM_TYPE", pubsub.AUTHORIZATION),
        ("pubsub#node", key),
        ("pubsub#subscriber_jid", str(who)),
    ):
        x.append(field(var, value))
    return message(x, from_=str(service))


def subscription_event(service: JID, key: str, who: JID, state: str) -> Element:
    """To come: how a subscription has changed (§8.6.3)."""
    attrs = {"node": key, "jid": str(who), "subscription": state}
    told = Element(pubsub.EVENT, "subscription", attrs)
    return message(Element(pubsub.EVENT, "event", None, told), from_=str(service))


def item_event(service: JID, key: str, item_id: str) -> Element:
    """To come: an item was published (§7.1.2)."""
    told = Element(pubsub.EVENT, "items", {"node": key})
    told.append(Element(pubsub.EVENT, "item", {"id": item_id}))
    return message(Element(pubsub.EVENT, "event", None, told), from_=str(service))


# Discovery.


def disco_info(to: JID, node: str | None = None) -> Element:
    """Ask what something is (XEP-0030 §3)."""
    return iq("get", to, Element(disco.INFO, "query", {"node": node}))


def disco_items(to: JID) -> Element:
    """Ask what is there (XEP-0030 §4)."""
    return iq("get", to, Element(disco.ITEMS, "query"))


# Rooms.


def enter(room: JID, nick: str, history: int | None = 0) -> Element:
    """Enter a room (XEP-0045 §7.2). history: how many messages to be told of, None for any."""
    x = Element(muc.MUC, "x")
    if history is not None:
        x.append(Element(muc.MUC, "history", {"maxstanzas": str(history)}))
    return presence(x, to=str(room.with_resource(nick)), id="enter")


def entered(room: JID, nick: str, affiliation: str) -> Element:
    """To come: one's own presence in the room, after everybody else's (§7.2.2)."""
    return seen(room, nick, affiliation, ONESELF)


def seen(room: JID, nick: str, affiliation: str, *statuses: str, type: str = "") -> Element:
    """To come: somebody's presence in the room."""
    x = Element(muc.USER, "x", None, Element(muc.USER, "item", {"affiliation": affiliation}))
    for status in statuses:
        x.append(Element(muc.USER, "status", {"code": status}))
    attrs = {"type": type} if type else {}
    return presence(x, from_=str(room.with_resource(nick)), **attrs)


def configure_room(room: JID, name: str, service: JID, key: str) -> Element:
    """Make a room members-only and part of a space, as Movim does (§10.1.3; XEP-0503 §5.5)."""
    settings = {
        "muc#roomconfig_roomname": name,
        "muc#roomconfig_persistentroom": "true",
        "muc#roomconfig_changesubject": "false",
        "muc#roomconfig_membersonly": "true",
        "muc#roomconfig_whois": "anyone",
        "muc#roomconfig_publicroom": "false",
        "muc#roomconfig_pubsub": f"xmpp:{service}?;node={key}",
    }
    return iq("set", room, Element(muc.OWNER, "query", None, form(muc.ROOM_CONFIG, settings)))


def say(room: JID, text: str) -> Element:
    """Say something to all in a room (§7.4)."""
    return message(body(text), to=str(room), type="groupchat")


def said(room: JID, nick: str, text: str) -> Element:
    """To come: something that was said in a room."""
    return message(body(text), from_=str(room.with_resource(nick)), type="groupchat")


def affiliated(room: JID, affiliation: str) -> Element:
    """Ask for the room's own list of an affiliation (§9.5)."""
    wanted = Element(muc.ADMIN, "item", {"affiliation": affiliation})
    return iq("get", room, Element(muc.ADMIN, "query", None, wanted))


def destroy(room: JID) -> Element:
    """Destroy a room (§10.9)."""
    return iq("set", room, Element(muc.OWNER, "query", None, Element(muc.OWNER, "destroy")))


# Contacts.


def roster() -> Element:
    """Ask for one's contacts (RFC 6121 §2.1.3)."""
    return iq("get", None, Element(ROSTER, "query"))
