"""XEP-0030 2.5.0: what each address says it is; and who may know that there is anything."""

from __future__ import annotations

import pytest

from folkmoot.facades.listing import NODES_PER_PAGE_MAX
from folkmoot.xmpp.rsm import RSM
from folkmoot.xmpp.xml import Element
from tests.stage import Client, Stage

PUBSUB = "http://jabber.org/protocol/pubsub"
INFO = "http://jabber.org/protocol/disco#info"
ITEMS = "http://jabber.org/protocol/disco#items"


def asked(ns: str, to: str, *inside: str, node: str = "") -> str:
    """A query."""
    of = f" node='{node}'" if node else ""
    return f"<iq type='get' to='{to}' id='d'><query xmlns='{ns}'{of}>{''.join(inside)}</query></iq>"


def page(**said: str | int) -> str:
    """The part of a list that is wanted."""
    told = "".join(f"<{name}>{value}</{name}>" for name, value in said.items())
    return f"<set xmlns='{RSM}'>{told}</set>"


async def create(client: Client, node: str, access: str = "open") -> None:
    """Make a node."""
    await client.asks(
        f"""
        <iq type='set' to='pubsub.shakespeare.lit' id='c'><pubsub xmlns='{PUBSUB}'>
          <create node='{node}'/>
          <configure><x xmlns='jabber:x:data' type='submit'>
            <field var='pubsub#access_model'><value>{access}</value></field>
          </x></configure>
        </pubsub></iq>""",
        "<iq type='result'/>",
    )


def listed(answer: Element) -> list[str | None]:
    """The nodes on a list."""
    assert answer.get("type") == "result", answer
    return [each.get("node") for each in answer.elements[0].childs(ITEMS, "item")]


def last(answer: Element) -> str:
    """The end of a page, after which the next one begins."""
    (said,) = answer.elements[0].childs(RSM, "set")
    (found,) = said.childs(RSM, "last")
    return found.text


@pytest.mark.parametrize(
    ("to", "identity"),
    [
        ("shakespeare.lit", "category='server' type='im'"),
        ("pubsub.shakespeare.lit", "category='pubsub' type='service'"),
        ("chat.shakespeare.lit", "category='conference' type='text'"),
        ("juliet@shakespeare.lit", "category='account' type='registered'"),
    ],
)
async def test_every_place_says_what_it_is(stage: Stage, to: str, identity: str) -> None:
    """§3.1: an identity, and the two features without which nobody could ask."""
    juliet = await stage.client("juliet@shakespeare.lit/balcony")
    await juliet.asks(
        asked(INFO, to),
        f"""
        <iq type='result' from='{to}'><query xmlns='{INFO}'>
          <identity {identity}/>
          <feature var='{INFO}'/>
          <feature var='{ITEMS}'/>
        </query></iq>""",
    )


@pytest.mark.parametrize(
    "to",
    [
        "shakespeare.lit",
        "pubsub.shakespeare.lit",
        "chat.shakespeare.lit",
        "juliet@shakespeare.lit",
        "romeo@shakespeare.lit",
    ],
)
async def test_a_node_that_is_not_there(stage: Stage, to: str) -> None:
    """§7: item-not-found; of somebody else's account not even that much is said."""
    juliet = await stage.client("juliet@shakespeare.lit/balcony")
    await stage.account("romeo@shakespeare.lit")
    condition = "service-unavailable" if to.startswith("romeo") else "item-not-found"
    for ns in (INFO, ITEMS):
        await juliet.refused(asked(ns, to, node="nowhere"), condition, type="cancel")


async def test_the_server_names_its_services(stage: Stage) -> None:
    """§4.1."""
    juliet = await stage.client("juliet@shakespeare.lit/balcony")
    await juliet.asks(
        asked(ITEMS, "shakespeare.lit"),
        f"""
        <iq type='result'><query xmlns='{ITEMS}'>
          <item jid='pubsub.shakespeare.lit'/>
          <item jid='chat.shakespeare.lit'/>
        </query></iq>""",
    )


async def test_an_account_is_known_to_who_hears_its_presence(stage: Stage) -> None:
    """§8.2; RFC 6121 §8.5.1: to others it might as well not be there."""
    juliet = await stage.client("juliet@shakespeare.lit/balcony", available=True)
    romeo = await stage.client("romeo@shakespeare.lit/orchard", available=True)
    for to in ("juliet@shakespeare.lit", "nobody@shakespeare.lit"):
        await romeo.refused(asked(INFO, to), "service-unavailable", type="cancel")
    await romeo.sends("<presence to='juliet@shakespeare.lit' type='subscribe'/>")
    await juliet.sends("<presence to='romeo@shakespeare.lit' type='subscribed'/>")
    await romeo.asks(asked(INFO, "juliet@shakespeare.lit"), "<iq type='result'/>")


async def test_ping_and_version(stage: Stage) -> None:
    """XEP-0199 2.0.1 §4.2; XEP-0092 1.1, Example 2, without the operating system."""
    juliet = await stage.client("juliet@shakespeare.lit/balcony")
    for to in ("shakespeare.lit", "pubsub.shakespeare.lit", "chat.shakespeare.lit"):
        ping = f"<iq type='get' to='{to}' id='p'><ping xmlns='urn:xmpp:ping'/></iq>"
        assert (await juliet.asks(ping, "<iq type='result'/>")).children == []
        answer = await juliet.asks(
            f"<iq type='get' to='{to}' id='v'><query xmlns='jabber:iq:version'/></iq>",
            """
            <iq type='result'><query xmlns='jabber:iq:version'>
              <name>Folkmoot</name><version/>
            </query></iq>""",
        )
        assert [each.name for each in answer.elements[0].elements] == ["name", "version"]


# --- the nodes of the service


