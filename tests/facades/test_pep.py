"""Personal eventing, in the words of XEP-0163 1.2.2."""

from __future__ import annotations

import pytest

from folkmoot.facades import pep
from folkmoot.xmpp.xml import Element
from tests.facades.listening import (
    EVENT,
    PUBSUB,
    announcement,
    announces,
    events_of,
    listens,
    notified,
    publication,
)
from tests.facades.verona import (
    BALCONY,
    CHAMBER,
    JULIET,
    NURSE,
    ORCHARD,
    ROMEO,
    follows,
    meet,
)
from tests.stage import Client, Stage, element, holds

TUNE = "http://jabber.org/protocol/tune"
GEOLOC = "http://jabber.org/protocol/geoloc"
BENVOLIO = "benvolio@shakespeare.lit/street"
FINZI = f"""
    <tune xmlns='{TUNE}'>
      <artist>Gerald Finzi</artist>
      <length>255</length>
      <source>Music for "Love's Labors Lost" (Suite for small orchestra)</source>
      <title>Introduction (Allegro vigoroso)</title>
      <track>1</track>
    </tune>"""
EXAMPLE_1 = f"""
    <iq from='juliet@capulet.lit/balcony' type='set' id='pub1'>
      <pubsub xmlns='{PUBSUB}'><publish node='{TUNE}'><item>{FINZI}</item></publish></pubsub>
    </iq>"""


def heard(to: str, more: str = "") -> str:
    """Examples 2, 3 and 9: from the bare JID to the full one."""
    return f"""
        <message from='{JULIET}' to='{to}' type='headline'>
          <event xmlns='{EVENT}'><items node='{TUNE}'><item>{FINZI}</item></items></event>{more}
        </message>"""


async def configures(client: Client, node: str, **values: str) -> None:
    """An owner changes the configuration of a node of theirs."""
    told = "".join(
        f"<field var='pubsub#{name}'><value>{value}</value></field>"
        for name, value in values.items()
    )
    await client.asks(
        f"""
        <iq type='set' id='conf'><pubsub xmlns='{PUBSUB}#owner'><configure node='{node}'>
          <x xmlns='jabber:x:data' type='submit'>{told}</x></configure></pubsub></iq>""",
        "<iq type='result'/>",
    )


async def retrieves(client: Client, owner: str, node: str = TUNE) -> bool:
    """Whether somebody may have the items."""
    answer = await client.asks(
        f"<iq type='get' to='{owner}' id='get'><pubsub xmlns='{PUBSUB}'><items node='{node}'/>"
        "</pubsub></iq>"
    )
    return answer.get("type") == "result"


# --- §1.2, §4: who hears


async def test_interested_parties_and_the_publisher_hear(stage: Stage) -> None:
    """Examples 1, 2, 3: contacts at the devices that are interested, and all of one's own."""
    juliet, chamber = await listens(stage, BALCONY, TUNE), await listens(stage, CHAMBER, TUNE)
    romeo = await listens(stage, ORCHARD, TUNE)
    nurse = await listens(stage, f"{NURSE}/chamber", TUNE)
    for contact in (romeo, nurse):
        await meet(juliet, contact)
        await chamber.drains()
    await juliet.asks(EXAMPLE_1, "<iq type='result' id='pub1'/>")
    for client in (romeo, nurse, juliet, chamber):
        (event,) = await events_of(stage, client)
        assert holds(event, element(heard(str(client.jid)))), event


async def test_each_interested_device_hears_once(stage: Stage) -> None:
    """§4.3.2, 3: one for each device that wants it, none for the others."""
    juliet = await listens(stage, BALCONY)
    orchard, street = await listens(stage, ORCHARD, TUNE), await listens(stage, f"{ROMEO}/street")
    away = await listens(stage, f"{ROMEO}/away", TUNE, GEOLOC)
    await meet(juliet, orchard)
    await juliet.sends(EXAMPLE_1)
    for client, count in ((orchard, 1), (away, 1), (street, 0), (juliet, 0)):
        assert len(await events_of(stage, client)) == count


