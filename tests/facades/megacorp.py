"""The company of XEP-0503's examples: its spaces, their rooms, and how they are asked for."""

from __future__ import annotations

from folkmoot.xmpp.xml import Element
from tests.stage import Client

PUBSUB = "http://jabber.org/protocol/pubsub"
INFO = "http://jabber.org/protocol/disco#info"
SPACES = "urn:xmpp:spaces:0"
SERVICE = "megacorp-pubsub.example.com"
LEAD = "lead-dev@megacorp.example.com"
USER = "emacs-user@megacorp.example.com"
SOCKS = "programming-socks@conference.megacorp.example.com"

CHILDREN = {
    "boring-software@conference.megacorp.example.com": """
        <conference xmlns='urn:xmpp:bookmarks:1' name='ERP 3000' autojoin='true' />""",
    SOCKS: """
        <conference xmlns='urn:xmpp:bookmarks:1'
                    name='Share your best programming socks deal HERE'>
          <extensions>
            <pinned xmlns='urn:xmpp:bookmarks-pinning:0'/>
          </extensions>
        </conference>""",
    "https://megacorp.example.com/dev-team-presentation": """
        <x xmlns='jabber:x:oob'>
          <url>https://megacorp.example.com/dev-team-presentation</url>
        </x>""",
    "some-hash": f"""
        <subscription xmlns="urn:xmpp:pubsub:subscription:0" server="{SERVICE}"
                      node="dev-announcements" />""",
    "urn:xmpp:spaces:avatar:metadata:0": """
        <metadata xmlns='urn:xmpp:avatar:metadata'>
          <info bytes='420' height='64' width='64' type='image/jpeg' id='sha1-of-dev.jpg'
                url='https://permanent-uploads.megacorp.example.com/dev/avatar.jpg' />
        </metadata>""",
    "urn:xmpp:spaces:banner:metadata:0": """
        <metadata xmlns='urn:xmpp:avatar:metadata'>
          <info bytes='4242' height='64' width='256' type='image/jpeg' id='sha1-of-banner.jpg'
                url='https://permanent-uploads.megacorp.example.com/dev/banner.jpg' />
        </metadata>""",
}


def form(**settings: str) -> str:
    """Node configuration, submitted."""
    told = "".join(
        f"<field var='pubsub#{name}'><value>{value}</value></field>"
        for name, value in settings.items()
    )
    return f"<x xmlns='jabber:x:data' type='submit'>{told}</x>"


def create(node: str, **settings: str) -> str:
    """Make a space."""
    settings = {"type": SPACES, **settings}
    return (
        f"<iq type='set' to='{SERVICE}' id='c'><pubsub xmlns='{PUBSUB}'><create node='{node}'/>"
        f"<configure>{form(**settings)}</configure></pubsub></iq>"
    )


def owner(child: str, type: str = "set") -> str:
    """What an owner asks."""
    return (
        f"<iq type='{type}' to='{SERVICE}' id='o'><pubsub xmlns='{PUBSUB}#owner'>{child}"
        "</pubsub></iq>"
    )


def publish(item_id: str, payload: str, node: str = "dev") -> str:
    """Put something into a space."""
    return (
        f"<iq type='set' to='{SERVICE}' id='p'><pubsub xmlns='{PUBSUB}'><publish node='{node}'>"
        f"<item id='{item_id}'>{payload}</item></publish></pubsub></iq>"
    )


async def belongs(client: Client, room: str, space: str) -> None:
    """Make a room that says which space it is in (§5.5), and leave it."""
    await client.sends(
        f"<presence to='{room}/lead'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
    )
    await client.asks(
        f"""
        <iq type='set' to='{room}' id='r'><query xmlns='http://jabber.org/protocol/muc#owner'>
          <x xmlns='jabber:x:data' type='submit'>
            <field var='muc#roomconfig_persistentroom'><value>1</value></field>
            <field var='muc#roomconfig_membersonly'><value>1</value></field>
            <field var='muc#roomconfig_pubsub'><value>xmpp:{SERVICE}?;node={space}</value></field>
          </x>
        </query></iq>""",
        "<iq type='result'/>",
    )
    await client.drains()


def told(answer: Element, var: str) -> list[str]:
    """The values of a field, of whichever form of an answer has it."""
    return [
        value.text
        for x in answer.elements[0].childs("jabber:x:data", "x")
        for field in x.elements
        if field.get("var") == var
        for value in field.elements
    ]
