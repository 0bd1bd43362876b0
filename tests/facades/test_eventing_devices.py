"""XEP-0207 1.0, as docs/extensions/eventing.md has it: the devices of one account, and how long
things last.
"""

from __future__ import annotations

from folkmoot.facades.mam.query import RESULTS_DEFAULT, RESULTS_MAX
from tests.facades.listening import announcement, events_of, notified, publication, wishes
from tests.facades.muc.coven import enters, succeeded
from tests.facades.test_eventing_chat import SERVICE as CONVERSATIONS
from tests.facades.test_eventing_chat import create, notification
from tests.facades.test_eventing_chat import publish as converse
from tests.facades.test_eventing_presence import (
    FORM,
    HERE,
    PUBSUB,
    SUBSCRIBE,
    appears,
    approval,
    heard,
    presence_publish,
)
from tests.facades.test_eventing_rooms import (
    ROOM,
    SERVICE,
    asked,
    disco,
    message,
    opened_by_the_bard,
    payload_of,
    publish,
    subscribe,
)
from tests.facades.test_eventing_rooms import heard as heard_in_room
from tests.facades.verona import BALCONY, CHAMBER, JULIET, ORCHARD, ROMEO, arrives, meet
from tests.stage import Stage, element, holds

# --- presence


async def test_the_devices_of_an_account_hear_each_other(stage: Stage) -> None:
    """RFC 6121 §4.2.2: each in its words, itself among them; and both are the account's items."""
    balcony, chamber = await arrives(stage, BALCONY), await appears(stage, CHAMBER)
    await balcony.drains()
    await chamber.asks(
        presence_publish("<presence xmlns='jabber:client'><show>dnd</show></presence>")
    )
    said = f"<presence xmlns='jabber:client' from='{CHAMBER}'><show>dnd</show></presence>"
    await balcony.receives(said)
    await chamber.receives(heard(CHAMBER, said))
    await balcony.sends("<presence><show>away</show></presence>")
    said = f"<presence xmlns='jabber:client' from='{BALCONY}'><show>away</show></presence>"
    await balcony.receives(said)
    await chamber.receives(heard(BALCONY, said))


async def test_the_last_presence_says_in_which_words_one_hears(stage: Stage) -> None:
    """A device may send presence after it published some, and the other way round."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await meet(romeo, juliet)
    for way in ("pubsub", "presence", "pubsub"):
        if way == "pubsub":
            await romeo.asks(presence_publish(HERE))
        else:
            await romeo.sends("<presence/>")
        await romeo.drains()
        await juliet.sends("<presence/>")
        (came,) = await romeo.drains()
        assert came.name == ("message" if way == "pubsub" else "presence")


async def test_a_presence_refused_changes_no_words(stage: Stage) -> None:
    """A device hears as before where what it published was none."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await meet(romeo, juliet)
    wrong = "<presence xmlns='jabber:client'><priority>high</priority></presence>"
    await romeo.refused(presence_publish(wrong), "bad-request")
    await juliet.sends("<presence/>")
    await romeo.receives(f"<presence from='{BALCONY}'/>")