async def test_a_negative_priority_keeps_nothing_away(stage: Stage) -> None:
    """§3: to available resources; priority is for messages people wrote."""
    juliet = await stage.client(BALCONY)
    await announces(stage, juliet, TUNE, priority=-1)
    await juliet.sends(EXAMPLE_1)
    assert len(await events_of(stage, juliet)) == 1


async def test_nobody_hears_who_is_not_available(stage: Stage) -> None:
    """§4.3: neither a device without presence, nor one that left."""
    juliet, romeo = await listens(stage, BALCONY), await listens(stage, ORCHARD, TUNE)
    await meet(juliet, romeo)
    await romeo.sends("<presence type='unavailable'/>")
    await romeo.drains()
    await juliet.sends(EXAMPLE_1)
    assert await events_of(stage, romeo) == []


async def test_a_stranger_hears_nothing(stage: Stage) -> None:
    """§4, 2: not by saying `+notify`, nor by sending presence to her, nor by asking for hers."""
    juliet, benvolio = await listens(stage, BALCONY), await listens(stage, BENVOLIO, TUNE)
    directed = element(announcement(TUNE))
    directed.attrs["to"] = JULIET
    await benvolio.sends(directed)
    await benvolio.sends(f"<presence to='{JULIET}' type='subscribe'/>")
    await juliet.sends(EXAMPLE_1)
    assert await events_of(stage, benvolio) == []
    assert await announces(stage, benvolio, TUNE, GEOLOC) == []
    assert not await retrieves(benvolio, JULIET)


async def test_it_is_the_hearer_of_presence_who_hears(stage: Stage) -> None:
    """§4: she hears Romeo's presence, he does not hear hers: she hears his tunes, he not hers."""
    juliet, romeo = await listens(stage, BALCONY, TUNE), await listens(stage, ORCHARD, TUNE)
    await follows(juliet, romeo)
    await juliet.sends(EXAMPLE_1)
    assert await events_of(stage, romeo) == []
    await juliet.drains()
    await romeo.sends(EXAMPLE_1)
    assert len(await events_of(stage, juliet)) == 1


@pytest.mark.parametrize("way", ["denied", "given up", "removed"])
async def test_who_hears_presence_no_longer_hears_nothing(stage: Stage, way: str) -> None:
    """§7.1, at once, by whatever door."""
    juliet, romeo = await listens(stage, BALCONY), await listens(stage, ORCHARD, TUNE)
    await meet(juliet, romeo)
    if way == "denied":
        await juliet.sends(f"<presence to='{ROMEO}' type='unsubscribed'/>")
    elif way == "given up":
        await romeo.sends(f"<presence to='{JULIET}' type='unsubscribe'/>")
    else:
        await juliet.sends(
            f"<iq type='set' id='r'><query xmlns='jabber:iq:roster'>"
            f"<item jid='{ROMEO}' subscription='remove'/></query></iq>"
        )
    await juliet.sends(EXAMPLE_1)
    assert await events_of(stage, romeo) == []


async def test_access_by_roster_group(stage: Stage) -> None:
    """§5: whom she put in a group that is let in; and no longer once she takes him out."""
    juliet, romeo = await listens(stage, BALCONY), await listens(stage, ORCHARD, TUNE)
    nurse = await listens(stage, f"{NURSE}/chamber", TUNE)
    await meet(juliet, romeo)
    await meet(juliet, nurse)
    await juliet.sends(EXAMPLE_1)
    await configures(juliet, TUNE, access_model="roster", roster_groups_allowed="Friends")
    for client in (romeo, nurse):
        await events_of(stage, client)

    async def grouped(group: str) -> list[int]:
        await juliet.sends(
            f"<iq type='set' id='r'><query xmlns='jabber:iq:roster'>"
            f"<item jid='{ROMEO}'><group>{group}</group></item></query></iq>"
        )
        await juliet.sends(EXAMPLE_1)
        return [len(await events_of(stage, client)) for client in (romeo, nurse)]

    assert await grouped("Friends") == [1, 0]
    assert await grouped("Enemies") == [0, 0]


