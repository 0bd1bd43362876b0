"""XEP-0207 1.0, §5: rooms through pubsub, and with everyone else in them."""

from __future__ import annotations

import re

import pytest

from folkmoot.facades.mam import query
from folkmoot.xmpp.xml import Element
from tests.facades.muc.coven import configures, enters, grants, joined, succeeded
from tests.stage import Client, Stage, holds
from tests.stage import element as stanza

PUBSUB = "http://jabber.org/protocol/pubsub"
EVENT = f"{PUBSUB}#event"
RSM = "http://jabber.org/protocol/rsm"
OWNER = f"{PUBSUB}#owner"
USER = "http://jabber.org/protocol/muc#user"
SERVICE = "chat.shakespeare.lit"
ROOM = f"characters@{SERVICE}"

BARD = "bard@shakespeare.lit/globe"
JULIET = "juliet@shakespeare.lit/balcony"
ROMEO = "romeo@shakespeare.lit/mobile"
BENVOLIO = "benvolio@shakespeare.lit/pda"


def options(**fields: str) -> str:
    told = "".join(
        f"<field var='{var}'><value>{each}</value></field>" for var, each in fields.items()
    )
    return f"""
        <x xmlns='jabber:x:data' type='submit'>
          <field var='FORM_TYPE' type='hidden'><value>{PUBSUB}#subscribe_options</value></field>
          {told}
        </x>"""


def subscribe(jid: str, nick: str, node: str = "characters", **fields: str) -> str:
    """Listing 13."""
    return f"""
        <iq type='set' to='{SERVICE}' id='sub2'>
          <pubsub xmlns='{PUBSUB}'>
            <subscribe node='{node}' jid='{jid}'/>
            <options node='{node}' jid='{jid}'>{options(roomnick=nick, **fields)}</options>
          </pubsub>
        </iq>"""


def publish(payload: str, item: str = "<item>") -> str:
    """Listing 16, with another payload in it."""
    return f"""
        <iq to='{SERVICE}' type='set' id='gc1'>
          <pubsub xmlns='{PUBSUB}'>
            <publish node='characters'>{item}{payload}</item></publish>
          </pubsub>
        </iq>"""


def message(text: str) -> str:
    return f"<message xmlns='jabber:client'><body>{text}</body></message>"


def asked(what: str, type: str = "set", ns: str = PUBSUB, inside: str = "") -> str:
    """Another request of XEP-0060; `what` is the element's name and attributes."""
    name = what.split()[0]
    return f"""
        <iq to='{SERVICE}' type='{type}' id='ask1'>
          <pubsub xmlns='{ns}'><{what}>{inside}</{name}></pubsub>
        </iq>"""


def heard(payload: str, reply_to: str = "") -> str:
    """Listing 17: a notification, with whom to reply to."""
    addresses = (
        f"""<addresses xmlns='http://jabber.org/protocol/address'>
              <address type='replyto' jid='{reply_to}'/></addresses>"""
        if reply_to
        else ""
    )
    return f"""
        <message from='{SERVICE}'>
          <event xmlns='{EVENT}'>
            <items node='characters'><item>{payload}</item></items>
          </event>
          {addresses}
        </message>"""


def presence(nick: str, item: str = "", *codes: int, type: str = "") -> str:
    """Somebody's presence, as a room says it."""
    statuses = "".join(f"<status code='{code}'/>" for code in codes)
    kind = f"type='{type}'" if type else ""
    return f"""
        <presence xmlns='jabber:client' from='{ROOM}/{nick}' {kind}>
          <x xmlns='{USER}'><item {item}/>{statuses}</x>
        </presence>"""


def payload_of(event: Element) -> Element:
    return event.elements[0].elements[0].elements[0].elements[0]


async def comes(stage: Stage, jid: str, nick: str, **fields: str) -> Client:
    """Somebody who is in the room through pubsub, and has seen who else is."""
    client = await stage.client(jid)
    succeeded(await client.asks(subscribe(jid, nick, **fields)))
    await client.drains()
    return client


async def company(stage: Stage, **fields: str) -> tuple[Client, Client, Client]:
    """The owner, who is there by XEP-0045, Juliet through pubsub, and Romeo by XEP-0045."""
    bard = await opened_by_the_bard(stage, **fields)
    juliet = await comes(stage, JULIET, "JC")
    romeo = await joined(stage, ROMEO, "Romeo", room=ROOM)
    for client in (bard, juliet):
        await client.drains()
    return bard, juliet, romeo


