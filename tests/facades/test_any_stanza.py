"""Any stanza, in any order, from anybody, to any address: each gets the answer it deserves.

Nothing ends in `internal-server-error` or a traceback, no iq is left without an answer, and the
server goes on.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from folkmoot.xmpp.forms import DATA
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element, serialize
from tests.stage import Client, Stage, staged

PUBSUB: Final = "http://jabber.org/protocol/pubsub"
MUC: Final = "http://jabber.org/protocol/muc"

ADDRESSES: Final = (
    None,
    "shakespeare.lit",
    "pubsub.shakespeare.lit",
    "chat.shakespeare.lit",
    "coven@chat.shakespeare.lit",
    "coven@chat.shakespeare.lit/firstwitch",
    "heath@chat.shakespeare.lit/secondwitch",
    "hag66@shakespeare.lit",
    "hag66@shakespeare.lit/pda",
    "wiccarocks@shakespeare.lit/laptop",
    "nobody@shakespeare.lit",
    "elsewhere.example",
)
NAMESPACES: Final = (
    PUBSUB,
    PUBSUB + "#owner",
    PUBSUB + "#event",
    MUC,
    MUC + "#user",
    MUC + "#admin",
    MUC + "#owner",
    "http://jabber.org/protocol/disco#info",
    "http://jabber.org/protocol/disco#items",
    "http://jabber.org/protocol/commands",
    "http://jabber.org/protocol/caps",
    "http://jabber.org/protocol/rsm",
    "jabber:iq:roster",
    "jabber:iq:register",
    "jabber:x:conference",
    "urn:xmpp:ping",
    "urn:xmpp:bookmarks:1",
    "urn:xmpp:mam:2",
    DATA,
    CLIENT,
)
NAMES: Final = tuple(
    re.findall(
        r"\S+",
        """
        pubsub query x create configure delete purge publish item items retract subscribe
        unsubscribe subscriptions subscription affiliations affiliation options publish-options
        default conference command invite decline destroy history password reason status
        priority show body subject ping set max before after index c redirect identity feature
        group metadata flip-page prefs always never
        """,
    )
)
ATTRS: Final = tuple(
    re.findall(
        r"\S+",
        """
        node id jid nick affiliation role subscription subid max_items name ver hash type action
        sessionid notify uri code from to
        """,
    )
)
VALUES: Final = (
    "",
    "KEY",
    "presence",
    "messages",
    "coven",
    "hag66@shakespeare.lit",
    "hag66@shakespeare.lit/pda",
    "wiccarocks@shakespeare.lit",
    "not a jid@@",
    "firstwitch",
    "owner",
    "admin",
    "member",
    "none",
    "outcast",
    "moderator",
    "visitor",
    "subscribed",
    "pending",
    "remove",
    "submit",
    "cancel",
    "form",
    "true",
    "-1",
    "99999999999999999999",
    "http://jabber.org/protocol/pubsub#get-pending",
    *(f"urn:folkmoot:moderation:0#{name}" for name in ("ban", "kick", "retract")),
    "xmpp:pubsub.shakespeare.lit?;node=KEY",
    "é\u0301\U0001f9d9",
)
VARS: Final = (
    "FORM_TYPE",
    "pubsub#access_model",
    "pubsub#type",
    "pubsub#max_items",
    "pubsub#node",
    "pubsub#subscriber_jid",
    "pubsub#allow",
    *("space", "jid", "period", "since", "room", "before", "messages"),
    "muc#roomconfig_membersonly",
    "muc#roomconfig_pubsub",
    "muc#roomconfig_maxusers",
    "muc#role",
    "with",
    "start",
    "before-id",
    "ids",
    "roomnick",
    "roompassword",
    "",
)
WORDS: Final = (
    *VALUES,
    "urn:xmpp:spaces:0",
    PUBSUB + "#node_config",
    PUBSUB + "#subscribe_authorization",
    MUC + "#roomconfig",
    MUC + "#request",
    "urn:xmpp:mam:2",
    "id1",
    "2004-05-18T20:00:00Z",
    "whitelist",
    "authorize",
    "day",
    "2004-05-19T00:00:00Z",
)
ASKED_OF_ROOMS: Final = tuple(
    re.findall(
        r"\S+",
        """
        subscribe unsubscribe publish options items subscriptions affiliations configure delete
        retract create default
        """,
    )
)
TYPES: Final = {
    "iq": ("get", "set", "result", "error"),
    "message": ("", "chat", "normal", "headline", "groupchat", "error", "unknown"),
    "presence": (
        *("", "unavailable", "subscribe", "subscribed", "unsubscribe", "unsubscribed"),
        *("probe", "error"),
    ),
}

values = st.sampled_from(VALUES)
attributes = st.dictionaries(st.sampled_from(ATTRS), values, max_size=4)


@st.composite
def forms(draw: st.DrawFn) -> Element:
    """A data form that says anything."""
    x = Element(DATA, "x", {"type": draw(st.sampled_from(("submit", "cancel", "form", "x")))})
    for var in draw(st.lists(st.sampled_from(VARS), max_size=5)):
        told = draw(st.lists(st.sampled_from(WORDS), max_size=2))
        given_values = [Element(DATA, "value", None, value) for value in told]
        x.append(Element(DATA, "field", {"var": var}, *given_values))
    return x


@st.composite
def elements(draw: st.DrawFn, depth: int = 3) -> Element:
    """An element of the protocols spoken here, in any nesting."""
    if draw(st.integers(0, 4)) == 0:
        return draw(forms())
    namespace, name = draw(st.sampled_from(NAMESPACES)), draw(st.sampled_from(NAMES))
    element = Element(namespace, name, draw(attributes))
    if depth:
        for child in draw(st.lists(elements(depth=depth - 1), max_size=2)):
            inherits = draw(st.booleans())
            element.append(
                Element(namespace, child.name, child.attrs, *child.children) if inherits else child
            )
    if draw(st.booleans()):
        element.append(draw(values))
    return element


@st.composite
def stanzas(draw: st.DrawFn) -> Element:
    """A stanza as the stream lets it pass: an iq has an id, a type, and one child where it asks."""
    kind = draw(st.sampled_from(tuple(TYPES)))
    type = draw(st.sampled_from(TYPES[kind]))
    asks = kind == "iq" and type in ("get", "set")
    children = draw(st.lists(elements(), min_size=int(asks), max_size=1 if asks else 2))
    attrs = {"type": type or None, "id": "any", "to": draw(st.sampled_from(ADDRESSES))}
    return Element(CLIENT, kind, attrs, *children)


@st.composite
def room_requests(draw: st.DrawFn) -> Element:
    """A request of XEP-0060 to the rooms service, of which more or less is as it should be."""
    ns = draw(st.sampled_from((PUBSUB, PUBSUB + "#owner")))
    name = draw(st.sampled_from(ASKED_OF_ROOMS))
    node = draw(st.sampled_from((None, "", "coven", "heath", "a@b", "a/b", "é\u0301")))
    device = st.sampled_from(("hag66@shakespeare.lit/pda", "wiccarocks@shakespeare.lit/laptop"))
    asked = Element(ns, name, {"node": node, "jid": draw(device | values)})
    said = Element(CLIENT, draw(st.sampled_from(("message", "presence", "iq"))), draw(attributes))
    said.children.extend(draw(st.lists(elements(depth=2), max_size=2)))
    if name == "publish":
        payloads = draw(st.lists(st.just(said) | elements(depth=1), max_size=2))
        asked.append(Element(ns, "item", draw(attributes), *payloads))
    elif draw(st.booleans()):
        asked.append(draw(forms()))
    pubsub = Element(ns, "pubsub", None, asked)
    if name == "subscribe" and draw(st.integers(0, 3)):
        nick = draw(st.sampled_from(("firstwitch", "secondwitch", "", "é\u0301\U0001f9d9")))
        field = Element(DATA, "field", {"var": "roomnick"}, Element(DATA, "value", None, nick))
        x = Element(DATA, "x", {"type": "submit"}, field)
        pubsub.append(Element(ns, "options", None, x))
    pubsub.children.extend(draw(st.lists(elements(depth=1), max_size=1)))
    type = draw(st.sampled_from(("get", "set")))
    return Element(CLIENT, "iq", {"type": type, "id": "any", "to": "chat.shakespeare.lit"}, pubsub)


async def _prepared(stage: Stage) -> list[Client]:
    """Somebody with a room, a space and a contact, and somebody with nothing."""
    hag = await stage.client("hag66@shakespeare.lit/pda", available=True)
    crone = await stage.client("wiccarocks@shakespeare.lit/laptop", available=True)
    await hag.sends(
        f"<presence to='coven@chat.shakespeare.lit/firstwitch'><x xmlns='{MUC}'/></presence>"
    )
    await hag.sends(
        "<iq type='set' id='1' to='pubsub.shakespeare.lit'>"
        f"<pubsub xmlns='{PUBSUB}'><create node='KEY'/><configure><x xmlns='{DATA}' type='submit'>"
        "<field var='pubsub#type'><value>urn:xmpp:spaces:0</value></field>"
        "</x></configure></pubsub></iq>"
    )
    await hag.sends("<presence type='subscribe' to='wiccarocks@shakespeare.lit'/>")
    for client in (hag, crone):
        await client.drains()
    return [hag, crone]


async def _play(script: list[tuple[int, Element]]) -> None:
    async with staged(domain=JID.parse("shakespeare.lit")) as stage:
        clients = await _prepared(stage)
        for number, stanza in script:
            client = clients[number]
            await client.sends(serialize(stanza, CLIENT))
            answers = [each for each in await client.drains() if each.get("id") == "any"]
            errors = [each for each in answers if each.get("type") == "error"]
            assert not any("internal-server-error" in repr(each) for each in errors)
            asked = stanza.name == "iq" and stanza.get("type") in ("get", "set")
            if asked and "/" not in stanza.get("to", ""):  # else it is for a client to answer
                assert any(each.name == "iq" for each in answers), "an iq without an answer"


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
@given(st.lists(st.tuples(st.integers(0, 1), stanzas()), min_size=1, max_size=8))
def test_any_stanza_in_any_order(script: list[tuple[int, Element]]) -> None:
    """Each is answered as its specification says, or ignored where it says so."""
    with capture_logs() as logs:
        asyncio.run(_play(script))
    assert not [each for each in logs if each["log_level"] == "error"]


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.one_of(room_requests(), room_requests(), stanzas())),
        min_size=1,
        max_size=8,
    )
)
def test_any_pubsub_at_rooms(script: list[tuple[int, Element]]) -> None:
    """XEP-0207 §5: rooms asked through pubsub, by some who are in them by that and some not."""
    with capture_logs() as logs:
        asyncio.run(_play(script))
    assert not [each for each in logs if each["log_level"] == "error"]
