"""Who hears of an account's nodes without having subscribed (XEP-0163 1.2.2 §4)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from folkmoot.engine import personal_questions as questions
from folkmoot.engine.commands import (
    Approve,
    Configure,
    Delete,
    Forget,
    Publish,
    Purge,
    RemoveContact,
    SetContact,
)
from folkmoot.engine.configuration import Access, SendLast
from folkmoot.engine.model import Affiliation, Contact, NodeId, Via
from folkmoot.engine.notifications import Configured, Deleted, Published, Purged, Retracted
from folkmoot.xmpp.jid import JID
from tests.engine.memory import MemoryStore
from tests.engine.stand import (
    ACCOUNTS,
    DENMARK,
    GERTRUDE,
    HAMLET,
    HORATIO,
    OPHELIA,
    POLONIUS,
    Stand,
    device,
    presence,
    running,
)

TUNE = NodeId(HAMLET, "tune")
FRIENDS = ("friends",)


@pytest.fixture(params=["at hand", "in the store"])
async def stand(request: pytest.FixtureRequest) -> AsyncIterator[Stand]:
    """Hamlet, whom Horatio and Ophelia hear; Gertrude is subscribed to his tunes as well.

    Horatio is a friend. What was made is in memory, or has to be loaded.
    """
    store = MemoryStore(ACCOUNTS, waits=True)
    async with running(Stand(store)) as stand:
        await stand.leaf(TUNE, access=Access.OPEN)
        for jid in (HORATIO, OPHELIA, GERTRUDE):
            await stand.befriend(jid, HAMLET)
        await stand.subscribe(TUNE, GERTRUDE)
        friend = Contact(groups=FRIENDS)
        await stand.run(SetContact(actor=HAMLET, node=presence(HORATIO), contact=friend))
        await stand.forget_told()
        if request.param == "at hand":
            yield stand
            return
    async with running(Stand(store)) as stand:
        yield stand


async def told(stand: Stand) -> set[JID]:
    """Who hears of one more item unasked."""
    await stand.forget_told()
    await stand.publish(TUNE)
    heard = [each for each in await stand.hears(Published) if each.via is Via.PEP]
    return {jid for each in heard for jid in each.to}


@pytest.mark.parametrize(
    ("access", "heard"),
    [
        (Access.OPEN, {HAMLET, HORATIO, OPHELIA, GERTRUDE}),
        (Access.PRESENCE, {HAMLET, HORATIO, OPHELIA, GERTRUDE}),
        (Access.ROSTER, {HAMLET, HORATIO}),
        (Access.AUTHORIZE, {HAMLET, GERTRUDE}),
        (Access.WHITELIST, {HAMLET}),
    ],
)
async def test_access_models(stand: Stand, access: Access, heard: set[JID]) -> None:
    """§4: whoever hears the owner's presence and could retrieve the item; and the owner."""
    settings = {"access": access, "roster_groups": FRIENDS}
    await stand.run(Configure(actor=HAMLET, node=TUNE, settings=settings))
    assert await told(stand) == heard


async def test_rows_count(stand: Stand) -> None:
    """XEP-0060 §4.1: an outcast is told nothing, a member of a whitelist is."""
    rows = {OPHELIA: Affiliation.OUTCAST, POLONIUS: Affiliation.MEMBER}
    await stand.affiliate(TUNE, HAMLET, rows)
    assert await told(stand) == {HAMLET, HORATIO, GERTRUDE}
    await stand.affiliate(TUNE, HAMLET, {HORATIO: Affiliation.MEMBER})
    await stand.run(Configure(actor=HAMLET, node=TUNE, settings={"access": Access.WHITELIST}))
    assert await told(stand) == {HAMLET, HORATIO}


async def test_who_is_let_go_hears_nothing(stand: Stand) -> None:
    """§7.1: from the next item on."""
    mine = presence(HAMLET)
    deny = Approve(actor=HAMLET, node=mine, subscriber=HORATIO, allow=False, beforehand=True)
    await stand.run(deny)
    await stand.unsubscribe(mine, OPHELIA)
    await stand.run(RemoveContact(actor=HAMLET, node=presence(GERTRUDE)))
    assert await told(stand) == {HAMLET}


