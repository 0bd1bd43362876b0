"""XEP-0497 0.1.0: subscriptions to a branch, to meta-data, and to what goes with a node."""

from __future__ import annotations

import pytest

from folkmoot.facades.pubsub import ACCOUNT_FEATURES, FEATURES
from folkmoot.facades.pubsub.options import DEPTH, SCOPES, TYPE
from folkmoot.xmpp.forms import DATA, Form
from folkmoot.xmpp.xml import Element
from tests.facades.pubsub.denmark import (
    BERNARDO,
    EVENT,
    FRANCISCO,
    OWNER,
    PUBSUB,
    Denmark,
    told,
)
from tests.stage import Client

RELATIONSHIPS = "urn:xmpp:pubsub-relationships:0"
PARENT = f"{{{RELATIONSHIPS}}}parent"
LINK = f"{{{RELATIONSHIPS}}}link"
ALL = ("items", "metadata", "linked items")


def options(*topics: str, depth: str = "") -> str:
    """The form of Example 1."""
    values = "".join(f"<value>{topic}</value>" for topic in topics)
    levels = f"<field var='{DEPTH}'><value>{depth}</value></field>" if depth else ""
    return (
        "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>"
        "<value>http://jabber.org/protocol/pubsub#subscribe_options</value></field>"
        f"<field var='{TYPE}'>{values}</field>{levels}</x>"
    )


async def subscribes(
    denmark: Denmark, client: Client, *topics: str, depth: str = "", node: str = "house"
) -> None:
    """Somebody subscribes to more than items (§4.1, Examples 1 and 2)."""
    child = f"<subscribe node='{node}' jid='{client.jid.bare}'/>"
    asked = f"{child}<options>{options(*topics, depth=depth)}</options>"
    await client.asks(
        denmark.iq("set", asked),
        f"<iq type='result'><pubsub xmlns='{PUBSUB}'><subscription node='{node}'"
        f" jid='{client.jid.bare}' subscription='subscribed'/></pubsub></iq>",
    )


async def relates(denmark: Denmark, node: str, var: str, other: str) -> None:
    form = (
        f"<x xmlns='jabber:x:data' type='submit'><field var='{var}'>"
        f"<value>{other}</value></field></x>"
    )
    asked = denmark.iq("set", f"<configure node='{node}'>{form}</configure>", OWNER)
    await denmark.hamlet.asks(asked, "<iq type='result'/>")


@pytest.fixture
async def francisco(denmark: Denmark) -> Client:
    """A house with a floor, and on that a room; a note goes with the room."""
    for node in ("house", "floor", "room", "note"):
        await denmark.makes(node)
    await relates(denmark, "floor", PARENT, "house")
    await relates(denmark, "room", PARENT, "floor")
    await relates(denmark, "note", LINK, "room")
    return await denmark.client(FRANCISCO)


async def heard(denmark: Denmark, client: Client) -> list[str]:
    """From which of the nodes an item reaches somebody."""
    await client.drains()
    for node in ("house", "floor", "room", "note"):
        await denmark.publishes(f"in the {node}", node=node)
    return [each.removeprefix("in the ") for each in await told(client)]


def changes(message: Element, node: str) -> dict[str, tuple[str, ...]]:
    """The meta-data that a notification tells of a node (§4.2.2, Example 4)."""
    (event,) = message.childs(EVENT, "event")
    (configuration,) = event.childs(EVENT, "configuration")
    assert configuration.get("node") == node
    x = configuration.child(DATA, "x")
    assert x is not None
    form = Form.read(x)
    assert (form.type, form.form_type) == ("result", f"{PUBSUB}#meta-data")
    return {field.var: field.values for field in form.fields}


@pytest.mark.parametrize(
    ("topics", "depth", "reached"),
    [
        (("items",), "", ["house"]),
        (("items",), "0", ["house"]),
        (("items",), "1", ["house", "floor"]),
        (("items",), "2", ["house", "floor", "room"]),
        (("items",), "-1", ["house", "floor", "room"]),
        (("items", "linked items"), "1", ["house", "floor"]),
        (("items", "linked items"), "-7", ["house", "floor", "room", "note"]),
        (("linked items",), "2", ["note"]),
        (("metadata",), "-1", []),
        ((), "1", ["house", "floor"]),  # §3.1: `items` is the default
    ],
)
async def test_what_a_subscription_reaches(
    francisco: Client, denmark: Denmark, topics: tuple[str, ...], depth: str, reached: list[str]
) -> None:
    """§3.1, §3.2, §4.2.1 and §4.2.4: each item once, from the node it is of."""
    await subscribes(denmark, francisco, *topics, depth=depth)
    assert await heard(denmark, francisco) == reached