async def opened_by_the_bard(stage: Stage, **fields: str) -> Client:
    """The room, and its owner in it by XEP-0045."""
    bard = await stage.client(BARD)
    await enters(bard, "bard", room=ROOM)
    succeeded(await configures(bard, fields, ROOM))
    await bard.drains()
    return bard


async def all_drain(*clients: Client) -> None:
    for client in clients:
        await client.drains()


# --- entering


async def test_listing_13(stage: Stage) -> None:
    """§5: to subscribe is to enter; those there hear it as of anybody, and who came sees them."""
    bard = await opened_by_the_bard(stage)
    await bard.sends(f"<message to='{ROOM}' type='groupchat'><body>Enter Juliet</body></message>")
    await bard.drains()
    juliet = await stage.client(JULIET)
    answer = succeeded(await juliet.asks(subscribe(JULIET, "JC")))
    assert holds(
        answer,
        stanza(f"""
        <iq type='result' from='{SERVICE}' id='sub2'>
          <pubsub xmlns='{PUBSUB}'>
            <subscription node='characters' jid='{JULIET}' subscription='subscribed'/>
            <options><x xmlns='jabber:x:data' type='result'>
              <field var='roomnick'><value>JC</value></field></x></options>
          </pubsub>
        </iq>"""),
    )
    await bard.receives(presence("JC", f"affiliation='none' role='participant' jid='{JULIET}'"))
    await juliet.receives(heard(presence("bard", "affiliation='owner' role='moderator'")))
    await juliet.receives(heard(presence("JC", "affiliation='none' role='participant'", 110)))
    history = await juliet.receives(
        heard("<message xmlns='jabber:client'><body>Enter Juliet</body></message>", f"{ROOM}/bard")
    )
    assert payload_of(history).child("urn:xmpp:delay", "delay") is not None
    await juliet.receives(heard("<message xmlns='jabber:client'><subject/></message>"))
    await juliet.receives_nothing()


async def test_a_room_is_made_and_opened_through_pubsub(stage: Stage) -> None:
    """XEP-0045 §10.1: for who subscribes first, and locked until its owner configures it."""
    juliet = await stage.client(JULIET)
    succeeded(await juliet.asks(subscribe(JULIET, "JC")))
    await juliet.receives(heard(presence("JC", "affiliation='owner' role='moderator'", 110, 201)))
    romeo = await stage.client(ROMEO)
    await romeo.refused(subscribe(ROMEO, "Romeo"), "item-not-found")
    form = succeeded(await juliet.asks(asked("configure node='characters'", "get", OWNER)))
    assert "muc#roomconfig_roomname" in str(form)
    submit = "<x xmlns='jabber:x:data' type='submit'/>"
    succeeded(await juliet.asks(asked("configure node='characters'", "set", OWNER, submit)))
    succeeded(await romeo.asks(subscribe(ROMEO, "Romeo")))
    await romeo.refused(asked("configure node='characters'", "get", OWNER), "forbidden")
    await romeo.refused(asked("delete node='characters'", "set", OWNER), "forbidden")


async def test_only_ones_own_stream_enters(stage: Stage) -> None:
    """An occupant is a full JID, and its own; and nobody is there without a nick."""
    await opened_by_the_bard(stage)
    juliet = await stage.client(JULIET)
    for jid in ("juliet@shakespeare.lit", ROMEO, "@"):
        await juliet.refused(subscribe(jid, "JC"), "invalid-jid", "bad-request")
    await juliet.refused(subscribe("", "JC"), "jid-required", "bad-request")
    await juliet.refused(subscribe(JULIET, ""), "invalid-options", "bad-request")
    await juliet.refused(subscribe(JULIET, "JC", other="1"), "invalid-options", "bad-request")
    bare = asked(f"subscribe node='characters' jid='{JULIET}'")
    await juliet.refused(bare, "invalid-options", "bad-request")
    await juliet.refused(subscribe(JULIET, "JC", node=""), "nodeid-required", "bad-request")
    for name in ("a@b", "a/b", "not a room"):
        await juliet.refused(subscribe(JULIET, "JC", node=name), "item-not-found")
    other = subscribe(JULIET, "JC").replace("<options node='characters'", "<options node='other'")
    await juliet.refused(other, "bad-request")
    at_room = subscribe(JULIET, "JC").replace(f"to='{SERVICE}'", f"to='{ROOM}'")
    await juliet.refused(at_room, "service-unavailable")


