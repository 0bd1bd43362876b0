"""XEP-0060 1.30.0, §8.6 and §8.7: asking to be let in, and letting in; §12.14: who hears of it."""

from __future__ import annotations

import pytest

from folkmoot.xmpp.xml import Element
from tests.facades.pubsub.denmark import (
    BERNARDO,
    FRANCISCO,
    HORATIO,
    OWNER,
    PUBSUB,
    Denmark,
)
from tests.stage import Client

AUTHORIZATION = f"{PUBSUB}#subscribe_authorization"
ALLOW, DENY = "true", "false"

ASKED = """
    <message from='pubsub.shakespeare.lit'>
      <x xmlns='jabber:x:data' type='form'>
        <field var='FORM_TYPE' type='hidden'>
          <value>http://jabber.org/protocol/pubsub#subscribe_authorization</value>
        </field>
        <field var='pubsub#node'><value>princely_musings</value></field>
        <field var='pubsub#subscriber_jid'><value>horatio@denmark.lit</value></field>
        <field var='pubsub#allow' type='boolean'><value>false</value></field>
      </x>
    </message>"""
LET_IN = """
    <message from='pubsub.shakespeare.lit' to='horatio@denmark.lit'>
      <event xmlns='http://jabber.org/protocol/pubsub#event'>
        <subscription node='princely_musings' jid='horatio@denmark.lit'
            subscription='subscribed'/>
      </event>
    </message>"""
TURNED_DOWN = """
    <message from='pubsub.shakespeare.lit' to='horatio@denmark.lit'>
      <event xmlns='http://jabber.org/protocol/pubsub#event'>
        <subscription node='princely_musings' jid='horatio@denmark.lit' subscription='none'/>
      </event>
    </message>"""
PENDING_COMMAND = """
    <iq type='set' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='pending1'>
      <command xmlns='http://jabber.org/protocol/commands'
               node='http://jabber.org/protocol/pubsub#get-pending'
               action='execute'/>
    </iq>"""
PENDING_OF_NODE = """
    <iq type='set' to='pubsub.shakespeare.lit' id='pending2'>
      <command xmlns='http://jabber.org/protocol/commands'
               sessionid='pubsub-get-pending:20031021T150901Z-600'
               node='http://jabber.org/protocol/pubsub#get-pending'
               action='execute'>
        <x xmlns='jabber:x:data' type='submit'>
          <field var='pubsub#node'>
            <value>princely_musings</value>
          </field>
        </x>
      </command>
    </iq>"""


def answer(allow: str, id: str = "approve1", node: str = "princely_musings") -> str:
    """What an owner sends back (§8.6, Examples 171 and 173)."""
    return f"""
        <message from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='{id}'>
          <x xmlns='jabber:x:data' type='submit'>
            <field var='FORM_TYPE' type='hidden'>
              <value>http://jabber.org/protocol/pubsub#subscribe_authorization</value>
            </field>
            <field var='pubsub#subid'>
              <value>123-abc</value>
            </field>
            <field var='pubsub#node'>
              <value>{node}</value>
            </field>
            <field var='pubsub#subscriber_jid'>
              <value>horatio@denmark.lit</value>
            </field>
            <field var='pubsub#allow'>
              <value>{allow}</value>
            </field>
          </x>
        </message>"""


@pytest.fixture
async def horatio(denmark: Denmark) -> Client:
    """Somebody who has asked to be let in; Hamlet has the form in front of him."""
    await denmark.makes(access_model="authorize")
    return await denmark.subscribed(HORATIO)


async def states(denmark: Denmark) -> dict[str | None, str | None]:
    """Every subscription of the node, as its owner sees it."""
    found = await denmark.hamlet.asks(
        denmark.iq("get", "<subscriptions node='princely_musings'/>", OWNER)
    )
    rows = found.elements[0].elements[0].elements
    return {row.get("jid"): row.get("subscription") for row in rows}


# --- §8.6


async def test_an_owner_is_asked(denmark: Denmark, horatio: Client) -> None:
    """§8.6, Example 170: a form and nothing before it, with an id to answer to."""
    message = await denmark.hamlet.receives(ASKED)
    assert message.get("id")
    assert [each.name for each in message.elements] == ["x"]
    assert message.get("to") == "hamlet@denmark.lit"