async def test_presence_is_heard_whatever_the_priority(stage: Stage) -> None:
    """Of a device that takes no messages; and by one that is not available, now or later, not."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await meet(romeo, juliet)
    garden = await stage.client(f"{ROMEO}/garden")
    low = "<presence xmlns='jabber:client'><priority>-1</priority></presence>"
    await garden.asks(presence_publish(low))
    await garden.drains()
    await juliet.sends("<presence><show>away</show></presence>")
    event = await garden.receives(heard(BALCONY, "<presence xmlns='jabber:client'/>"))
    assert event.get("type") == "headline"
    await garden.asks(presence_publish("<presence xmlns='jabber:client' type='unavailable'/>"))
    await garden.drains()
    await juliet.sends("<presence><show>dnd</show></presence>")
    await garden.receives_nothing()
    await garden.asks(presence_publish(HERE))
    assert "<show>away</show>" not in "".join(map(str, await garden.drains()))


async def test_messages_wait_for_a_presence_that_is_published(stage: Stage) -> None:
    """XEP-0160 §3: for a priority that is not negative."""
    romeo = await arrives(stage, ORCHARD)
    juliet = await stage.client(BALCONY)
    await romeo.sends(f"<message to='{JULIET}' type='chat'><body>Art thou?</body></message>")
    low = "<presence xmlns='jabber:client'><priority>-1</priority></presence>"
    await juliet.asks(presence_publish(low))
    assert "Art thou?" not in "".join(map(str, await juliet.drains()))
    await juliet.asks(presence_publish(HERE))
    await juliet.hears("<message><body>Art thou?</body></message>")


async def test_a_published_presence_announces_what_a_client_can_do(stage: Stage) -> None:
    """XEP-0115, XEP-0163 §4: it hears of the nodes it wants."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await meet(romeo, juliet)
    garden = await stage.client(f"{ROMEO}/garden")
    said = announcement("tune").replace("<presence", "<presence xmlns='jabber:client'")
    await garden.asks(presence_publish(said))
    for question in [each for each in await garden.drains() if each.name == "iq"]:
        await garden.sends(
            f"<iq type='result' id='{question.get('id')}' to='{question.get('from')}'>"
            f"{wishes('tune')}</iq>"
        )
    await events_of(stage, garden)
    await juliet.asks(publication("tune", "<tune xmlns='http://jabber.org/protocol/tune'/>", "t1"))
    assert notified(await events_of(stage, garden)) == ["t1"]


# --- who asks for presence


async def test_each_device_is_asked_in_its_words(stage: Stage) -> None:
    """The first answer is the answer; one that comes later changes nothing."""
    balcony, chamber = await arrives(stage, BALCONY), await appears(stage, CHAMBER)
    romeo = await appears(stage, ORCHARD)
    await balcony.drains()
    await romeo.asks(SUBSCRIBE)
    await chamber.receives(FORM)
    await chamber.receives_nothing()
    await balcony.receives(f"<presence from='{ROMEO}' type='subscribe'/>")
    await balcony.sends(f"<presence to='{ROMEO}' type='subscribed'/>")
    await romeo.hears(f"""
        <message from='{JULIET}'>
          <event xmlns='{PUBSUB}#event'>
            <subscription node='presence' subscription='subscribed'/>
          </event>
        </message>""")
    await romeo.drains()
    await chamber.sends(approval(JULIET, allow="false"))
    await romeo.receives_nothing()


async def test_whoever_is_let_in_is_on_the_roster(stage: Stage) -> None:
    """§4: name and groups are the roster's, and stay as they are whichever way things are asked."""
    juliet, romeo = await appears(stage, BALCONY), await appears(stage, ORCHARD)
    roster = "<query xmlns='jabber:iq:roster'>"
    item = f"<item jid='{ROMEO}' name='Romeo'><group>Lovers</group></item>"
    await juliet.asks(f"<iq type='set' id='r1'>{roster}{item}</query></iq>")
    await romeo.asks(SUBSCRIBE)
    await juliet.sends(approval(JULIET))
    found = await juliet.asks(f"<iq type='get' id='r2'>{roster}</query></iq>")
    assert holds(
        found,
        element(f"""
            <iq><query xmlns='jabber:iq:roster'>
              <item jid='{ROMEO}' name='Romeo' subscription='from'><group>Lovers</group></item>
            </query></iq>"""),
    )


# --- rooms


