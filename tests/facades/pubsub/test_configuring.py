"""XEP-0060 1.30.0, §8.2 and §8.3: how a node is configured."""

from __future__ import annotations

import pytest

from folkmoot.engine.decide.configuring import TEXT_CHARS_MAX
from tests.facades.pubsub.denmark import (
    FRANCISCO,
    GET_CONFIGURATION,
    OWNER,
    Denmark,
    configuration,
    fields,
)


async def test_the_configuration_as_a_form(denmark: Denmark) -> None:
    """§8.2.1 and §8.2.2, Examples 139 and 140: every field with its type and what it is now."""
    await denmark.makes()
    await denmark.hamlet.asks(
        GET_CONFIGURATION,
        """
        <iq type='result' from='pubsub.shakespeare.lit' id='config1'>
          <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>
            <configure node='princely_musings'>
              <x xmlns='jabber:x:data' type='form'>
                <field var='FORM_TYPE' type='hidden'>
                  <value>http://jabber.org/protocol/pubsub#node_config</value>
                </field>
                <field var='pubsub#title' type='text-single'/>
                <field var='pubsub#access_model' type='list-single'>
                  <value>open</value>
                  <option><value>open</value></option>
                  <option><value>presence</value></option>
                  <option><value>roster</value></option>
                  <option><value>authorize</value></option>
                  <option><value>whitelist</value></option>
                </field>
                <field var='pubsub#publish_model' type='list-single'>
                  <value>publishers</value>
                </field>
                <field var='pubsub#persist_items' type='boolean'><value>1</value></field>
                <field var='pubsub#node_type'><value>leaf</value></field>
              </x>
            </configure>
          </pubsub>
        </iq>""",
    )


async def test_the_form_as_it_is_changes_nothing(denmark: Denmark) -> None:
    """§8.2.4: what is sent out can be sent back."""
    await denmark.makes(notify_config="1", title="Musings")
    francisco = await denmark.subscribed(FRANCISCO)
    before = await configuration(denmark)
    told_back = "".join(
        f"<field var='{var}'>{''.join(f'<value>{value}</value>' for value in values)}</field>"
        for var, values in before.items()
    )
    form = f"<x xmlns='jabber:x:data' type='submit'>{told_back}</x>"
    child = f"<configure node='princely_musings'>{form}</configure>"
    await denmark.hamlet.asks(denmark.iq("set", child, OWNER), "<iq type='result'/>")
    assert await configuration(denmark) == before
    await francisco.receives_nothing()


async def test_a_configuration_is_a_patch(denmark: Denmark) -> None:
    """§8.2.4 with XEP-0004 §3.5: what the form does not say stays."""
    await denmark.makes(title="Musings", max_items="7", access_model="authorize")
    before = await configuration(denmark)
    answer = await denmark.hamlet.asks(
        """
        <iq type='set' to='pubsub.shakespeare.lit' id='config2'>
          <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>
            <configure node='princely_musings'>
              <x xmlns='jabber:x:data' type='submit'>
                <field var='FORM_TYPE' type='hidden'>
                  <value>http://jabber.org/protocol/pubsub#node_config</value>
                </field>
                <field var='pubsub#title'><value>Princely Musings (Atom)</value></field>
              </x>
            </configure>
          </pubsub>
        </iq>""",
        "<iq type='result' id='config2'/>",
    )
    assert answer.children == []
    before["pubsub#title"] = ["Princely Musings (Atom)"]
    assert await configuration(denmark) == before


async def test_cancelling_leaves_it_all(denmark: Denmark) -> None:
    """§8.2.4, Example 147."""
    await denmark.makes(title="Musings")
    form = "<x xmlns='jabber:x:data' type='cancel'/>"
    child = f"<configure node='princely_musings'>{form}</configure>"
    await denmark.hamlet.asks(denmark.iq("set", child, OWNER), "<iq type='result'/>")
    assert (await configuration(denmark))["pubsub#title"] == ["Musings"]