async def test_a_list_is_read_page_by_page(stage: Stage) -> None:
    """XEP-0059 1.0 §3; a name that is gone still says where to go on (§2.4)."""
    juliet = await stage.client("juliet@shakespeare.lit/balcony")
    for node in ("a", "b", "c", "d", "e"):
        await create(juliet, node)
    answer = await juliet.asks(asked(ITEMS, "pubsub.shakespeare.lit", page(max=2)))
    assert listed(answer) == ["a", "b"]
    said = answer.elements[0].child(RSM, "set")
    assert str(said) == (
        f"<set xmlns='{RSM}'><first index='0'>a</first><last>b</last><count>5</count></set>"
    )
    for after, found in (("b", ["c", "d"]), ("bb", ["c", "d"]), ("d", ["e"]), ("e", [])):
        answer = await juliet.asks(asked(ITEMS, "pubsub.shakespeare.lit", page(max=2, after=after)))
        assert listed(answer) == found
    for before, found in (("", ["d", "e"]), ("d", ["b", "c"]), ("bb", ["a", "b"]), ("a", [])):
        last = page(max=2, before=before)
        answer = await juliet.asks(asked(ITEMS, "pubsub.shakespeare.lit", last))
        assert listed(answer) == found
    answer = await juliet.asks(asked(ITEMS, "pubsub.shakespeare.lit", page(max=2, index=1)))
    assert listed(answer) == ["b", "c"]
    assert listed(await juliet.asks(asked(ITEMS, "pubsub.shakespeare.lit", page(max=0)))) == []


async def test_private_nodes_are_on_nobody_elses_list(stage: Stage) -> None:
    """What strangers see: no gap and no cursor gives a private node away."""
    juliet = await stage.client("juliet@shakespeare.lit/balcony", available=True)
    romeo = await stage.client("romeo@shakespeare.lit/orchard", available=True)
    models = ("open", "authorize", "whitelist", "presence", "roster")
    for turn in range(3):
        for model in models:
            await create(juliet, f"{turn}-{model}", model)
    seen, after = [], ""
    while True:
        answer = await romeo.asks(asked(ITEMS, "pubsub.shakespeare.lit", page(max=1, after=after)))
        if not (names := listed(answer)):
            break
        seen += names
        after = last(answer)
    assert seen == ["0-open", "1-open", "2-open"]
    assert len(listed(await juliet.asks(asked(ITEMS, "pubsub.shakespeare.lit")))) == 15


async def test_a_private_node_is_listed_to_those_inside(stage: Stage) -> None:
    """Nothing lists it to people outside; who waits to be let in is outside still."""
    juliet = await stage.client("juliet@shakespeare.lit/balcony", available=True)
    romeo = await stage.client("romeo@shakespeare.lit/orchard", available=True)
    await create(juliet, "capulets", "authorize")
    assert listed(await romeo.asks(asked(ITEMS, "pubsub.shakespeare.lit"))) == []
    await romeo.asks(
        f"""
        <iq type='set' to='pubsub.shakespeare.lit' id='s'><pubsub xmlns='{PUBSUB}'>
          <subscribe node='capulets' jid='romeo@shakespeare.lit'/>
        </pubsub></iq>""",
        "<iq type='result'/>",
    )
    assert listed(await romeo.asks(asked(ITEMS, "pubsub.shakespeare.lit"))) == []
    await juliet.asks(
        f"""
        <iq type='set' to='pubsub.shakespeare.lit' id='a'><pubsub xmlns='{PUBSUB}#owner'>
          <subscriptions node='capulets'>
            <subscription jid='romeo@shakespeare.lit' subscription='subscribed'/>
          </subscriptions>
        </pubsub></iq>""",
        "<iq type='result'/>",
    )
    assert listed(await romeo.asks(asked(ITEMS, "pubsub.shakespeare.lit"))) == ["capulets"]


async def test_a_page_holds_no_more(stage: Stage) -> None:
    """NODES_PER_PAGE_MAX is reached: also unasked, and then the answer says that there is more."""
    juliet = await stage.client("juliet@shakespeare.lit/balcony")
    for number in range(NODES_PER_PAGE_MAX + 1):
        await create(juliet, f"{number:03}")
    for wanted in ((), (page(max=NODES_PER_PAGE_MAX * 5),)):
        answer = await juliet.asks(asked(ITEMS, "pubsub.shakespeare.lit", *wanted))
        assert len(listed(answer)) == NODES_PER_PAGE_MAX
        assert answer.elements[0].child(RSM, "set") is not None
    answer = await juliet.asks(asked(ITEMS, "pubsub.shakespeare.lit", page(max=5, after="098")))
    assert listed(answer) == ["099", "100"]


async def test_what_strangers_see_of_a_private_node(stage: Stage) -> None:
    """What strangers see: type, title, description, access model and how many, never who."""
    juliet = await stage.client("juliet@shakespeare.lit/balcony")
    romeo = await stage.client("romeo@shakespeare.lit/orchard")
    await create(juliet, "capulets", "authorize")
    answer = await romeo.asks(
        asked(INFO, "pubsub.shakespeare.lit", node="capulets"),
        f"""
        <iq type='result'><query xmlns='{INFO}' node='capulets'>
          <identity category='pubsub' type='leaf'/>
          <x xmlns='jabber:x:data' type='result'>
            <field var='pubsub#access_model'><value>authorize</value></field>
            <field var='pubsub#num_subscribers'><value>0</value></field>
          </x>
        </query></iq>""",
    )
    assert "juliet" not in repr(answer)
    await create(juliet, "tybalts", "whitelist")
    await romeo.refused(
        asked(INFO, "pubsub.shakespeare.lit", node="tybalts"), "closed-node", "not-allowed"
    )
