"""What accounts keep of their messages: XEP-0313 1.1.3 §6.1.1, XEP-0441 0.2.0 §2; trimming."""

from __future__ import annotations

from dataclasses import replace

import pytest

from folkmoot.engine.access import keeps
from folkmoot.engine.archives import narrowed
from folkmoot.engine.commands import Prefer, Remember, SetContact, Trim
from folkmoot.engine.configuration import Keep, Preferences
from folkmoot.engine.errors import Reason
from folkmoot.engine.events import ItemPublished
from folkmoot.engine.model import Contact, NodeId
from folkmoot.engine.services import Bounds
from folkmoot.engine.store import ArchiveQuery
from folkmoot.xmpp.jid import JID
from tests.engine.stand import (
    FORTINBRAS,
    HALL,
    HAMLET,
    HORATIO,
    OPHELIA,
    SERVICES,
    SOLILOQUIES,
    WORDS,
    Stand,
    archive,
    device,
    presence,
    running,
)

PHONE = device(OPHELIA, "phone")


def remember(account: JID = HAMLET, with_: JID = PHONE, node: NodeId | None = None) -> Remember:
    return Remember(actor=account, node=node or archive(account), with_=with_, payload=WORDS)


@pytest.mark.parametrize(
    ("preferences", "default", "kept"),
    [
        (Preferences(), Keep.ALWAYS, True),
        (Preferences(), Keep.NEVER, False),
        (Preferences(), Keep.ROSTER, None),
        (Preferences(default=Keep.NEVER), Keep.ALWAYS, False),
        (Preferences(default=Keep.ROSTER), Keep.NEVER, None),
        (Preferences(default=Keep.NEVER, always=(str(OPHELIA),)), Keep.NEVER, True),
        (Preferences(default=Keep.NEVER, always=(str(PHONE),)), Keep.NEVER, True),
        (Preferences(default=Keep.ALWAYS, never=(str(OPHELIA),)), Keep.ALWAYS, False),
        (Preferences(never=(str(device(OPHELIA, "tablet")),)), Keep.ALWAYS, True),
        (Preferences(always=(str(PHONE),), never=(str(OPHELIA),)), Keep.ALWAYS, False),
    ],
)
def test_with_whom(preferences: Preferences, default: Keep, kept: bool | None) -> None:
    """XEP-0441 §2.1, §2.3.1: bare names mean every resource, full ones just that."""
    assert keeps(preferences, default, PHONE) is kept


async def test_what_is_kept_has_whom_it_was_exchanged_with(stand: Stand) -> None:
    made, event = await stand.run(remember())
    assert isinstance(event, ItemPublished)
    assert (event.item.publisher, event.item.payload) == (PHONE, WORDS)
    assert len(await stand.run(remember())) == 1
    assert (await stand.node(archive(HAMLET))).heads is None, "an archive is not held in memory"
    assert made.node == archive(HAMLET)


async def test_who_has_no_account_keeps_nothing(stand: Stand) -> None:
    assert await stand.run(remember(JID.parse("yorick@shakespeare.lit"))) == ()


async def test_only_in_one_s_own(stand: Stand) -> None:
    """An account's archive is its own, and no other node is one."""
    for node in (archive(HORATIO), NodeId(HAMLET, "tune"), SOLILOQUIES, archive(FORTINBRAS)):
        await stand.refused(remember(node=node), Reason.FORBIDDEN)
        prefer = Prefer(actor=HAMLET, node=node, preferences=Preferences())
        await stand.refused(prefer, Reason.FORBIDDEN)
    await stand.refused(remember(FORTINBRAS), Reason.FORBIDDEN)


async def test_whoever_is_on_the_roster(stand: Stand) -> None:
    """XEP-0441 §2.1.1: by the bare JID, whatever the subscription between them is."""
    chosen = Preferences(default=Keep.ROSTER)
    await stand.run(Prefer(actor=HAMLET, node=archive(HAMLET), preferences=chosen))
    assert await stand.run(remember()) == ()
    await stand.run(SetContact(actor=HAMLET, node=presence(OPHELIA), contact=Contact("nymph")))
    assert len(await stand.run(remember())) == 1
    assert await stand.run(remember(with_=HORATIO)) == ()


async def test_the_same_preferences_again_are_no_change(stand: Stand) -> None:
    prefer = Prefer(actor=HAMLET, node=archive(HAMLET), preferences=Preferences(never=("x",)))
    assert len(await stand.run(prefer)) == 2
    assert await stand.run(prefer) == ()


async def test_nobody_looks_into_another_s(stand: Stand) -> None:
    """Whether there is anything in it, or such an account at all, makes no difference."""
    await stand.run(remember(OPHELIA))
    for node in (archive(OPHELIA), archive(HORATIO), archive(JID.parse("yorick@shakespeare.lit"))):
        query = ArchiveQuery(node=node)
        await stand.run(remember())
        with pytest.raises(Exception, match="FORBIDDEN"):
            await stand.ask(narrowed, HAMLET, query)


async def test_only_archives_are_trimmed(stand: Stand) -> None:
    """Whatever item of whatever node is named."""
    await stand.leaf()
    await stand.publish(SOLILOQUIES, id="one")
    for node in (SOLILOQUIES, NodeId(HAMLET, "nowhere")):
        assert await stand.run(Trim(actor=HAMLET, node=node, item_ids=("one",))) == ()


async def test_a_room_and_an_account_have_bounds_of_their_own() -> None:
    """A room named as accounts' archives are is a room; a node so named is neither."""
    bounds = replace(SERVICES, room_archive=Bounds(items=2), account_archive=Bounds(seconds=4))
    named = NodeId(HALL.service, "archive")
    async with running(Stand(services=bounds)) as stand:
        await stand.room(named)
        await stand.enter(named, device(HAMLET))
        leaf = await stand.leaf(NodeId(SOLILOQUIES.service, "archive"))
        await stand.publish(leaf)
        for _ in range(3):
            await stand.publish(named, device(HAMLET))
            await stand.run(remember())
        await stand.engine.trim()
        await stand.settled()
        assert len(stand.store.items_of(named)) == 2
        assert len(stand.store.items_of(leaf)) == 1
        assert 1 <= len(stand.store.items_of(archive(HAMLET))) < 3