async def test_every_owner_is_asked(denmark: Denmark) -> None:
    """§12.13: the first answer wins."""
    await denmark.makes(access_model="authorize")
    await denmark.affiliates("bernardo@denmark.lit", "owner")
    await denmark.affiliates("francisco@denmark.lit", "publisher")
    bernardo, francisco = await denmark.client(BERNARDO), await denmark.client(FRANCISCO)
    await denmark.subscribed(HORATIO)
    await bernardo.hears(ASKED)
    await denmark.hamlet.hears(ASKED)
    assert all(each.elements[0].name != "x" for each in await francisco.drains())


async def test_letting_in(denmark: Denmark, horatio: Client) -> None:
    """§8.6, Examples 171 and 172; and from then on they hear what is published."""
    await denmark.hamlet.sends(answer(ALLOW))
    await horatio.receives(LET_IN)
    await denmark.publishes("1")
    await horatio.receives("<message from='pubsub.shakespeare.lit' type='headline'/>")
    assert await denmark.items(horatio) == ["1"]


async def test_turning_down(denmark: Denmark, horatio: Client) -> None:
    """§8.6, Examples 173 and 174; they may ask again."""
    await denmark.hamlet.sends(answer(DENY))
    await horatio.receives(TURNED_DOWN)
    await denmark.hamlet.drains()
    subscribe = "<subscribe node='princely_musings' jid='horatio@denmark.lit'/>"
    await horatio.asks(
        denmark.iq("set", subscribe),
        f"""<iq type='result'><pubsub xmlns='{PUBSUB}'>
          <subscription subscription='pending'/>
        </pubsub></iq>""",
    )
    await denmark.hamlet.receives(ASKED)


async def test_a_cancelled_form_leaves_the_question_open(denmark: Denmark, horatio: Client) -> None:
    """§8.6, Example 175."""
    await denmark.hamlet.sends(
        """
        <message from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='approve1'>
          <x xmlns='jabber:x:data' type='cancel'>
            <field var='FORM_TYPE' type='hidden'>
              <value>http://jabber.org/protocol/pubsub#subscribe_authorization</value>
            </field>
          </x>
        </message>"""
    )
    await horatio.receives_nothing()
    assert await states(denmark) == {"horatio@denmark.lit": "pending"}


async def test_a_late_second_answer_is_harmless(denmark: Denmark, horatio: Client) -> None:
    """§12.13: the question is settled, and the other owners hear so."""
    await denmark.affiliates("bernardo@denmark.lit", "owner")
    bernardo = await denmark.client(BERNARDO)
    await denmark.hamlet.sends(answer(ALLOW))
    await horatio.receives(LET_IN)
    await bernardo.hears(
        """
        <message from='pubsub.shakespeare.lit'>
          <event xmlns='http://jabber.org/protocol/pubsub#event'>
            <subscription jid='horatio@denmark.lit' subscription='subscribed'/>
          </event>
        </message>"""
    )
    await bernardo.sends(answer(DENY))
    await bernardo.receives_nothing()
    await horatio.receives_nothing()
    assert await states(denmark) == {"horatio@denmark.lit": "subscribed"}


@pytest.mark.parametrize(
    ("changed", "conditions"),
    [
        (("<value>true</value>", ""), ("bad-request",)),
        (("<value>true</value>", "<value>perhaps</value>"), ("not-acceptable",)),
        (("<value>princely_musings</value>", ""), ("nodeid-required", "bad-request")),
        (("<value>horatio@denmark.lit</value>", ""), ("bad-request",)),
        (("horatio@denmark.lit", "@"), ("jid-malformed",)),
        (("princely_musings", "nowhere"), ("item-not-found",)),
    ],
)
async def test_an_answer_that_makes_no_sense(
    denmark: Denmark, horatio: Client, changed: tuple[str, str], conditions: tuple[str, ...]
) -> None:
    """§8.6: "The service MUST check the pubsub#allow field"."""
    await denmark.hamlet.drains()
    await denmark.hamlet.sends(answer(ALLOW).replace(*changed))
    error = await denmark.hamlet.receives("<message type='error' id='approve1'/>")
    assert [each.name for each in error.elements[0].elements][: len(conditions)] == [*conditions]
    assert await states(denmark) == {"horatio@denmark.lit": "pending"}


