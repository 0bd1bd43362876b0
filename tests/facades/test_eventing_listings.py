"""XEP-0207 1.0: its listings, in its own words.

Everyone has an account on the one server there is here, so that the domains of the listings'
accounts are read as this one. What a listing has for people to read is said otherwise, and the ids
of notifications are the service's own. Known mistakes: at the end.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.xml import Element, Limits, StreamParser, parse
from tests.facades.muc.coven import configures
from tests.stage import Client, Stage, holds, staged

JULIET = "juliet@capulet.lit/balcony"
BARD = "bard@shakespeare.lit/globe"
ROMEO = "romeo@montague.lit/mobile"
NURSE = "nurse@capulet.lit/chamber"
BENVOLIO = "benvolio@montague.lit/pda"

_ELSEWHERE = re.compile(r"(?<=[@'])(?:capulet\.lit|montague\.lit|example\.com)\b")


def here(text: str) -> str:
    """The same, everybody having an account on this server."""
    return _ELSEWHERE.sub("shakespeare.lit", text)


def stanzas(listing: str) -> list[Element]:
    """The stanzas of a listing, in order."""
    whole = parse(f"<listing xmlns='jabber:client'>{here(listing)}</listing>")
    return whole.elements


class Play:
    """Who is in the listings; each stanza is sent by whom it is from, or heard by whom it is to."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.clients: dict[str, Client] = {}

    async def enter(self, *jids: str) -> None:
        """Their clients, of which no presence is there yet."""
        for jid in jids:
            self.clients[here(jid)] = await self.stage.client(here(jid))

    def client(self, address: str | None) -> Client:
        """Whose address it is; of an account, the one device it has here."""
        (found,) = (
            client for jid, client in self.clients.items() if address in (jid, jid.split("/")[0])
        )
        return found

    async def passes(self, listing: str) -> None:
        """What clients send, and what an iq is answered, where the listing has it."""
        answer: Element | None = None
        for stanza in stanzas(listing):
            if stanza.get("type") == "result":
                assert answer is not None and holds(answer, stanza), answer
            elif stanza.name == "iq":
                answer = await self.client(stanza.get("from")).asks(str(stanza))
                assert answer.get("type") == "result", answer
            else:
                await self.client(stanza.get("from")).sends(stanza)

    async def reaches(self, listing: str) -> None:
        """What everyone hears whom it is for, among other things."""
        for stanza in stanzas(listing):
            client = self.client(stanza.attrs.pop("to"))
            if stanza.name == "message":
                stanza.attrs.pop("id", None)
            await client.hears(str(stanza))

    async def drain(self) -> None:
        """All that came so far is passed over."""
        for client in self.clients.values():
            await client.drains()


@pytest.fixture
async def play() -> AsyncIterator[Play]:
    """A server on which nobody is yet."""
    async with staged() as stage:
        yield Play(stage)


# --- §3: presence

LISTING_1 = """
    <presence from='juliet@capulet.lit/balcony'>
      <status>Moping</status>
    </presence>"""

LISTING_2 = """
    <presence from='juliet@capulet.lit/balcony' to='romeo@montague.lit/mobile'>
      <status>Moping</status>
    </presence>

    <presence from='juliet@capulet.lit/balcony' to='nurse@capulet.lit/chamber'>
      <status>Moping</status>
    </presence>

    <presence from='juliet@capulet.lit/balcony' to='benvolio@montague.lit/pda'>
      <status>Moping</status>
    </presence>"""

LISTING_3 = """
    <iq from='juliet@capulet.lit/balcony' type='set' id='pres1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
        <publish node='presence'>
          <item>
            <presence from='juliet@capulet.lit/balcony' xmlns='jabber:client'>
              <status>Moping</status>
            </presence>
          </item>
        </publish>
      </pubsub>
    </iq>

    <iq to='juliet@capulet.lit/balcony' type='result' id='pres1'/>"""


def _of_listing_4(to: str) -> str:
    return f"""
    <message from='juliet@capulet.lit'
             to='{to}'
             id='presfoo'>
      <event xmlns='http://jabber.org/protocol/pubsub#event'>
        <items node='presence'>
          <item>
            <presence from='juliet@capulet.lit/balcony' xmlns='jabber:client'>
              <status>Moping</status>
            </presence>
          </item>
        </items>
      </event>
    </message>"""


LISTING_4 = "".join(map(_of_listing_4, (ROMEO, NURSE, BENVOLIO)))
"""The same for each of three."""

HERE = """
    <iq from='{}' type='set' id='here'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
        <publish node='presence'><item><presence xmlns='jabber:client'/></item></publish>
      </pubsub>
    </iq>"""
"""Listing 3 again, by somebody of whom no more is to be said."""