async def test_why_one_stays_outside(stage: Stage) -> None:
    """XEP-0045 §7.2, in XEP-0060's words where it has any."""
    bard = await opened_by_the_bard(stage, roomsecret="rose", passwordprotectedroom="1")
    juliet, romeo = await stage.client(JULIET), await stage.client(ROMEO)
    await juliet.refused(subscribe(JULIET, "JC"), "not-authorized")
    await juliet.refused(subscribe(JULIET, "JC", roompassword="lily"), "not-authorized")
    await juliet.refused(subscribe(JULIET, "bard", roompassword="rose"), "conflict")
    succeeded(await juliet.asks(subscribe(JULIET, "JC", roompassword="rose")))
    await grants(bard, f"affiliation='outcast' jid='{ROMEO.split('/')[0]}'", room=ROOM)
    await romeo.refused(subscribe(ROMEO, "Romeo", roompassword="rose"), "forbidden")
    succeeded(await configures(bard, {"membersonly": "1", "passwordprotectedroom": "0"}, ROOM))
    benvolio = await stage.client(BENVOLIO)
    await benvolio.refused(subscribe(BENVOLIO, "Ben"), "closed-node", "not-allowed")


# --- being there


async def test_listings_16_and_17(stage: Stage) -> None:
    """§5: what is published everybody hears, as groupchat or as an event."""
    bard, juliet, romeo = await company(stage, whois="anyone")
    answer = await juliet.asks(publish(message("hi")))
    assert holds(answer, stanza(f"<iq from='{SERVICE}' type='result' id='gc1'/>"))
    for client in (bard, romeo):
        await client.receives(f"""
            <message from='{ROOM}/JC' type='groupchat'><body>hi</body></message>""")
        await client.receives_nothing()
    event = await juliet.receives(heard(message("hi"), JULIET))
    assert event.get("to") == JULIET
    await juliet.receives_nothing()
    await romeo.sends(f"<message to='{ROOM}' type='groupchat'><body>ho</body></message>")
    told = await juliet.receives(heard(message("ho"), ROMEO))
    assert payload_of(told).get("from") == f"{ROOM}/Romeo"


async def test_whom_to_reply_to_is_no_secret_given_away(stage: Stage) -> None:
    """XEP-0045 §4.2: in a semi-anonymous room moderators see who speaks, others an occupant."""
    bard, juliet, romeo = await company(stage)
    benvolio = await comes(stage, BENVOLIO, "Ben")
    await grants(bard, "role='moderator' nick='JC'", room=ROOM)
    await all_drain(bard, juliet, romeo, benvolio)
    await romeo.sends(f"<message to='{ROOM}' type='groupchat'><body>ho</body></message>")
    await juliet.receives(heard(message("ho"), ROMEO))
    veiled = await benvolio.receives(heard(message("ho"), f"{ROOM}/Romeo"))
    assert ROMEO not in str(veiled)
    seeing = await comes(stage, "juliet@shakespeare.lit/chamber", "JC")
    succeeded(await seeing.asks(subscribe("juliet@shakespeare.lit/chamber", "JC")))
    newcomer = await stage.client("tybalt@shakespeare.lit/street")
    succeeded(await newcomer.asks(subscribe("tybalt@shakespeare.lit/street", "Tybalt")))
    assert not any("romeo@shakespeare.lit" in str(each) for each in await newcomer.drains())


async def test_another_subject(stage: Stage) -> None:
    """XEP-0045 §8.1: from who may set it, and no message."""
    bard, juliet, romeo = await company(stage)
    subject = "<message xmlns='jabber:client'><subject>Balcony</subject></message>"
    await juliet.refused(publish(subject), "forbidden")
    await grants(bard, "role='moderator' nick='JC'", room=ROOM)
    await all_drain(bard, juliet, romeo)
    succeeded(await juliet.asks(publish(subject)))
    await juliet.receives(heard(subject, JULIET))
    for client in (bard, romeo):
        await client.receives(f"""
            <message from='{ROOM}/JC' type='groupchat'><subject>Balcony</subject></message>""")
    benvolio = await stage.client(BENVOLIO)
    succeeded(await benvolio.asks(subscribe(BENVOLIO, "Ben")))
    last = (await benvolio.drains())[-1]
    assert holds(last, stanza(heard(subject)))


