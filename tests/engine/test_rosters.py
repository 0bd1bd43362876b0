"""Nodes of accounts whose rosters another server keeps: what follows from them (XEP-0163 1.2.2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from folkmoot.engine import personal_questions as questions
from folkmoot.engine.commands import Configure, Entry, Expire, Publish, SetDelivery
from folkmoot.engine.configuration import Access
from folkmoot.engine.errors import Reason
from folkmoot.engine.model import Affiliation, NodeId, Via
from folkmoot.engine.notifications import Digested, Published, Retracted
from folkmoot.engine.rosters import Acquaintance, Acquaintances
from folkmoot.engine.services import Kind
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID
from tests.engine.stand import (
    FORTINBRAS,
    GERTRUDE,
    HAMLET,
    HORATIO,
    OPHELIA,
    POLONIUS,
    SERVICES,
    SPACES,
    WORDS,
    Stand,
    device,
    running,
)

TUNE = NodeId(HAMLET, "tune")
FRIENDS = ("friends",)
ELSEWHERE = replace(SERVICES, accounts=False, personal=True)


class Kept:
    """The rosters of a server, which nobody tells the changes of. loaded: which were read."""

    def __init__(self) -> None:
        self.now: dict[JID, Acquaintances] = {}
        self.loaded: list[JID] = []
        self._lately: dict[JID, Acquaintances] = {}

    def known(self, account: JID, *, surely: bool = False) -> Acquaintances | None:
        """What was read, but not for sure."""
        return None if surely else self._lately.get(account)

    async def load(self, account: JID) -> Acquaintances:
        """What is there now."""
        self.loaded.append(account)
        self._lately[account] = self.now.get(account, {})
        return self._lately[account]


@pytest.fixture
def kept() -> Kept:
    """Hamlet is heard by Horatio, a friend, by Ophelia and Fortinbras; and hears Gertrude."""
    made = Kept()
    heard, hears = Acquaintance(hears=True), Acquaintance(heard=True)
    made.now[HAMLET] = {
        HORATIO: replace(heard, groups=frozenset(FRIENDS)),
        OPHELIA: heard,
        FORTINBRAS: heard,
        GERTRUDE: hears,
    }
    made.now[GERTRUDE] = {HAMLET: heard}
    return made


@pytest.fixture
async def stand(kept: Kept) -> AsyncIterator[Stand]:
    async with running(Stand(services=ELSEWHERE, rosters=kept)) as stand:
        await stand.leaf(TUNE, access=Access.PRESENCE)
        yield stand


def hears(view: View, jid: JID) -> bool:
    """Whether somebody hears Hamlet's presence."""
    return view.hears_presence(HAMLET, jid)


def publication(by: JID) -> Publish:
    """Somebody publishes a tune of Hamlet's."""
    return Publish(actor=by, node=TUNE, entry=Entry(payload=WORDS))


async def told(stand: Stand, via: Via = Via.PEP) -> set[JID]:
    """Who hears of one more item."""
    await stand.forget_told()
    await stand.publish(TUNE)
    heard = [each for each in await stand.hears(Published) if each.via is via]
    return {jid for each in heard for jid in each.to}


async def gathered(stand: Stand) -> set[JID]:
    """Who is told of all that was published, once it is due."""
    await stand.forget_told()
    for _ in range(5):
        await stand.run(Expire(actor=HAMLET, node=TUNE))
    return {jid for each in await stand.hears(Digested) for jid in (*each.to, *each.named)}


async def subscribed(stand: Stand) -> set[JID]:
    """Of those, who subscribed."""
    return await told(stand, Via.PUBSUB)


@pytest.mark.parametrize(
    ("access", "heard"),
    [
        (Access.OPEN, {HAMLET, HORATIO, OPHELIA, FORTINBRAS}),
        (Access.PRESENCE, {HAMLET, HORATIO, OPHELIA, FORTINBRAS}),
        (Access.ROSTER, {HAMLET, HORATIO}),
        (Access.AUTHORIZE, {HAMLET}),
        (Access.WHITELIST, {HAMLET}),
    ],
)
async def test_access_models(stand: Stand, access: Access, heard: set[JID]) -> None:
    """As with rosters here (tests/engine/test_personal.py)."""
    settings = {"access": access, "roster_groups": FRIENDS}
    await stand.run(Configure(actor=HAMLET, node=TUNE, settings=settings))
    assert await told(stand) == heard


async def test_rows_count(stand: Stand, kept: Kept) -> None:
    """A whitelist needs no roster, unless it has somebody on it."""
    await stand.run(Configure(actor=HAMLET, node=TUNE, settings={"access": Access.WHITELIST}))
    kept.loaded.clear()
    assert await told(stand) == {HAMLET}
    assert kept.loaded == []
    rows = {OPHELIA: Affiliation.MEMBER, POLONIUS: Affiliation.MEMBER}
    await stand.affiliate(TUNE, HAMLET, rows)
    assert await told(stand) == {HAMLET, OPHELIA}, "Polonius does not hear his presence"