async def test_only_owners_let_in(denmark: Denmark, horatio: Client) -> None:
    """§8.6: least of all who asks."""
    await horatio.sends(answer(ALLOW))
    await horatio.receives(
        """
        <message type='error'><error type='auth'>
          <forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>
        </error></message>"""
    )
    assert await states(denmark) == {"horatio@denmark.lit": "pending"}


@pytest.mark.parametrize("affiliation", ["owner", "publisher", "member"])
async def test_whom_an_owner_makes_a_member_is_let_in(
    denmark: Denmark, horatio: Client, affiliation: str
) -> None:
    """§8.7.4's note: the request of a new owner or publisher is approved with that."""
    await denmark.affiliates("horatio@denmark.lit", affiliation)
    await horatio.hears(LET_IN)


async def test_whom_an_owner_bans_is_turned_down(denmark: Denmark, horatio: Client) -> None:
    """§8.7.4's note: the request of an outcast is rejected."""
    await denmark.affiliates("horatio@denmark.lit", "outcast")
    await horatio.hears(TURNED_DOWN)
    assert await states(denmark) == {}


@pytest.mark.parametrize(("state", "heard"), [("subscribed", LET_IN), ("none", TURNED_DOWN)])
async def test_an_owner_answers_by_setting_the_subscription(
    denmark: Denmark, horatio: Client, state: str, heard: str
) -> None:
    """§8.8.2 does what the form does (four doors to one command)."""
    row = f"<subscription jid='horatio@denmark.lit' subscription='{state}'/>"
    child = f"<subscriptions node='princely_musings'>{row}</subscriptions>"
    await denmark.hamlet.asks(denmark.iq("set", child, OWNER), "<iq type='result'/>")
    await horatio.receives(heard)


async def test_an_open_node_lets_in_who_waits(denmark: Denmark, horatio: Client) -> None:
    """§12.14: another access model, and nobody has to be asked any more."""
    await denmark.configures(access_model="open")
    await horatio.hears(LET_IN)


async def test_owners_hear_of_subscribers_where_they_want_to(denmark: Denmark) -> None:
    """§16.4.4, `pubsub#notify_sub`."""
    await denmark.makes(notify_sub="true")
    horatio = await denmark.subscribed(HORATIO)
    await denmark.hamlet.receives(LET_IN.replace(" to='horatio@denmark.lit'", ""))
    unsubscribe = "<unsubscribe node='princely_musings' jid='horatio@denmark.lit'/>"
    await horatio.asks(denmark.iq("set", unsubscribe), "<iq type='result'/>")
    await denmark.hamlet.receives(TURNED_DOWN.replace(" to='horatio@denmark.lit'", ""))


# --- §8.7


def command(found: Element) -> tuple[str | None, str | None]:
    """How far a command is, and in which session."""
    (told,) = found.elements
    return told.get("status"), told.get("sessionid")


async def test_the_pending_requests_step_by_step(denmark: Denmark, horatio: Client) -> None:
    """§8.7.1, §8.7.2 and §8.7.4, Examples 176, 177, 182 and 183."""
    await denmark.hamlet.drains()
    await denmark.makes("news_from_elsinore", access_model="authorize")
    found = await denmark.hamlet.asks(
        PENDING_COMMAND,
        """
        <iq type='result' from='pubsub.shakespeare.lit' id='pending1'>
          <command xmlns='http://jabber.org/protocol/commands'
              node='http://jabber.org/protocol/pubsub#get-pending' status='executing'>
            <x xmlns='jabber:x:data' type='form'>
              <field var='FORM_TYPE' type='hidden'>
                <value>http://jabber.org/protocol/pubsub#subscribe_authorization</value>
              </field>
              <field type='list-single' var='pubsub#node'>
                <option><value>princely_musings</value></option>
              </field>
            </x>
          </command>
        </iq>""",
    )
    assert command(found)[1]
    found = await denmark.hamlet.asks(PENDING_OF_NODE, "<iq type='result' id='pending2'/>")
    assert command(found) == ("completed", "pubsub-get-pending:20031021T150901Z-600")
    await denmark.hamlet.hears(ASKED)


