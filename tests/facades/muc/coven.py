"""The room of XEP-0045's examples and those who are in it."""

from __future__ import annotations

from folkmoot.xmpp.xml import Element
from tests.stage import Client, Stage, holds
from tests.stage import element as stanza

COVEN = "coven@chat.shakespeare.lit"

CRONE = "crone1@shakespeare.lit/desktop"
WICCAROCKS = "wiccarocks@shakespeare.lit/laptop"
HAG = "hag66@shakespeare.lit/pda"
HECATE = "hecate@shakespeare.lit/broom"


async def enters(client: Client, nick: str, inside: str = "", room: str = COVEN) -> list[Element]:
    """Enter a room; gives all that comes of it."""
    await client.sends(
        f"<presence id='enter-{nick}' to='{room}/{nick}'>"
        f"<x xmlns='http://jabber.org/protocol/muc'>{inside}</x></presence>"
    )
    return await client.drains()


def _var(name: str) -> str:
    whole = "#" in name or "{" in name or name == "allow_query_users"
    return name if whole else f"muc#roomconfig_{name}"


async def configures(owner: Client, fields: dict[str, str], room: str = COVEN) -> Element:
    """Submit a room configuration; `muc#roomconfig_` is left out where a name begins with it.

    Of a field that has several values, they are written with ` | ` between them.
    """
    told = "".join(
        f"<field var='{_var(var)}'>"
        + "".join(f"<value>{each}</value>" for each in value.split(" | "))
        + "</field>"
        for var, value in fields.items()
    )
    return await owner.asks(
        f"<iq type='set' id='configure' to='{room}'>"
        "<query xmlns='http://jabber.org/protocol/muc#owner'>"
        f"<x xmlns='jabber:x:data' type='submit'>{told}</x></query></iq>"
    )


async def grants(by: Client, item: str, reason: str = "", room: str = COVEN) -> Element:
    """Set a role or an affiliation: `item` is the attributes of one."""
    told = f"<reason>{reason}</reason>" if reason else ""
    return await by.asks(
        f"<iq type='set' id='grant' to='{room}'>"
        "<query xmlns='http://jabber.org/protocol/muc#admin'>"
        f"<item {item}>{told}</item></query></iq>"
    )


async def opened(stage: Stage, room: str = COVEN, **fields: str) -> Client:
    """Make a room, open it with a configuration, and be in it as `firstwitch`, its owner."""
    crone = await stage.client(CRONE)
    await enters(crone, "firstwitch", room=room)
    await configures(crone, fields, room)
    await crone.drains()
    return crone


async def joined(stage: Stage, jid: str, nick: str, room: str = COVEN) -> Client:
    """Somebody who is in the room, and has seen who else is."""
    client = await stage.client(jid)
    await enters(client, nick, room=room)
    return client


def refused(answer: Element, condition: str, type: str = "") -> None:
    """An answer is an error of this condition, and of this type if one is given."""
    said = f" type='{type}'" if type else ""
    wanted = stanza(
        f"<{answer.name} type='error'><error{said}>"
        f"<{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></{answer.name}>"
    )
    assert holds(answer, wanted), answer


def succeeded(answer: Element) -> Element:
    """An answer is a result."""
    assert answer.get("type") == "result", answer
    return answer