async def test_who_hears_of_another_configuration(denmark: Denmark) -> None:
    """§8.2.5.3, Examples 150 and 151: with the form, unless the node sends no payloads."""
    await denmark.makes(notify_config="1")
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.configures(title="Princely Musings")
    await francisco.receives(
        """
        <message from='pubsub.shakespeare.lit' to='francisco@denmark.lit'>
          <event xmlns='http://jabber.org/protocol/pubsub#event'>
            <configuration node='princely_musings'>
              <x xmlns='jabber:x:data' type='result'>
                <field var='FORM_TYPE' type='hidden'>
                  <value>http://jabber.org/protocol/pubsub#node_config</value>
                </field>
                <field var='pubsub#title'><value>Princely Musings</value></field>
              </x>
            </configuration>
          </event>
        </message>"""
    )
    await denmark.configures(deliver_payloads="0")
    message = await francisco.receives("<message/>")
    (configured,) = message.elements[0].elements
    assert (configured.name, configured.children) == ("configuration", [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("persist_items", "perhaps"),
        ("persist_items", ("1", "0")),
        ("max_items", "-1"),
        ("max_items", "ten"),
        ("max_items", "10001"),
        ("max_payload_size", "0"),
        ("max_payload_size", "262145"),
        ("publish_model", "everybody"),
        ("send_last_published_item", "sometimes"),
        ("notification_type", "chat"),
        ("title", "x" * (TEXT_CHARS_MAX + 1)),
        ("purge_offline", "perhaps"),
        ("publish_node_full", "burst"),
        ("itemreply", "everybody"),
    ],
)
async def test_a_value_that_cannot_be(
    denmark: Denmark, field: str, value: str | tuple[str, ...]
) -> None:
    """§8.2.5.2, Example 149: the text names the field, and nothing is changed."""
    await denmark.makes(title="Musings")
    before = await configuration(denmark)
    form = fields(description="changed", **{field: value})
    child = f"<configure node='princely_musings'>{form}</configure>"
    text = await denmark.hamlet.refused(
        denmark.iq("set", child, OWNER), "not-acceptable", type="modify"
    )
    assert f"pubsub#{field}" in text
    assert await configuration(denmark) == before


@pytest.mark.parametrize(
    "form", ["", "<x xmlns='jabber:x:data'/>", "<x xmlns='jabber:x:data' type='result'/>"]
)
async def test_a_configuration_that_is_not_submitted(denmark: Denmark, form: str) -> None:
    """§8.2.4: a form, submitted."""
    await denmark.makes()
    child = f"<configure node='princely_musings'>{form}</configure>"
    await denmark.hamlet.refused(denmark.iq("set", child, OWNER), "bad-request", type="modify")


async def test_a_parent_that_cannot_be(denmark: Denmark) -> None:
    """XEP-0496 0.1.0 §4.2: no node is in itself, nor further down than there is."""
    await denmark.makes()
    form = (
        "<x xmlns='jabber:x:data' type='submit'>"
        "<field var='{urn:xmpp:pubsub-relationships:0}parent'><value>%s</value></field></x>"
    )
    for value, *conditions in (
        ("xmpp:pubsub.shakespeare.lit?;node=princely_musings", "invalid-option", "not-allowed"),
        ("xmpp:pubsub.shakespeare.lit", "not-acceptable"),
        ("xmpp:@?;node=x", "not-acceptable"),
    ):
        child = f"<configure node='princely_musings'>{form % value}</configure>"
        await denmark.hamlet.refused(denmark.iq("set", child, OWNER), *conditions)


async def test_the_defaults_are_what_a_new_node_has(denmark: Denmark) -> None:
    """§8.3, Examples 152 to 154."""
    defaults = await configuration(denmark, denmark.iq("get", "<default/>", OWNER))
    await denmark.makes()
    assert await configuration(denmark) == defaults
