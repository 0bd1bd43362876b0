"""Movim's Space flows (v0.34.1), replayed: stanzas as it writes them, answers as it reads them.

It takes the name of the first child of `<error/>` for the error, looks at the first item of an
event, and never at the state that a subscription answers with.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from folkmoot.xmpp.xml import Element, serialize
from tests.facades.movim import (
    BOOKMARK,
    BOOKMARK_ID,
    CREATE,
    DESTROY,
    DISCO,
    GET_AFFILIATIONS,
    ITEMS,
    KEY,
    ME,
    MY_SPACES,
    NEW,
    OPTIONS,
    PENDING,
    PINNED,
    ROOM,
    bookmarks,
    conference,
    error,
    hosted,
    lets_in,
    makes_space,
    publish_room,
    retract_room,
    set_affiliation,
    set_subscription,
    subscribe,
    unsubscribe,
    with_space,
)
from tests.stage import Client, Stage

PUBSUB = "http://jabber.org/protocol/pubsub"
AUDIO = "<conference-call xmlns='{https://movim.eu}bookmarks-conference-call'/>"


@pytest.fixture
async def host() -> AsyncIterator[Stage]:
    """Accounts at `host`, spaces at `spaces.host`, rooms at `conference.host`."""
    async with hosted() as stage:
        yield stage


@pytest.fixture
async def me(host: Stage) -> Client:
    """The owner of a space."""
    return await with_space(host)


@pytest.fixture
async def new(host: Stage) -> Client:
    """Somebody who has the key."""
    return await host.client(NEW, available=True)


def ids(answer: Element) -> list[str | None]:
    """The rooms on a list."""
    assert answer.get("type") == "result", answer
    items = answer.elements[0].child(PUBSUB, "items")
    assert items is not None, answer
    return [item.get("id") for item in items.elements]


@pytest.mark.accounts_here
async def test_finding_the_service(host: Stage) -> None:
    """2.1, rules 1 and 2: from the user's own domain down."""
    client = await host.client(ME)
    info, items = "http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items"
    asked = "<iq type='get' to='{}' id='1'><query xmlns='{}'/></iq>"
    await client.asks(
        asked.format("host", info),
        f"<iq type='result'><query xmlns='{info}'><identity category='server'/></query></iq>",
    )
    found = await client.asks(asked.format("host", items), "<iq type='result'/>")
    kinds = {}
    for each in found.elements[0].elements:
        jid = each.get("jid", "")
        answer = await client.asks(asked.format(jid, info), "<iq type='result'/>")
        (identity,) = answer.elements[0].childs(info, "identity")
        kinds[jid] = (identity.get("category"), identity.get("type"))
    assert kinds["spaces.host"] == ("pubsub", "service")
    assert kinds["conference.host"] == ("conference", "text")


async def test_making_a_space(host: Stage) -> None:
    """2.2, rules 3 and 7; who made it is subscribed by an owner's iq and subscribes as well."""
    client = await host.client(ME, available=True)
    await makes_space(client)
    await client.asks(
        DISCO,
        f"""
        <iq type='result' from='spaces.host' id='dIsco0aZ1bQx'>
          <query xmlns='http://jabber.org/protocol/disco#info' node='{KEY}'>
            <x xmlns='jabber:x:data' type='result'>
              <field var='pubsub#title'><value>My space</value></field>
              <field var='pubsub#type'><value>urn:xmpp:spaces:0</value></field>
              <field var='pubsub#access_model'><value>authorize</value></field>
              <field var='pubsub#num_subscribers'><value>1</value></field>
            </x>
          </query>
        </iq>""",
    )
    assert error(await client.asks(CREATE)) == "conflict"


async def test_a_stranger_sees_what_the_join_dialog_shows(me: Client, new: Client) -> None:
    """2.3 and 2.18, rule 3: title, description and how many, for who has the key."""
    answer = await new.asks(
        DISCO,
        """
        <iq type='result'><query xmlns='http://jabber.org/protocol/disco#info'>
          <x xmlns='jabber:x:data' type='result'>
            <field var='pubsub#title'><value>My space</value></field>
            <field var='pubsub#type'><value>urn:xmpp:spaces:0</value></field>
            <field var='pubsub#num_subscribers'><value>1</value></field>
          </x>
        </query></iq>""",
    )
    assert "me@host" not in repr(answer)


