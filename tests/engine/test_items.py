"""Publishing, retracting and purging items (XEP-0060 1.30.0, §7, §8.5)."""

from __future__ import annotations

from typing import Any

import pytest

from folkmoot.engine.commands import Configure, Entry, Publish, Purge, Retract
from folkmoot.engine.configuration import NODE_ITEMS_MAX, Access, PublishModel, SendLast
from folkmoot.engine.decide.items import ITEM_ID_CHARS_MAX
from folkmoot.engine.errors import Reason
from folkmoot.engine.events import ItemPublished, NodeCreated
from folkmoot.engine.model import MESSAGES_NODE, Affiliation, NodeId
from folkmoot.engine.notifications import PresenceTold, Published, Purged, Retracted
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element
from tests.engine.stand import (
    DENMARK,
    FORTINBRAS,
    GERTRUDE,
    HALL,
    HAMLET,
    HERE,
    HORATIO,
    OPHELIA,
    POLONIUS,
    SOLILOQUIES,
    TOWER,
    WORDS,
    Stand,
    device,
    presence,
)

TUNE = NodeId(HAMLET, "tune")


def publishing(node: NodeId = SOLILOQUIES, by: JID = HAMLET, **more: Any) -> Publish:
    """A command to publish; `id`, `payload` and `lists` are the entry's."""
    entry = Entry(payload=more.pop("payload", WORDS), **more)
    return Publish(actor=by, node=node, entry=entry)


async def kept(stand: Stand, node: NodeId = SOLILOQUIES) -> list[str]:
    """The ids of a node's items, oldest first, as the store has them."""
    await stand.settled()
    return list(stand.store.items_of(node))


async def test_publish_reaches_a_subscriber(stand: Stand) -> None:
    """XEP-0060 §7.1.2.1: notification with payload."""
    await stand.leaf()
    await stand.subscribe(SOLILOQUIES, HORATIO)
    (event, _) = await stand.run(publishing(by=device(HAMLET), id="bnd81g37d61f49fgn581"))
    assert isinstance(event, ItemPublished)
    (told,) = await stand.hears(Published, by=[HORATIO])
    assert told.item == event.item
    assert (told.item.publisher, told.item.payload) == (device(HAMLET), WORDS)
    assert (await stand.items(SOLILOQUIES)) == (event.item,)


async def test_an_item_without_an_id_is_given_one(stand: Stand) -> None:
    """XEP-0060 §7.1.2: the service generates a unique id."""
    await stand.leaf()
    await stand.publish(SOLILOQUIES)
    await stand.publish(SOLILOQUIES)
    assert len(set(await kept(stand))) == 2


async def test_an_item_of_the_same_id_takes_the_place_of_the_other(stand: Stand) -> None:
    """XEP-0060 §7.1.2: one item, now the newest, and one notification."""
    await stand.leaf()
    await stand.subscribe(SOLILOQUIES, HORATIO)
    for name in ("one", "two", "one"):
        await stand.publish(SOLILOQUIES, id=name)
    assert await kept(stand) == ["two", "one"]
    assert len(await stand.hears(Published)) == 3


async def test_the_oldest_item_makes_way(stand: Stand) -> None:
    """XEP-0060 §7.1.2, `max_items`; what is published anew is no longer the oldest."""
    await stand.leaf(max_items=2)
    for name in ("one", "two", "one", "three", "four"):
        await stand.publish(SOLILOQUIES, id=name)
    assert await kept(stand) == ["three", "four"]


async def test_a_node_without_room_for_one_item_keeps_none(stand: Stand) -> None:
    await stand.leaf(max_items=0)
    await stand.subscribe(SOLILOQUIES, HORATIO)
    await stand.publish(SOLILOQUIES, id="one")
    assert await kept(stand) == []
    assert await stand.hears(Published, by=[HORATIO])


async def test_a_transient_node_tells_and_keeps_nothing(stand: Stand) -> None:
    """XEP-0060 §7.1.2.3: not even in memory, however many there are."""
    await stand.leaf(persist_items=False)
    await stand.subscribe(SOLILOQUIES, HORATIO)
    for number in range(10):
        await stand.publish(SOLILOQUIES, id=str(number))
    assert await kept(stand) == []
    assert (await stand.node(SOLILOQUIES)).live is None
    assert len(await stand.hears(Published, by=[HORATIO])) == 10
    retracting = Retract(actor=HAMLET, node=SOLILOQUIES, item_ids=("1",))
    await stand.refused(retracting, Reason.NOT_PERSISTENT)
    await stand.refused(Purge(actor=HAMLET, node=SOLILOQUIES), Reason.NOT_PERSISTENT)


