"""Copies for an account's other devices: XEP-0280 1.0.1; hints by XEP-0334 1.0.0."""

from __future__ import annotations

import pytest

from tests.facades.muc.coven import COVEN, enters
from tests.facades.verona import BALCONY, CHAMBER, JULIET, ROMEO, arrives
from tests.stage import Client, Stage

NS = "urn:xmpp:carbons:2"
FORWARD = "urn:xmpp:forward:0"
GARDEN, HOME = f"{ROMEO}/garden", f"{ROMEO}/home"
USER = "http://jabber.org/protocol/muc#user"
GONE = "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
SAID = "<body>What man art thou that, thus bescreen'd in night</body><thread>0e3141cd</thread>"


async def copied(stage: Stage, jid: str) -> Client:
    """A client that is there and asked for copies."""
    client = await arrives(stage, jid)
    await client.asks(f"<iq type='set' id='enable1'><enable xmlns='{NS}'/></iq>", RESULT)
    return client


RESULT = "<iq type='result'/>"


def message(to: str, inner: str = SAID, type: str = "chat") -> str:
    return f"<message type='{type}' to='{to}'>{inner}</message>"


def copy(way: str, account: str, sender: str, inner: str = SAID, type: str = "chat") -> str:
    """A copy of a message, for one of an account's devices."""
    return f"""
        <message from='{account}' type='{type}'>
          <{way} xmlns='{NS}'>
            <forwarded xmlns='{FORWARD}'>
              <message xmlns='jabber:client' from='{sender}' type='{type}'>{inner}</message>
            </forwarded>
          </{way}>
        </message>"""


async def settle(*clients: Client) -> None:
    for client in clients:
        await client.drains()


async def test_the_server_says_so(stage: Stage) -> None:
    """§3, Examples 1 and 2."""
    romeo = await arrives(stage, GARDEN)
    await romeo.asks(
        "<iq type='get' id='info1' to='shakespeare.lit'>"
        "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
        "<iq type='result'><query xmlns='http://jabber.org/protocol/disco#info'>"
        f"<feature var='{NS}'/></query></iq>",
    )


async def test_what_another_device_receives(stage: Stage) -> None:
    """§7, Examples 9 and 10: to whom the message was not; with the id in the archive."""
    juliet = await arrives(stage, BALCONY)
    garden, home = await arrives(stage, GARDEN), await copied(stage, HOME)
    mute = await arrives(stage, f"{ROMEO}/mute")
    await settle(juliet, garden, home, mute)
    await juliet.sends(message(GARDEN))
    heard = await garden.receives(message(GARDEN))
    found = await home.receives(copy("received", ROMEO, BALCONY))
    assert found.get("to") == HOME
    (id,) = (each.get("id") for each in heard.childs("urn:xmpp:sid:0", "stanza-id"))
    assert f"<stanza-id xmlns='urn:xmpp:sid:0' by='{ROMEO}' id='{id}'/>" in str(found)
    for client in (garden, home, mute, juliet):
        await client.receives_nothing()


async def test_what_another_device_sends(stage: Stage) -> None:
    """§8, Examples 12 and 13: whether or not the one that sends has asked for copies."""
    juliet = await arrives(stage, BALCONY)
    garden, home = await copied(stage, GARDEN), await arrives(stage, HOME)
    await settle(juliet, garden, home)
    await home.sends(message(BALCONY))
    await juliet.receives(message(BALCONY))
    found = await garden.receives(copy("sent", ROMEO, HOME))
    assert f"by='{ROMEO}'" in str(found) and f"by='{JULIET}'" not in str(found)
    for client in (home, juliet, garden):
        await client.receives_nothing()


async def test_nobody_has_it_twice(stage: Stage) -> None:
    """§7: the bare JID is all whose priority is not negative; copies are for the others alone."""
    juliet = await copied(stage, BALCONY)
    garden, home = await copied(stage, GARDEN), await copied(stage, HOME)
    await home.sends("<presence><priority>-1</priority></presence>")
    await settle(juliet, garden, home)
    await juliet.sends(message(ROMEO))
    await garden.receives(message(ROMEO))
    await home.receives(copy("received", ROMEO, BALCONY))
    for client in (juliet, garden, home):
        await client.receives_nothing()


async def test_a_chat_that_falls_to_others(stage: Stage) -> None:
    """RFC 6121 §8.5.3.2.1: where its resource is gone they have the message, and need no copy."""
    juliet, home = await arrives(stage, BALCONY), await copied(stage, HOME)
    await settle(juliet, home)
    await juliet.sends(message(GARDEN))
    await home.receives(message(ROMEO))
    await home.receives_nothing()


