"""XEP-0496 0.1.0: what is above a node, and what goes with it."""

from __future__ import annotations

import pytest

from folkmoot.engine import view
from folkmoot.engine.model import CHAIN_NODES_MAX
from tests.facades.pubsub.denmark import (
    FRANCISCO,
    GERTRUDE,
    OWNER,
    Denmark,
    configuration,
    publish,
)

BLOG = "urn:xmpp:microblog:0"
COMMENTS = "urn:xmpp:microblog:0:comments/some-item-id"
ATTACHMENT = (
    "urn:xmpp:pubsub-attachments:1/xmpp:juliet@capulet.lit?;"
    "node=urn%3Axmpp%3Amicroblog%3A0;item=balcony-restoration-afd1"
)
FIELD = "{urn:xmpp:pubsub-relationships:0}"
IMPOSSIBLE = ("invalid-option", "not-allowed")
"""§4.2: how a relationship that cannot be is refused."""


def related(denmark: Denmark, node: str, **relations: str) -> str:
    """A configuration of relationships, as Examples 1 and 3 have it."""
    told = "".join(
        f"<field var='{FIELD}{name}'><value>{other}</value></field>"
        for name, other in relations.items()
    )
    form = f"<x xmlns='jabber:x:data' type='submit'>{told}</x>"
    return denmark.iq("set", f"<configure node='{node}'>{form}</configure>", OWNER)


async def relates(denmark: Denmark, node: str, **relations: str) -> None:
    await denmark.hamlet.asks(related(denmark, node, **relations), "<iq type='result'/>")


async def said(denmark: Denmark, node: str, name: str) -> list[str]:
    """What the configuration form says of one relationship."""
    asked = denmark.iq("get", f"<configure node='{node}'/>", OWNER)
    return (await configuration(denmark, asked))[FIELD + name]


async def test_a_link(denmark: Denmark) -> None:
    """§5.1, Examples 1 and 2: the node is said by its name."""
    await denmark.makes(BLOG)
    await denmark.makes(ATTACHMENT)
    assert await said(denmark, ATTACHMENT, "link") == []
    await relates(denmark, ATTACHMENT, link=BLOG)
    assert await said(denmark, ATTACHMENT, "link") == [BLOG]
    assert await said(denmark, ATTACHMENT, "parent") == []


async def test_a_parent(denmark: Denmark) -> None:
    """§5.2, Examples 3 and 4; by name or by address, and gone again."""
    await denmark.makes(BLOG)
    await denmark.makes(COMMENTS)
    await relates(denmark, COMMENTS, parent=BLOG)
    assert await said(denmark, COMMENTS, "parent") == [BLOG]
    address = "xmpp:pubsub.shakespeare.lit?;node=urn%3Axmpp%3Amicroblog%3A0"
    await relates(denmark, COMMENTS, parent=address)
    assert await said(denmark, COMMENTS, "parent") == [BLOG]
    await relates(denmark, COMMENTS, parent="")
    assert await said(denmark, COMMENTS, "parent") == []


@pytest.mark.parametrize("back", ["parent", "link"])
@pytest.mark.parametrize("there", ["parent", "link"])
async def test_no_way_leads_back(denmark: Denmark, there: str, back: str) -> None:
    """§4.2: whichever relationships it is made of, and however long; and nothing has changed."""
    for name in ("a", "b", "c"):
        await denmark.makes(name)
    await denmark.hamlet.refused(related(denmark, "a", **{there: "a"}), *IMPOSSIBLE)
    await relates(denmark, "b", **{there: "a"})
    await denmark.hamlet.refused(related(denmark, "a", **{back: "b"}), *IMPOSSIBLE)
    await relates(denmark, "c", link="b")
    await denmark.hamlet.refused(related(denmark, "a", **{back: "c"}), *IMPOSSIBLE)
    assert await said(denmark, "a", back) == []


async def test_only_so_many_nodes_are_in_each_other(denmark: Denmark) -> None:
    """CHAIN_NODES_MAX may be reached, and not passed."""
    await denmark.makes("0")
    for number in range(1, CHAIN_NODES_MAX + 1):
        await denmark.makes(str(number))
        ask = related(denmark, str(number), parent=str(number - 1))
        if number < CHAIN_NODES_MAX:
            await denmark.hamlet.asks(ask, "<iq type='result'/>")
        else:
            await denmark.hamlet.refused(ask, *IMPOSSIBLE)