async def test_linked_items_of_the_node_itself(francisco: Client, denmark: Denmark) -> None:
    """§4.2.3, Example 6; also of what goes with the node only from now on, and no longer."""
    await subscribes(denmark, francisco, *ALL, node="room")
    assert await heard(denmark, francisco) == ["room", "note"]
    await denmark.makes("letter")
    await relates(denmark, "letter", LINK, "room")
    await francisco.drains()
    await denmark.publishes("1", node="letter")
    assert await told(francisco) == ["1"]
    await relates(denmark, "letter", LINK, "")
    await francisco.drains()
    await denmark.publishes("2", node="letter")
    assert await told(francisco) == []


async def test_a_branch_grows_and_shrinks(francisco: Client, denmark: Denmark) -> None:
    """§3.2: whatever is below by now."""
    await subscribes(denmark, francisco, "items", depth="-1")
    await relates(denmark, "floor", PARENT, "")
    assert await heard(denmark, francisco) == ["house"]
    await relates(denmark, "floor", PARENT, "house")
    assert await heard(denmark, francisco) == ["house", "floor", "room"]


async def test_items_that_go(francisco: Client, denmark: Denmark) -> None:
    """§4.2.1: items retracted, and purged, as well."""
    await subscribes(denmark, francisco, "items", depth="-1")
    await denmark.publishes("1", node="room")
    retract = "<retract node='room'><item id='1'/></retract>"
    await denmark.hamlet.asks(denmark.iq("set", retract), "<iq type='result'/>")
    assert await told(francisco) == ["1", "-1"]
    await denmark.hamlet.asks(denmark.iq("set", "<purge node='room'/>", OWNER))
    await francisco.receives(
        f"<message><event xmlns='{EVENT}'><purge node='room'/></event></message>"
    )


async def test_who_subscribed_twice_hears_once(francisco: Client, denmark: Denmark) -> None:
    """To the house with its floors, to the floor with its rooms, and to the room."""
    await subscribes(denmark, francisco, "items", depth="-1")
    await subscribes(denmark, francisco, "items", depth="1", node="floor")
    await subscribes(denmark, francisco, "items", node="room")
    assert await heard(denmark, francisco) == ["house", "floor", "room"]


@pytest.mark.parametrize("model", ["presence", "roster", "authorize", "whitelist"])
@pytest.mark.parametrize("node", ["floor", "room"])
async def test_nobody_hears_of_what_they_may_not_see(
    francisco: Client, denmark: Denmark, node: str, model: str
) -> None:
    """§4.2.4 and §7: the rules of the node, and of each above it."""
    await subscribes(denmark, francisco, *ALL, depth="-1")
    await denmark.configures(node, access_model=model)
    reached = ["house"] if node == "floor" else ["house", "floor"]
    assert [each for each in await heard(denmark, francisco) if each != "note"] == reached
    await francisco.drains()
    await denmark.configures("room", title="Closet")
    told_of = await francisco.drains()
    assert bool(told_of) is (model == "authorize" and node == "room")  # XEP-0060 §5.4


async def test_an_outcast_of_the_node_hears_nothing_of_it(
    francisco: Client, denmark: Denmark
) -> None:
    """§7."""
    await subscribes(denmark, francisco, *ALL, depth="-1")
    await denmark.affiliates("francisco@denmark.lit", "outcast", node="room")
    assert "room" not in await heard(denmark, francisco)


async def test_meta_data(francisco: Client, denmark: Denmark) -> None:
    """§4.2.2, Example 4: what changed, and of what is for others to know nothing else."""
    await subscribes(denmark, francisco, "metadata")
    await francisco.drains()
    await denmark.configures("house", title="Elsinore", notify_sub="1", access_model="authorize")
    (message,) = await francisco.drains()
    assert changes(message, "house") == {
        "pubsub#title": ("Elsinore",),
        "pubsub#access_model": ("authorize",),
    }
    await denmark.configures("house", notify_delete="0")
    await denmark.configures("floor", title="Upstairs")
    await denmark.publishes("1", node="house")
    await francisco.receives_nothing()


async def test_meta_data_beside_a_configuration(francisco: Client, denmark: Denmark) -> None:
    """With `notify_config` every subscriber hears (XEP-0060 §8.2.5.3); each its own."""
    await subscribes(denmark, francisco, "items", "metadata")
    bernardo = await denmark.subscribed(BERNARDO, node="house")
    await denmark.configures("house", notify_config="1")
    for client in (francisco, bernardo):
        await client.drains()
    await denmark.configures("house", title="Elsinore")
    configuration = (
        f"<message><event xmlns='{EVENT}'><configuration node='house'><x xmlns='{DATA}'>"
        f"<field var='FORM_TYPE'><value>{PUBSUB}#node_config</value></field></x>"
        "</configuration></event></message>"
    )
    for client in (francisco, bernardo):
        await client.receives(configuration)
    (message,) = await francisco.drains()
    assert changes(message, "house") == {"pubsub#title": ("Elsinore",)}
    await bernardo.receives_nothing()


