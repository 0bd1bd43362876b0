"""XEP-0060 1.30.0, §8.1, §8.4 and §8.5: making, deleting and purging nodes."""

from __future__ import annotations

import pytest

from folkmoot.engine.decide.nodes import NODE_NAME_CHARS_MAX
from tests.facades.pubsub.denmark import (
    BERNARDO,
    FRANCISCO,
    GET_CONFIGURATION,
    OWNER,
    PUBSUB,
    Denmark,
    acted,
    configuration,
    fields,
    told,
)

CREATE = """
    <iq type='set' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='create1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
        <create node='princely_musings'/>
      </pubsub>
    </iq>"""
CREATE_AND_CONFIGURE = """
    <iq type='set' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='create1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
        <create node='princely_musings'/>
        <configure>
          <x xmlns='jabber:x:data' type='submit'>
            <field var='FORM_TYPE' type='hidden'>
              <value>http://jabber.org/protocol/pubsub#node_config</value>
            </field>
            <field var='pubsub#title'><value>Princely Musings (Atom)</value></field>
            <field var='pubsub#deliver_notifications'><value>1</value></field>
            <field var='pubsub#deliver_payloads'><value>1</value></field>
            <field var='pubsub#persist_items'><value>1</value></field>
            <field var='pubsub#max_items'><value>10</value></field>
            <field var='pubsub#item_expire'><value>604800</value></field>
            <field var='pubsub#access_model'><value>open</value></field>
            <field var='pubsub#publish_model'><value>publishers</value></field>
            <field var='pubsub#purge_offline'><value>0</value></field>
            <field var='pubsub#send_last_published_item'><value>never</value></field>
            <field var='pubsub#presence_based_delivery'><value>false</value></field>
            <field var='pubsub#notification_type'><value>headline</value></field>
            <field var='pubsub#notify_config'><value>0</value></field>
            <field var='pubsub#notify_delete'><value>0</value></field>
            <field var='pubsub#notify_retract'><value>0</value></field>
            <field var='pubsub#notify_sub'><value>0</value></field>
            <field var='pubsub#max_payload_size'><value>1028</value></field>
            <field var='pubsub#type'><value>urn:example:e2ee:bundle</value></field>
            <field var='pubsub#body_xslt'>
              <value>http://jabxslt.jabberstudio.org/atom_body.xslt</value>
            </field>
          </x>
        </configure>
      </pubsub>
    </iq>"""
DELETE = """
    <iq type='set' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='delete1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>
        <delete node='princely_musings'>
          <redirect uri='xmpp:hamlet@denmark.lit?;node=blog'/>
        </delete>
      </pubsub>
    </iq>"""
PURGE = """
    <iq type='set' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='purge1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>
        <purge node='princely_musings'/>
      </pubsub>
    </iq>"""


# --- §8.1


async def test_creating_a_node(denmark: Denmark) -> None:
    """§8.1.1 and §8.1.2, Examples 125 and 133 to 135: leaf and open, and its creator's."""
    answer = await denmark.hamlet.asks(
        CREATE,
        """
        <iq type='result' from='pubsub.shakespeare.lit' id='create1'>
          <pubsub xmlns='http://jabber.org/protocol/pubsub'>
            <create node='princely_musings'/>
          </pubsub>
        </iq>""",
    )
    assert answer.get("to") == "hamlet@denmark.lit/elsinore"
    made = await configuration(denmark)
    assert (made["pubsub#access_model"], made["pubsub#node_type"]) == (["open"], ["leaf"])


async def test_an_instant_node(denmark: Denmark) -> None:
    """§8.1.1, Examples 131 and 132: the service finds a name, and never the same."""
    names = set()
    for _ in range(2):
        answer = await denmark.hamlet.asks(denmark.iq("set", "<create/>"), "<iq type='result'/>")
        names.add(answer.elements[0].elements[0].get("node"))
    assert len(names) == 2
    assert None not in names


async def test_a_name_that_is_taken(denmark: Denmark) -> None:
    """§8.1.1, Example 129."""
    await denmark.makes()
    await denmark.hamlet.refused(CREATE, "conflict", type="cancel")
    bernardo = await denmark.client(BERNARDO)
    await bernardo.refused(CREATE, "conflict", type="cancel")


async def test_who_may_create_nodes() -> None:
    """§8.1.1, Example 128: whoever the operator lets."""
    async with acted(node_creators=()) as denmark:
        await denmark.hamlet.refused(CREATE, "forbidden", type="auth")