async def friends(play: Play) -> None:
    """Three who hear Juliet's presence, and nobody is online."""
    await play.enter(JULIET, ROMEO, NURSE, BENVOLIO)
    juliet = play.client(here(JULIET))
    for jid in (ROMEO, NURSE, BENVOLIO):
        client = play.client(here(jid))
        await client.sends(f"<presence to='{juliet.jid.bare}' type='subscribe'/>")
        await juliet.sends(f"<presence to='{client.jid.bare}' type='subscribed'/>")


@pytest.mark.parametrize("said", [LISTING_1, LISTING_3], ids=["listing 1", "listing 3"])
@pytest.mark.parametrize("through_pubsub", [False, True], ids=["listing 2", "listing 4"])
async def test_listings_1_to_4(play: Play, said: str, through_pubsub: bool) -> None:
    """§3: said in either way, it is heard in either way."""
    await friends(play)
    for jid in (ROMEO, NURSE, BENVOLIO):
        came = HERE.format(jid) if through_pubsub else f"<presence from='{jid}'/>"
        await play.passes(came)
    await play.drain()
    await play.passes(said)
    await play.reaches(LISTING_4 if through_pubsub else LISTING_2)


# --- §4: rosters and presence subscriptions

LISTING_5 = """
    <presence from='bard@shakespeare.lit' to='juliet@capulet.lit' type='subscribe'/>"""

LISTING_6 = """
    <presence from='bard@shakespeare.lit' to='juliet@capulet.lit' type='subscribe'/>"""

LISTING_7 = """
    <presence from='juliet@capulet.lit' to='bard@shakespeare.lit' type='subscribed'/>"""

LISTING_8 = """
    <iq to='juliet@example.com/balcony' type='set'>
      <query xmlns='jabber:iq:roster'>
        <item jid='bard@shakespeare.lit'
              subscription='from'/>
      </query>
    </iq>"""
"""Less its id, which is the server's own."""

LISTING_9 = """
    <iq type='set'
        from='bard@shakespeare.lit/globe'
        to='juliet@capulet.lit'
        id='sub1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
        <subscribe
            node='presence'
            jid='bard@shakespeare.lit'/>
      </pubsub>
    </iq>"""

LISTING_10 = """
    <message to='juliet@capulet.lit' from='juliet@capulet.lit' id='approve1'>
      <x xmlns='jabber:x:data' type='form'>
        <field var='FORM_TYPE' type='hidden'>
          <value>http://jabber.org/protocol/pubsub#subscribe_authorization</value>
        </field>
        <field var='pubsub#node' type='text-single'>
          <value>presence</value>
        </field>
        <field var='pubsub#subscriber_jid' type='jid-single'>
          <value>bard@shakespeare.lit</value>
        </field>
        <field var='pubsub#allow' type='boolean'>
          <value>false</value>
        </field>
      </x>
    </message>"""
"""From the service whose node it is, as in Listing 4; and with `pubsub#subscriber_jid`."""

LISTING_11 = """
    <message from='juliet@capulet.lit/balcony' to='montague.lit' id='approve1'>
      <x xmlns='jabber:x:data' type='submit'>
        <field var='FORM_TYPE' type='hidden'>
          <value>http://jabber.org/protocol/pubsub#subscribe_authorization</value>
        </field>
        <field var='pubsub#node'>
          <value>presence</value>
        </field>
        <field var='pubsub#subscriber_jid'>
          <value>bard@shakespeare.lit</value>
        </field>
        <field var='pubsub#allow'>
           <value>true</value>
        </field>
      </x>
    </message>"""
"""To the server, as it is meant: `montague.lit` is neither hers nor the bard's."""


async def strangers(play: Play, *, through_pubsub: bool) -> None:
    """Juliet and the bard, who has never asked for her presence."""
    await play.enter(JULIET, BARD)
    await play.client(here(JULIET)).asks(
        "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>"
    )
    for jid in (JULIET, BARD):
        await play.passes(HERE.format(jid) if through_pubsub else f"<presence from='{jid}'/>")
    await play.drain()


@pytest.mark.parametrize("asked", [LISTING_5, LISTING_9], ids=["listing 5", "listing 9"])
async def test_listings_5_to_8(play: Play, asked: str) -> None:
    """§4: asked in either way, an ordinary owner is asked as ever, and her answer is the same."""
    await strangers(play, through_pubsub=False)
    await play.passes(asked)
    await play.reaches(LISTING_6)
    await play.passes(LISTING_7)
    await play.reaches(LISTING_8)