async def test_what_is_linked_is_beside_what_it_is_linked_to(denmark: Denmark) -> None:
    """§4.2, §4.3: it has the same parent from then on, and never one of its own."""
    for name in ("wall", "other wall", BLOG, ATTACHMENT):
        await denmark.makes(name)
    await relates(denmark, BLOG, parent="wall")
    await relates(denmark, ATTACHMENT, link=BLOG)
    assert await said(denmark, ATTACHMENT, "parent") == ["wall"]
    await denmark.hamlet.refused(related(denmark, ATTACHMENT, parent="other wall"), *IMPOSSIBLE)
    await denmark.hamlet.refused(related(denmark, ATTACHMENT, parent=""), *IMPOSSIBLE)
    await relates(denmark, BLOG, parent="other wall")
    assert await said(denmark, ATTACHMENT, "parent") == ["other wall"]
    await relates(denmark, BLOG, parent="")
    assert await said(denmark, ATTACHMENT, "parent") == []


async def test_what_is_elsewhere_cannot_be_linked(denmark: Denmark) -> None:
    """§4.2: another parent, another service, or no such node."""
    for name in ("wall", BLOG, ATTACHMENT):
        await denmark.makes(name)
    await relates(denmark, ATTACHMENT, parent="wall")
    await denmark.hamlet.refused(related(denmark, ATTACHMENT, link=BLOG), *IMPOSSIBLE)
    elsewhere = "xmpp:hamlet@denmark.lit?;node=tune"
    await denmark.hamlet.refused(related(denmark, ATTACHMENT, link=elsewhere), *IMPOSSIBLE)
    await denmark.hamlet.refused(related(denmark, ATTACHMENT, link="nowhere"), "item-not-found")


async def test_what_hangs_on_a_node_goes_with_it(denmark: Denmark) -> None:
    """§4.3, §4.4: children and their children, and what is linked; each tells its subscribers."""
    for name in ("wall", BLOG, COMMENTS, ATTACHMENT, "bystander"):
        await denmark.makes(name)
    await relates(denmark, BLOG, parent="wall")
    await relates(denmark, COMMENTS, parent=BLOG)
    await relates(denmark, ATTACHMENT, link=BLOG)
    francisco = await denmark.subscribed(FRANCISCO, COMMENTS)
    await denmark.hamlet.asks(denmark.iq("set", f"<delete node='{BLOG}'/>", OWNER))
    event = "http://jabber.org/protocol/pubsub#event"
    await francisco.hears(
        f"<message><event xmlns='{event}'><delete node='{COMMENTS}'/></event></message>"
    )
    for name in (BLOG, COMMENTS, ATTACHMENT):
        await denmark.hamlet.refused(denmark.iq("get", f"<items node='{name}'/>"), "item-not-found")
    for name in ("wall", "bystander"):
        assert await denmark.items(denmark.hamlet, name) == []


async def test_a_node_set_free_outlives_its_parent(denmark: Denmark) -> None:
    """§6: unparented first; and what links goes without what it is linked to."""
    for name in (BLOG, COMMENTS, ATTACHMENT):
        await denmark.makes(name)
    await relates(denmark, COMMENTS, parent=BLOG)
    await relates(denmark, ATTACHMENT, link=BLOG)
    await relates(denmark, COMMENTS, parent="")
    await denmark.hamlet.asks(denmark.iq("set", f"<delete node='{ATTACHMENT}'/>", OWNER))
    assert await denmark.items(denmark.hamlet, BLOG) == []
    await denmark.hamlet.asks(denmark.iq("set", f"<delete node='{BLOG}'/>", OWNER))
    assert await denmark.items(denmark.hamlet, COMMENTS) == []


async def test_who_may_not_look_above_may_not_look_below(denmark: Denmark) -> None:
    """§4.4, §8: an open node in one that becomes a whitelist; those inside are let go."""
    await denmark.makes(BLOG)
    await denmark.makes(COMMENTS)
    await relates(denmark, COMMENTS, parent=BLOG)
    francisco = await denmark.subscribed(FRANCISCO, COMMENTS)
    gertrude = await denmark.client(GERTRUDE)
    await denmark.configures(BLOG, access_model="whitelist")
    event = "http://jabber.org/protocol/pubsub#event"
    await francisco.hears(
        f"<message><event xmlns='{event}'>"
        f"<subscription node='{COMMENTS}' subscription='none'/></event></message>"
    )
    for asked in (
        denmark.iq("get", f"<items node='{COMMENTS}'/>"),
        denmark.iq("set", f"<subscribe node='{COMMENTS}' jid='gertrude@denmark.lit'/>"),
    ):
        await gertrude.refused(asked, "closed-node", "not-allowed")
    await denmark.affiliates("gertrude@denmark.lit", "member", BLOG)
    assert await denmark.items(gertrude, COMMENTS) == []
    await denmark.affiliates("gertrude@denmark.lit", "none", BLOG)
    await gertrude.refused(
        denmark.iq("get", f"<items node='{COMMENTS}'/>"), "closed-node", "not-allowed"
    )


