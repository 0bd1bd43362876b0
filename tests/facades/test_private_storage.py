"""Private XML storage, in the words of XEP-0049 1.2."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given, settings

from folkmoot.facades import private_storage
from folkmoot.xmpp.xml import Element, parse, serialize
from tests.stage import Stage, staged
from tests.xmpp.xmlgen import elements

HAMLET = "hamlet@shakespeare.lit"
DENMARK = f"{HAMLET}/denmark"
NS = "jabber:iq:private"
PREFS = "<exodus xmlns='exodus:prefs'><defaultnick>Hamlet</defaultnick></exodus>"


def stored(inside: str, id: str = "1001", to: str = "") -> str:
    """A request to store."""
    return f"<iq type='set' id='{id}'{to}><query xmlns='{NS}'>{inside}</query></iq>"


def asked(inside: str, id: str = "1002", to: str = "") -> str:
    """A request for what is stored."""
    return f"<iq type='get' id='{id}'{to}><query xmlns='{NS}'>{inside}</query></iq>"


async def test_stored_and_retrieved(stage: Stage) -> None:
    """§2.3, Examples 1 and 2; what is stored later takes its place."""
    hamlet = await stage.client(DENMARK)
    await hamlet.asks(stored(PREFS), "<iq type='result' id='1001'/>")
    answer = await hamlet.asks(asked("<exodus xmlns='exodus:prefs'/>"))
    assert answer.elements[0].elements == [parse(PREFS)]
    await hamlet.asks(stored("<exodus xmlns='exodus:prefs'/>"), "<iq type='result'/>")
    answer = await hamlet.asks(asked("<exodus xmlns='exodus:prefs'/>"))
    assert answer.elements[0].elements == [Element("exodus:prefs", "exodus")]


async def test_nothing_stored_is_an_empty_element(stage: Stage) -> None:
    """§2.3: what was never stored is answered as it was asked."""
    hamlet = await stage.client(DENMARK)
    answer = await hamlet.asks(asked("<roster xmlns='roster:delimiter'/>"), "<iq type='result'/>")
    assert answer.elements[0].elements == [Element("roster:delimiter", "roster")]


async def test_several_elements_of_one_namespace(stage: Stage) -> None:
    """§2.3: a set or a result may hold several, and they are kept together."""
    hamlet = await stage.client(DENMARK)
    several = "<note xmlns='storage:rosternotes'>1</note><more xmlns='storage:rosternotes'/>"
    await hamlet.asks(stored(several), "<iq type='result'/>")
    answer = await hamlet.asks(asked("<note xmlns='storage:rosternotes'/>"))
    assert [each.name for each in answer.elements[0].elements] == ["note", "more"]


@pytest.mark.parametrize("request_", [stored, asked])
async def test_nobody_elses(stage: Stage, request_: Callable[..., str]) -> None:
    """§2.3, Example 3: another's data is neither read nor written, be there such or not."""
    macbeth = await stage.client("macbeth@shakespeare.lit/glamis")
    await stage.account(HAMLET)
    for jid in (HAMLET, "yorick@shakespeare.lit"):
        await macbeth.refused(request_(PREFS, "1003", f" to='{jid}'"), "forbidden", type="auth")


async def test_an_empty_query(stage: Stage) -> None:
    """§2.3, Example 4, and the words before Example 1."""
    hamlet = await stage.client(DENMARK)
    await hamlet.refused(stored("", "1004"), "not-acceptable")
    await hamlet.refused(asked("", "1004"), "bad-request")
    await hamlet.refused(asked("<a xmlns='a:a'/><b xmlns='b:b'/>"), "bad-request")


@pytest.mark.parametrize(
    "inside",
    [
        "<vCard xmlns='vcard-temp'><FN>Hamlet</FN></vCard>",
        "<query xmlns='jabber:iq:roster'/>",
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'/>",
        "<conference xmlns='urn:xmpp:bookmarks:1'/>",
        "<presence xmlns='presence'/>",
        "<message xmlns='messages'/>",
        "<bare/>",
        "<a xmlns='a:a'/><b xmlns='b:b'/>",
    ],
)
async def test_reserved_namespaces(stage: Stage, inside: str) -> None:
    """§2.3, Example 5: what has a protocol of its own is not stored past it; nor are two."""
    hamlet = await stage.client(DENMARK)
    await hamlet.refused(stored(inside, "1005"), "not-acceptable", type="modify")
    await hamlet.asks(
        "<iq type='get' id='d'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>",
        "<iq type='result'/>",
    )


async def test_it_is_a_node_for_its_owner_alone(stage: Stage) -> None:
    """XEP-0223: the same data through PEP, and none of it for a contact."""
    hamlet = await stage.client(DENMARK, available=True)
    ophelia = await stage.client("ophelia@shakespeare.lit/castle")
    await hamlet.sends(stored(PREFS))
    items = (
        f"<iq type='get' id='i' to='{HAMLET}'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
        "<items node='exodus:prefs'/></pubsub></iq>"
    )
    await hamlet.asks(
        items,
        "<iq type='result'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
        f"<items node='exodus:prefs'><item id='current'>{PREFS}</item></items></pubsub></iq>",
    )
    await ophelia.refused(items, "closed-node", "not-allowed")


async def test_a_node_others_may_read_takes_nothing_private(stage: Stage) -> None:
    """XEP-0411 §5 for all of it: what is private is not published."""
    hamlet = await stage.client(DENMARK)
    await hamlet.sends(
        "<iq type='set' id='p'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
        "<publish node='exodus:prefs'><item id='current'><mood xmlns='exodus:prefs'/></item>"
        "</publish></pubsub></iq>"
    )
    await hamlet.refused(stored(PREFS), "not-acceptable")


async def test_the_longest(stage: Stage) -> None:
    """What is longer than PRIVATE_BYTES_MAX is not stored."""
    hamlet = await stage.client(DENMARK)
    head, tail = "<a xmlns='a:a'>", "</a>"
    room = private_storage.PRIVATE_BYTES_MAX - len(head + tail)
    await hamlet.refused(stored(head + "x" * (room + 1) + tail), "policy-violation")
    await hamlet.asks(stored(head + "x" * room + tail), "<iq type='result'/>")


async def test_no_more_nodes_than_an_account_has() -> None:
    """Each namespace is a node, of which there is a most."""
    async with staged(nodes_per_account_max=1) as stage:
        hamlet = await stage.client(DENMARK)
        await hamlet.asks(stored("<a xmlns='a:a'/>"), "<iq type='result'/>")
        await hamlet.refused(stored("<b xmlns='b:b'/>"), "resource-constraint")
        await hamlet.asks(stored("<a xmlns='a:a'>2</a>"), "<iq type='result'/>")


@settings(max_examples=50, deadline=None)
@given(payload=elements)
def test_any_element(payload: Element) -> None:
    """Whatever is stored comes back as it was, or is refused."""
    asyncio.run(_comes_back(payload))


async def _comes_back(payload: Element) -> None:
    async with staged() as stage:
        hamlet = await stage.client(DENMARK)
        inside = serialize(payload, NS)
        answer = await hamlet.asks(stored(inside))
        if answer.get("type") == "error":
            return
        answer = await hamlet.asks(asked(inside), "<iq type='result'/>")
        assert answer.elements[0].elements == [payload]