@pytest.mark.parametrize(("model", "count"), [("open", 1), ("presence", 1), ("whitelist", 0)])
async def test_access_models(stage: Stage, model: str, count: int) -> None:
    """§4, §5: a contact hears what it might retrieve; one's own devices hear all."""
    juliet, romeo = await listens(stage, BALCONY, TUNE), await listens(stage, ORCHARD, TUNE)
    await meet(juliet, romeo)
    await juliet.sends(EXAMPLE_1)
    await configures(juliet, TUNE, access_model=model)
    await events_of(stage, romeo)
    await events_of(stage, juliet)
    await juliet.sends(EXAMPLE_1)
    assert len(await events_of(stage, romeo)) == count
    assert len(await events_of(stage, juliet)) == 1
    assert await retrieves(romeo, JULIET) == bool(count)


async def test_a_whitelist_lets_in_whom_it_names_and_a_ban_keeps_out(stage: Stage) -> None:
    """XEP-0060 §4.5, §4.1: affiliations count as they do for retrieving."""
    juliet, romeo = await listens(stage, BALCONY), await listens(stage, ORCHARD, TUNE)
    await meet(juliet, romeo)
    await juliet.sends(EXAMPLE_1)
    await events_of(stage, romeo)

    async def affiliated(affiliation: str, model: str) -> int:
        await configures(juliet, TUNE, access_model=model)
        await juliet.asks(
            f"<iq type='set' id='a'><pubsub xmlns='{PUBSUB}#owner'><affiliations node='{TUNE}'>"
            f"<affiliation jid='{ROMEO}' affiliation='{affiliation}'/></affiliations></pubsub></iq>"
        )
        await juliet.sends(EXAMPLE_1)
        return len(await events_of(stage, romeo))

    assert await affiliated("member", "whitelist") == 1
    assert await affiliated("none", "whitelist") == 0
    assert await affiliated("outcast", "open") == 0


async def test_a_subscriber_hears_once(stage: Stage) -> None:
    """§4.3.2: who subscribed is told as a subscriber, and not a second time for the interest."""
    juliet, orchard = await listens(stage, BALCONY), await listens(stage, ORCHARD, TUNE)
    street = await listens(stage, f"{ROMEO}/street", TUNE)
    await meet(juliet, orchard)
    await juliet.sends(EXAMPLE_1)
    for client in (orchard, street):
        await events_of(stage, client)
    for address in (ORCHARD, ROMEO):
        await orchard.asks(
            f"<iq type='set' to='{JULIET}' id='s'><pubsub xmlns='{PUBSUB}'>"
            f"<subscribe node='{TUNE}' jid='{address}'/></pubsub></iq>",
            "<iq type='result'/>",
        )
        for client in (orchard, street):
            await events_of(stage, client)
        await juliet.sends(EXAMPLE_1)
        for client in (orchard, street):
            assert len(await events_of(stage, client)) == 1
        await orchard.asks(
            f"<iq type='set' to='{JULIET}' id='u'><pubsub xmlns='{PUBSUB}'>"
            f"<unsubscribe node='{TUNE}' jid='{address}'/></pubsub></iq>",
            "<iq type='result'/>",
        )


async def test_a_subscriber_with_a_device_that_takes_no_messages(stage: Stage) -> None:
    """§4.3.2, 3: it announced an interest, so it hears, and as often as the other: once."""
    juliet, orchard = await listens(stage, BALCONY), await listens(stage, ORCHARD, TUNE)
    watch = await stage.client(f"{ROMEO}/watch")
    await announces(stage, watch, TUNE, priority=-1)
    await meet(juliet, orchard)
    await juliet.sends(EXAMPLE_1)
    await orchard.asks(
        f"<iq type='set' to='{JULIET}' id='s'><pubsub xmlns='{PUBSUB}'>"
        f"<subscribe node='{TUNE}' jid='{ROMEO}'/></pubsub></iq>",
        "<iq type='result'/>",
    )
    for client in (orchard, watch):
        await events_of(stage, client)
    await juliet.sends(EXAMPLE_1)
    for client in (orchard, watch):
        assert len(await events_of(stage, client)) == 1


