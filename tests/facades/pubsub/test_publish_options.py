"""XEP-0060 1.30.0, §7.1.5: publish-options are preconditions, never overrides."""

from __future__ import annotations

import pytest

from tests.facades.pubsub.denmark import BERNARDO, PUBSUB, SOLILOQUY, Denmark, fields, publish

SOUL = "ae890ac52d0df67ed7cfdf51b644e901"


def with_options(denmark: Denmark, options: str, item: str = "1") -> str:
    """A publication with preconditions."""
    return denmark.iq("set", f"{publish(item)}<publish-options>{options}</publish-options>")


@pytest.mark.parametrize(
    "options",
    [
        fields(access_model="open"),
        fields(persist_items="1", notify_retract="true", deliver_payloads="true"),
        fields(max_items="1000", publish_model="publishers", purge_offline="false"),
        fields(node_type="leaf"),
        "<x xmlns='jabber:x:data' type='submit'/>",
        "",
    ],
)
async def test_preconditions_that_are_met(denmark: Denmark, options: str) -> None:
    """§7.1.5, case 2; booleans in either spelling."""
    await denmark.makes()
    await denmark.hamlet.asks(with_options(denmark, options), "<iq type='result'/>")


async def test_the_precondition_of_the_example(denmark: Denmark) -> None:
    """§7.1.5, Example 114: the node is open; it is not changed, and nothing is published."""
    await denmark.makes()
    text = await denmark.hamlet.refused(
        f"""
        <iq type='set' from='hamlet@denmark.lit/blogbot' to='pubsub.shakespeare.lit' id='pub1'>
          <pubsub xmlns='http://jabber.org/protocol/pubsub'>
            <publish node='princely_musings'><item id='{SOUL}'>{SOLILOQUY}</item></publish>
            <publish-options>
              <x xmlns='jabber:x:data' type='submit'>
                <field var='FORM_TYPE' type='hidden'>
                  <value>http://jabber.org/protocol/pubsub#publish-options</value>
                </field>
                <field var='pubsub#access_model'>
                  <value>presence</value>
                </field>
              </x>
            </publish-options>
          </pubsub>
        </iq>""",
        "precondition-not-met",
        "conflict",
        type="cancel",
    )
    assert "pubsub#access_model" in text
    assert await denmark.items(denmark.hamlet) == []


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (fields(persist_items="0"), "pubsub#persist_items"),
        (fields(title="another"), "pubsub#title"),
        (fields(unheard_of="1"), "pubsub#unheard_of"),
        (fields(max_items="many"), "pubsub#max_items"),
        (fields(max_items="99999999"), "pubsub#max_items"),
        (fields(purge_offline="1"), "pubsub#purge_offline"),
        (fields(node_type="collection"), "pubsub#node_type"),
        (fields(access_model="friends"), "pubsub#access_model"),
        (fields(persist_items=("1", "0")), "pubsub#persist_items"),
    ],
)
async def test_preconditions_that_are_not_met(denmark: Denmark, options: str, named: str) -> None:
    """§7.1.5, case 1: known or not, the field is named."""
    await denmark.makes()
    text = await denmark.hamlet.refused(
        with_options(denmark, options), "precondition-not-met", "conflict", type="cancel"
    )
    assert named in text


@pytest.mark.parametrize("type", ["form", "result", "cancel", "nonsense"])
async def test_options_that_are_not_submitted(denmark: Denmark, type: str) -> None:
    """§7.1.5: options are a submitted form."""
    await denmark.makes()
    options = f"<x xmlns='jabber:x:data' type='{type}'/>"
    await denmark.hamlet.refused(with_options(denmark, options), "bad-request")


async def test_options_make_no_node_of_the_service(denmark: Denmark) -> None:
    """§7.1.5, case 4."""
    options = with_options(denmark, fields(access_model="open"))
    await denmark.hamlet.refused(options, "item-not-found")


async def test_options_make_a_node_of_ones_own_account(denmark: Denmark) -> None:
    """§7.1.4 and §7.1.5, case 3: made as the preconditions say, and by nobody else."""
    request = with_options(denmark, fields(access_model="whitelist", max_items="max"))
    own = request.replace("pubsub.shakespeare.lit", "hamlet@denmark.lit")
    bernardo = await denmark.client(BERNARDO)
    await bernardo.refused(own, "forbidden", type="auth")
    await denmark.hamlet.asks(own, "<iq type='result'/>")
    await denmark.hamlet.asks(
        denmark.iq(
            "get",
            "<configure node='princely_musings'/>",
            PUBSUB + "#owner",
            to="hamlet@denmark.lit",
        ),
        f"""
        <iq type='result'><pubsub xmlns='{PUBSUB}#owner'><configure>
          <x xmlns='jabber:x:data' type='form'>
            <field var='pubsub#access_model'><value>whitelist</value></field>
            <field var='pubsub#max_items'><value>10000</value></field>
          </x>
        </configure></pubsub></iq>""",
    )