@pytest.mark.parametrize("asked", [LISTING_5, LISTING_9], ids=["listing 5", "listing 9"])
async def test_listings_9_to_11(play: Play, asked: str) -> None:
    """§4: asked in either way, an owner of pubsub is asked by a form; the roster is the same."""
    await strangers(play, through_pubsub=True)
    await play.passes(asked)
    await play.reaches(LISTING_10)
    await play.passes(LISTING_11)
    await play.reaches(LISTING_8)


# --- §5: rooms

LISTING_12 = """
    <presence from='juliet@capulet.lit/balcony' to='characters@chat.shakespeare.lit/JC'/>"""

MUC = "<x xmlns='http://jabber.org/protocol/muc'/>"

LISTING_13 = """
    <iq type='set'
        from='juliet@capulet.lit/balcony'
        to='chat.shakespeare.lit'
        id='sub2'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
        <subscribe
            node='characters'
            jid='juliet@capulet.lit/balcony'/>
        <options node='characters' jid='juliet@capulet.lit/balcony'>
          <x xmlns='jabber:x:data' type='submit'>
            <field var='FORM_TYPE' type='hidden'>
              <value>http://jabber.org/protocol/pubsub#subscribe_options</value>
            </field>
            <field var='roomnick'><value>JC</value></field>
          </x>
        </options>
      </pubsub>
    </iq>"""

LISTING_14 = """
    <message from='juliet@capulet.lit/balcony' to='characters@chat.shakespeare.lit'
             type='groupchat'>
      <body>hi</body>
    </message>"""

LISTING_15 = """
    <message from='characters@chat.shakespeare.lit/JC' to='bard@shakespeare.lit/globe'
             type='groupchat'>
      <body>hi</body>
    </message>

    <message from='characters@chat.shakespeare.lit/JC' to='romeo@montague.lit/mobile'
             type='groupchat'>
      <body>hi</body>
    </message>

    <message from='characters@chat.shakespeare.lit/JC' to='benvolio@montague.lit/pda'
             type='groupchat'>
      <body>hi</body>
    </message>"""

LISTING_16 = """
    <iq from='juliet@capulet.lit/balcony' to='chat.shakespeare.lit' type='set' id='gc1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
        <publish node='characters'>
          <item>
            <message xmlns='jabber:client'>
              <body>hi</body>
            </message>
          </item>
        </publish>
      </pubsub>
    </iq>

    <iq from='chat.shakespeare.lit' to='juliet@capulet.lit/balcony' type='result' id='gc1'/>"""


def _of_listing_17(to: str) -> str:
    return f"""
    <message from='chat.shakespeare.lit'
             to='{to}'
             id='mucfoo'>
      <event xmlns='http://jabber.org/protocol/pubsub#event'>
        <items node='characters'>
          <item>
            <message xmlns='jabber:client'>
              <body>hi</body>
            </message>
          </item>
        </items>
      </event>
      <addresses xmlns='http://jabber.org/protocol/address'>
        <address type='replyto' jid='juliet@capulet.lit/balcony'/>
      </addresses>
    </message>"""


LISTING_17 = "".join(map(_of_listing_17, (BARD, ROMEO, BENVOLIO)))
"""The same for each of three."""


@pytest.mark.parametrize("by_pubsub", [False, True], ids=["listings 12, 14", "listings 13, 16"])
@pytest.mark.parametrize("to_pubsub", [False, True], ids=["listing 15", "listing 17"])
async def test_listings_12_to_17(play: Play, by_pubsub: bool, to_pubsub: bool) -> None:
    """§5: whoever entered in whichever way, all hear what is said, each in the way they came."""
    others = {BARD: "bard", ROMEO: "Romeo", BENVOLIO: "Benvolio"}
    await play.enter(JULIET, *others)
    for jid, nick in others.items():
        entered = LISTING_13 if to_pubsub else LISTING_12.replace("/>", f">{MUC}</presence>")
        await play.passes(entered.replace(JULIET, jid).replace("JC", nick))
        if jid == BARD:  # whose room it is; so that all may know who speaks
            room = "characters@chat.shakespeare.lit"
            await configures(play.client(here(BARD)), {"whois": "anyone"}, room)
    entered = LISTING_13 if by_pubsub else LISTING_12.replace("/>", f">{MUC}</presence>")
    await play.passes(entered)
    await play.drain()
    await play.passes(LISTING_16 if by_pubsub else LISTING_14)
    await play.reaches(LISTING_17 if to_pubsub else LISTING_15)


# --- §6: one-to-one messaging

CREATE = """
    <iq type='set'
        from='juliet@capulet.lit/balcony'
        to='pubsub.shakespeare.lit'
        id='create1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
        <create node='me_and_romeo'/>
        <configure>
          <x xmlns='jabber:x:data' type='submit'>
            <field var='FORM_TYPE' type='hidden'>
              <value>http://jabber.org/protocol/pubsub#node_config</value>
            </field>
            <field var='pubsub#access_model'><value>whitelist</value></field>
            <field var='pubsub#publisher'><value>romeo@montague.lit</value></field>
          </x>
        </configure>
      </pubsub>
    </iq>

    <iq type='result' from='pubsub.shakespeare.lit' to='juliet@capulet.lit/balcony' id='create1'/>
"""