async def test_who_may_subscribe(stand: Stand) -> None:
    """XEP-0060 §6.1.3.3: who hears presence, and in which group, is for the roster to say."""
    for jid in (HORATIO, OPHELIA, FORTINBRAS):
        await stand.subscribe(TUNE, jid)
    settings = {"access": Access.ROSTER, "roster_groups": FRIENDS}
    await stand.run(Configure(actor=HAMLET, node=TUNE, settings=settings))
    assert await subscribed(stand) == {HORATIO}


async def test_the_subscriptions_of_who_was_let_go_of(stand: Stand, kept: Kept) -> None:
    """They stand, since nobody told us to end them; and bring nothing, digests neither."""
    for jid in (HORATIO, OPHELIA):
        await stand.subscribe(TUNE, jid)
    options = {"digest": True, "digest_seconds": 1.0}
    await stand.run(SetDelivery(actor=OPHELIA, node=TUNE, subscriber=OPHELIA, options=options))
    await stand.subscribe(TUNE, FORTINBRAS, temporary=False)
    assert await subscribed(stand) == {HORATIO, FORTINBRAS}
    assert await told(stand) == {HAMLET, HORATIO, OPHELIA, FORTINBRAS}
    assert await gathered(stand) == {OPHELIA}
    kept.now[HAMLET] = {}
    assert await subscribed(stand) == set()
    assert await told(stand) == {HAMLET}
    assert await gathered(stand) == set()
    (item,) = await stand.items(TUNE)
    await stand.retract(TUNE, HAMLET, item.id)
    assert {jid for each in await stand.hears(Retracted) for jid in each.to} <= {HAMLET}
    kept.now[HAMLET] = {HORATIO: Acquaintance(hears=True)}
    assert await subscribed(stand) == {HORATIO}


async def test_who_hears_is_read_each_time_and_who_looks_once(stand: Stand, kept: Kept) -> None:
    """Who was on a roster a moment ago may look in; who was not is looked up anew."""
    await told(stand)
    kept.loaded.clear()
    for _ in range(3):
        assert await stand.ask(hears, HORATIO)
    assert kept.loaded == []
    assert not await stand.ask(hears, POLONIUS)
    assert kept.loaded == [HAMLET]
    kept.now[HAMLET] = {POLONIUS: Acquaintance(hears=True)}
    assert await stand.ask(hears, POLONIUS)
    await told(stand)
    assert kept.loaded == [HAMLET] * 3


async def test_who_comes(stand: Stand, kept: Kept) -> None:
    """XEP-0163 §4.3.4: of those accounts whose presence they hear, and whose nodes are here."""
    assert await stand.ask(questions.publishers, device(HAMLET)) == (HAMLET, GERTRUDE)
    kept.now[HAMLET] = {
        FORTINBRAS: Acquaintance(heard=True),
        HORATIO: Acquaintance(hears=True),
    }
    assert await stand.ask(questions.publishers, device(HAMLET)) == (HAMLET,)
    assert await stand.ask(questions.interesting, device(HORATIO), HAMLET, ("tune",)) == (TUNE,)
    kept.now[HAMLET] = {}
    assert await stand.ask(questions.interesting, device(POLONIUS), HAMLET, ("tune",)) == ()


async def test_a_node_of_a_service_that_is_for_an_owners_contacts(stand: Stand, kept: Kept) -> None:
    """XEP-0060 §4.5: of whichever service; also its subscribers are looked up."""
    node = NodeId(SPACES, "letters")
    await stand.leaf(node, HAMLET, access=Access.PRESENCE)
    await stand.subscribe(node, OPHELIA)
    await stand.forget_told()
    await stand.publish(node)
    assert {jid for each in await stand.hears(Published) for jid in each.to} == {OPHELIA}
    kept.now[HAMLET] = {}
    await stand.forget_told()
    await stand.publish(node)
    assert {jid for each in await stand.hears(Published) for jid in each.to} == set()


async def test_accounts_elsewhere_own_their_nodes_alone() -> None:
    """Nobody but the account makes any, and where they are not ours, nobody does."""
    assert ELSEWHERE.kind(HAMLET) is Kind.ACCOUNT
    assert not ELSEWHERE.local(HAMLET) and ELSEWHERE.delegated(HAMLET)
    assert ELSEWHERE.kind(FORTINBRAS) is Kind.ELSEWHERE
    assert replace(ELSEWHERE, personal=False).kind(HAMLET) is Kind.ELSEWHERE
    async with running(Stand(services=ELSEWHERE)) as stand:
        await stand.refused(publication(POLONIUS), Reason.FORBIDDEN)
        await stand.run(publication(HAMLET))
        assert await told(stand) == {HAMLET}, "no roster is to be had"
    async with running(Stand(services=replace(ELSEWHERE, personal=False))) as stand:
        await stand.refused(publication(HAMLET), Reason.NODE_NOT_FOUND)
