"""Nouns to keep: a few addresses and ids that meet often, and strategies for the rest."""

from __future__ import annotations

from dataclasses import fields

from hypothesis import strategies as st

from folkmoot.engine.configuration import ITEM_SECONDS_MAX, NodeConfig, RoomConfig
from folkmoot.engine.digest import Digest
from folkmoot.engine.events import ItemPublished, NodeCreated
from folkmoot.engine.model import (
    Contact,
    Item,
    Manner,
    NodeId,
    Occupant,
    Registration,
    Retraction,
    Role,
    Scope,
    Show,
    State,
    Subscription,
    Terms,
    Topic,
    Via,
)
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element

TUNE = "http://jabber.org/protocol/tune"

SPACES = JID.parse("spaces.capulet.example")
ROOMS = JID.parse("rooms.capulet.example")
JULIET = JID.parse("juliet@capulet.example")
BALCONY = JULIET.with_resource("balcony")
ROMEO = JID.parse("romeo@montague.example")
TATIANA = JID.parse("татьяна@онегин.example/сад")

VERONA = NodeId(SPACES, "verona")
GARDEN = NodeId(ROOMS, "garden")
BALL = NodeId(ROOMS, "ball")
PRESENCE = NodeId(JULIET, "presence")
NODES = (VERONA, GARDEN, BALL, PRESENCE)


def created(node: NodeId, config: NodeConfig | None = None) -> NodeCreated:
    """A node of Juliet's."""
    return NodeCreated(
        node=node, config=config or NodeConfig(), creator=BALCONY, at=1.5, owner=JULIET
    )


def item(item_id: str, title: str = "Heartbeat") -> Item:
    """An item of Juliet's."""
    payload = Element(TUNE, "tune", None, Element(TUNE, "title", None, title))
    return Item(item_id, BALCONY, 1_600_000_000.25, payload)


def published(node: NodeId, item_id: str, title: str = "Heartbeat") -> ItemPublished:
    """An item to keep."""
    return ItemPublished(node=node, item=item(item_id, title), persist=True)


texts = st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=20)
xml_texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=20)
jids = st.sampled_from((JULIET, BALCONY, ROMEO, TATIANA))
bare_jids = st.sampled_from((JULIET, ROMEO, TATIANA.bare))
nodes = st.sampled_from(NODES)
item_ids = st.sampled_from(("a", "b", "c", "d", "Ж"))
seconds = st.floats(0, 4e9)

rooms = st.builds(RoomConfig, **{field.name: ... for field in fields(RoomConfig)})
configs = st.builds(
    NodeConfig,
    **{field.name: ... for field in fields(NodeConfig)}
    | {"type": st.sampled_from(("", "urn:xmpp:x")) | texts}
    | {"parent": st.none() | nodes, "link": st.none() | nodes, "room": st.none() | rooms}
    | {"contacts": st.lists(jids, max_size=2).map(tuple)}
    | {"item_seconds": st.integers(0, ITEM_SECONDS_MAX)},
)

elements = st.recursive(
    st.builds(
        lambda name, attrs, text: Element(TUNE, name, attrs, text),
        st.sampled_from(("artist", "title")),
        st.dictionaries(st.sampled_from(("xml", "rating")), xml_texts, max_size=2),
        xml_texts,
    ),
    lambda inner: st.builds(
        lambda ns, children: Element(ns, "tune", None, *children),
        st.sampled_from((TUNE, "urn:example:}:odd", "")),
        st.lists(inner, max_size=3),
    ),
    max_leaves=5,
)
messages = st.builds(
    lambda name: Element(CLIENT, "message", None, Element(CLIENT, name, None, "Soft!")),
    st.sampled_from(("body", "body", "subject")),
)
items = st.builds(
    Item,
    id=item_ids,
    publisher=jids,
    published=seconds,
    payload=st.none() | elements | messages,
    nick=st.just("witch") | texts,
)
retractions = st.builds(Retraction, at=seconds, id=texts, moderator=texts, nick=texts, reason=texts)
registrations = st.builds(Registration, nick=texts, pending=st.booleans())
contacts = st.builds(
    Contact,
    name=texts,
    groups=st.lists(texts, max_size=3).map(tuple),
    request=st.none() | elements,
)


manners = st.builds(Manner, st.booleans(), st.frozensets(st.sampled_from(Show)))
scopes = st.builds(Scope, st.frozensets(st.sampled_from(Topic), min_size=1), st.integers(-9, 9))
digests = st.none() | st.builds(Digest, seconds, st.integers(0, 9), seconds)
terms = st.builds(Terms, texts, st.booleans(), st.none() | seconds, manners, scopes, digests)
occupants = st.builds(
    Occupant,
    nick=texts,
    presence=elements,
    role=st.none() | st.sampled_from(Role),
    tracks=st.booleans(),
)


def occupancies(subscriber: JID) -> st.SearchStrategy[Subscription]:
    """Any occupancy of a room that an entity may have."""
    return st.builds(
        Subscription,
        subscriber=st.just(subscriber),
        state=st.just(State.SUBSCRIBED),
        via=st.sampled_from(Via),
        subid=texts,
        temporary=st.just(True),
        occupant=occupants,
    )


def subscriptions(subscriber: JID) -> st.SearchStrategy[Subscription]:
    """Any subscription an entity may have, but an occupancy."""
    return st.builds(
        Subscription,
        subscriber=st.just(subscriber),
        state=st.sampled_from(State),
        via=st.sampled_from(Via),
        subid=texts,
        temporary=st.booleans(),
        deliver=st.booleans(),
        expires=st.none() | seconds,
        manner=manners,
        scope=scopes,
        digest=digests,
        public=st.booleans(),
        more=st.lists(terms, max_size=3).map(tuple),
        contact=st.none() | contacts,
    )