async def test_pending_requests_go_to_who_asked_for_them(denmark: Denmark, horatio: Client) -> None:
    """§8.7.4: not to the other owners again."""
    await denmark.affiliates("bernardo@denmark.lit", "owner")
    bernardo = await denmark.client(BERNARDO)
    await bernardo.drains()
    await denmark.hamlet.asks(PENDING_OF_NODE)
    await bernardo.receives_nothing()


async def test_nobody_waits(denmark: Denmark) -> None:
    """§8.7.2: there is no node to choose, so the command is done; Hamlet is told."""
    await denmark.makes(access_model="authorize")
    found = await denmark.hamlet.asks(
        PENDING_COMMAND,
        """
        <iq type='result'><command xmlns='http://jabber.org/protocol/commands'>
          <note type='info'/>
        </command></iq>""",
    )
    assert command(found)[0] == "completed"
    await denmark.hamlet.asks(PENDING_OF_NODE, "<iq type='result'/>")
    await denmark.hamlet.receives_nothing()


async def test_pending_requests_are_for_owners(denmark: Denmark, horatio: Client) -> None:
    """§8.7.3.3 and §8.7.3.4, Examples 180 and 181."""
    await horatio.refused(PENDING_OF_NODE, "forbidden", type="auth")
    request = PENDING_OF_NODE.replace("princely_musings", "nowhere")
    await denmark.hamlet.refused(request, "item-not-found", type="cancel")


@pytest.mark.parametrize(
    ("changed", "conditions"),
    [
        (("action='execute'", "action='prev'"), ("bad-action", "bad-request")),
        (("action='execute'", "action='run'"), ("malformed-action", "bad-request")),
        (("#get-pending'", "#get-all'"), ("item-not-found",)),
        (("type='submit'", "type='perhaps'"), ("bad-request",)),
        (("pubsub#node", "pubsub#other"), ("nodeid-required", "bad-request")),
    ],
)
async def test_a_command_that_makes_no_sense(
    denmark: Denmark,
    horatio: Client,
    changed: tuple[str, str],
    conditions: tuple[str, ...],
) -> None:
    """XEP-0050 1.3.0 §4.4."""
    await denmark.hamlet.refused(PENDING_OF_NODE.replace(*changed), *conditions)


@pytest.mark.parametrize(
    "changed", [("action='execute'", "action='cancel'"), ("type='submit'", "type='cancel'")]
)
async def test_cancelling_the_command(denmark: Denmark, changed: tuple[str, str]) -> None:
    """XEP-0050 1.3.0 §2.4.4."""
    await denmark.makes(access_model="authorize")
    found = await denmark.hamlet.asks(PENDING_OF_NODE.replace(*changed), "<iq type='result'/>")
    assert command(found)[0] == "canceled"


async def test_the_command_is_found(denmark: Denmark) -> None:
    """XEP-0050 1.3.0 §2.1 and §2.2, Examples 3 to 6."""
    commands = "http://jabber.org/protocol/commands"
    await denmark.hamlet.asks(
        f"""
        <iq type='get' to='pubsub.shakespeare.lit' id='disco1'>
          <query xmlns='http://jabber.org/protocol/disco#items' node='{commands}'/>
        </iq>""",
        f"""
        <iq type='result' id='disco1'>
          <query xmlns='http://jabber.org/protocol/disco#items' node='{commands}'>
            <item jid='pubsub.shakespeare.lit' node='{PUBSUB}#get-pending'/>
          </query>
        </iq>""",
    )
    for node, kind in ((commands, "command-list"), (f"{PUBSUB}#get-pending", "command-node")):
        await denmark.hamlet.asks(
            f"""
            <iq type='get' to='pubsub.shakespeare.lit' id='disco2'>
              <query xmlns='http://jabber.org/protocol/disco#info' node='{node}'/>
            </iq>""",
            f"""
            <iq type='result' id='disco2'>
              <query xmlns='http://jabber.org/protocol/disco#info' node='{node}'>
                <identity category='automation' type='{kind}'/>
                <feature var='{commands}'/>
              </query>
            </iq>""",
        )