async def test_another_nick_is_another_option(stage: Stage) -> None:
    """XEP-0045 §7.6: `roomnick` of the subscription, read and set (XEP-0060 §6.3)."""
    _, juliet, romeo = await company(stage)
    which = f"options node='characters' jid='{JULIET}'"
    held = await juliet.asks(asked(which, "get"))
    assert "<value>JC</value>" in str(held)
    succeeded(await juliet.asks(asked(which, inside=options(roomnick="Capulet"))))
    await romeo.receives(presence("JC", "nick='Capulet'", 303, type="unavailable"))
    await romeo.receives(presence("Capulet", "role='participant'"))
    await juliet.receives(heard(presence("JC", "nick='Capulet'", 110, 303, type="unavailable")))
    await juliet.receives(heard(presence("Capulet", "role='participant'", 110)))
    await juliet.refused(asked(which, inside=options(roomnick="Romeo")), "conflict")
    await juliet.refused(
        asked(which, inside=options(roomnick="")), "invalid-options", "bad-request"
    )
    tybalt = await stage.client("tybalt@shakespeare.lit/street")
    foreign = asked(which.replace(JULIET, str(tybalt.jid)), "get")
    await tybalt.refused(foreign, "not-subscribed", "unexpected-request")


async def test_presence_in_a_room_is_published(stage: Stage) -> None:
    """XEP-0045 §7.7; and everybody's is heard as an item."""
    _, juliet, romeo = await company(stage)
    succeeded(
        await juliet.asks(publish("<presence xmlns='jabber:client'><show>away</show></presence>"))
    )
    away = await romeo.receives(f"<presence from='{ROOM}/JC'><show>away</show></presence>")
    assert away.get("to") == ROMEO
    await juliet.drains()
    await romeo.sends(f"<presence to='{ROOM}/Romeo'><show>dnd</show></presence>")
    await juliet.receives(
        heard(f"""
        <presence xmlns='jabber:client' from='{ROOM}/Romeo'><show>dnd</show></presence>""")
    )


async def test_role_kick_and_ban_are_heard(stage: Stage) -> None:
    """XEP-0045 §8.2, §9.1: of others and of oneself; who had to go hears nothing more."""
    bard, juliet, romeo = await company(stage)
    await grants(bard, "role='visitor' nick='Romeo'", room=ROOM)
    await juliet.receives(heard(presence("Romeo", "role='visitor'")))
    await grants(bard, "role='none' nick='Romeo'", "Banished", room=ROOM)
    await juliet.receives(heard(presence("Romeo", "role='none'", 307, type="unavailable")))
    await grants(bard, "affiliation='outcast' jid='juliet@shakespeare.lit'", room=ROOM)
    own = presence("JC", "affiliation='outcast' role='none'", 110, 301, type="unavailable")
    await juliet.receives(heard(own))
    await juliet.refused(publish(message("hi")), "not-subscribed", "not-authorized")
    await bard.sends(f"<message to='{ROOM}' type='groupchat'><body>Exeunt</body></message>")
    await all_drain(romeo)
    await juliet.receives_nothing()


async def test_no_voice_no_publish(stage: Stage) -> None:
    """XEP-0045 §7.4: visitors of a moderated room hear alone."""
    await opened_by_the_bard(stage, moderatedroom="1")
    juliet = await comes(stage, JULIET, "JC")
    await juliet.refused(publish(message("hi")), "forbidden")


# --- leaving


async def test_to_unsubscribe_is_to_leave(stage: Stage) -> None:
    """XEP-0045 §7.14: all hear it, and who left as well."""
    _, juliet, romeo = await company(stage)
    leave = asked(f"unsubscribe node='characters' jid='{JULIET}'")
    answer = succeeded(await juliet.asks(leave))
    assert answer.elements[0].elements[0].get("subscription") == "none"
    await romeo.receives(presence("JC", "role='none'", type="unavailable"))
    await juliet.receives(heard(presence("JC", "role='none'", 110, type="unavailable")))
    await juliet.refused(leave, "not-subscribed", "unexpected-request")
    await juliet.refused(leave.replace(JULIET, ROMEO), "invalid-jid", "bad-request")