async def test_how_many_nodes_one_may_have() -> None:
    """`nodes_per_account_max` is reached, also at one's account, where presence is one of them."""
    async with acted(nodes_per_account_max=2) as denmark:
        for service, nodes in (("pubsub.shakespeare.lit", "12"), ("hamlet@denmark.lit", "1")):
            for node in nodes:
                create = denmark.iq("set", f"<create node='{node}'/>", to=service)
                await denmark.hamlet.asks(create, "<iq type='result'/>")
            create = denmark.iq("set", "<create node='3'/>", to=service)
            await denmark.hamlet.refused(create, "resource-constraint", type="wait")


async def test_how_long_a_name_may_be(denmark: Denmark) -> None:
    """NODE_NAME_CHARS_MAX is reached."""
    await denmark.makes("x" * NODE_NAME_CHARS_MAX)
    create = denmark.iq("set", f"<create node='{'x' * (NODE_NAME_CHARS_MAX + 1)}'/>")
    await denmark.hamlet.refused(create, "not-acceptable", type="modify")


async def test_creating_and_configuring(denmark: Denmark) -> None:
    """§8.1.3, Examples 137 and 138; what is not known here is passed over."""
    await denmark.hamlet.asks(CREATE_AND_CONFIGURE, "<iq type='result' id='create1'/>")
    made = await configuration(denmark)
    assert made["pubsub#title"] == ["Princely Musings (Atom)"]
    assert made["pubsub#max_items"] == ["10"]
    assert made["pubsub#notify_retract"] == ["0"]
    assert made["pubsub#max_payload_size"] == ["1028"]
    assert made["pubsub#type"] == ["urn:example:e2ee:bundle"]


async def test_an_access_model_of_ones_own(denmark: Denmark) -> None:
    """§8.1.2, Examples 134 and 136: one there is, and one there is not; then no node is made."""
    await denmark.makes(access_model="whitelist")
    configure = f"<configure>{fields(access_model='friends')}</configure>"
    text = await denmark.hamlet.refused(
        denmark.iq("set", f"<create node='another'/>{configure}"),
        "unsupported-access-model",
        "not-acceptable",
        type="modify",
    )
    assert "pubsub#access_model" in text
    await denmark.makes("another")


async def test_there_are_no_collections(denmark: Denmark) -> None:
    """§8.1.2 and §8.3.2: XEP-0248 is not here."""
    configure = f"<configure>{fields(node_type='collection')}</configure>"
    for request in (
        denmark.iq("set", f"<create node='another'/>{configure}"),
        denmark.iq("get", "<default type='collection'/>", OWNER),
    ):
        await denmark.hamlet.asks(
            request,
            """
            <iq type='error'><error type='cancel'>
              <unsupported xmlns='http://jabber.org/protocol/pubsub#errors'
                  feature='collections'/>
              <feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>
            </error></iq>""",
        )


async def test_configure_follows_create_and_names_no_node(denmark: Denmark) -> None:
    """§8.1.3: if any of these rules are violated, bad-request."""
    create, form = "<create node='princely_musings'/>", fields(title="x")
    for child in (
        f"{create}<configure node='princely_musings'>{form}</configure>",
        f"<configure>{form}</configure>{create}",
    ):
        await denmark.hamlet.refused(denmark.iq("set", child), "bad-request", type="modify")
    await denmark.hamlet.refused(GET_CONFIGURATION, "item-not-found")


async def test_nobody_is_kept_from_creating_by_others() -> None:
    """Only nodes one owns count, not those where others have put one on a list."""
    async with acted(nodes_per_account_max=2) as denmark:
        for node in ("1", "2"):
            await denmark.makes(node)
            await denmark.affiliates("bernardo@denmark.lit", "member", node)
        bernardo = await denmark.client(BERNARDO)
        await bernardo.asks(CREATE, "<iq type='result'/>")


# --- §8.4


async def test_deleting_with_somewhere_else_to_go(denmark: Denmark) -> None:
    """§8.4.1 and §8.4.2, Examples 158 to 160; who waits to be let in hears it, too."""
    await denmark.makes(access_model="authorize")
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.affiliates("bernardo@denmark.lit", "member")
    bernardo = await denmark.subscribed(BERNARDO)
    await bernardo.drains()
    answer = await denmark.hamlet.asks(DELETE, "<iq type='result' id='delete1'/>")
    assert answer.children == []
    for client in (francisco, bernardo):
        await client.receives(
            f"""
            <message from='pubsub.shakespeare.lit' to='{client.jid.bare}'>
              <event xmlns='http://jabber.org/protocol/pubsub#event'>
                <delete node='princely_musings'>
                  <redirect uri='xmpp:hamlet@denmark.lit?;node=blog'/>
                </delete>
              </event>
            </message>"""
        )
    await denmark.hamlet.refused(GET_CONFIGURATION, "item-not-found")
    await denmark.makes()
    assert await denmark.items(denmark.hamlet) == []


