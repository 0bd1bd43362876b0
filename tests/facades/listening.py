"""Clients that say what they want to hear of, for the tests of XEP-0163 and what lives on it."""

from __future__ import annotations

import hashlib
from base64 import b64encode

from folkmoot.facades.disco import INFO
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element
from tests.facades.verona import ROSTER_GET
from tests.stage import Client, Stage

PUBSUB = "http://jabber.org/protocol/pubsub"
EVENT = PUBSUB + "#event"
CAPS = "http://jabber.org/protocol/caps"


def wishes(*nodes: str) -> Element:
    """What a client answers when it is asked what it can do (XEP-0163, Example 5)."""
    query = Element(INFO, "query")
    query.append(Element(INFO, "identity", {"category": "client", "type": "pc", "name": "Exodus"}))
    for node in nodes:
        query.append(Element(INFO, "feature", {"var": f"{node}+notify"}))
    return query


def announcement(*nodes: str, priority: int = 0) -> str:
    """Presence with the hash of that (XEP-0163, Example 4)."""
    features = "".join(f"{node}+notify<" for node in sorted(nodes))
    digest = hashlib.sha1(f"client/pc//Exodus<{features}".encode(), usedforsecurity=False)
    ver = b64encode(digest.digest()).decode()
    caps = f"<c xmlns='{CAPS}' hash='sha-1' node='http://www.chatopus.com' ver='{ver}'/>"
    return f"<presence><priority>{priority}</priority>{caps}</presence>"


async def announces(stage: Stage, client: Client, *nodes: str, priority: int = 0) -> list[Element]:
    """A client sends presence and answers what it is asked; gives the events it then hears."""
    await client.sends(announcement(*nodes, priority=priority))
    events = []
    for stanza in await settled(stage, client):
        if stanza.name == "iq" and stanza.get("type") == "get":
            answer = {"type": "result", "id": stanza.get("id"), "to": stanza.get("from")}
            await client.sends(Element(CLIENT, "iq", answer, wishes(*nodes)))
        else:
            events.append(stanza)
    return events_among([*events, *await settled(stage, client)])


async def settled(stage: Stage, client: Client) -> list[Element]:
    """All that has come to a client once nothing is under way."""
    await stage.core.router.idle()
    return await client.drains()


async def events_of(stage: Stage, client: Client) -> list[Element]:
    """The notifications that have come to a client."""
    return events_among(await settled(stage, client))


def events_among(stanzas: list[Element]) -> list[Element]:
    """Those that are notifications."""
    return [each for each in stanzas if each.child(EVENT, "event") is not None]


async def listens(stage: Stage, jid: str, *nodes: str) -> Client:
    """Somebody who is online and wants to hear of nodes; what came of that is passed over."""
    client = await stage.client(jid)
    await client.sends(ROSTER_GET)
    await announces(stage, client, *nodes)
    return client


def publication(node: str, payload: str, item: str = "", options: str = "") -> str:
    """An item for one's own node."""
    id = f" id='{item}'" if item else ""
    return f"""
        <iq type='set' id='pub1'><pubsub xmlns='{PUBSUB}'>
          <publish node='{node}'><item{id}>{payload}</item></publish>{options}
        </pubsub></iq>"""


def notified(events: list[Element]) -> list[str]:
    """Which items notifications are about: their ids, a retracted one with `-`."""
    found: list[str] = []
    for message in events:
        for told in message.elements[0].elements:
            if told.name == "items":
                signs = {"item": "", "retract": "-"}
                found.extend(signs[each.name] + each.get("id", "") for each in told.elements)
            else:
                found.append(told.name)
    return found