async def test_a_lost_stream_leaves(stage: Stage) -> None:
    """The subscription is temporary (XEP-0060 §12.4)."""
    _, juliet, romeo = await company(stage)
    await romeo.leaves()
    await juliet.receives(heard(presence("Romeo", "role='none'", 333, type="unavailable")))
    benvolio = await joined(stage, BENVOLIO, "Ben", room=ROOM)
    await juliet.leaves()
    await benvolio.receives(presence("JC", "role='none'", 333, type="unavailable"))


async def test_a_notification_that_comes_back(stage: Stage) -> None:
    """XEP-0045 §18.1.2, XEP-0060 §12.4: nobody is there to hear it any more."""
    _, juliet, romeo = await company(stage)
    await romeo.sends(f"<message to='{ROOM}' type='groupchat'><body>ho</body></message>")
    event = await juliet.receives(heard(message("ho")))
    await romeo.drains()
    for condition in ("not-acceptable", "recipient-unavailable"):
        await juliet.sends(f"""
            <message type='error' id='{event.get("id")}' to='{SERVICE}'>
              <error type='wait'>
                <{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>
            </message>""")
        if condition == "not-acceptable":
            await romeo.receives_nothing()
    await romeo.receives(presence("JC", "role='none'", 333, type="unavailable"))


async def test_the_end_of_a_room(stage: Stage) -> None:
    """XEP-0045 §10.9: destroyed in either words, it is heard in one's own."""
    juliet = await comes(stage, JULIET, "JC")
    submit = "<x xmlns='jabber:x:data' type='submit'/>"
    await juliet.asks(asked("configure node='characters'", "set", OWNER, submit))
    romeo = await joined(stage, ROMEO, "Romeo", room=ROOM)
    await juliet.drains()
    redirect = f"<redirect uri='xmpp:tomb@{SERVICE}?join'/>"
    succeeded(await juliet.asks(asked("delete node='characters'", "set", OWNER, redirect)))
    destroy = f"<destroy jid='tomb@{SERVICE}'/>"
    for client, wrapped in ((juliet, heard), (romeo, str)):
        nick = "JC" if client is juliet else "Romeo"
        await client.receives(
            wrapped(f"""
            <presence xmlns='jabber:client' from='{ROOM}/{nick}' type='unavailable'>
              <x xmlns='{USER}'>{destroy}</x></presence>""")
        )


async def test_one_may_change_the_words_one_hears(stage: Stage) -> None:
    """Whoever enters once more hears in the words of that time."""
    bard, juliet, _ = await company(stage)
    await enters(juliet, "JC", room=ROOM)
    await bard.sends(f"<message to='{ROOM}' type='groupchat'><body>1</body></message>")
    await juliet.hears(f"<message from='{ROOM}/bard' type='groupchat'><body>1</body></message>")
    succeeded(await juliet.asks(subscribe(JULIET, "JC")))
    await juliet.drains()
    await bard.sends(f"<message to='{ROOM}' type='groupchat'><body>2</body></message>")
    await juliet.receives(heard(message("2")))


# --- what is refused


@pytest.mark.parametrize(
    "payload",
    [
        f"<message from='{ROMEO}' xmlns='jabber:client'><body>hi</body></message>",
        f"<message from='{ROOM}/Romeo' xmlns='jabber:client'><body>hi</body></message>",
        "<message from='@' xmlns='jabber:client'><body>hi</body></message>",
        f"<message to='{ROMEO}' xmlns='jabber:client'><body>hi</body></message>",
        f"<message to='{ROOM}/Romeo' xmlns='jabber:client'><body>hi</body></message>",
        "<message type='chat' xmlns='jabber:client'><body>hi</body></message>",
        "<message type='error' xmlns='jabber:client'/>",
        "<message xmlns='jabber:server'><body>hi</body></message>",
        f"<presence from='{ROMEO}' xmlns='jabber:client'/>",
        "<presence type='unavailable' xmlns='jabber:client'/>",
        "<iq type='get' id='1' xmlns='jabber:client'/>",
        "<tune xmlns='http://jabber.org/protocol/tune'/>",
        message("hi") + message("ho"),
        "",
    ],
)
async def test_only_ones_own_words_are_said(stage: Stage, payload: str) -> None:
    """A forged sender, somebody else's ear, another payload: nobody hears of it."""
    _, juliet, romeo = await company(stage)
    await juliet.refused(publish(payload), "invalid-payload", "bad-request")
    await romeo.receives_nothing()