async def test_a_node_may_go_quietly(denmark: Denmark) -> None:
    """§16.4.4, `pubsub#notify_delete`."""
    await denmark.makes(notify_delete="0")
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.hamlet.asks(DELETE, "<iq type='result'/>")
    await francisco.receives_nothing()


async def test_a_redirect_says_where_to(denmark: Denmark) -> None:
    """§17.4: `uri` is required."""
    await denmark.makes()
    child = "<delete node='princely_musings'><redirect/></delete>"
    await denmark.hamlet.refused(denmark.iq("set", child, OWNER), "bad-request", type="modify")


# --- §8.5


async def test_purging(denmark: Denmark) -> None:
    """§8.5.1 and §8.5.2, Examples 163 to 165: told once, however many items there were."""
    await denmark.makes()
    await denmark.publishes("1", "2", "3")
    francisco = await denmark.subscribed(FRANCISCO)
    answer = await denmark.hamlet.asks(PURGE, "<iq type='result' id='purge1'/>")
    assert answer.children == []
    await francisco.receives(
        """
        <message from='pubsub.shakespeare.lit' to='francisco@denmark.lit'>
          <event xmlns='http://jabber.org/protocol/pubsub#event'>
            <purge node='princely_musings'/>
          </event>
        </message>"""
    )
    await francisco.receives_nothing()
    assert await denmark.items(francisco) == []


async def test_a_node_that_does_not_tell_of_deletions_is_purged_quietly(denmark: Denmark) -> None:
    """§8.5.2: only where it is configured to notify of them."""
    await denmark.makes(notify_retract="0")
    await denmark.publishes("1")
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.hamlet.asks(PURGE, "<iq type='result'/>")
    assert await told(francisco) == []


async def test_purging_where_nothing_is_kept(denmark: Denmark) -> None:
    """§8.5.3.3, Example 168."""
    await denmark.makes(persist_items="0")
    await denmark.hamlet.refused(PURGE, "unsupported", "feature-not-implemented", type="cancel")


# --- who may


@pytest.mark.parametrize("affiliation", ["publisher", "publish-only", "member", "none", "outcast"])
async def test_what_only_owners_do(denmark: Denmark, affiliation: str) -> None:
    """§8.2.3.2, §8.4.3.1, §8.5.3.2, §8.8.1.3.2, §8.9.1.3.2: peers let publishers purge."""
    await denmark.makes()
    await denmark.publishes("1")
    await denmark.affiliates("bernardo@denmark.lit", affiliation)
    bernardo = await denmark.client(BERNARDO)
    for type, child in (
        ("get", "<configure node='princely_musings'/>"),
        ("set", f"<configure node='princely_musings'>{fields(title='x')}</configure>"),
        ("set", "<delete node='princely_musings'/>"),
        ("set", "<purge node='princely_musings'/>"),
        ("get", "<subscriptions node='princely_musings'/>"),
        ("get", "<affiliations node='princely_musings'/>"),
    ):
        await bernardo.refused(denmark.iq(type, child, OWNER), "forbidden", type="auth")
    assert await denmark.items(denmark.hamlet) == ["1"]


@pytest.mark.parametrize(
    ("type", "name"),
    [
        ("get", "configure"),
        ("set", "configure"),
        ("set", "delete"),
        ("set", "purge"),
        ("get", "subscriptions"),
        ("set", "subscriptions"),
        ("get", "affiliations"),
        ("set", "affiliations"),
    ],
)
async def test_owners_name_a_node_that_is_there(denmark: Denmark, type: str, name: str) -> None:
    """§8.2.3.3, §8.2.3.5, §8.4.3.2, §8.5.3.4, §8.8 and §8.9, Examples 143, 145, 162, 169."""
    filled = {
        "configure": fields(title="x"),
        "subscriptions": "<subscription jid='a@b' subscription='none'/>",
        "affiliations": "<affiliation jid='a@b' affiliation='none'/>",
    }
    inner = filled.get(name, "") if type == "set" else ""
    nowhere = denmark.iq(type, f"<{name} node='nowhere'>{inner}</{name}>", OWNER)
    await denmark.hamlet.refused(nowhere, "item-not-found", type="cancel")
    nameless = denmark.iq(type, f"<{name}>{inner}</{name}>", OWNER)
    await denmark.hamlet.refused(nameless, "nodeid-required", "bad-request", type="modify")
    assert PUBSUB in nameless