async def test_joining_and_waiting(me: Client, new: Client) -> None:
    """2.3, 2.4 and 2.5, rules 4, 5, 7 and 8."""
    await new.asks(
        subscribe("new@host"),
        f"""<iq type='result'><pubsub xmlns='{PUBSUB}'>
          <subscription node='{KEY}' jid='new@host' subscription='pending'/></pubsub></iq>""",
    )
    form = await me.receives(
        f"""
        <message from='spaces.host'>
         <x xmlns='jabber:x:data' type='form'>
          <field var='FORM_TYPE' type='hidden'>
           <value>{PUBSUB}#subscribe_authorization</value></field>
          <field var='pubsub#node'><value>{KEY}</value></field>
          <field var='pubsub#subscriber_jid'><value>new@host</value></field>
          <field var='pubsub#allow' type='boolean'><value>false</value></field>
         </x>
        </message>"""
    )
    assert [each.name for each in form.elements] == ["x"], "neither body nor subject"
    assert error(await new.asks(subscribe("new@host"))) == "pending-subscription"
    assert error(await new.asks(ITEMS)) not in ("item-not-found", "closed-node")


async def test_the_panel_asks_who_waits(me: Client, new: Client) -> None:
    """2.6, rule 11: one shot, with a session of its own making and no FORM_TYPE."""
    await new.asks(subscribe("new@host"))
    await me.drains()
    await me.asks(PENDING, "<iq type='result'/>")
    await me.receives(
        "<message from='spaces.host'><x xmlns='jabber:x:data' type='form'/></message>"
    )
    assert error(await new.asks(PENDING)) == "forbidden"


async def test_letting_in(me: Client, new: Client) -> None:
    """2.7, rules 9 and 10: S, then A, which changes nothing more for who is in."""
    await new.asks(subscribe("new@host"))
    await me.asks(set_subscription("new@host", "subscribed"), "<iq type='result'/>")
    await new.receives(
        f"""
        <message from='spaces.host' to='new@host'>
          <event xmlns='{PUBSUB}#event'>
            <subscription subscription='subscribed' node='{KEY}' jid='new@host'/>
          </event>
        </message>"""
    )
    await me.asks(set_affiliation("new@host", "member"), "<iq type='result'/>")
    assert ids(await new.asks(ITEMS)) == []


async def test_turning_down(me: Client, new: Client) -> None:
    """2.7: S with `none` alone; who is turned down hears so, and may ask again."""
    await new.asks(subscribe("new@host"))
    await me.asks(set_subscription("new@host", "none"), "<iq type='result'/>")
    await new.receives(
        f"""<message from='spaces.host'><event xmlns='{PUBSUB}#event'>
          <subscription subscription='none' node='{KEY}' jid='new@host'/></event></message>"""
    )
    assert error(await new.asks(ITEMS)) == "not-subscribed"
    await new.asks(subscribe("new@host"), "<iq type='result'/>")


async def test_rooms_on_the_list(me: Client, new: Client) -> None:
    """2.8, 2.9 and 2.10, rules 5, 13 and 16; an audio room's namespace has a brace in it (1.2)."""
    await lets_in(me, "new@host")
    await new.drains()
    assert ids(await new.asks(ITEMS)) == []
    payload = conference(extensions=PINNED + AUDIO)
    await me.asks(publish_room(payload), "<iq type='result'/>")
    event = await new.receives(
        f"""<message from='spaces.host'><event xmlns='{PUBSUB}#event'>
          <items node='{KEY}'><item id='{ROOM}'>{payload}</item></items></event></message>"""
    )
    assert len(event.elements[0].elements[0].elements) == 1
    by_id = f"""
        <iq type='get' to='spaces.host' id='one'><pubsub xmlns='{PUBSUB}'>
         <items node='{KEY}'><item id='{ROOM}'/></items></pubsub></iq>"""
    answer = await new.asks(by_id, f"<iq type='result'><pubsub xmlns='{PUBSUB}'/></iq>")
    assert ids(answer) == [ROOM]
    assert "{https://movim.eu}bookmarks-conference-call" in serialize(answer)
    assert ":conference" not in serialize(answer), "rule 19: no prefixes"