async def test_what_a_publish_to_a_room_is_not(stage: Stage) -> None:
    """Several at once, none at all, an id of one's own, terms."""
    _, juliet, romeo = await company(stage)
    none = publish("").replace("<item></item>", "")
    await juliet.refused(none, "item-required", "bad-request")
    two = publish(message("hi") + "</item><item>" + message("ho"))
    await juliet.refused(two, "invalid-payload", "bad-request")
    await juliet.refused(publish(message("hi"), "<item id='mine'>"), "not-acceptable")
    terms = publish(message("hi")).replace(
        "</publish>",
        "</publish><publish-options><x xmlns='jabber:x:data' type='submit'/></publish-options>",
    )
    await juliet.refused(terms, "precondition-not-met", "conflict")
    await romeo.receives_nothing()


async def test_what_a_room_says_is_its_own(stage: Stage) -> None:
    """XEP-0045 §17.3: nothing of what only the room says passes, whichever way it comes."""
    _, juliet, romeo = await company(stage)
    forged = f"""
        <message xmlns='jabber:client'><body>hi</body>
          <x xmlns='{USER}'><status code='100'/></x>
          <stanza-id xmlns='urn:xmpp:sid:0' by='{ROOM}' id='forged'/>
        </message>"""
    succeeded(await juliet.asks(publish(forged)))
    for client in (juliet, romeo):
        (came,) = await client.drains()
        assert "forged" not in str(came) and "status" not in str(came)


@pytest.mark.parametrize(
    ("what", "ns"),
    [
        ("create node='characters'", PUBSUB),
        ("retract node='characters'", PUBSUB),
        ("purge node='characters'", OWNER),
        ("affiliations node='characters'", OWNER),
        ("subscriptions node='characters'", OWNER),
    ],
)
async def test_what_is_asked_of_the_room_itself(stage: Stage, what: str, ns: str) -> None:
    """Lists and moderation have words of XEP-0045's alone."""
    bard = await opened_by_the_bard(stage)
    for type in ("get", "set"):
        await bard.refused(asked(what, type, ns), "unsupported", "feature-not-implemented")
    empty = f"<iq type='set' to='{SERVICE}' id='e'><pubsub xmlns='{PUBSUB}'/></iq>"
    await bard.refused(empty, "bad-request")


# --- what is told of a room, by either protocol


async def test_history_is_the_items(stage: Stage) -> None:
    """XEP-0060 §6.5, XEP-0313 §6.1.2: under the ids they were told with, and page by page."""
    _, juliet, romeo = await company(stage)
    told = []
    for text in ("one", "two", "three"):
        await romeo.sends(f"<message to='{ROOM}' type='groupchat'><body>{text}</body></message>")
        event = await juliet.receives(heard(message(text)))
        told.append(event.elements[0].elements[0].elements[0].get("id"))
    found = await juliet.asks(asked("items node='characters'", "get"))
    items = found.elements[0].elements[0].elements
    assert [each.get("id") for each in items] == told
    assert [each.elements[0].get("from") for each in items] == [f"{ROOM}/Romeo"] * 3
    assert ROMEO not in str(found)
    newest = await juliet.asks(asked("items node='characters' max_items='1'", "get"))
    assert [each.get("id") for each in newest.elements[0].elements[0].elements] == told[-1:]
    one = asked("items node='characters'", "get", inside=f"<item id='{told[1]}'/>")
    found = await juliet.asks(one)
    assert "two" in str(found) and "three" not in str(found)
    after = asked("items node='characters'", "get").replace(
        "</pubsub>",
        f"<set xmlns='http://jabber.org/protocol/rsm'><max>1</max><after>{told[0]}</after></set></pubsub>",
    )
    found = await juliet.asks(after)
    assert "two" in str(found) and "three" not in str(found) and "<count>3</count>" in str(found)