async def test_nodes_come_and_go(francisco: Client, denmark: Denmark) -> None:
    """§4.2.2, Example 5; a new one is told with all there is to know of it, and its end."""
    await subscribes(denmark, francisco, "metadata", depth="-1")
    await francisco.drains()
    form = (
        f"<x xmlns='jabber:x:data' type='submit'><field var='{PARENT}'><value>floor</value></field>"
        "<field var='pubsub#title'><value>Attic</value></field></x>"
    )
    made = denmark.iq("set", f"<create node='attic'/><configure>{form}</configure>")
    await denmark.hamlet.asks(made, "<iq type='result'/>")
    (message,) = await francisco.drains()
    found = changes(message, "attic")
    assert (found["pubsub#title"], found[PARENT]) == (("Attic",), ("floor",))
    await relates(denmark, "attic", PARENT, "")
    (message,) = await francisco.drains()
    assert changes(message, "attic") == {PARENT: ()}
    await denmark.configures("attic", title="Nobody's")
    await francisco.receives_nothing()
    await denmark.hamlet.asks(denmark.iq("set", "<delete node='room'/>", OWNER))
    await francisco.receives(
        f"<message><event xmlns='{EVENT}'><delete node='room'/></event></message>"
    )


async def test_the_options_are_kept_and_shown(francisco: Client, denmark: Denmark) -> None:
    """§3, XEP-0060 §6.3: they change later, and what is not named stays."""
    await subscribes(denmark, francisco, "items")
    named = "node='house' jid='francisco@denmark.lit'"
    form = options(*ALL, depth="+3")
    await francisco.asks(denmark.iq("set", f"<options {named}>{form}</options>"))
    answer = await francisco.asks(denmark.iq("get", f"<options {named}/>"), "<iq type='result'/>")
    x = answer.elements[0].elements[0].child(DATA, "x")
    assert x is not None
    found = Form.read(x)
    assert (found.values(TYPE), found.value(DEPTH)) == (ALL, "3")
    await denmark.stage.core.engine.settled()
    node = await denmark.stage.store.node(
        next(each.id for each in denmark.stage.core.engine.nodes if each.id.name == "house")
    )
    assert node is not None
    assert len(node.scoped) == 1


@pytest.mark.parametrize(
    "form",
    [
        options("items", "everything"),
        options("items", depth="deep"),
        options("items", depth="1.5"),
        options("items", depth="1" * 10),
        options("items", depth="--1"),
    ],
)
async def test_options_that_make_no_sense(francisco: Client, denmark: Denmark, form: str) -> None:
    """XEP-0060 §6.3.6.2; nobody is subscribed by half."""
    asked = f"<subscribe node='house' jid='francisco@denmark.lit'/><options>{form}</options>"
    await francisco.refused(denmark.iq("set", asked), "invalid-options", "bad-request")
    unsubscribe = "<unsubscribe node='house' jid='francisco@denmark.lit'/>"
    await francisco.refused(denmark.iq("set", unsubscribe), "not-subscribed", "unexpected-request")


async def test_it_is_announced_with_its_limit(francisco: Client, denmark: Denmark) -> None:
    """§6, Examples 8 and 9."""
    assert SCOPES in FEATURES
    assert SCOPES in ACCOUNT_FEATURES
    info = "<query xmlns='http://jabber.org/protocol/disco#info' node='house'/>"
    await francisco.asks(
        f"<iq type='get' id='meta1' to='pubsub.shakespeare.lit'>{info}</iq>",
        f"""<iq type='result'><query xmlns='http://jabber.org/protocol/disco#info' node='house'>
          <x xmlns='jabber:x:data' type='result'>
            <field var='{{{SCOPES}}}max-depth' type='text-single'><value>8</value></field>
          </x></query></iq>""",
    )


async def test_how_a_space_is_called_by_now(denmark: Denmark) -> None:
    """XEP-0503 0.3.0, §5.3: a client hears how a space is called by now."""
    await denmark.makes("house", type="urn:xmpp:spaces:0", access_model="open")
    francisco = await denmark.client(FRANCISCO)
    await subscribes(denmark, francisco, "items", "metadata")
    await francisco.drains()
    await denmark.configures("house", description="A castle")
    *_, message = await francisco.drains()
    assert changes(message, "house") == {"pubsub#description": ("A castle",)}