async def test_editing_a_room(me: Client, new: Client) -> None:
    """2.11: the same id again, with whatever Movim puts into it by mistake."""
    await lets_in(me, "new@host")
    await me.asks(publish_room(conference()), "<iq type='result'/>")
    notify = "<notify xmlns='urn:xmpp:notification-settings:0'><on-mention/></notify>"
    renamed = conference("Renamed", AUDIO + AUDIO + notify, nick="me")
    await me.asks(publish_room(renamed), "<iq type='result'/>")
    answer = await new.asks(ITEMS)
    assert ids(answer) == [ROOM]
    assert "Renamed" in repr(answer)


async def test_taking_a_room_off_the_list(me: Client, new: Client) -> None:
    """2.12, `notify='true'`; taken off twice, Movim is content with `item-not-found`."""
    await lets_in(me, "new@host")
    await me.asks(publish_room(conference()))
    await new.drains()
    await me.asks(retract_room(), "<iq type='result'/>")
    await new.receives(
        f"""<message><event xmlns='{PUBSUB}#event'>
          <items node='{KEY}'><retract id='{ROOM}'/></items></event></message>"""
    )
    assert ids(await new.asks(ITEMS)) == []
    assert error(await me.asks(retract_room())) == "item-not-found"


async def test_options_are_met_by_the_node_they_were_made_with(me: Client) -> None:
    """2.10, rules 13 and 14: preconditions without FORM_TYPE; others are refused by name."""
    await me.asks(publish_room(conference()), "<iq type='result'/>")
    other = OPTIONS.replace("authorize", "open")
    assert error(await me.asks(publish_room(conference(), options=other))) == "precondition-not-met"


async def test_members_and_their_removal(me: Client, new: Client) -> None:
    """2.13, rule 12: `none` is all Movim sends, and it takes them out of the space."""
    assert error(await new.asks(GET_AFFILIATIONS)) == "forbidden"
    await new.asks(subscribe("new@host"))
    await lets_in(me, "new@host")
    await me.asks(
        GET_AFFILIATIONS,
        f"""<iq type='result'><pubsub xmlns='{PUBSUB}#owner'><affiliations node='{KEY}'>
          <affiliation jid='me@host' affiliation='owner'/>
          <affiliation jid='new@host' affiliation='member'/>
        </affiliations></pubsub></iq>""",
    )
    await new.drains()
    await me.asks(set_affiliation("new@host", "owner"), "<iq type='result'/>")
    await me.asks(set_affiliation("new@host", "none"), "<iq type='result'/>")
    await new.hears(
        f"""<message><event xmlns='{PUBSUB}#event'>
          <subscription subscription='none' node='{KEY}' jid='new@host'/></event></message>"""
    )
    assert error(await new.asks(ITEMS)) == "not-subscribed"
    await me.asks(publish_room(conference()), "<iq type='result'/>")
    assert f"id='{ROOM}'" not in "".join(map(repr, await new.drains()))


async def test_leaving(me: Client, new: Client) -> None:
    """2.14, rule 6: without a subid; and again, which Movim takes for success."""
    await new.asks(subscribe("new@host"))
    await lets_in(me, "new@host")
    await new.asks(unsubscribe("new@host"), "<iq type='result'/>")
    assert error(await new.asks(unsubscribe("new@host"))) == "not-subscribed"
    assert error(await new.asks(ITEMS)) == "not-subscribed"
    assert error(await me.asks(unsubscribe("me@host"))) == "not-acceptable"


async def test_destroying(me: Client, new: Client) -> None:
    """2.15: from then on `item-not-found`, on which Movim forgets the space."""
    await lets_in(me, "new@host")
    await new.drains()
    assert error(await new.asks(DESTROY)) == "forbidden"
    await me.asks(DESTROY, "<iq type='result'/>")
    await new.hears(
        f"<message><event xmlns='{PUBSUB}#event'><delete node='{KEY}'/></event></message>"
    )
    for request in (ITEMS, subscribe("new@host"), unsubscribe("new@host")):
        assert error(await new.asks(request)) == "item-not-found"