async def test_a_node_made_by_publishing(stand: Stand) -> None:
    """§3: the first item is told as any other, as the node is configured with it."""
    for number, access in enumerate((Access.PRESENCE, Access.ROSTER, Access.WHITELIST)):
        expects = {"access": access, "roster_groups": FRIENDS}
        node = NodeId(HAMLET, f"mood {number}")
        await stand.run(Publish(actor=HAMLET, node=node, entry=None, expects=expects | BARE))
    heard = [set(each.to) for each in await stand.hears(Published)]
    assert heard == [{HAMLET, HORATIO, OPHELIA, GERTRUDE}, {HAMLET, HORATIO}, {HAMLET}]


BARE = {"persist_items": False, "deliver_payloads": False}
"""What makes a node tell that something happened, and no more."""


async def test_who_subscribed_is_named(stand: Stand) -> None:
    """§4.3.2: so that they are not told twice."""
    await stand.publish(TUNE)
    as_subscriber, unasked = await stand.hears(Published)
    assert (as_subscriber.via, as_subscriber.to) == (Via.PUBSUB, (GERTRUDE,))
    assert (unasked.via, unasked.but) == (Via.PEP, frozenset({GERTRUDE}))


async def test_all_that_happens_to_a_node(stand: Stand) -> None:
    """XEP-0060 §7.1.2.5, §7.2, §8.2, §8.4, §8.5: what subscribers are told, others are."""
    settings = {"max_items": 2, "notify_config": True}
    await stand.run(Configure(actor=HAMLET, node=TUNE, settings=settings))
    for each in ("one", "two", "three"):
        await stand.publish(TUNE, id=each)
    await stand.retract(TUNE, HAMLET, "two")
    await stand.run(Purge(actor=HAMLET, node=TUNE))
    await stand.run(Delete(actor=HAMLET, node=TUNE, redirect="xmpp:elsewhere"))
    await stand.settled()
    unasked = [each for each in stand.told if each.via is Via.PEP]
    kinds = [type(each) for each in unasked]
    assert kinds == [Configured, *[Published] * 2, Retracted, Published, Retracted, Purged, Deleted]
    assert all(each.to == (HAMLET, HORATIO, OPHELIA, GERTRUDE) for each in unasked)


async def test_nothing_of_what_has_words_of_its_own(stand: Stand) -> None:
    """Neither of presence nor of messages that wait, nor of nodes that are nobody's own."""
    await stand.space(DENMARK)
    await stand.publish(DENMARK)
    await stand.publish(presence(HAMLET), device(HAMLET), device(HAMLET).resource)
    await stand.settled()
    assert not [each for each in stand.told if each.via is Via.PEP]


async def test_the_end_of_an_account(stand: Stand) -> None:
    """All its nodes go, and nobody is told who was let go before."""
    await stand.run(Forget(actor=HAMLET, node=presence(HAMLET)))
    await stand.settled()
    assert all(each.node != TUNE or isinstance(each, Deleted) for each in stand.told)


async def test_what_a_device_that_comes_is_told(stand: Stand) -> None:
    """§4.3.4: of whom it hears, of the nodes it named, where they send it; once for each."""
    mine, phone = device(HAMLET), device(HORATIO)
    never = {"send_last": SendLast.NEVER}
    await stand.run(Configure(actor=HAMLET, node=TUNE, settings=never))
    for owner in (HAMLET, OPHELIA):
        node = NodeId(owner, "mood")
        await stand.leaf(node, owner, access=Access.OPEN, send_last=SendLast.ON_SUB_AND_PRESENCE)
        await stand.publish(node, owner, "first")
    assert await stand.ask(questions.publishers, phone) == (HORATIO, HAMLET)
    names = ("mood", "tune", "unheard of")
    for actor, owner, nodes in (
        (phone, HAMLET, ("mood",)),
        (mine, HAMLET, ("mood",)),
        (phone, OPHELIA, ()),  # her node is open, but he does not hear her presence
    ):
        found = await stand.ask(questions.interesting, actor, owner, names)
        assert found == tuple(NodeId(owner, name) for name in nodes)
    mood = NodeId(HAMLET, "mood")
    (newest,) = await stand.ask(questions.newest, phone, mood, Via.PEP)
    assert newest.last and newest.to == (phone,)
    await stand.subscribe(mood, phone)
    assert await stand.ask(questions.newest, phone, mood, Via.PEP) == ()
    assert await stand.ask(questions.subscribed, phone) == (mood,)
    assert await stand.ask(questions.subscribed, device(HORATIO, "other")) == ()
    await stand.run(Delete(actor=HAMLET, node=mood))
    assert await stand.ask(questions.newest, phone, mood, Via.PUBSUB) == ()