async def test_a_message_to_oneself(stage: Stage) -> None:
    """§7, §8: one to the bare JID is with all; one to a device is copied to the third."""
    garden, home = await copied(stage, GARDEN), await copied(stage, HOME)
    third = await copied(stage, f"{ROMEO}/third")
    await settle(garden, home, third)
    await garden.sends(message(ROMEO))
    for client in (garden, home, third):
        await client.receives(message(ROMEO))
        await client.receives_nothing()
    await garden.sends(message(HOME))
    await home.receives(message(HOME))
    await third.receives(copy("sent", ROMEO, GARDEN))
    for client in (garden, home, third):
        await client.receives_nothing()


async def test_copies_are_asked_for_and_given_up(stage: Stage) -> None:
    """§4, §5, §10.1: as often as one likes, and only of one's own."""
    juliet = await arrives(stage, BALCONY)
    garden, home = await arrives(stage, GARDEN), await arrives(stage, HOME)
    await settle(juliet, garden, home)
    for switches, copies in (
        (("enable", "enable"), 1),
        (("disable",), 0),
        (("disable", "enable"), 1),
    ):
        for switch in switches:
            await home.asks(f"<iq type='set' id='1'><{switch} xmlns='{NS}'/></iq>", RESULT)
        await juliet.sends(message(GARDEN))
        assert len(await home.drains()) == copies
    for switch in ("enable", "disable"):
        await home.refused(
            f"<iq type='set' id='1' to='{JULIET}'><{switch} xmlns='{NS}'/></iq>", "not-allowed"
        )


async def test_they_end_with_the_stream(stage: Stage) -> None:
    juliet = await arrives(stage, BALCONY)
    home = await copied(stage, HOME)
    await home.leaves()
    home, garden = await arrives(stage, HOME), await arrives(stage, GARDEN)
    await settle(juliet, garden, home)
    await juliet.sends(message(GARDEN))
    await home.receives_nothing()


@pytest.mark.parametrize(
    ("type", "inner", "copies"),
    [
        ("chat", SAID, True),
        ("chat", "<composing xmlns='http://jabber.org/protocol/chatstates'/>", True),
        ("normal", SAID, True),
        ("normal", "<received xmlns='urn:xmpp:receipts' id='a'/>", True),
        ("normal", "<displayed xmlns='urn:xmpp:chat-markers:0' id='a'/>", True),
        ("normal", f"<x xmlns='jabber:x:conference' jid='{COVEN}'/>", True),
        ("normal", "<x xmlns='urn:example:moon'/>", False),
        ("normal", f"<x xmlns='{USER}'><invite from='{ROMEO}'/></x>", True),
        ("chat", SAID + f"<private xmlns='{NS}'/>", False),
        ("chat", SAID + "<no-copy xmlns='urn:xmpp:hints'/>", False),
        ("headline", SAID, False),
        ("groupchat", SAID, False),
        ("error", SAID + f"<error type='cancel'>{GONE}</error>", True),
        ("error", f"<error type='cancel'>{GONE}</error>", False),
    ],
)
async def test_which_messages(stage: Stage, type: str, inner: str, copies: bool) -> None:
    """§6.1, §9, Examples 14 and 15; XEP-0334 §4.3. The message itself arrives as it was sent."""
    juliet, chamber = await arrives(stage, BALCONY), await copied(stage, CHAMBER)
    garden, home = await arrives(stage, GARDEN), await copied(stage, HOME)
    await settle(juliet, chamber, garden, home)
    await juliet.sends(message(GARDEN, inner, type))
    await garden.receives(message(GARDEN, inner, type))
    if copies:
        await home.receives(copy("received", ROMEO, BALCONY, inner, type))
        await chamber.receives(copy("sent", JULIET, BALCONY, inner, type))
    for client in (home, chamber):
        await client.receives_nothing()


async def test_an_occupant_of_another_service(stage: Stage) -> None:
    """§6.1: what an occupant says to somebody is with all devices that their room knows."""
    juliet, chamber = await arrives(stage, BALCONY), await copied(stage, CHAMBER)
    garden, home = await arrives(stage, GARDEN), await copied(stage, HOME)
    await settle(juliet, chamber, garden, home)
    whisper = SAID + f"<x xmlns='{USER}'/>"
    await juliet.sends(message(GARDEN, whisper))
    await garden.receives(message(GARDEN, whisper))
    await chamber.receives(copy("sent", JULIET, BALCONY, whisper))
    await home.receives_nothing()