async def test_each_device_is_in_a_room_for_itself(stage: Stage) -> None:
    """XEP-0045 §7.2.8: under one nick, in different words; one that leaves leaves the other."""
    bard = await opened_by_the_bard(stage)
    balcony, chamber = await stage.client(BALCONY), await stage.client(CHAMBER)
    phone = await stage.client(f"{JULIET}/phone", available=True)
    succeeded(await balcony.asks(subscribe(BALCONY, "JC")))
    await enters(chamber, "JC", room=ROOM)
    for client in (bard, balcony, chamber):
        await client.drains()
    succeeded(await balcony.asks(publish(message("hi"))))
    await balcony.receives(heard_in_room(message("hi"), f"{ROOM}/JC"))
    for client in (chamber, bard):
        await client.receives(f"<message from='{ROOM}/JC' type='groupchat'/>")
    await phone.receives_nothing()
    rows = await phone.asks(asked("subscriptions", "get"))
    told = [each.get("jid") for each in rows.elements[0].elements[0].elements]
    assert told == [BALCONY, CHAMBER]
    succeeded(await balcony.asks(asked(f"unsubscribe node='characters' jid='{BALCONY}'")))
    await bard.sends(f"<message to='{ROOM}' type='groupchat'><body>ho</body></message>")
    await chamber.hears(f"<message from='{ROOM}/bard'><body>ho</body></message>")
    assert "<body>ho" not in "".join(map(str, await balcony.drains()))


async def test_the_nick_is_the_one_the_room_holds(stage: Stage) -> None:
    """XEP-0045 §7.10: the answer says by which one has entered."""
    fields = {
        "{urn:folkmoot:rooms:0}registration": "open",
        "{urn:folkmoot:rooms:0}lock_nicks": "1",
    }
    await opened_by_the_bard(stage, **fields)
    juliet = await stage.client(BALCONY)
    form = """
        <x xmlns='jabber:x:data' type='submit'>
          <field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#register</value></field>
          <field var='muc#register_roomnick'><value>Capulet</value></field></x>"""
    query = f"<query xmlns='jabber:iq:register'>{form}</query>"
    succeeded(await juliet.asks(f"<iq type='set' id='reg' to='{ROOM}'>{query}</iq>"))
    answer = succeeded(await juliet.asks(subscribe(BALCONY, "JC")))
    assert "<field type='text-single' var='roomnick'" in str(answer)
    assert "<value>Capulet</value>" in str(answer) and "JC" not in str(answer)


async def test_what_a_payload_may_say_of_its_addresses(stage: Stage) -> None:
    """The sender's own full JID, and the room."""
    bard = await opened_by_the_bard(stage)
    juliet = await stage.client(BALCONY)
    succeeded(await juliet.asks(subscribe(BALCONY, "JC")))
    await bard.drains()
    own = message("hi").replace(
        "<message ", f"<message type='groupchat' from='{BALCONY}' to='{ROOM}' "
    )
    succeeded(await juliet.asks(publish(own)))
    await bard.receives(f"<message from='{ROOM}/JC'><body>hi</body></message>")


async def test_the_id_of_an_item_is_the_archives(stage: Stage) -> None:
    """And what is not kept has none; nor is there whom to reply to in what a room says itself."""
    await opened_by_the_bard(stage)
    juliet = await stage.client(BALCONY)
    succeeded(await juliet.asks(subscribe(BALCONY, "JC")))
    subject = (await juliet.drains())[-1]
    assert payload_of(subject).elements[0].name == "subject"
    assert len(subject.elements) == 1
    for hint, kept in (("", True), ("<no-store xmlns='urn:xmpp:hints'/>", False)):
        said = f"<message xmlns='jabber:client'><body>hi</body>{hint}</message>"
        succeeded(await juliet.asks(publish(said)))
        event = await juliet.receives(heard_in_room(message("hi")))
        id = event.elements[0].elements[0].elements[0].get("id")
        assert (id is not None) is kept
        found = await juliet.asks(asked("items node='characters'", "get"))
        ids = [each.get("id") for each in found.elements[0].elements[0].elements]
        assert (id in ids) is kept