async def test_the_newest_of_more_than_a_page(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XEP-0060 §6.5.4: some of them, RESULTS_DEFAULT, and where the rest is (XEP-0059 §2.3)."""
    monkeypatch.setattr(query, "RESULTS_DEFAULT", 2)
    _, juliet, romeo = await company(stage)
    for text in ("one", "two", "three"):
        await romeo.sends(f"<message to='{ROOM}' type='groupchat'><body>{text}</body></message>")

    async def told(rest: str = "") -> list[str]:
        request = asked("items node='characters'", "get").replace("</pubsub>", f"{rest}</pubsub>")
        listed, page = (await juliet.asks(request)).elements[0].elements
        assert "<count>3</count>" in str(page)
        said = re.findall("<body>(.*?)</body>", str(listed))
        return [*said, str(page)]

    *newest, page = await told()
    assert newest == ["two", "three"]
    first = re.search("<first index='1'>([^<]+)", page)
    assert first is not None
    assert (await told(f"<set xmlns='{RSM}'><before>{first[1]}</before></set>"))[:-1] == ["one"]
    by_page = f"<set xmlns='{RSM}'/>"
    by_form = "<x xmlns='jabber:x:data' type='submit'/>"
    for rest in (by_page, by_form):
        assert (await told(rest))[:-1] == ["one", "two"], "as XEP-0059 and XEP-0313 have it"


DISCO = "http://jabber.org/protocol/disco#info"


def by_mam() -> str:
    return f"<iq type='set' to='{ROOM}' id='m'><query xmlns='urn:xmpp:mam:2'/></iq>"


def by_items() -> str:
    return asked("items node='characters'", "get")


def disco(to: str, node: str = "") -> str:
    return f"<iq type='get' to='{to}' id='d'><query xmlns='{DISCO}' {node}/></iq>"


@pytest.mark.parametrize("access", ["open", "membersonly", "passwordprotectedroom", "hidden"])
@pytest.mark.parametrize("who", ["outsider", "outcast", "member", "occupant"])
async def test_pubsub_tells_what_rooms_tell(stage: Stage, access: str, who: str) -> None:
    """Who is refused by XEP-0045 and XEP-0313 is refused here; who is not hears no more."""
    fields = {"open": {}, "hidden": {"publicroom": "0"}}.get(access, {access: "1"})
    if access == "passwordprotectedroom":
        fields = {**fields, "roomsecret": "rose"}
    bard = await opened_by_the_bard(stage, **fields)
    asker = await stage.client(JULIET)
    if who in ("outcast", "member", "occupant"):
        standing = "member" if who == "occupant" else who
        item = f"affiliation='{standing}' jid='juliet@shakespeare.lit'"
        succeeded(await grants(bard, item, room=ROOM))
    if who == "occupant":
        succeeded(await asker.asks(subscribe(JULIET, "JC", roompassword="rose")))
    await bard.sends(f"<message to='{ROOM}' type='groupchat'><body>secret</body></message>")
    await asker.drains()

    archive = await asker.asks(by_mam())
    passed = await asker.drains()
    items = await asker.asks(by_items())
    assert items.get("type") == archive.get("type")
    assert ("secret" in str(items)) is ("secret" in str(passed))
    assert "bard@shakespeare.lit" not in str(items)

    room, node = (
        await asker.asks(disco(ROOM)),
        await asker.asks(disco(SERVICE, "node='characters'")),
    )
    assert node.get("type") == room.get("type")
    assert [str(each) for each in node.elements[0].elements] == [
        str(each) for each in room.elements[0].elements
    ]

    mine = await asker.asks(asked("subscriptions", "get"))
    rows = mine.elements[0].elements[0].elements
    assert [each.get("jid") for each in rows] == ([JULIET] if who == "occupant" else [])
    own = await asker.asks(asked("affiliations", "get"))
    told = [each.get("affiliation") for each in own.elements[0].elements[0].elements]
    assert told == {"outsider": [], "outcast": ["outcast"]}.get(who, ["member"])
    for what in ("subscriptions", "affiliations"):
        everybody = asked(f"{what} node='characters'", "get", OWNER)
        await asker.refused(everybody, "unsupported", "feature-not-implemented")
    if who != "occupant":
        await asker.refused(publish(message("hi")), "not-subscribed", "not-authorized")
    nobody = asked("items node='nowhere'", "get")
    await asker.refused(nobody, "item-not-found")
