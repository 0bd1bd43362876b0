"""A room in a space: XEP-0503 0.3.0, §5.5, with the stanzas Movim sends for it."""

from __future__ import annotations

from tests.facades.muc.coven import enters, refused
from tests.facades.muc.test_discovery import found
from tests.stage import Client, Stage

SPACE = "xmpp:pubsub.shakespeare.lit?;node=Qm7xKp2T"
ROOM = "5f1d2c34-7a4e-4d0c-9b52-0a9f6c1e8b77@chat.shakespeare.lit"
PUBSUB = "http://jabber.org/protocol/pubsub"

CREATE = f"""
    <iq type='set' id='create' to='pubsub.shakespeare.lit'>
      <pubsub xmlns='{PUBSUB}'>
        <create node='Qm7xKp2T'/>
        <configure><x xmlns='jabber:x:data' type='submit'>
          <field type='hidden' var='FORM_TYPE'><value>{PUBSUB}#node_config</value></field>
          <field var='pubsub#title'><value>Verona</value></field>
          <field var='pubsub#type'><value>urn:xmpp:spaces:0</value></field>
          <field var='pubsub#access_model'><value>authorize</value></field>
        </x></configure>
      </pubsub>
    </iq>"""

CONFIGURE = f"""
    <iq type='set' id='configure' to='{ROOM}'>
      <query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'>
        %s
        <field var='muc#roomconfig_roomname'><value>General</value></field>
        <field var='muc#roomconfig_persistentroom'><value>true</value></field>
        <field var='muc#roomconfig_changesubject'><value>false</value></field>
        <field var='muc#roomconfig_membersonly'><value>true</value></field>
        <field var='muc#roomconfig_whois'><value>anyone</value></field>
        <field var='muc#roomconfig_publicroom'><value>false</value></field>
        <field var='muc#roomconfig_pubsub'><value>%s</value></field>
      </x></query>
    </iq>"""

FORM_TYPE = """
    <field type='hidden' var='FORM_TYPE'>
      <value>http://jabber.org/protocol/muc#roomconfig</value></field>"""

LIST = f"""
    <iq type='set' id='list' to='pubsub.shakespeare.lit'>
      <pubsub xmlns='{PUBSUB}'><publish node='Qm7xKp2T'><item id='{ROOM}'>
        <conference xmlns='urn:xmpp:bookmarks:1' name='General' autojoin='true'/>
      </item></publish></pubsub>
    </iq>"""

UNLIST = f"""
    <iq type='set' id='unlist' to='pubsub.shakespeare.lit'>
      <pubsub xmlns='{PUBSUB}'><retract node='Qm7xKp2T' notify='true'><item id='{ROOM}'/></retract>
      </pubsub>
    </iq>"""

ADMIT = f"""
    <iq type='set' id='admit' to='pubsub.shakespeare.lit'>
      <pubsub xmlns='{PUBSUB}#owner'><subscriptions node='Qm7xKp2T'>
        <subscription jid='romeo@shakespeare.lit' subscription='subscribed'/>
      </subscriptions></pubsub>
    </iq>"""

BAN = f"""
    <iq type='set' id='ban' to='pubsub.shakespeare.lit'>
      <pubsub xmlns='{PUBSUB}#owner'><affiliations node='Qm7xKp2T'>
        <affiliation jid='romeo@shakespeare.lit' affiliation='outcast'/>
      </affiliations></pubsub>
    </iq>"""


async def founded(stage: Stage) -> Client:
    """A space, and in it a room for its members; Juliet owns both."""
    juliet = await stage.client("juliet@shakespeare.lit/balcony")
    await enters(juliet, "juliet", "<history maxchars='0'/>", ROOM)
    for request in (CREATE, CONFIGURE % (FORM_TYPE, SPACE), LIST):
        assert (await juliet.asks(request)).get("type") == "result"
    return juliet


async def test_members_of_the_space_are_members_of_the_room(stage: Stage) -> None:
    """Standing is derived: no affiliation is ever set on the room."""
    juliet = await founded(stage)
    romeo = await stage.client("romeo@shakespeare.lit/orchard")
    (answer,) = await enters(romeo, "romeo", room=ROOM)
    refused(answer, "registration-required")
    await juliet.asks(ADMIT)
    came = await enters(romeo, "romeo", room=ROOM)
    assert "<item affiliation='member' role='participant'" in str(came)


async def test_a_ban_in_the_space_holds_in_its_rooms(stage: Stage) -> None:
    """Lowering ends things: one row, and Romeo is told in the words of a room."""
    juliet = await founded(stage)
    await juliet.asks(ADMIT)
    romeo = await stage.client("romeo@shakespeare.lit/orchard")
    await enters(romeo, "romeo", room=ROOM)
    await juliet.asks(BAN)
    await romeo.hears(f"""
        <presence from='{ROOM}/romeo' type='unavailable'>
          <x xmlns='http://jabber.org/protocol/muc#user'>
            <item affiliation='outcast' role='none'/>
            <status code='301'/>
          </x>
        </presence>""")
    await juliet.sends(f"<message type='groupchat' to='{ROOM}'><body>He is gone</body></message>")
    await romeo.receives_nothing()


async def test_a_room_says_which_space_it_is_in(stage: Stage) -> None:
    """XEP-0503 §5.5: once both agree; until then only its owner sees what it claims."""
    juliet = await founded(stage)
    romeo = await stage.client("romeo@shakespeare.lit/orchard")
    for client in (juliet, romeo):
        features, form = await found(client, ROOM)
        assert {"urn:xmpp:spaces:0", "muc_membersonly", "muc_nonanonymous"} <= features
        assert form is not None
        assert form.value("muc#roomconfig_pubsub") == SPACE
        assert form.value("muc#roominfo_pubsub") == SPACE
    await juliet.asks(UNLIST)
    for client, told in ((juliet, SPACE), (romeo, None)):
        features, form = await found(client, ROOM)
        assert "urn:xmpp:spaces:0" not in features
        assert form is not None
        assert form.value("muc#roominfo_pubsub") == told


async def test_a_room_is_edited_without_a_form_type(stage: Stage) -> None:
    """Movim leaves it out; and an address with `?node=`, or none, is understood as well."""
    juliet = await founded(stage)
    for address, told in (
        ("xmpp:pubsub.shakespeare.lit?node=Qm7xKp2%54", SPACE),
        ("", None),
    ):
        assert (await juliet.asks(CONFIGURE % ("", address))).get("type") == "result"
        _, form = await found(juliet, ROOM)
        assert form is not None
        assert form.value("muc#roomconfig_pubsub") == told