async def test_a_stranger_may_subscribe_to_what_is_open(stage: Stage) -> None:
    """§4, 1: then they hear, without presence, and are not told from which device (§4.3.1)."""
    juliet, benvolio = await listens(stage, BALCONY), await listens(stage, BENVOLIO)
    await juliet.sends(EXAMPLE_1)
    await configures(juliet, TUNE, access_model="open")
    await benvolio.asks(
        f"<iq type='set' to='{JULIET}' id='s'><pubsub xmlns='{PUBSUB}'>"
        f"<subscribe node='{TUNE}' jid='{BENVOLIO.split('/')[0]}'/></pubsub></iq>",
        "<iq type='result'/>",
    )
    await events_of(stage, benvolio)
    await juliet.sends(EXAMPLE_1)
    (event,) = await events_of(stage, benvolio)
    assert "balcony" not in str(event)


# --- §4.2: what devices announce


async def test_what_is_announced_may_change(stage: Stage) -> None:
    """§4.2, XEP-0115 §6.3: the newest announcement counts."""
    juliet, romeo = await listens(stage, BALCONY), await listens(stage, ORCHARD, TUNE)
    await meet(juliet, romeo)
    for wanted, count in (((GEOLOC,), 0), ((GEOLOC, TUNE), 1), ((), 0), ((TUNE,), 1)):
        await announces(stage, romeo, *wanted)
        await juliet.sends(EXAMPLE_1)
        assert len(await events_of(stage, romeo)) == count


async def test_presence_without_an_announcement_says_nothing(stage: Stage) -> None:
    """§4.3.2, 2: no caps, no notification; nor for a client that does not answer."""
    juliet, romeo = await listens(stage, BALCONY), await listens(stage, ORCHARD)
    await meet(juliet, romeo)
    await juliet.sends(EXAMPLE_1)
    assert await events_of(stage, romeo) == []
    await romeo.sends(announcement(TUNE))
    await juliet.sends(EXAMPLE_1)
    assert await events_of(stage, romeo) == []


def test_interests() -> None:
    """§4.2: a node's name and `+notify`; no more of them than anybody has."""
    assert pep.interests(["a+notify", "b", "+notify", "c+notify+notify"]) == ("a", "c+notify")
    many = [f"{number}+notify" for number in range(pep.INTERESTS_MAX + 1)]
    assert len(pep.interests(many)) == pep.INTERESTS_MAX


# --- §4.3.1: addresses


async def test_where_replies_go(stage: Stage) -> None:
    """§4.3.1, 1 and 3: it comes from the account, and says which of its devices published."""
    juliet = await listens(stage, BALCONY, TUNE)
    await juliet.sends(EXAMPLE_1)
    addresses = f"""
        <addresses xmlns='http://jabber.org/protocol/address'>
          <address type='replyto' jid='{BALCONY}'/>
        </addresses>"""
    await juliet.receives(heard(BALCONY, addresses))


# --- §4.3.3, §4.3.4: the last published item


async def test_who_comes_is_sent_the_last_item(stage: Stage) -> None:
    """Examples 7, 8, 9: with the time at which it was published, and before."""
    juliet, romeo = await listens(stage, BALCONY), await listens(stage, ORCHARD)
    await meet(juliet, romeo)
    await romeo.leaves()
    await juliet.sends(EXAMPLE_1)
    await juliet.leaves()
    stage.clock.at += 60
    romeo = await stage.client(ORCHARD)
    (event,) = await announces(stage, romeo, TUNE)
    delay = "<delay xmlns='urn:xmpp:delay' stamp='2004-05-18T20:00:00Z'/>"
    assert holds(event, element(heard(ORCHARD, delay))), event


async def test_not_again_with_each_later_presence(stage: Stage) -> None:
    """§4.3.3, 2: once for each time a device comes; again if it was away."""
    juliet = await listens(stage, BALCONY)
    await juliet.sends(EXAMPLE_1)
    chamber = await stage.client(CHAMBER)
    assert len(await announces(stage, chamber, TUNE)) == 1
    assert await announces(stage, chamber, TUNE) == []
    await chamber.sends("<presence><show>away</show></presence>")
    assert await announces(stage, chamber, TUNE) == []
    await chamber.sends("<presence type='unavailable'/>")
    assert len(await announces(stage, chamber, TUNE)) == 1


