"""Whatever is sent to a pubsub service, in whatever order: it answers, and goes on."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from folkmoot.facades.disco import INFO, ITEMS
from folkmoot.facades.pubsub import FACADE
from folkmoot.facades.pubsub.ns import (
    AUTHORIZATION,
    COMMANDS,
    EVENT,
    GET_PENDING,
    NODE_CONFIG,
    OWNER,
    PUBSUB,
)
from folkmoot.facades.pubsub.ordering import NS as ORDER_BY
from folkmoot.xmpp.forms import DATA
from folkmoot.xmpp.rsm import RSM
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element
from tests.stage import staged

HAMLET, OPHELIA = "hamlet@shakespeare.lit", "ophelia@shakespeare.lit"
NODES = (*("denmark", "elsinore") * 6, "presence", "messages", COMMANDS, GET_PENDING, "", "'\"<&")
JIDS = (
    *(HAMLET, OPHELIA) * 4,
    f"{HAMLET}/pda",
    "fortinbras@norway.lit",
    "chat.shakespeare.lit",
    "@",
    "",
)
NUMBERS = ("0", "1", "2", "-1", "max", "99999999999999999999", "²", "")
WORDS = (
    *("true", "false", "1", "open", "authorize", "whitelist", "presence", "roster", "owner"),
    *("member", "outcast", "none", "publisher", "subscribed", "pending", "leaf", "never"),
    *("urn:xmpp:spaces:0", "xmpp:pubsub.shakespeare.lit?;node=denmark", "http://x", "on_sub"),
)

COMMON = {
    "node": st.sampled_from(NODES),
    "jid": st.sampled_from(JIDS),
    "subscription": st.sampled_from(WORDS),
    "affiliation": st.sampled_from(WORDS),
    "id": st.sampled_from(("a", "b", "den@chat.shakespeare.lit", "")),
}
RARE = {
    "subid": st.sampled_from(("id1", "x")),
    "max_items": st.sampled_from(NUMBERS),
    "notify": st.sampled_from(WORDS),
    "action": st.sampled_from(("execute", "next", "prev", "cancel", "x")),
    "type": st.sampled_from(("submit", "form", "cancel", "result", "leaf", "x")),
    "uri": st.sampled_from(WORDS),
}
ATTRS = st.one_of(
    st.fixed_dictionaries(COMMON),
    st.fixed_dictionaries(COMMON, optional=RARE),
    st.fixed_dictionaries({}, optional={**COMMON, **RARE}),
)
FIELDS = (
    *(
        f"pubsub#{name}"
        for name in ("node", "subscriber_jid", "allow", "deliver", "include_body", "title", "type")
    ),
    *(f"pubsub#{name}" for name in ("access_model", "publish_model", "persist_items", "max_items")),
    *(f"pubsub#{name}" for name in ("digest", "digest_frequency")),
    *(f"pubsub#{name}" for name in ("node_type", "purge_offline", "send_last_published_item")),
    *(f"pubsub#{name}" for name in ("notify_sub", "notify_config", "max_payload_size", "x")),
    "{urn:xmpp:pubsub-relationships:0}parent",
    "{urn:xmpp:pubsub-relationships:0}link",
    "{urn:folkmoot:spaces:0}inherit",
    "{urn:xmpp:pubsub-ext-sub:0}type",
    "{urn:xmpp:pubsub-ext-sub:0}depth",
    "",
)
REQUEST_NAMES = (
    *("create", "configure", "delete", "purge", "default", "subscriptions", "affiliations"),
    *("subscribe", "unsubscribe", "options", "items", "publish", "retract", "redirect"),
    *("publish-options", "item", "item", "subscription", "affiliation", "brew"),
)
REQUESTS = st.sampled_from(REQUEST_NAMES)


@st.composite
def form(draw: st.DrawFn) -> Element:
    """A data form of the fields that matter, and some that do not."""
    names = draw(st.lists(st.sampled_from(FIELDS), max_size=4))
    kind = draw(st.sampled_from(("submit",) * 6 + ("form", "cancel", "result", "x", None)))
    form_type = draw(st.sampled_from((AUTHORIZATION, NODE_CONFIG, None)))
    x = Element(DATA, "x", {"type": kind})
    if form_type is not None:
        x.append(_field("FORM_TYPE", [form_type]))
    for name in names:
        values = st.sampled_from((*WORDS, *NUMBERS, *JIDS, *NODES))
        x.append(_field(name, draw(st.lists(values, max_size=2))))
    return x


def _field(var: str, values: list[str]) -> Element:
    told = (Element(DATA, "value", None, value) for value in values)
    return Element(DATA, "field", {"var": var}, *told)


@st.composite
def result_set(draw: st.DrawFn) -> Element:
    """A page of something (XEP-0059)."""
    told = draw(
        st.dictionaries(
            st.sampled_from(("max", "after", "before", "index")),
            st.sampled_from((*NUMBERS, "a", "b")),
        )
    )
    return Element(
        RSM, "set", None, *(Element(RSM, name, None, said) for name, said in told.items())
    )


@st.composite
def order(draw: st.DrawFn) -> Element:
    """An order of something (XEP-0413)."""
    by = draw(st.sampled_from(("creation", "modification", "{x}size", "", None)))
    desc = draw(st.sampled_from(("true", "1", "0", "down", None)))
    return Element(ORDER_BY, "order", {"by": by, "desc": desc})


PAYLOADS = st.sampled_from(
    (
        Element("urn:x", "x"),
        Element("urn:xmpp:bookmarks:1", "conference"),
        Element("urn:xmpp:pubsub:subscription:0", "subscription", {"node": "elsinore"}),
        Element(CLIENT, "message"),
    )
)
LEAVES = st.one_of(form(), result_set(), PAYLOADS, st.just("words"))


@st.composite
def request(draw: st.DrawFn, ns: str, depth: int = 2) -> Element:
    """An element of this protocol, with others of it inside, or what belongs elsewhere."""
    found = Element(draw(st.sampled_from((ns,) * 9 + (EVENT,))), draw(REQUESTS), draw(ATTRS))
    inside = st.one_of(request(ns, depth - 1), LEAVES) if depth else LEAVES
    found.children.extend(draw(st.lists(inside, max_size=3)))
    return found


ROUTES = [route for route in FACADE.routes if route.kind == "iq"]
ROWS = {
    "publish": "item",
    "retract": "item",
    "items": "item",
    "subscriptions": "subscription",
    "affiliations": "affiliation",
    "delete": "redirect",
}
BESIDE = {"create": "configure", "subscribe": "options", "publish": "publish-options"}


@st.composite
def known(draw: st.DrawFn) -> tuple[str, Element]:
    """An iq that there is a handler for, filled with what might belong there."""
    route = draw(st.sampled_from(ROUTES))
    ns, name, *inner = route.path
    outer = Element(ns, name, draw(ATTRS))
    if ns == COMMANDS:
        outer.attrs["node"] = GET_PENDING
        outer.children.extend(draw(st.lists(form(), max_size=1)))
    for each in inner:
        asked = Element(ns, each, draw(ATTRS))
        for _ in range(draw(st.integers(0, 2)) if each in ROWS else 0):
            payload = draw(st.lists(PAYLOADS, max_size=1))
            asked.append(Element(ns, ROWS[each], draw(ATTRS), *payload))
        if draw(st.booleans()):
            asked.append(draw(st.one_of(form(), request(ns))))
        outer.append(asked)
        if draw(st.booleans()):
            beside = Element(ns, BESIDE.get(each, "configure"), None, draw(form()))
            outer.append(draw(st.one_of(st.just(beside), result_set(), order())))
    return route.type, outer


SERVICES = st.sampled_from(("pubsub.shakespeare.lit",) * 9 + (HAMLET, OPHELIA))
ACTORS = st.sampled_from((HAMLET, OPHELIA))
Stanza = tuple[str, Element]


def _stanza(by: str, to: str | None, kind: str, type: str | None, *children: Element) -> Stanza:
    return by, Element(CLIENT, kind, {"type": type, "to": to, "id": "any"}, *children)


STANZAS: st.SearchStrategy[Stanza] = st.one_of(
    st.builds(lambda by, to, told: _stanza(by, to, "iq", *told), ACTORS, SERVICES, known()),
    st.builds(lambda by, to, told: _stanza(by, to, "iq", *told), ACTORS, SERVICES, known()),
    st.builds(
        lambda by, to, type, child: _stanza(by, to, "iq", type, child),
        ACTORS,
        SERVICES,
        st.sampled_from(("get", "set")),
        st.sampled_from((PUBSUB, OWNER)).flatmap(
            lambda ns: request(ns).map(lambda asked: Element(ns, "pubsub", None, asked))
        ),
    ),
    st.builds(
        lambda by, to, ns, attrs, inside: _stanza(
            by, to, "iq", "get", Element(ns, "query", attrs, *inside)
        ),
        ACTORS,
        SERVICES,
        st.sampled_from((INFO, ITEMS)),
        ATTRS,
        st.lists(result_set(), max_size=1),
    ),
    st.builds(
        lambda by, to, kind, type, told: _stanza(by, to, kind, type, *told),
        ACTORS,
        st.sampled_from(("pubsub.shakespeare.lit", HAMLET, "shakespeare.lit", None)),
        st.sampled_from(("message", "iq")),
        st.sampled_from(("normal", "set", "get", "result", "error", "headline", "x", None)),
        st.lists(st.one_of(form(), request(PUBSUB)), max_size=2),
    ),
)


async def played(stanzas: list[Stanza]) -> None:
    """Hold that nothing ends in a bug, and that both are answered still."""
    async with staged() as stage:
        clients = {
            jid: await stage.client(f"{jid}/pda", available=True) for jid in (HAMLET, OPHELIA)
        }
        for node in ("denmark", "elsinore"):
            await clients[HAMLET].asks(
                f"<iq type='set' id='1' to='pubsub.shakespeare.lit'><pubsub xmlns='{PUBSUB}'>"
                f"<create node='{node}'/></pubsub></iq>",
                "<iq type='result'/>",
            )
        for by, stanza in stanzas:
            with capture_logs() as logs:
                await clients[by].sends(stanza)
                came = [each for client in clients.values() for each in await client.drains()]
            assert "internal-server-error" not in "".join(map(repr, came))
            assert not [each for each in logs if each["log_level"] == "error"]


@settings(deadline=None, max_examples=120)
@given(st.lists(STANZAS, min_size=1, max_size=12))
def test_any_stanza_in_any_order(stanzas: list[Stanza]) -> None:
    """RFC 6120 §8.3.3: each has its answer, and the ping after it, too."""
    asyncio.run(played(stanzas))