async def test_who_leaves_above_leaves_below(denmark: Denmark) -> None:
    """§4.4: an approved subscription was what let them look above."""
    await denmark.makes(BLOG, access_model="authorize")
    await denmark.makes(COMMENTS)
    await relates(denmark, COMMENTS, parent=BLOG)
    francisco = await denmark.client(FRANCISCO)
    subscribe = denmark.iq("set", f"<subscribe node='{COMMENTS}' jid='francisco@denmark.lit'/>")
    await francisco.refused(subscribe, "not-subscribed", "not-authorized")
    row = "<subscription jid='francisco@denmark.lit' subscription='subscribed'/>"
    given = denmark.iq("set", f"<subscriptions node='{BLOG}'>{row}</subscriptions>", OWNER)
    await denmark.hamlet.asks(given, "<iq type='result'/>")
    await francisco.asks(subscribe, "<iq type='result'/>")
    leave = denmark.iq("set", f"<unsubscribe node='{BLOG}' jid='francisco@denmark.lit'/>")
    await francisco.asks(leave, "<iq type='result'/>")
    asked = await francisco.asks(denmark.iq("get", "<subscriptions/>"))
    (subscriptions,) = asked.elements[0].elements
    assert subscriptions.elements == []


async def test_a_line_too_long_lets_nobody_in(
    denmark: Denmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ANCESTORS_MAX: a branch moved below another may pass it; what is so deep is closed."""
    monkeypatch.setattr(view, "ANCESTORS_MAX", 2)
    for name in ("0", "1", "2", "3"):
        await denmark.makes(name)
    for child, parent in (("3", "2"), ("1", "0"), ("2", "1")):
        await relates(denmark, child, parent=parent)
    assert await denmark.items(denmark.hamlet, "2") == []
    await denmark.hamlet.refused(denmark.iq("get", "<items node='3'/>"), "forbidden")
    await relates(denmark, "3", parent="1")
    assert await denmark.items(denmark.hamlet, "3") == []


async def test_who_may_not_publish_above_may_not_publish_below(denmark: Denmark) -> None:
    """§4.4: an open publish model is worth as much as that of each node above."""
    await denmark.makes(BLOG)
    await denmark.makes(publish_model="open")
    await relates(denmark, "princely_musings", parent=BLOG)
    gertrude = await denmark.client(GERTRUDE)
    await gertrude.refused(denmark.iq("set", publish("one")), "forbidden")
    await denmark.affiliates("gertrude@denmark.lit", "publisher", BLOG)
    await gertrude.asks(denmark.iq("set", publish("one")), "<iq type='result'/>")
    await denmark.configures(BLOG, publish_model="open")
    francisco = await denmark.client(FRANCISCO)
    await francisco.asks(denmark.iq("set", publish("two")), "<iq type='result'/>")


async def test_a_space_in_a_space_has_its_own_door(denmark: Denmark) -> None:
    """Both say so themselves (docs/extensions/inheritance.md); and it outlives the other."""
    for name in ("realm", "court"):
        await denmark.makes(name, type="urn:xmpp:spaces:0", access_model="open")
    await relates(denmark, "court", parent="realm")
    await denmark.configures("realm", access_model="whitelist")
    gertrude = await denmark.client(GERTRUDE)
    assert await denmark.items(gertrude, "court") == []
    await denmark.hamlet.asks(denmark.iq("set", "<delete node='realm'/>", OWNER))
    assert await denmark.items(gertrude, "court") == []


async def test_a_parent_that_is_set_at_creation(denmark: Denmark) -> None:
    """§6: as when it is configured later."""
    await denmark.makes(BLOG)
    form = (
        "<x xmlns='jabber:x:data' type='submit'>"
        f"<field var='{FIELD}parent'><value>{BLOG}</value></field></x>"
    )
    create = f"<create node='{COMMENTS}'/><configure>{form}</configure>"
    await denmark.hamlet.asks(denmark.iq("set", create), "<iq type='result'/>")
    assert await said(denmark, COMMENTS, "parent") == [BLOG]