async def test_what_is_announced_later_is_sent_then(stage: Stage) -> None:
    """§4.3.4: of the nodes that interest a device since, and of these alone."""
    juliet = await listens(stage, BALCONY)
    await juliet.sends(publication(TUNE, FINZI, "tune"))
    await juliet.sends(publication(GEOLOC, f"<geoloc xmlns='{GEOLOC}'/>", "place"))
    chamber = await stage.client(CHAMBER)
    await chamber.sends("<presence/>")
    assert await events_of(stage, chamber) == []
    assert notified(await announces(stage, chamber, TUNE)) == ["tune"]
    assert notified(await announces(stage, chamber, TUNE, GEOLOC)) == ["place"]
    assert notified(await announces(stage, chamber, TUNE)) == []


async def test_who_is_let_in_is_sent_it_as_well(stage: Stage) -> None:
    """§4.3.4: all new subscribers; whom she lets hear her presence is one (§4.1)."""
    juliet, romeo = await listens(stage, BALCONY), await listens(stage, ORCHARD, TUNE)
    await juliet.sends(publication(TUNE, FINZI, "tune"))
    await romeo.sends(f"<presence to='{JULIET}' type='subscribe'/>")
    assert await events_of(stage, romeo) == []
    await juliet.sends(f"<presence to='{ROMEO}' type='subscribed'/>")
    await juliet.drains()
    assert notified(await events_of(stage, romeo)) == ["tune"]


@pytest.mark.parametrize("send", ["never", "on_sub"])
async def test_not_where_the_node_does_not_send_it(stage: Stage, send: str) -> None:
    """XEP-0060 §16.4.3, `pubsub#send_last_published_item`."""
    juliet = await listens(stage, BALCONY)
    await juliet.sends(EXAMPLE_1)
    await configures(juliet, TUNE, send_last_published_item=send)
    assert await announces(stage, await stage.client(CHAMBER), TUNE) == []


@pytest.mark.parametrize("closing", ["whitelist", "persist", "deliver", "gone"])
async def test_not_what_is_not_there_for_them(stage: Stage, closing: str) -> None:
    """§4: neither what they might not retrieve, nor what nobody is told of, nor nothing."""
    juliet, romeo = await listens(stage, BALCONY), await listens(stage, ORCHARD)
    await meet(juliet, romeo)
    await juliet.sends(publication(TUNE, FINZI, "tune"))
    if closing == "whitelist":
        await configures(juliet, TUNE, access_model="whitelist")
    elif closing == "persist":
        await configures(juliet, TUNE, persist_items="0")
    elif closing == "deliver":
        await configures(juliet, TUNE, deliver_notifications="0")
    else:
        await juliet.sends(
            f"<iq type='set' id='r'><pubsub xmlns='{PUBSUB}'><retract node='{TUNE}'>"
            "<item id='tune'/></retract></pubsub></iq>"
        )
    assert await announces(stage, romeo, TUNE) == []


async def test_subscribers_hear_when_they_come(stage: Stage) -> None:
    """XEP-0060 §6.1.7, `on_sub_and_presence`: with or without an announcement, once."""
    juliet, romeo = await listens(stage, BALCONY), await listens(stage, ORCHARD)
    await meet(juliet, romeo)
    await juliet.sends(publication(TUNE, FINZI, "tune"))
    await romeo.asks(
        f"<iq type='set' to='{JULIET}' id='s'><pubsub xmlns='{PUBSUB}'>"
        f"<subscribe node='{TUNE}' jid='{ROMEO}'/></pubsub></iq>",
        "<iq type='result'/>",
    )
    await romeo.leaves()
    for wanted in ((), (TUNE,)):
        romeo = await stage.client(ORCHARD)
        assert notified(await announces(stage, romeo, *wanted)) == ["tune"]
        assert notified(await announces(stage, romeo, *wanted)) == []
        await romeo.leaves()


# --- §3, XEP-0060 §7.2, §8.4, §8.5: what else happens to a node