async def test_another_name(me: Client) -> None:
    """2.16, rule 15: get, then set with two fields; the rest survives."""
    get = f"""
        <iq type='get' to='spaces.host' id='cGe0aZ1bQxyz'>
         <pubsub xmlns='{PUBSUB}#owner'><configure node='{KEY}'/></pubsub></iq>"""
    before = await me.asks(get, "<iq type='result'/>")
    set_ = f"""
        <iq type='set' to='spaces.host' id='cSe0aZ1bQxyz'>
         <pubsub xmlns='{PUBSUB}#owner'><configure node='{KEY}'>
          <x xmlns='jabber:x:data' type='submit'>
          <field type='hidden' var='FORM_TYPE'><value>{PUBSUB}#node_config</value></field>
          <field var='pubsub#title'><value>Our space</value></field>
          <field var='pubsub#description'><value>For all of us</value></field>
         </x></configure></pubsub></iq>"""
    await me.asks(set_, "<iq type='result'/>")
    after = await me.asks(get, "<iq type='result'/>")
    changed = [
        old.get("var")
        for old, new in zip(_fields(before), _fields(after), strict=True)
        if old != new
    ]
    assert changed == ["pubsub#title", "pubsub#description"]


def _fields(answer: Element) -> list[Element]:
    return answer.elements[0].elements[0].elements[0].elements


async def test_an_avatar(me: Client, new: Client) -> None:
    """2.17, rule 14: its options do not fit the space, and must not be put in force for it."""
    await lets_in(me, "new@host")
    avatar = """<metadata xmlns='urn:xmpp:avatar:metadata'>
        <info url='https://movim.example/images/a.jpeg' width='350' height='350' type='image/jpeg'
         id='85d422902004e639a1b9bf2fc961d9f65d03014f' bytes='4200'/></metadata>"""
    options = """<publish-options><x xmlns='jabber:x:data' type='submit'>
        <field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/pubsub#publish-options</value></field>
        <field var='pubsub#persist_items'><value>true</value></field>
        <field var='pubsub#access_model'><value>presence</value></field>
        <field var='pubsub#send_last_published_item'><value>on_sub_and_presence</value></field>
        <field var='pubsub#deliver_payloads'><value>true</value></field>
        <field var='pubsub#max_items'><value>1</value></field>
        </x></publish-options>"""
    await me.asks(publish_room(conference()), "<iq type='result'/>")
    with_options = publish_room(avatar, "urn:xmpp:avatar:metadata", options)
    assert error(await me.asks(with_options)) == "precondition-not-met"
    without = publish_room(avatar, "urn:xmpp:avatar:metadata", "")
    await me.asks(without, "<iq type='result'/>")
    avatars = ["urn:xmpp:spaces:avatar:metadata:0", "urn:xmpp:avatar:metadata"]
    assert ids(await new.asks(ITEMS)) == [ROOM, *avatars]


@pytest.mark.accounts_here
async def test_ones_own_list_of_spaces(host: Stage) -> None:
    """2.19: a node of one's account whose name has braces; written, read again, taken off."""
    client = await host.client(ME, available=True)
    get = f"""
        <iq type='get' id='bGe0aZ1bQxyz'><pubsub xmlns='{PUBSUB}'>
         <items node='{MY_SPACES}' max_items='1000'/></pubsub></iq>"""
    assert error(await client.asks(get)) == "item-not-found"
    for _ in range(2):  # the bookmark is written twice at each join
        await bookmarks(client)
    answer = await client.asks(
        get,
        f"""<iq type='result'><pubsub xmlns='{PUBSUB}'><items node='{MY_SPACES}'>
          <item id='{BOOKMARK_ID}'>{BOOKMARK}</item></items></pubsub></iq>""",
    )
    assert ids(answer) == [BOOKMARK_ID]
    await client.asks(
        f"""
        <iq type='set' id='bRe0aZ1bQxyz'><pubsub xmlns='{PUBSUB}'>
         <retract node='{MY_SPACES}'><item id='{BOOKMARK_ID}'/></retract></pubsub></iq>""",
        "<iq type='result'/>",
    )
    assert ids(await client.asks(get)) == []
