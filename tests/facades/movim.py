"""Movim, as far as a server can tell: the stanzas it builds for Spaces, as it writes them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element
from tests.stage import Client, Stage, staged


class Clients(Protocol):
    """A stage, or what is played as one."""

    async def client(self, jid: str, *, available: bool = False) -> Client:
        """Somebody logs in."""


PUBSUB = "http://jabber.org/protocol/pubsub"
ME = "me@host/movimABC"
NEW = "new@host/movimXYZ"
KEY = "6mUb3XUw"
ROOM = "0b9a8c1e-6d7f-4a51-9d0e-2f3b4c5d6e7f@conference.host"
CREATE = f"""
    <iq xmlns='jabber:client' from='me@host/movimABC' to='spaces.host' type='set' id='Vc3kd0aZ1bQx'>
     <pubsub xmlns='http://jabber.org/protocol/pubsub'>
      <create node='{KEY}'/>
      <configure><x xmlns='jabber:x:data' type='submit'>
       <field type='hidden' var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#node_config</value></field>
       <field var='pubsub#title'><value>My space</value></field>
       <field var='pubsub#type'><value>urn:xmpp:spaces:0</value></field>
       <field var='pubsub#notify_retract'><value>true</value></field>
       <field var='pubsub#persist_items'><value>true</value></field>
       <field var='pubsub#purge_offline'><value>false</value></field>
       <field var='pubsub#notify_sub'><value>true</value></field>
       <field var='pubsub#notify_config'><value>true</value></field>
       <field var='pubsub#notify_delete'><value>true</value></field>
       <field var='pubsub#max_items'><value>max</value></field>
       <field var='pubsub#publish_model'><value>publishers</value></field>
       <field var='pubsub#access_model'><value>authorize</value></field>
       <field var='pubsub#deliver_payloads'><value>true</value></field>
      </x></configure>
     </pubsub>
    </iq>"""
DISCO = f"""
    <iq type='get' to='spaces.host' id='dIsco0aZ1bQx'>
     <query xmlns='http://jabber.org/protocol/disco#info' node='{KEY}'/>
    </iq>"""
ITEMS = f"""
    <iq type='get' to='spaces.host' id='iTems0aZ1bQx'><pubsub xmlns='http://jabber.org/protocol/pubsub'>
     <items node='{KEY}' max_items='100'/></pubsub></iq>"""
PENDING = f"""
    <iq type='set' to='spaces.host' id='pEnd0aZ1bQxx'>
     <command xmlns='http://jabber.org/protocol/commands'
              sessionid='5f0c2a1e-1111-4a51-9d0e-2f3b4c5d6e7f'
              node='http://jabber.org/protocol/pubsub#get-pending' action='execute'>
      <x xmlns='jabber:x:data' type='submit'>
       <field var='pubsub#node'><value>{KEY}</value></field></x>
     </command>
    </iq>"""
GET_AFFILIATIONS = f"""
    <iq type='get' to='spaces.host' id='aFf0aZ1bQxyz'>
     <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>
      <affiliations node='{KEY}'/></pubsub></iq>"""
DESTROY = f"""
    <iq type='set' to='spaces.host' id='dEl0aZ1bQxyz'>
     <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><delete node='{KEY}'/></pubsub></iq>"""
PINNED = "<pinned xmlns='urn:xmpp:bookmarks-pinning:0'/>"
MY_SPACES = "{https://movim.eu}spaces_subscriptions_node"
BOOKMARK_ID = "85d422902004e639a1b9bf2fc961d9f65d03014f"
BOOKMARK = f"""
        <subscription xmlns='urn:xmpp:pubsub:subscription:0' server='spaces.host' node='{KEY}'>
         <extensions>
          <notify xmlns='urn:xmpp:notification-settings:0'><on-mention/></notify>{PINNED}
         </extensions></subscription>"""
BOOKMARK_OPTIONS = """
          <field var='pubsub#persist_items'><value>true</value></field>
          <field var='pubsub#access_model'><value>whitelist</value></field>
          <field var='pubsub#send_last_published_item'><value>never</value></field>
          <field var='pubsub#max_items'><value>max</value></field>
          <field var='pubsub#notify_retract'><value>true</value></field>
         </x>"""
OPTIONS = """
     <publish-options><x xmlns='jabber:x:data' type='submit'>
       <field var='pubsub#type'><value>urn:xmpp:spaces:0</value></field>
       <field var='pubsub#notify_retract'><value>true</value></field>
       <field var='pubsub#persist_items'><value>true</value></field>
       <field var='pubsub#purge_offline'><value>false</value></field>
       <field var='pubsub#notify_sub'><value>true</value></field>
       <field var='pubsub#notify_config'><value>true</value></field>
       <field var='pubsub#notify_delete'><value>true</value></field>
       <field var='pubsub#max_items'><value>max</value></field>
       <field var='pubsub#publish_model'><value>publishers</value></field>
       <field var='pubsub#access_model'><value>authorize</value></field>
       <field var='pubsub#deliver_payloads'><value>true</value></field>
     </x></publish-options>"""


def subscribe(jid: str) -> str:
    """Join by key (2.3)."""
    return f"""
    <iq type='set' to='spaces.host' id='sUb0aZ1bQxyz'>
     <pubsub xmlns='http://jabber.org/protocol/pubsub'>
      <subscribe node='{KEY}' jid='{jid}'/></pubsub>
    </iq>"""


def unsubscribe(jid: str) -> str:
    """Leave (2.14)."""
    return f"""
    <iq type='set' to='spaces.host' id='uNs0aZ1bQxyz'>
     <pubsub xmlns='http://jabber.org/protocol/pubsub'>
      <unsubscribe node='{KEY}' jid='{jid}'/></pubsub>
    </iq>"""


def set_subscription(jid: str, subscription: str) -> str:
    """S of 2.7."""
    return f"""
    <iq type='set' to='spaces.host' id='sSs0aZ1bQxyz'>
     <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><subscriptions node='{KEY}'>
      <subscription jid='{jid}' subscription='{subscription}'/></subscriptions></pubsub></iq>"""


def set_affiliation(jid: str, affiliation: str) -> str:
    """A of 2.7."""
    return f"""
    <iq type='set' to='spaces.host' id='aAa0aZ1bQxyz'>
     <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><affiliations node='{KEY}'>
      <affiliation jid='{jid}' affiliation='{affiliation}'/></affiliations></pubsub></iq>"""


def conference(name: str = "General", extensions: str = "", nick: str = "") -> str:
    """What Movim puts on the list for a room (2.10, 2.11)."""
    told = f"<nick>{nick}</nick>" if nick else ""
    return f"""<conference xmlns='urn:xmpp:bookmarks:1' name='{name}' autojoin='true'>{told}
        <extensions>{extensions}</extensions></conference>"""


def publish_room(payload: str, room: str = ROOM, options: str = OPTIONS) -> str:
    """The third stanza of 2.10."""
    return f"""
    <iq type='set' to='spaces.host' id='pUb0aZ1bQxyz'><pubsub xmlns='http://jabber.org/protocol/pubsub'>
     <publish node='{KEY}'><item id='{room}'>{payload}</item></publish>{options}
    </pubsub></iq>"""


def publish_bookmark(options: str = "") -> str:
    """A space in one's own list (2.19)."""
    return f"""
        <iq type='set' id='bPu0aZ1bQxyz'><pubsub xmlns='{PUBSUB}'>
         <publish node='{MY_SPACES}'><item id='{BOOKMARK_ID}'>{BOOKMARK}</item></publish>{options}
        </pubsub></iq>"""