async def test_what_is_for_one_occupant_stays_a_stanza(stage: Stage) -> None:
    """XEP-0045 §7.5: a private message comes as it is."""
    bard = await opened_by_the_bard(stage)
    juliet = await stage.client(BALCONY)
    succeeded(await juliet.asks(subscribe(BALCONY, "JC")))
    await juliet.drains()
    await bard.sends(f"<message to='{ROOM}/JC' type='chat'><body>psst</body></message>")
    await juliet.receives(f"<message from='{ROOM}/bard' type='chat'><body>psst</body></message>")


async def test_retrieval_has_a_limit(stage: Stage) -> None:
    """RESULTS_DEFAULT at once, the newest, and RESULTS_MAX where as many are asked for."""
    bard = await opened_by_the_bard(stage)
    for number in range(RESULTS_MAX + 1):
        stage.clock.at += 10
        await bard.sends(f"<message to='{ROOM}' type='groupchat'><body>{number}</body></message>")
    plain = asked("items node='characters'", "get")
    page = f"<set xmlns='http://jabber.org/protocol/rsm'><max>{RESULTS_MAX + 1}</max></set>"
    newest = asked(f"items node='characters' max_items='{RESULTS_MAX + 1}'", "get")
    for request, count, first in (
        (plain, RESULTS_DEFAULT, RESULTS_MAX + 1 - RESULTS_DEFAULT),
        (plain.replace("</pubsub>", f"{page}</pubsub>"), RESULTS_MAX, 0),
        (newest, RESULTS_MAX, 1),
    ):
        found = succeeded(await bard.asks(request))
        items = found.elements[0].elements[0].elements
        assert len(items) == count
        assert f"<body>{first}</body>" in str(items[0])


async def test_nothing_announces_it(stage: Stage) -> None:
    """Clients ask pubsub services for nodes, which rooms are to those alone that know it."""
    await opened_by_the_bard(stage)
    juliet = await stage.client(BALCONY)
    for place in (SERVICE, ROOM):
        found = await juliet.asks(disco(place))
        told = [each.get("var", "") for each in found.elements[0].elements]
        assert not [each for each in told if each.startswith(PUBSUB)]


# --- conversations


async def test_a_conversation_is_for_all_devices(stage: Stage) -> None:
    """§6: the subscription is the account's; the other one may subscribe on their own."""
    devices = [await appears(stage, jid) for jid in (BALCONY, CHAMBER)]
    romeo = await appears(stage, ORCHARD)
    devices[0].line.inbox.clear()
    succeeded(await devices[0].asks(create()))
    own = f"<pubsub xmlns='{PUBSUB}'><subscribe node='me_and_romeo' jid='{ROMEO}'/></pubsub>"
    succeeded(await romeo.asks(f"<iq type='set' to='{CONVERSATIONS}' id='s'>{own}</iq>"))
    for client in (*devices, romeo):
        await client.drains()
    succeeded(await romeo.asks(converse("here")))
    for client in (*devices, romeo):
        await client.receives(notification("here"))
        await client.receives_nothing()


async def test_how_long_a_conversation_lasts_is_its_nodes(stage: Stage) -> None:
    """XEP-0060 §16.4.3: as many items, for as long, as it is configured to keep."""
    juliet = await appears(stage, BALCONY)
    bounded = create().replace(
        "<field var='pubsub#publisher'>",
        "<field var='pubsub#item_expire'><value>60</value></field><field var='pubsub#publisher'>",
    )
    succeeded(await juliet.asks(bounded))
    items = f"<pubsub xmlns='{PUBSUB}'><items node='me_and_romeo'/></pubsub>"
    succeeded(await juliet.asks(converse("wherefore art thou?")))
    for seconds, there in ((0, True), (61, False)):
        stage.clock.at += seconds
        found = await juliet.asks(f"<iq type='get' to='{CONVERSATIONS}' id='i'>{items}</iq>")
        assert ("wherefore" in str(found)) is there