@pytest.mark.parametrize(
    ("persist", "payloads", "payload", "nothing"),
    [
        (True, True, None, Reason.ITEM_REQUIRED),
        (True, False, None, Reason.ITEM_REQUIRED),
        (False, True, None, Reason.PAYLOAD_REQUIRED),
        (False, False, Reason.ITEM_FORBIDDEN, None),
    ],
)
async def test_what_a_node_needs(
    stand: Stand, persist: bool, payloads: bool, payload: Reason | None, nothing: Reason | None
) -> None:
    """XEP-0060 §4.3 table 4, §7.1.3.5, §7.1.3.6: an item, a payload, or neither."""
    await stand.leaf(persist_items=persist, deliver_payloads=payloads)
    notice = Publish(actor=HAMLET, node=SOLILOQUIES, entry=None)
    for command, reason in ((publishing(), payload), (notice, nothing)):
        if reason is None:
            await stand.run(command)
        else:
            await stand.refused(command, reason)
    if payloads:
        await stand.refused(publishing(payload=None), Reason.PAYLOAD_REQUIRED)


async def test_a_payload_has_a_size(stand: Stand) -> None:
    """XEP-0060 §7.1.3.4."""
    await stand.leaf(payload_bytes_max=60)
    short, long = (Element("urn:example", "a", None, "é" * length) for length in (10, 30))
    await stand.run(publishing(payload=short))
    await stand.refused(publishing(payload=long), Reason.PAYLOAD_TOO_BIG)


async def test_an_item_id_has_a_length(stand: Stand) -> None:
    await stand.leaf()
    await stand.run(publishing(id="a" * ITEM_ID_CHARS_MAX))
    too_long = publishing(id="a" * (ITEM_ID_CHARS_MAX + 1))
    await stand.refused(too_long, Reason.PAYLOAD_TOO_BIG, "id")


# --- who may


async def test_who_may_publish(stand: Stand) -> None:
    """XEP-0060 §7.1.3.1 to 3."""
    await stand.leaf()
    await stand.affiliate(
        SOLILOQUIES,
        HAMLET,
        {
            HORATIO: Affiliation.PUBLISHER,
            OPHELIA: Affiliation.PUBLISH_ONLY,
            GERTRUDE: Affiliation.MEMBER,
            POLONIUS: Affiliation.OUTCAST,
        },
    )
    for jid in (HAMLET, HORATIO, OPHELIA):
        await stand.run(publishing(by=jid))
    for jid in (GERTRUDE, FORTINBRAS):
        await stand.refused(publishing(by=jid), Reason.FORBIDDEN)
    await stand.refused(publishing(by=POLONIUS), Reason.OUTCAST)
    await stand.refused(publishing(DENMARK), Reason.NODE_NOT_FOUND)


async def test_subscribers_publish_where_they_may(stand: Stand) -> None:
    await stand.leaf(publish=PublishModel.SUBSCRIBERS)
    await stand.refused(publishing(by=HORATIO), Reason.FORBIDDEN)
    await stand.subscribe(SOLILOQUIES, HORATIO)
    await stand.run(publishing(by=device(HORATIO)))


async def test_nobody_but_an_owner_replaces_anothers_item(stand: Stand) -> None:
    """XEP-0060 §7.1.3.1: also where everybody may publish."""
    await stand.leaf(publish=PublishModel.OPEN)
    await stand.publish(SOLILOQUIES, HORATIO, id="one")
    await stand.refused(publishing(by=OPHELIA, id="one"), Reason.FORBIDDEN)
    await stand.publish(SOLILOQUIES, device(HORATIO), id="one")
    await stand.publish(SOLILOQUIES, HAMLET, id="one")
    await stand.refused(publishing(by=HORATIO, id="one"), Reason.FORBIDDEN)


# --- publish-options and nodes made in passing


async def test_an_accounts_node_is_made_in_passing(stand: Stand) -> None:
    """XEP-0060 §7.1.4, XEP-0163 §4.1: configured as the publisher expects it to be."""
    command = Publish(
        actor=device(HAMLET),
        node=TUNE,
        entry=Entry(payload=WORDS, id="current"),
        expects={"access": Access.WHITELIST, "max_items": 2},
    )
    created, published = await stand.run(command)
    assert isinstance(created, NodeCreated) and isinstance(published, ItemPublished)
    config = (await stand.node(TUNE)).config
    assert (config.access, config.max_items) == (Access.WHITELIST, 2)
    assert config.send_last is SendLast.ON_SUB_AND_PRESENCE
    assert await kept(stand, TUNE) == ["current"]