def form(kind: str) -> str:
    """The form of options for one's own list, but for its fields."""
    return f"""<x xmlns='jabber:x:data' type='submit'>
          <field var='FORM_TYPE' type='hidden'><value>{PUBSUB}#{kind}</value></field>"""


def retract_room(room: str = ROOM) -> str:
    """The second stanza of 2.12."""
    return f"""
    <iq type='set' to='spaces.host' id='rEt0aZ1bQxyz'>
     <pubsub xmlns='http://jabber.org/protocol/pubsub'><retract node='{KEY}' notify='true'><item
      id='{room}'/></retract></pubsub></iq>"""


def error(answer: Element) -> str:
    """What Movim makes of an error: the name of its first child."""
    (told,) = answer.childs(CLIENT, "error")
    assert told.first is not None
    return told.first.name


async def makes_space(client: Client) -> None:
    """2.2 as a whole: the node, oneself as subscriber by both doors, and a look at it."""
    await client.asks(CREATE, "<iq type='result'/>")
    await client.asks(DISCO, "<iq type='result'/>")
    jid = str(client.jid.bare)
    await client.asks(set_subscription(jid, "subscribed"), "<iq type='result'/>")
    await client.asks(subscribe(jid), "<iq type='result'/>")


async def with_space(stage: Clients) -> Client:
    """The owner of a space."""
    client = await stage.client(ME, available=True)
    await makes_space(client)
    await client.drains()
    return client


async def bookmarks(client: Client) -> None:
    """2.19 as a whole: where the options are refused, the node gets them before the item."""
    options = form("publish-options") + BOOKMARK_OPTIONS
    answer = await client.asks(publish_bookmark(f"<publish-options>{options}</publish-options>"))
    if answer.get("type") == "error":
        assert error(answer) in ("precondition-not-met", "resource-constraint", "conflict")
        await client.asks(
            f"""
        <iq type='set' id='bCo0aZ1bQxyz'><pubsub xmlns='{PUBSUB}#owner'>
         <configure node='{MY_SPACES}'>{form("node_config")}{BOOKMARK_OPTIONS}</configure>
        </pubsub></iq>"""
        )
        await client.asks(publish_bookmark(), "<iq type='result'/>")


async def lets_in(owner: Client, jid: str) -> None:
    """2.7, S and A in one burst."""
    await owner.asks(set_subscription(jid, "subscribed"), "<iq type='result'/>")
    await owner.asks(set_affiliation(jid, "member"), "<iq type='result'/>")


@asynccontextmanager
async def hosted() -> AsyncIterator[Stage]:
    """The domains Movim expects (1.1, rules 1 and 2)."""
    async with staged(
        domain=JID.parse("host"),
        pubsub=JID.parse("spaces.host"),
        rooms=JID.parse("conference.host"),
    ) as stage:
        yield stage
