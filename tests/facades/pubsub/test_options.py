"""XEP-0060 1.30.0, §16.4.2, §12.1, §12.2 and §12.19: how, when and for how long one hears."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.facades.pubsub.options import read_options
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import Field, Form
from tests.facades.pubsub.denmark import FRANCISCO, HORATIO, SOLILOQUY, Denmark, fields, kept, told
from tests.stage import Client, Clock

DAY = 86_400.0
MUSINGS = "princely_musings"


async def chooses(denmark: Denmark, client: Client, **options: str | tuple[str, ...]) -> None:
    """Somebody sets the options of their subscription."""
    named = {name.replace("_values", "-values"): value for name, value in options.items()}
    child = f"<options node='{MUSINGS}' jid='{client.jid.bare}'>{fields(**named)}</options>"
    await client.asks(denmark.iq("set", child), "<iq type='result'/>")


# --- pubsub#include_body


async def test_a_body_beside_the_payload(denmark: Denmark) -> None:
    """§16.4.2: for those who ask for it, and for nobody else."""
    await denmark.makes()
    francisco = await denmark.subscribed(FRANCISCO)
    horatio = await denmark.subscribed(HORATIO)
    await chooses(denmark, francisco, include_body="1")
    item = f"<publish node='{MUSINGS}'><item id='1'>{SOLILOQUY}</item></publish>"
    await denmark.hamlet.asks(denmark.iq("set", item), "<iq type='result'/>")
    await denmark.publishes("2")
    heard = await francisco.receives("<message><body/></message>")
    body = next(each for each in heard.elements if each.name == "body").text
    assert body.startswith("Soliloquy\nTo be, or not to be: that is the question:")
    await francisco.receives("<message><body>New in princely_musings</body></message>")
    for message in await horatio.drains():
        assert [each.name for each in message.elements] == ["event"]


async def test_a_body_has_its_length(denmark: Denmark) -> None:
    """BODY_CHARS_MAX is reached."""
    await denmark.makes()
    francisco = await denmark.subscribed(FRANCISCO)
    await chooses(denmark, francisco, include_body="true")
    entry = f"<entry xmlns='http://www.w3.org/2005/Atom'><title>{'x' * 2_000}</title></entry>"
    item = f"<publish node='{MUSINGS}'><item id='1'>{entry}</item></publish>"
    await denmark.hamlet.asks(denmark.iq("set", item), "<iq type='result'/>")
    await francisco.receives(f"<message><body>{'x' * 1_000}</body></message>")


# --- pubsub#show-values, pubsub#presence_based_delivery


async def test_only_while_one_is_so_available(denmark: Denmark) -> None:
    """§16.4.2, `pubsub#show-values`: not by other resources, and not kept for later."""
    await denmark.makes(notification_type="normal")
    francisco = await denmark.subscribed(FRANCISCO)
    await chooses(denmark, francisco, show_values=("chat", "online"))
    await denmark.publishes("online")
    assert await told(francisco) == ["online"]
    for show, heard in (("away", []), ("chat", ["chat"]), ("xa", [])):
        await francisco.sends(f"<presence><show>{show}</show></presence>")
        await francisco.drains()
        await denmark.publishes(show)
        assert await told(francisco) == heard
    await francisco.sends("<presence type='unavailable'/>")
    await denmark.publishes("gone")
    await francisco.sends("<presence/>")
    assert all(each.name == "presence" for each in await francisco.drains())


async def test_a_resource_that_subscribed_for_itself_is_asked_too(denmark: Denmark) -> None:
    """§16.4.2: also where the address is a full JID."""
    await denmark.makes()
    francisco = await denmark.client(FRANCISCO)
    form = fields(**{"show-values": "online"})
    child = f"<subscribe node='{MUSINGS}' jid='{FRANCISCO}'/><options>{form}</options>"
    await francisco.asks(denmark.iq("set", child), "<iq type='result'/>")
    await denmark.publishes("1")
    assert await told(francisco) == ["1"]
    await francisco.sends("<presence><show>dnd</show></presence>")
    await francisco.drains()
    await denmark.publishes("2")
    assert await told(francisco) == []


async def test_a_node_may_tell_only_those_who_are_there(denmark: Denmark) -> None:
    """§12.1, `presence-notifications`: nothing waits for who is not."""
    await denmark.makes(notification_type="normal", presence_based_delivery="1")
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.publishes("1")
    assert await told(francisco) == ["1"]
    await francisco.sends("<presence type='unavailable'/>")
    await denmark.publishes("2")
    await francisco.sends("<presence/>")
    assert all(each.name == "presence" for each in await francisco.drains())


# --- pubsub#expire


async def test_a_lease_ends(denmark: Denmark) -> None:
    """§12.19, Examples 221 to 223: who held it is told, and hears nothing more."""
    await denmark.makes()
    francisco = await denmark.subscribed(FRANCISCO)
    await chooses(denmark, francisco, expire="2004-05-19T20:00:00Z")
    await francisco.asks(
        denmark.iq("get", f"<options node='{MUSINGS}' jid='francisco@denmark.lit'/>"),
        """
        <iq type='result'><pubsub xmlns='http://jabber.org/protocol/pubsub'>
          <options node='princely_musings'><x xmlns='jabber:x:data' type='form'>
            <field var='pubsub#expire'><value>2004-05-19T20:00:00Z</value></field>
          </x></options>
        </pubsub></iq>""",
    )
    await chooses(denmark, francisco, expire="2004-05-20T20:00:00Z")
    denmark.stage.clock.at += DAY
    await denmark.stage.core.engine.expire()
    await denmark.publishes("1")
    assert await told(francisco) == ["1"]
    denmark.stage.clock.at += DAY
    await denmark.stage.core.engine.expire()
    await francisco.receives(
        """
        <message><event xmlns='http://jabber.org/protocol/pubsub#event'>
          <subscription node='princely_musings' jid='francisco@denmark.lit' subscription='none'/>
        </event></message>"""
    )
    await denmark.publishes("2")
    assert await told(francisco) == []


async def test_a_lease_may_be_made_to_last(denmark: Denmark) -> None:
    """§12.19: the empty value takes the end away; what is not named stays."""
    await denmark.makes()
    francisco = await denmark.subscribed(FRANCISCO)
    await chooses(denmark, francisco, expire="2004-05-19T20:00:00Z", include_body="1")
    await chooses(denmark, francisco, expire="")
    denmark.stage.clock.at += 2 * DAY
    await denmark.stage.core.engine.expire()
    await denmark.publishes("1")
    await francisco.receives("<message><body/></message>")


async def test_options_survive_the_server(tmp_path: Path) -> None:
    """§12.19: a lease goes on, and ends, after a restart."""
    clock = Clock(1_084_910_400.0)
    path = tmp_path / "folkmoot.db"
    async with kept(path, clock) as denmark:
        await denmark.makes(item_expire="60")
        francisco = await denmark.subscribed(FRANCISCO)
        await chooses(denmark, francisco, expire="2004-05-19T20:00:00Z", include_body="1")
        await chooses(denmark, francisco, show_values=("online", "away"))
        await denmark.publishes("old")
    async with kept(path, clock) as denmark:
        francisco = await denmark.client(FRANCISCO)
        clock.at += 60
        await denmark.stage.core.engine.expire()
        assert await told(francisco) == ["-old"]
        await denmark.publishes("new")
        await francisco.receives("<message><body/></message>")
        clock.at += DAY
        await denmark.stage.core.engine.expire()
        assert "none" in [
            each.get("subscription")
            for message in await francisco.drains()
            for each in message.elements[0].elements
        ]


# --- pubsub#send_last_published_item


async def test_the_newest_item_on_becoming_available(denmark: Denmark) -> None:
    """§12.2: once each time a subscriber comes, to the resource that comes."""
    await denmark.makes(send_last_published_item="on_sub_and_presence")
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.publishes("1", "2")
    await francisco.drains()
    ramparts = await denmark.stage.client("francisco@denmark.lit/ramparts")
    await ramparts.sends("<presence/>")
    await ramparts.hears(
        """
        <message from='pubsub.shakespeare.lit' to='francisco@denmark.lit/ramparts'>
          <event xmlns='http://jabber.org/protocol/pubsub#event'>
            <items node='princely_musings'><item id='2'/></items>
          </event>
          <delay xmlns='urn:xmpp:delay' stamp='2004-05-18T20:00:00Z'/>
        </message>"""
    )
    await ramparts.sends("<presence><show>away</show></presence>")
    for client in (ramparts, francisco):
        assert all(each.name == "presence" for each in await client.drains())


@pytest.mark.parametrize("send_last", ["never", "on_sub"])
async def test_other_nodes_send_nothing_on_presence(denmark: Denmark, send_last: str) -> None:
    """§16.4.4; nor does one where the subscriber wants to hear nothing, or waits."""
    await denmark.makes(send_last_published_item=send_last)
    await denmark.publishes("1")
    await denmark.makes("quiet", send_last_published_item="on_sub_and_presence")
    await denmark.publishes("1", node="quiet")
    await denmark.makes(
        "closed", send_last_published_item="on_sub_and_presence", access_model="authorize"
    )
    await denmark.publishes("1", node="closed")
    await denmark.subscribed(FRANCISCO)
    francisco = await denmark.subscribed(FRANCISCO, "closed")
    child = "<subscribe node='quiet' jid='francisco@denmark.lit'/>"
    await francisco.asks(denmark.iq("set", f"{child}<options>{fields(deliver='0')}</options>"))
    ramparts = await denmark.stage.client("francisco@denmark.lit/ramparts", available=False)
    await ramparts.sends("<presence/>")
    assert all(each.name == "presence" for each in await ramparts.drains())


# --- any input


@given(
    var=st.sampled_from(
        ("deliver", "digest", "digest_frequency", "expire", "include_body", "show-values", "x")
    ),
    values=st.lists(
        st.text() | st.sampled_from(("1", "0", "5000", "away", "2004-05-19T20:00:00Z"))
    ),
)
def test_any_option_is_read_or_refused(var: str, values: list[str]) -> None:
    """§6.3.6.2: never anything but invalid-options."""
    try:
        read_options(Form("submit", None, (Field(f"pubsub#{var}", "text-multi", tuple(values)),)))
    except StanzaError as error:
        assert error.extension is not None
        assert error.extension.name == "invalid-options"