PRINTED = """
    <iq type='set'
        from='juliet@capulet.lit/balcony'
        id='manage1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>
        <subscriptions node='me_and_romeo'/>
          <subscription jid='romeo@capulet.lit' subscription='subscribed'/>
        </subscriptions>
      </pubsub>
    </iq>"""
"""The rest of the listing as it is printed, which is no XML."""

MANAGE = PRINTED.replace("'me_and_romeo'/>", "'me_and_romeo'>").replace(
    "id='manage1'", "id='manage1' to='pubsub.shakespeare.lit'"
)
"""And as it is meant: one element, sent where the node is."""

LISTING_18 = f"""{CREATE}{MANAGE}

    <iq type='result'
        to='juliet@capulet.lit/balcony'
        id='manage1'/>"""

LISTING_19 = """
    <iq from='juliet@capulet.lit/balcony' to='pubsub.shakespeare.lit' type='set' id='msg1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
        <publish node='me_and_romeo'>
          <item>
            <message xmlns='jabber:client'>
              <body>wherefore art thou?</body>
            </message>
          </item>
        </publish>
      </pubsub>
    </iq>

    <iq from='pubsub.shakespeare.lit' to='juliet@capulet.lit/balcony' type='result' id='msg1'/>"""


def _of_listing_20(to: str) -> str:
    return f"""
    <message from='pubsub.shakespeare.lit'
             to='{to}'
             id='msgfoo'>
      <event xmlns='http://jabber.org/protocol/pubsub#event'>
        <items node='me_and_romeo'>
          <item>
            <message xmlns='jabber:client'>
              <body>wherefore art thou?</body>
            </message>
          </item>
        </items>
      </event>
      <addresses xmlns='http://jabber.org/protocol/address'>
        <address type='replyto' jid='juliet@capulet.lit/balcony'/>
      </addresses>
    </message>"""


LISTING_20 = "".join(map(_of_listing_20, (ROMEO, JULIET)))
"""The same for both."""


async def test_listings_18_to_20(play: Play) -> None:
    """§6: both hear it, with whom to reply to, Juliet as well, who said it."""
    await play.enter(JULIET, ROMEO)
    for jid in (JULIET, ROMEO):
        await play.passes(HERE.format(jid))
    await play.passes(LISTING_18)
    await play.passes(LISTING_19)
    await play.reaches(LISTING_20)


# --- known mistakes of the listings


async def test_listing_10_misspells_a_field(play: Play) -> None:
    """`pusub#subscriber_jid` can mean but one thing, where a form comes back with it."""
    await strangers(play, through_pubsub=True)
    await play.passes(LISTING_9)
    await play.passes(LISTING_11.replace("pubsub#subscriber_jid", "pusub#subscriber_jid"))
    await play.reaches(LISTING_8)


async def test_listing_11_goes_to_a_server_that_is_neithers(stage: Stage) -> None:
    """Where that server is none that can be reached, that is the answer."""
    juliet = await stage.client(here(JULIET))
    await juliet.sends(LISTING_11)
    await juliet.receives("""
        <message type='error' from='montague.lit'><error>
          <remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
    """)


def test_listing_18_closes_an_element_twice() -> None:
    """What is no XML ends the stream, and the error says what is wrong (RFC 6120 §4.9.3.13)."""
    parser = StreamParser(Limits())
    header = "<stream xmlns='http://etherx.jabber.org/streams'>"
    *_, error = parser.feed((header + PRINTED).encode())
    assert isinstance(error, StreamError)
    assert error.condition == "not-well-formed"
    assert "mismatched tag" in error.text


async def test_listing_18_names_no_service(play: Play) -> None:
    """Without `to` it is asked of Juliet's own account, which has no such node."""
    await play.enter(JULIET, ROMEO)
    await play.passes(CREATE)
    unaddressed = here(MANAGE).replace("to='pubsub.shakespeare.lit'", "")
    await play.client(here(JULIET)).refused(unaddressed, "item-not-found")


async def test_listing_18_names_another_romeo(play: Play) -> None:
    """Who is no publisher of a conversation cannot be put into it: there may be two Romeos."""
    await play.enter(JULIET, ROMEO)
    await play.passes(CREATE)
    other = MANAGE.replace("romeo@capulet.lit", "romeo@capulet.example")
    await play.client(here(JULIET)).refused(here(other), "closed-node", "not-allowed")