async def test_nobody_makes_anothers_node(stand: Stand) -> None:
    await stand.refused(publishing(TUNE, by=OPHELIA), Reason.FORBIDDEN)
    nameless = NodeId(HAMLET, "")
    await stand.refused(publishing(nameless), Reason.BAD_CONFIG, "node")


@pytest.mark.parametrize(
    ("expects", "field"),
    [
        ({"access": Access.WHITELIST}, "access"),
        ({"persist_items": True, "max_items": 1}, "max_items"),
        ({"room.persistent": True}, "room.persistent"),
        ({"colour": "black"}, "colour"),
    ],
)
async def test_a_precondition_that_is_not_met_is_named(
    stand: Stand, expects: dict[str, Any], field: str
) -> None:
    """XEP-0060 §7.1.5: precondition-not-met."""
    await stand.leaf()
    command = Publish(actor=HAMLET, node=SOLILOQUIES, entry=Entry(payload=WORDS), expects=expects)
    await stand.refused(command, Reason.PRECONDITION, field)


async def test_a_precondition_that_is_met_is_no_hindrance(stand: Stand) -> None:
    await stand.leaf(access=Access.WHITELIST)
    expects = {"access": Access.WHITELIST, "max_items": 1_000}
    await stand.run(
        Publish(actor=HAMLET, node=SOLILOQUIES, entry=Entry(payload=WORDS), expects=expects)
    )


# --- retracting


async def test_retract_reaches_a_subscriber(stand: Stand) -> None:
    """XEP-0060 §7.2.2.1."""
    await stand.leaf()
    await stand.subscribe(SOLILOQUIES, HORATIO)
    for name in ("one", "two"):
        await stand.publish(SOLILOQUIES, id=name)
    await stand.retract(SOLILOQUIES, HAMLET, "one", "one")
    (told,) = await stand.hears(Retracted, by=[HORATIO])
    assert told.item_ids == ("one",)
    assert await kept(stand) == ["two"]


@pytest.mark.parametrize(("notify", "tells"), [(False, False), (True, True)])
async def test_retraction_is_told_where_the_node_or_the_request_says_so(
    stand: Stand, notify: bool, tells: bool
) -> None:
    """XEP-0060 §7.2.2.1: the `notify` attribute."""
    await stand.leaf(notify_retract=False)
    await stand.subscribe(SOLILOQUIES, HORATIO)
    await stand.publish(SOLILOQUIES, id="one")
    command = Retract(actor=HAMLET, node=SOLILOQUIES, item_ids=("one",), notify=notify)
    await stand.run(command)
    assert bool(await stand.hears(Retracted)) is tells


async def test_who_may_retract(stand: Stand) -> None:
    """XEP-0060 §7.2.3.1: an owner all, a publisher (even publish-only) their own."""
    await stand.leaf()
    roles = {HORATIO: Affiliation.PUBLISHER, OPHELIA: Affiliation.PUBLISH_ONLY}
    await stand.affiliate(SOLILOQUIES, HAMLET, roles)
    for jid in (HAMLET, HORATIO, OPHELIA):
        for name in ("one", "two"):
            await stand.publish(SOLILOQUIES, jid, id=f"{jid.local}-{name}")
    others = Retract(actor=HORATIO, node=SOLILOQUIES, item_ids=("horatio-one", "ophelia-one"))
    await stand.refused(others, Reason.FORBIDDEN)
    strangers = Retract(actor=FORTINBRAS, node=SOLILOQUIES, item_ids=("hamlet-one",))
    await stand.refused(strangers, Reason.FORBIDDEN)
    for jid in (HORATIO, OPHELIA):
        await stand.retract(SOLILOQUIES, device(jid), f"{jid.local}-one")
    await stand.retract(SOLILOQUIES, HAMLET, "horatio-two", "ophelia-two")
    assert await kept(stand) == ["hamlet-one", "hamlet-two"]