async def test_what_comes_back(stage: Stage) -> None:
    """§6.1: devices that have a copy of a message learn that it reached nobody."""
    juliet, chamber = await arrives(stage, BALCONY), await copied(stage, CHAMBER)
    await settle(juliet, chamber)
    for type, inner in (("chat", SAID), ("normal", "<x xmlns='urn:example:moon'/>")):
        await juliet.sends(message("nobody@shakespeare.lit", inner, type))
        await juliet.receives(f"<message type='error'><error>{GONE}</error></message>")
    await chamber.receives(copy("sent", JULIET, BALCONY))
    refusal = f"<error type='cancel'>{GONE}</error>"
    await chamber.receives(copy("received", JULIET, "nobody@shakespeare.lit", refusal, "error"))
    await chamber.receives_nothing()


async def test_invitations_through_a_room(stage: Stage) -> None:
    """§6.1: on both sides, for devices that do not have them."""
    juliet, chamber = await arrives(stage, BALCONY), await copied(stage, CHAMBER)
    garden, home = await arrives(stage, GARDEN), await copied(stage, HOME)
    await enters(juliet, "juliet", room=COVEN)
    await juliet.asks(
        f"<iq type='set' id='1' to='{COVEN}'><query xmlns='http://jabber.org/protocol/muc#owner'>"
        "<x xmlns='jabber:x:data' type='submit'/></query></iq>"
    )
    await settle(juliet, chamber, garden, home)
    invite = f"<x xmlns='{USER}'><invite to='{GARDEN}'/></x>"
    await juliet.sends(f"<message to='{COVEN}'>{invite}</message>")
    told = f"<x xmlns='{USER}'><invite/></x>"
    await garden.receives(f"<message from='{COVEN}'>{told}</message>")
    await home.receives(f"""
        <message from='{ROMEO}'><received xmlns='{NS}'><forwarded xmlns='{FORWARD}'>
          <message xmlns='jabber:client' from='{COVEN}' to='{GARDEN}'>{told}</message>
        </forwarded></received></message>""")
    await chamber.receives(f"""
        <message from='{JULIET}'><sent xmlns='{NS}'><forwarded xmlns='{FORWARD}'>
          <message xmlns='jabber:client' to='{COVEN}'>{invite}</message>
        </forwarded></sent></message>""")
    for client in (juliet, chamber, garden, home):
        await client.receives_nothing()


async def test_a_copy_that_is_forged(stage: Stage) -> None:
    """§7, Example 11; §11: one comes from one's own bare JID, which nobody else writes with."""
    tybalt = await arrives(stage, "tybalt@shakespeare.lit/home")
    garden, other = await copied(stage, GARDEN), await arrives(stage, HOME)
    await settle(tybalt, garden, other)
    forged = copy("received", ROMEO, BALCONY).replace("from", f"to='{ROMEO}' from", 1)
    for client in (tybalt, other):
        await client.sends(forged)
        heard = await garden.hears("<message/>")
        assert heard.get("from") == str(client.jid)


async def test_whispers_in_a_room(stage: Stage) -> None:
    """§6.1: what one device says to an occupant goes to those that are in the room with it."""
    juliet = await arrives(stage, BALCONY)
    garden, home = await copied(stage, GARDEN), await copied(stage, HOME)
    outside = await copied(stage, f"{ROMEO}/outside")
    await enters(juliet, "juliet", room=COVEN)
    await juliet.asks(
        f"<iq type='set' id='1' to='{COVEN}'><query xmlns='http://jabber.org/protocol/muc#owner'>"
        "<x xmlns='jabber:x:data' type='submit'/></query></iq>"
    )
    for client in (garden, home):
        await enters(client, "romeo", room=COVEN)
    await settle(juliet, garden, home, outside)
    await garden.sends(message(f"{COVEN}/juliet"))
    await juliet.receives(message("", SAID).replace(" to=''", ""))
    marked = SAID + "<x xmlns='http://jabber.org/protocol/muc#user'/>"
    await home.receives(copy("sent", ROMEO, GARDEN, marked))
    await juliet.sends(message(f"{COVEN}/romeo"))
    for client in (garden, home):  # the room tells each device itself
        await client.receives(f"<message from='{COVEN}/juliet' type='chat'>{SAID}</message>")
    for client in (garden, home, outside, juliet):
        await client.receives_nothing()
