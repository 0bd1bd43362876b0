"""Movim, as far as a server can tell: the stanzas it builds for Spaces, as it writes them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from folkmoot.xmpp.jid import JID
from tests.stage import Client, Stage, staged

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


def retract_room(room: str = ROOM) -> str:
    """The second stanza of 2.12."""
    return f"""
    <iq type='set' to='spaces.host' id='rEt0aZ1bQxyz'>
     <pubsub xmlns='http://jabber.org/protocol/pubsub'><retract node='{KEY}' notify='true'><item
      id='{room}'/></retract></pubsub></iq>"""


async def makes_space(client: Client) -> None:
    """2.2 as a whole: the node, oneself as subscriber by both doors, and a look at it."""
    await client.asks(CREATE, "<iq type='result'/>")
    await client.asks(DISCO, "<iq type='result'/>")
    jid = str(client.jid.bare)
    await client.asks(set_subscription(jid, "subscribed"), "<iq type='result'/>")
    await client.asks(subscribe(jid), "<iq type='result'/>")


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