async def test_what_cannot_be_retracted(stand: Stand) -> None:
    """XEP-0060 §7.2.3.2 to 4; a stranger does not learn which items there are."""
    await stand.leaf()
    nothing = Retract(actor=HAMLET, node=SOLILOQUIES, item_ids=())
    await stand.refused(nothing, Reason.ITEM_REQUIRED)
    unknown = Retract(actor=HAMLET, node=SOLILOQUIES, item_ids=("one",))
    await stand.refused(unknown, Reason.ITEM_NOT_FOUND)
    by_a_stranger = Retract(actor=FORTINBRAS, node=SOLILOQUIES, item_ids=("one",))
    await stand.refused(by_a_stranger, Reason.FORBIDDEN)
    nowhere = Retract(actor=HAMLET, node=DENMARK, item_ids=("one",))
    await stand.refused(nowhere, Reason.NODE_NOT_FOUND)


async def test_what_was_said_in_a_room_is_not_unsaid_this_way(stand: Stand) -> None:
    await stand.room()
    await stand.enter(HALL, device(HAMLET))
    *_, event = await stand.publish(HALL, device(HAMLET))
    assert isinstance(event, ItemPublished)
    command = Retract(actor=HAMLET, node=HALL, item_ids=(event.item.id,))
    await stand.refused(command, Reason.FORBIDDEN)


# --- purging


async def test_purge_leaves_nothing(stand: Stand) -> None:
    """XEP-0060 §8.5.2."""
    await stand.leaf()
    await stand.subscribe(SOLILOQUIES, HORATIO)
    for name in ("one", "two"):
        await stand.publish(SOLILOQUIES, id=name)
    await stand.refused(Purge(actor=HORATIO, node=SOLILOQUIES), Reason.FORBIDDEN)
    await stand.run(Purge(actor=HAMLET, node=SOLILOQUIES))
    assert await stand.hears(Purged, by=[HORATIO])
    assert await kept(stand) == []
    await stand.refused(Purge(actor=HAMLET, node=DENMARK), Reason.NODE_NOT_FOUND)


async def test_items_of_one_command_and_the_next_are_in_one_order(stand: Stand) -> None:
    """What is purged and published again before any commit is as if it had been committed."""
    await stand.leaf()
    await stand.settled()
    stand.store.hold()
    await stand.publish(SOLILOQUIES, id="one")
    await stand.run(Purge(actor=HAMLET, node=SOLILOQUIES))
    await stand.publish(SOLILOQUIES, id="two")
    await stand.run(Configure(actor=HAMLET, node=SOLILOQUIES, settings={"max_items": 1}))
    stand.store.release()
    assert await kept(stand) == ["two"]


# --- live items, and messages that wait


async def test_a_resource_publishes_its_own_presence_only(stand: Stand) -> None:
    """A node's item that is one of its owner's resources is nobody else's to say."""
    await stand.befriend(HORATIO, HAMLET)
    hamlet = device(HAMLET)
    for item_id in ("", "court", "\n"):
        command = publishing(presence(HAMLET), by=hamlet, id=item_id, payload=HERE)
        await stand.refused(command, Reason.FORBIDDEN)
    await stand.forget_told()
    await stand.run(publishing(presence(HAMLET), by=hamlet, id="castle", payload=HERE))
    (told,) = await stand.hears(PresenceTold)
    assert (told.resource, set(told.to)) == (hamlet, {HORATIO, HAMLET})
    assert (await stand.node(presence(HAMLET))).live
    await stand.retract(presence(HAMLET), hamlet, "castle")
    assert not (await stand.node(presence(HAMLET))).live


async def test_a_message_that_waits_makes_way_for_none(stand: Stand) -> None:
    """NODE_ITEMS_MAX messages, and then the sender has to hear that no more are taken."""
    mailbox = NodeId(HAMLET, MESSAGES_NODE)
    await stand.run(publishing(mailbox, id="first"))
    node = await stand.node(mailbox)
    assert node.heads is not None
    node.heads.update({str(number): HAMLET for number in range(NODE_ITEMS_MAX - 1)})
    await stand.refused(publishing(mailbox, id="last"), Reason.NODE_FULL)


async def test_what_is_listed_is_what_a_publisher_says(stand: Stand) -> None:
    await stand.space()
    await stand.list(DENMARK, HALL)
    node = await stand.node(DENMARK)
    assert node.listing(HALL) == 1
    await stand.run(publishing(DENMARK, id="hall", lists=TOWER))
    assert (node.listing(HALL), node.listing(TOWER)) == (0, 1)
    await stand.run(publishing(DENMARK, id="also-tower", lists=TOWER))
    await stand.retract(DENMARK, HAMLET, "hall")
    assert node.listing(TOWER) == 1, "another item lists it still"
    await stand.run(Purge(actor=HAMLET, node=DENMARK))
    assert not node.listed
