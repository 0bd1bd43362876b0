"""Whatever accounts do, nobody hears of an item they could not retrieve (XEP-0163 1.2.2 §4)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.xmpp.xml import Element
from tests.facades.listening import (
    EVENT,
    PUBSUB,
    announces,
    events_of,
    publication,
)
from tests.stage import Client, Stage, staged

OWNER, CONTACTS = "juliet", ("romeo", "nurse")
NODES = ("tune", "mood")

contacts = st.sampled_from(CONTACTS)
nodes = st.sampled_from(NODES)


def to(jid: str) -> str:
    """An account's address."""
    return f"{jid}@shakespeare.lit"


def _to_contact(type: str) -> st.SearchStrategy[tuple[str, str]]:
    return contacts.map(lambda other: (OWNER, f"<presence to='{to(other)}' type='{type}'/>"))


def _to_owner(type: str) -> st.SearchStrategy[tuple[str, str]]:
    return contacts.map(lambda other: (other, f"<presence to='{to(OWNER)}' type='{type}'/>"))


def _configure(node: str, model: str) -> str:
    return f"""
        <iq type='set' id='c'><pubsub xmlns='{PUBSUB}#owner'><configure node='{node}'>
          <x xmlns='jabber:x:data' type='submit'>
            <field var='pubsub#access_model'><value>{model}</value></field>
            <field var='pubsub#roster_groups_allowed'><value>Friends</value></field>
          </x></configure></pubsub></iq>"""


def _affiliate(node: str, other: str, affiliation: str) -> str:
    row = f"<affiliation jid='{to(other)}' affiliation='{affiliation}'/>"
    return f"""
        <iq type='set' id='a'><pubsub xmlns='{PUBSUB}#owner'>
          <affiliations node='{node}'>{row}</affiliations></pubsub></iq>"""


def _group(other: str, group: str) -> str:
    item = f"<item jid='{to(other)}'><group>{group}</group></item>"
    return f"<iq type='set' id='g'><query xmlns='jabber:iq:roster'>{item}</query></iq>"


def _subscribe(one: str, node: str, name: str) -> tuple[str, str]:
    child = f"<{name} node='{node}' jid='{to(one)}'/>"
    return (
        one,
        f"<iq type='set' to='{to(OWNER)}' id='s'><pubsub xmlns='{PUBSUB}'>{child}</pubsub></iq>",
    )


models = st.sampled_from(("open", "presence", "roster", "roster", "authorize", "whitelist"))
standing = st.sampled_from(("member", "none", "outcast", "publish-only"))
published = nodes.map(lambda node: (OWNER, publication(node, "<a xmlns='a'/>", "current")))
ways = st.sampled_from(("subscribe", "unsubscribe"))
steps = st.lists(
    st.one_of(
        published,
        published,
        published,
        _to_contact("subscribed"),
        _to_contact("unsubscribed"),
        _to_owner("subscribe"),
        _to_owner("unsubscribe"),
        st.tuples(st.just(OWNER), st.builds(_configure, nodes, models)),
        st.tuples(st.just(OWNER), st.builds(_affiliate, nodes, contacts, standing)),
        st.tuples(st.just(OWNER), st.builds(_group, contacts, st.sampled_from(("Friends", "")))),
        st.builds(_subscribe, contacts, nodes, ways),
        st.tuples(contacts, st.just("<presence type='unavailable'/>")),
        st.tuples(contacts, st.sets(nodes)),
    ),
    min_size=10,
    max_size=40,
)


@given(steps)
@settings(max_examples=50, deadline=None)
def test_nobody_hears_what_they_could_not_have(steps: Sequence[tuple[str, str | set[str]]]) -> None:
    """Her contacts hear her to begin with; then anything is done, and what comes is checked."""
    asyncio.run(_played(steps))


async def _played(steps: Sequence[tuple[str, str | set[str]]]) -> None:
    async with staged() as stage:
        cast = {name: await stage.client(f"{to(name)}/home") for name in (OWNER, *CONTACTS)}
        for name, client in cast.items():
            await announces(stage, client, *NODES)
            if name != OWNER:
                await client.sends(f"<presence to='{to(OWNER)}' type='subscribe'/>")
                await cast[OWNER].sends(f"<presence to='{to(name)}' type='subscribed'/>")
        for node in NODES:
            await cast[OWNER].sends(publication(node, "<a xmlns='a'/>", "current"))
        for client in cast.values():
            assert len(await events_of(stage, client)) == len(NODES)
        for who, what in steps:
            told: list[Element] = []
            if isinstance(what, str):
                await cast[who].sends(what)
            else:
                told = await announces(stage, cast[who], *what)
            await _hold(stage, cast, who, told)


async def _hold(stage: Stage, cast: dict[str, Client], who: str, told: Sequence[Element]) -> None:
    """Each item that somebody was told of, they may have; and nobody is told twice of one."""
    for name, client in cast.items():
        events = [*(told if name == who else ()), *await events_of(stage, client)]
        heard = [
            (message.get("from"), items.get("node"))
            for message in events
            for event in message.childs(EVENT, "event")
            for items in event.childs(EVENT, "items")
        ]
        assert len(set(heard)) == len(heard), (name, heard)
        for owner, node in heard:
            await client.asks(
                f"<iq type='get' to='{owner}' id='may'><pubsub xmlns='{PUBSUB}'>"
                f"<items node='{node}'/></pubsub></iq>",
                "<iq type='result'/>",
            )
