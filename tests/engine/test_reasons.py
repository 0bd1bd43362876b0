"""Every reason the engine has for saying no is one that somebody can meet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from typing import Final

import pytest

from folkmoot.engine.commands import (
    Approve,
    Command,
    Configure,
    Create,
    Entry,
    Invite,
    Publish,
    Purge,
    Retract,
    SetAffiliations,
    Subscribe,
    Unsubscribe,
)
from folkmoot.engine.configuration import NODE_ITEMS_MAX, Access, Registering
from folkmoot.engine.decide.hats import HATS_PER_NODE_MAX
from folkmoot.engine.decide.invites import INVITES_PER_NODE_MAX
from folkmoot.engine.errors import Reason
from folkmoot.engine.model import (
    CHAIN_NODES_MAX,
    MESSAGES_NODE,
    Affiliation,
    Hat,
    NodeId,
    Occupant,
    Role,
    Via,
)
from folkmoot.engine.pace import Bucket, Pace
from folkmoot.engine.room_commands import ChangePresence, Register, SetHat, SetRoles
from folkmoot.xmpp.jid import JID
from tests.engine.stand import (
    DENMARK,
    ELSINORE,
    FORTINBRAS,
    GERTRUDE,
    HALL,
    HAMLET,
    HERE,
    HORATIO,
    OPHELIA,
    POLONIUS,
    ROOMS,
    SERVICES,
    SOLILOQUIES,
    SPACES,
    TOWER,
    WORDS,
    Stand,
    device,
    entry,
    presence,
    running,
)

LETTERS, BELL = NodeId(SPACES, "letters"), NodeId(SPACES, "bell")
MONUMENT = NodeId(SPACES, "monument")
TUNE, SECRETS = NodeId(HAMLET, "tune"), NodeId(HAMLET, "secrets")
MAILBOX = NodeId(HAMLET, MESSAGES_NODE)
CRYPT, STAGE = NodeId(ROOMS, "crypt"), NodeId(ROOMS, "stage")
CELL = NodeId(ROOMS, "cell")
CHAPEL = NodeId(ROOMS, "chapel")
CHAPEL_RULES = {"room.nicks_locked": True, "room.registering": Registering.CLOSED}
CHAIN = tuple(NodeId(SPACES, f"link {number}") for number in range(CHAIN_NODES_MAX))
PRINCE, FRIEND = device(HAMLET), device(HORATIO)
SERVICES_HERE = replace(
    SERVICES, nodes_per_account_max=len(CHAIN) + 6, subscriptions_per_node_max=2
)


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    """A kingdom with every kind of door in it."""
    async with running(Stand(services=SERVICES_HERE)) as stand:
        await stand.leaf(payload_bytes_max=60)
        await stand.publish(SOLILOQUIES, id="one")
        await stand.affiliate(SOLILOQUIES, HAMLET, {POLONIUS: Affiliation.OUTCAST})
        for jid in (HORATIO, OPHELIA):
            await stand.subscribe(SOLILOQUIES, jid)
        await stand.run(replace(subscribe(SOLILOQUIES, HORATIO), options={"body": True}))
        await stand.leaf(LETTERS, access=Access.WHITELIST)
        await stand.leaf(BELL, persist_items=False, deliver_payloads=False)
        await stand.leaf(MONUMENT, subscribable=False)
        await stand.space()
        await stand.subscribe(DENMARK, HORATIO)
        for _ in range(INVITES_PER_NODE_MAX):
            await stand.run(Invite(actor=HAMLET, node=DENMARK))
        for number in range(HATS_PER_NODE_MAX):
            await stand.run(SetHat(actor=HAMLET, node=DENMARK, hat=Hat(f"urn:{number}", "Crown")))
        await stand.space(ELSINORE, parent=DENMARK)
        await stand.leaf(CHAIN[0])
        for above, node in pairwise(CHAIN):
            await stand.leaf(node, parent=above)
        await stand.leaf(TUNE, access=Access.PRESENCE)
        await stand.leaf(SECRETS, access=Access.ROSTER)
        await stand.room(settings={"room.moderated": True, "room.password": "swordfish"})
        await stand.enter(HALL, PRINCE, "prince")
        await stand.enter(HALL, FRIEND, password="swordfish")
        await stand.room(CHAPEL, settings=CHAPEL_RULES)
        await stand.run(Register(actor=HAMLET, node=CHAPEL, nick="prince"))
        await stand.enter(CHAPEL, PRINCE, "prince")
        await stand.run(Create(actor=OPHELIA, node=TOWER))
        await stand.room(CRYPT, OPHELIA, settings={"room.occupants_max": 1})
        await stand.enter(CRYPT, FRIEND)
        await stand.room(CELL, OPHELIA, settings={"room.slow_seconds": 60})
        await stand.enter(CELL, PRINCE)
        cell = await stand.node(CELL)
        used = Bucket(0, 1e12)
        cell.put_buckets([((None, Pace.PRESENCES_OF_ALL), used), ((HORATIO, Pace.NICKS), used)])
        await stand.publish(CELL, PRINCE)
        cell.put_buckets([((HAMLET, Pace.SLOW), used), ((HAMLET, Pace.PRESENCES), used)])
        await stand.publish(MAILBOX, id="mail")
        heads = (await stand.node(MAILBOX)).heads
        assert heads is not None
        heads.update({str(number): HAMLET for number in range(NODE_ITEMS_MAX)})
        yield stand


ITEM = Entry(payload=WORDS)


def publish(node: NodeId, by: JID = HAMLET, entry: Entry = ITEM) -> Publish:
    return Publish(actor=by, node=node, entry=entry)


def subscribe(node: NodeId, jid: JID, via: Via = Via.PUBSUB) -> Subscribe:
    return Subscribe(actor=jid, node=node, subscriber=jid, via=via)


def unsubscribe(jid: JID, subid: str) -> Unsubscribe:
    return Unsubscribe(actor=jid, node=SOLILOQUIES, subscriber=jid, subid=subid)


def configure(node: NodeId, **settings: object) -> Configure:
    return Configure(actor=HAMLET, node=node, settings=settings)


def affiliate(by: JID, jid: JID, wanted: Affiliation, node: NodeId = HALL) -> SetAffiliations:
    return SetAffiliations(actor=by, node=node, affiliations={jid: wanted})


NOBODY = JID.parse("yorick@shakespeare.lit")

ASKED: Final[dict[Reason, Command]] = {
    Reason.NODE_NOT_FOUND: Purge(actor=HAMLET, node=STAGE),
    Reason.ITEM_NOT_FOUND: Retract(actor=HAMLET, node=SOLILOQUIES, item_ids=("two",)),
    Reason.NODE_EXISTS: Create(actor=OPHELIA, node=SOLILOQUIES),
    Reason.FORBIDDEN: Purge(actor=OPHELIA, node=SOLILOQUIES),
    Reason.OUTRANKED: SetRoles(actor=PRINCE, node=HALL, roles={"prince": Role.VISITOR}),
    Reason.ONESELF: affiliate(HAMLET, HAMLET, Affiliation.OUTCAST),
    Reason.NOT_SUBSCRIBED: Unsubscribe(actor=GERTRUDE, node=SOLILOQUIES, subscriber=GERTRUDE),
    Reason.NOT_SUBSCRIBABLE: subscribe(MONUMENT, OPHELIA),
    Reason.SUBID_REQUIRED: unsubscribe(HORATIO, ""),
    Reason.INVALID_SUBID: unsubscribe(HORATIO, "123-abc"),
    Reason.OUTCAST: subscribe(SOLILOQUIES, POLONIUS),
    Reason.CLOSED_NODE: subscribe(LETTERS, OPHELIA),
    Reason.PENDING: subscribe(DENMARK, HORATIO),
    Reason.PRESENCE_REQUIRED: subscribe(TUNE, OPHELIA),
    Reason.NOT_IN_ROSTER_GROUP: subscribe(SECRETS, OPHELIA),
    Reason.INVALID_SUBSCRIBER: replace(subscribe(SOLILOQUIES, OPHELIA), actor=HORATIO),
    Reason.LAST_OWNER: affiliate(HAMLET, HAMLET, Affiliation.MEMBER),
    Reason.BAD_CONFIG: configure(SOLILOQUIES, max_items=-1),
    Reason.PRECONDITION: replace(publish(SOLILOQUIES), expects={"max_items": 7}),
    Reason.PAYLOAD_REQUIRED: publish(SOLILOQUIES, entry=Entry(payload=None)),
    Reason.PAYLOAD_TOO_BIG: publish(SOLILOQUIES, entry=Entry(payload=WORDS, id="i" * 2_000)),
    Reason.ITEM_REQUIRED: Retract(actor=HAMLET, node=SOLILOQUIES, item_ids=()),
    Reason.ITEM_FORBIDDEN: publish(BELL),
    Reason.NODE_FULL: publish(MAILBOX),
    Reason.TOO_MANY_NODES: Create(actor=HAMLET, node=NodeId(SPACES, "one more")),
    Reason.TOO_MANY_SUBSCRIPTIONS: subscribe(SOLILOQUIES, GERTRUDE),
    Reason.MAY_NOT_CREATE: Create(actor=FORTINBRAS, node=STAGE),
    Reason.NOT_PERSISTENT: Purge(actor=HAMLET, node=BELL),
    Reason.NO_ACCOUNT: subscribe(presence(NOBODY), HAMLET, Via.PRESENCE),
    Reason.CYCLE: configure(DENMARK, parent=ELSINORE),
    Reason.CHAIN_TOO_LONG: configure(SOLILOQUIES, parent=CHAIN[-1]),
    Reason.MISPLACED: configure(SOLILOQUIES, link=TUNE),
    Reason.NICK_IN_USE: entry(HALL, FRIEND, "prince"),
    Reason.NICK_NEEDED: entry(HALL, FRIEND, " "),
    Reason.NICK_LOCKED: ChangePresence(actor=PRINCE, node=CHAPEL, occupant=Occupant("ghost", HERE)),
    Reason.MAY_NOT_REGISTER: Register(actor=OPHELIA, node=CHAPEL, nick="lady"),
    Reason.WRONG_PASSWORD: entry(HALL, device(OPHELIA), password="shellfish"),
    Reason.ROOM_FULL: entry(CRYPT, device(GERTRUDE)),
    Reason.ROOM_LOCKED: entry(TOWER, FRIEND),
    Reason.NO_VOICE: publish(HALL, FRIEND),
    Reason.TOO_MANY_INVITES: Invite(actor=HAMLET, node=DENMARK),
    Reason.TOO_MANY_HATS: SetHat(actor=HAMLET, node=DENMARK, hat=Hat("urn:one-more", "Crown")),
    Reason.TOO_FAST: ChangePresence(actor=PRINCE, node=CELL, occupant=Occupant("hamlet", HERE)),
    Reason.TOO_BUSY: entry(CELL, FRIEND),
    Reason.SLOW_MODE: publish(CELL, PRINCE, entry=Entry(payload=WORDS, words=True)),
    Reason.NOT_IN_ROOM: SetRoles(actor=PRINCE, node=HALL, roles={"yorick": None}),
}


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.name)
async def test_a_no_is_a_no(stand: Stand, reason: Reason) -> None:
    """It says why, and nothing has changed."""
    detail = {
        Reason.BAD_CONFIG: "max_items",
        Reason.PRECONDITION: "max_items",
        Reason.PAYLOAD_TOO_BIG: "id",
        Reason.CYCLE: "parent",
        Reason.CHAIN_TOO_LONG: "parent",
        Reason.MISPLACED: "link",
        Reason.TOO_FAST: "presences",
        Reason.TOO_BUSY: "presences of all",
        Reason.SLOW_MODE: "60",
    }
    await stand.refused(ASKED[reason], reason, detail.get(reason, ""))


async def test_an_answer_to_nobody_is_none(stand: Stand) -> None:
    """What is not refused may still come to nothing."""
    late = Approve(actor=HAMLET, node=DENMARK, subscriber=OPHELIA, allow=True)
    assert await stand.run(late) == ()
