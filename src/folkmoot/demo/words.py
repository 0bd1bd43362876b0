"""The same acts in the words of two clients: RFC 6121 with XEP-0045, and XEP-0060 alone (XEP-0207).

Nothing here is sent, so that what is played and what is measured are the same stanzas.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from folkmoot.xmpp.forms import DATA, Field, Form
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element

MUC: Final = "http://jabber.org/protocol/muc"
MUC_OWNER: Final = MUC + "#owner"
PUBSUB: Final = "http://jabber.org/protocol/pubsub"
ROSTER: Final = "jabber:iq:roster"
PUBSUB_OWNER: Final = PUBSUB + "#owner"


class Words(Protocol):
    """What somebody sends for each thing they do; `id` is that of the stanza."""

    def appear(self, id: str, status: str = "") -> Element:
        """To be available, or available in another way."""

    def contacts(self, id: str) -> Element:
        """To be told who one's contacts are."""

    def ask(self, id: str, contact: JID) -> Element:
        """To ask for somebody's presence."""

    def grant(self, id: str, contact: JID) -> Element:
        """To let somebody have one's own."""

    def enter(self, id: str, room: JID, nick: str) -> Element:
        """To enter a room, or to make it."""

    def open(self, id: str, room: JID) -> Element:
        """To open a room that one has made."""

    def say(self, id: str, room: JID, text: str) -> Element:
        """To speak to all in a room."""

    def rename(self, id: str, room: JID, nick: str) -> Element:
        """To go by another nick."""

    def leave(self, id: str, room: JID, nick: str) -> Element:
        """To leave a room."""


class Ordinary:
    """A client of RFC 6121 and XEP-0045."""

    def __init__(self, me: JID) -> None:
        self.me = me

    def appear(self, id: str, status: str = "") -> Element:
        """RFC 6121 §4.2.1."""
        return _presence(status, id)

    def contacts(self, id: str) -> Element:
        """RFC 6121 §2.2."""
        return Element(CLIENT, "iq", {"type": "get", "id": id}, Element(ROSTER, "query"))

    def ask(self, id: str, contact: JID) -> Element:
        """RFC 6121 §3.1.1."""
        return Element(CLIENT, "presence", {"id": id, "to": str(contact), "type": "subscribe"})

    def grant(self, id: str, contact: JID) -> Element:
        """RFC 6121 §3.1.4."""
        return Element(CLIENT, "presence", {"id": id, "to": str(contact), "type": "subscribed"})

    def enter(self, id: str, room: JID, nick: str) -> Element:
        """XEP-0045 §7.2.2."""
        attrs = {"id": id, "to": f"{room}/{nick}"}
        return Element(CLIENT, "presence", attrs, Element(MUC, "x"))

    def open(self, id: str, room: JID) -> Element:
        """XEP-0045 §10.1.2."""
        query = Element(MUC_OWNER, "query", None, Element(DATA, "x", {"type": "submit"}))
        return _iq(id, room, query)

    def say(self, id: str, room: JID, text: str) -> Element:
        """XEP-0045 §7.4."""
        attrs = {"id": id, "to": str(room), "type": "groupchat"}
        return Element(CLIENT, "message", attrs, Element(CLIENT, "body", None, text))

    def rename(self, id: str, room: JID, nick: str) -> Element:
        """XEP-0045 §7.6."""
        return Element(CLIENT, "presence", {"id": id, "to": f"{room}/{nick}"})

    def leave(self, id: str, room: JID, nick: str) -> Element:
        """XEP-0045 §7.14."""
        attrs = {"id": id, "to": f"{room}/{nick}", "type": "unavailable"}
        return Element(CLIENT, "presence", attrs)


class Eventing:
    """A client of XEP-0060, which never sends presence."""

    def __init__(self, me: JID) -> None:
        self.me = me

    def appear(self, id: str, status: str = "") -> Element:
        """XEP-0207, Listing 3."""
        return self._publish(id, None, "presence", _presence(status))

    def contacts(self, id: str) -> Element:
        """XEP-0060 §8.8.1."""
        subscriptions = Element(PUBSUB_OWNER, "subscriptions", {"node": "presence"})
        payload = Element(PUBSUB_OWNER, "pubsub", None, subscriptions)
        return Element(CLIENT, "iq", {"type": "get", "id": id}, payload)

    def ask(self, id: str, contact: JID) -> Element:
        """Listing 9."""
        attrs = {"node": "presence", "jid": str(self.me.bare)}
        return _request(id, contact, Element(PUBSUB, "subscribe", attrs))

    def grant(self, id: str, contact: JID) -> Element:
        """Listing 11."""
        type = f"{PUBSUB}#subscribe_authorization"
        settings = {"node": "presence", "subscriber_jid": str(contact), "allow": "true"}
        form = _form(type, {f"pubsub#{name}": value for name, value in settings.items()})
        return Element(CLIENT, "message", {"id": id, "to": str(self.me.bare)}, form)

    def enter(self, id: str, room: JID, nick: str) -> Element:
        """Listing 13."""
        attrs = {"node": room.local, "jid": str(self.me)}
        options = Element(PUBSUB, "options", None, self._nick(nick))
        return _request(id, _service(room), Element(PUBSUB, "subscribe", attrs), options)

    def open(self, id: str, room: JID) -> Element:
        """XEP-0060 §8.2.4."""
        x = Element(DATA, "x", {"type": "submit"})
        configure = Element(PUBSUB_OWNER, "configure", {"node": room.local}, x)
        return _iq(id, _service(room), Element(PUBSUB_OWNER, "pubsub", None, configure))

    def say(self, id: str, room: JID, text: str) -> Element:
        """Listing 16."""
        message = Element(CLIENT, "message", None, Element(CLIENT, "body", None, text))
        return self._publish(id, _service(room), room.local, message)

    def rename(self, id: str, room: JID, nick: str) -> Element:
        """XEP-0060 §6.3.5."""
        attrs = {"node": room.local, "jid": str(self.me)}
        return _request(id, _service(room), Element(PUBSUB, "options", attrs, self._nick(nick)))

    def leave(self, id: str, room: JID, nick: str) -> Element:
        """XEP-0060 §6.2.1."""
        attrs = {"node": room.local, "jid": str(self.me)}
        return _request(id, _service(room), Element(PUBSUB, "unsubscribe", attrs))

    def _publish(self, id: str, to: JID | None, node: str, payload: Element) -> Element:
        item = Element(PUBSUB, "item", None, payload)
        return _request(id, to, Element(PUBSUB, "publish", {"node": node}, item))

    def _nick(self, nick: str) -> Element:
        return _form(f"{PUBSUB}#subscribe_options", {"roomnick": nick})


def _presence(status: str, id: str | None = None) -> Element:
    presence = Element(CLIENT, "presence", {"id": id})
    if status:
        presence.append(Element(CLIENT, "status", None, status))
    return presence


def _form(type: str, settings: Mapping[str, str]) -> Element:
    fields = tuple(Field(var, values=(value,)) for var, value in settings.items())
    return Form("submit", type, fields).element()


def _request(id: str, to: JID | None, *asked: Element) -> Element:
    return _iq(id, to, Element(PUBSUB, "pubsub", None, *asked))


def _iq(id: str, to: JID | None, payload: Element) -> Element:
    attrs = {"type": "set", "id": id, "to": None if to is None else str(to)}
    return Element(CLIENT, "iq", attrs, payload)


def _service(room: JID) -> JID:
    return JID.parse(room.domain)