async def test_retracted_purged_deleted(stage: Stage) -> None:
    """XEP-0060: all that subscribers are told, who is interested is told."""
    juliet, romeo = await listens(stage, BALCONY), await listens(stage, ORCHARD, TUNE)
    await meet(juliet, romeo)
    await juliet.sends(publication(TUNE, FINZI, "one"))
    await configures(juliet, TUNE, max_items="2", notify_config="1")
    for item in ("two", "three"):
        await juliet.sends(publication(TUNE, FINZI, item))
    owner = f"<pubsub xmlns='{PUBSUB}#owner'>"
    for request in (
        f"<pubsub xmlns='{PUBSUB}'><retract node='{TUNE}'><item id='two'/></retract></pubsub>",
        f"{owner}<purge node='{TUNE}'/></pubsub>",
        f"{owner}<delete node='{TUNE}'/></pubsub>",
    ):
        await juliet.asks(f"<iq type='set' id='r'>{request}</iq>", "<iq type='result'/>")
    told = ["one", "configuration", "two", "-one", "three", "-two", "purge", "delete"]
    assert notified(await events_of(stage, romeo)) == told


# --- §6: determining support


async def test_what_an_account_says_it_is(stage: Stage) -> None:
    """Examples 10 and 11: to itself, and to contacts (§6.2)."""
    juliet, romeo = await listens(stage, BALCONY), await listens(stage, ORCHARD)
    await meet(juliet, romeo)
    for client in (juliet, romeo):
        answer = await client.asks(
            f"<iq to='{JULIET}' id='disco1' type='get'>"
            "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
            """
            <iq from='juliet@shakespeare.lit' type='result' id='disco1'>
              <query xmlns='http://jabber.org/protocol/disco#info'>
                <identity category='account' type='registered'/>
                <identity category='pubsub' type='pep'/>
              </query>
            </iq>""",
        )
        features = {each.get("var") for each in answer.elements[0].elements}
        wanted = """
            access-presence auto-create auto-subscribe config-node create-and-configure
            create-nodes filtered-notifications persistent-items publish retrieve-items subscribe
            publish-options last-published"""
        assert features >= {f"{PUBSUB}#{each}" for each in wanted.split()}


async def test_the_nodes_that_a_contact_is_shown(stage: Stage) -> None:
    """§6.2: those alone it may subscribe to or retrieve items from."""
    juliet, romeo = await listens(stage, BALCONY), await listens(stage, ORCHARD)
    await meet(juliet, romeo)
    await juliet.sends(EXAMPLE_1)
    await juliet.sends(publication("secret", "<a xmlns='a'/>"))
    await configures(juliet, "secret", access_model="whitelist")

    async def shown(client: Client) -> set[str | None]:
        answer = await client.asks(
            f"<iq to='{JULIET}' id='i' type='get'>"
            "<query xmlns='http://jabber.org/protocol/disco#items'/></iq>"
        )
        query: Element = answer.elements[0]
        return {each.get("node") for each in query.elements}

    assert await shown(romeo) == {TUNE}
    assert await shown(juliet) == {TUNE, "secret"}


# --- §2.2: nobody else's node


async def test_nobody_publishes_for_another(stage: Stage) -> None:
    """§2.2: neither making a node, nor publishing to one, nor managing it."""
    juliet, romeo = await listens(stage, BALCONY, TUNE), await listens(stage, ORCHARD)
    await meet(juliet, romeo)
    for made in (False, True):
        if made:
            await juliet.sends(EXAMPLE_1)
            await events_of(stage, juliet)
        for child in (
            f"<publish node='{TUNE}'><item>{FINZI}</item></publish>",
            f"<create node='{'mine' if made else TUNE}'/>",
        ):
            await romeo.refused(
                f"<iq type='set' to='{JULIET}' id='p'><pubsub xmlns='{PUBSUB}'>{child}</pubsub>"
                "</iq>",
                "forbidden",
            )
    for child in (f"<purge node='{TUNE}'/>", f"<delete node='{TUNE}'/>"):
        await romeo.refused(
            f"<iq type='set' to='{JULIET}' id='p'><pubsub xmlns='{PUBSUB}#owner'>{child}</pubsub>"
            "</iq>",
            "forbidden",
        )
    assert await events_of(stage, juliet) == []
