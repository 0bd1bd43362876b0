"""XEP-0060 1.30.0, §6.1.6: several subscriptions of one address; their subids in XEP-0131 1.2."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from folkmoot.engine.decide.terms import ENTITY_SUBSCRIPTIONS_MAX
from folkmoot.xmpp.xml import Element
from tests.facades.pubsub.denmark import (
    BERNARDO,
    FRANCISCO,
    OWNER,
    Denmark,
    acted,
    fields,
    kept,
)
from tests.stage import Client, Clock

SHIM = "http://jabber.org/protocol/shim"
FRANCISCO_HIMSELF = "jid='francisco@denmark.lit'"
MUSINGS = f"node='princely_musings' {FRANCISCO_HIMSELF}"
DAY = 86_400.0

Options = str | tuple[str, ...]


@pytest.fixture
async def denmark() -> AsyncIterator[Denmark]:
    """Hamlet's node is there."""
    async with acted() as made:
        await made.makes()
        yield made


async def subscribes(
    denmark: Denmark,
    client: Client,
    node: str = "princely_musings",
    to: str = "pubsub.shakespeare.lit",
    **options: Options,
) -> str:
    """The subid of a subscription that somebody makes or has already."""
    named = {name.replace("_values", "-values"): value for name, value in options.items()}
    form = f"<options>{fields(**named)}</options>" if options else ""
    child = f"<subscribe node='{node}' jid='{client.jid.bare}'/>{form}"
    answer = await client.asks(
        denmark.iq("set", child, to=to),
        "<iq type='result'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
        "<subscription subscription='subscribed'/></pubsub></iq>",
    )
    return answer.elements[0].elements[0].get("subid", "")


async def has(denmark: Denmark, client: Client) -> list[str]:
    """The subids of all of somebody's subscriptions (§5.6, Example 21)."""
    child = "<subscriptions node='princely_musings'/>"
    answer = await client.asks(denmark.iq("get", child), "<iq type='result'/>")
    return [each.get("subid", "") for each in answer.elements[0].elements[0].elements]


def headers(message: Element) -> list[str]:
    """The subids a notification is noted with, as the last that is in it (§7.1.2.4)."""
    last = message.elements[-1]
    if (last.ns, last.name) != (SHIM, "headers"):
        return []
    assert {each.get("name") for each in last.elements} == {"SubID"}
    return [each.text for each in last.elements]


async def noted(client: Client) -> list[tuple[str, list[str]]]:
    """Of each notification that has come: what it has, and the subids it is noted with."""
    return [
        (message.elements[0].elements[0].elements[0].get("id", ""), headers(message))
        for message in await client.drains()
        if message.name == "message"
    ]


# --- §6.1.6: making them


async def test_other_options_are_another_subscription(denmark: Denmark) -> None:
    """§6.1.6 and §6.3.7: the subid of each is its own; what is held already is that one."""
    francisco = await denmark.client(FRANCISCO)
    first = await subscribes(denmark, francisco)
    second = await subscribes(denmark, francisco, include_body="1")
    assert await has(denmark, francisco) == [first, second]
    assert await subscribes(denmark, francisco) == first
    assert await subscribes(denmark, francisco, deliver="1") == first
    assert await subscribes(denmark, francisco, include_body="true") == second
    assert await has(denmark, francisco) == [first, second]


async def test_the_answer_has_the_options_of_the_new_one(denmark: Denmark) -> None:
    """§6.3.7, Example 68."""
    francisco = await denmark.client(FRANCISCO)
    await subscribes(denmark, francisco, include_body="1")
    form = fields(**{"show-values": ("chat", "online")})
    await francisco.asks(
        denmark.iq("set", f"<subscribe {MUSINGS}/><options>{form}</options>"),
        """
        <iq type='result'><pubsub xmlns='http://jabber.org/protocol/pubsub'>
          <subscription node='princely_musings' jid='francisco@denmark.lit'
              subscription='subscribed'/>
          <options><x xmlns='jabber:x:data' type='result'>
            <field var='pubsub#include_body'><value>0</value></field>
            <field var='pubsub#show-values'><value>online</value><value>chat</value></field>
          </x></options>
        </pubsub></iq>""",
    )


async def test_nodes_of_an_account_have_it_too() -> None:
    """§6.1.6, where the service is a bare JID (§4.6.1; XEP-0163)."""
    async with acted() as denmark:
        item = "<publish node='urn:example:tune'><item id='1'><tune xmlns='x'/></item></publish>"
        form = f"<publish-options>{fields(access_model='open')}</publish-options>"
        hamlet = "hamlet@denmark.lit"
        await denmark.hamlet.asks(denmark.iq("set", item + form, to=hamlet), "<iq type='result'/>")
        francisco = await denmark.client(FRANCISCO)
        first = await subscribes(denmark, francisco, "urn:example:tune", hamlet)
        body = await subscribes(denmark, francisco, "urn:example:tune", hamlet, include_body="1")
        assert await noted(francisco) == [("1", [])]  # what there was when the first was made
        await denmark.hamlet.asks(denmark.iq("set", item, to=hamlet), "<iq type='result'/>")
        assert await noted(francisco) == [("1", [first, body])]


@pytest.mark.parametrize("access", ["open", "authorize"])
async def test_a_space_has_one_of_each(access: str) -> None:
    """XEP-0503: there a subscription is standing; what differs is how it is heard."""
    async with acted() as denmark:
        await denmark.makes(type="urn:xmpp:spaces:0", access_model=access)
        await denmark.affiliates("francisco@denmark.lit", "member")
        francisco = await denmark.client(FRANCISCO)
        first = await subscribes(denmark, francisco)
        assert await subscribes(denmark, francisco, include_body="1") == first
        assert await has(denmark, francisco) == [first]


async def test_there_are_only_so_many() -> None:
    """§6.1.3.9: ENTITY_SUBSCRIPTIONS_MAX is reached, by one address or by many."""
    async with acted() as denmark:
        await denmark.makes()
        francisco = await denmark.client(FRANCISCO)
        for day in range(1, ENTITY_SUBSCRIPTIONS_MAX):
            await subscribes(denmark, francisco, expire=f"2005-01-{day:02}T00:00:00Z")
        barracks = denmark.iq("set", f"<subscribe node='princely_musings' jid='{FRANCISCO}'/>")
        await francisco.asks(barracks, "<iq type='result'/>")
        for jid in ("francisco@denmark.lit", "francisco@denmark.lit/elsewhere"):
            child = f"<subscribe node='princely_musings' jid='{jid}'/>"
            child += f"<options>{fields(include_body='1')}</options>"
            await francisco.refused(
                denmark.iq("set", child), "too-many-subscriptions", "policy-violation", type="wait"
            )
        await francisco.asks(barracks, "<iq type='result'/>")


async def test_an_account_subscribes_to_so_many_nodes() -> None:
    """§6.1.3.9: subscriptions_per_account_max is reached; what is held stays as it is."""
    async with acted(subscriptions_per_account_max=2) as denmark:
        for node in ("one", "two", "three"):
            await denmark.makes(node)
        francisco = await denmark.client(FRANCISCO)
        await subscribes(denmark, francisco, "one")
        await subscribes(denmark, francisco, "two")
        three = "<subscribe node='three' jid='francisco@denmark.lit'/>"
        await francisco.refused(
            denmark.iq("set", three), "too-many-subscriptions", "policy-violation", type="wait"
        )
        await subscribes(denmark, francisco, "two", include_body="1")
        one = "<unsubscribe node='one' jid='francisco@denmark.lit'/>"
        await francisco.asks(denmark.iq("set", one), "<iq type='result'/>")
        await subscribes(denmark, francisco, "three")


# --- §6.2, §6.3, §6.5.9: which one is meant


@pytest.mark.parametrize(
    ("type", "element"),
    [("set", "unsubscribe"), ("get", "options"), ("set", "options"), ("get", "items")],
)
async def test_a_subid_is_required_and_has_to_be_right(
    denmark: Denmark, type: str, element: str
) -> None:
    """§6.2.3.1, §6.3.4.4, §6.5.9.1 (Examples 49, 60, 84); §6.2.3.5, §6.3.4.5, §6.5.9.2."""
    francisco = await denmark.client(FRANCISCO)
    first = await subscribes(denmark, francisco)
    form = fields(deliver="1") if type == "set" and element == "options" else ""
    only = f"<{element} {MUSINGS} {{}}>{form}</{element}>"
    if element != "unsubscribe":
        await francisco.asks(denmark.iq(type, only.format("")), "<iq type='result'/>")
    await subscribes(denmark, francisco, include_body="1")
    await francisco.refused(
        denmark.iq(type, only.format("")), "subid-required", "bad-request", type="modify"
    )
    await francisco.refused(
        denmark.iq(type, only.format("subid='123-abc'")),
        "invalid-subid",
        "not-acceptable",
        type="modify",
    )
    named = denmark.iq(type, only.format(f"subid='{first}'"))
    await francisco.asks(named, "<iq type='result'/>")


async def test_who_is_not_subscribed_needs_no_subid(denmark: Denmark) -> None:
    """§6.5.9.2: "if the requesting entity is subscribed"."""
    bernardo = await denmark.client(BERNARDO)
    for subid in ("", "subid='123-abc'"):
        items = denmark.iq("get", f"<items node='princely_musings' {subid}/>")
        await bernardo.asks(items, "<iq type='result'/>")


async def test_one_of_them_ends(denmark: Denmark) -> None:
    """§6.2.2, Example 48: just that one, and then there is no other to tell it from."""
    francisco = await denmark.client(FRANCISCO)
    first = await subscribes(denmark, francisco)
    second = await subscribes(denmark, francisco, include_body="1")
    await francisco.asks(
        denmark.iq("set", f"<unsubscribe {MUSINGS} subid='{first}'/>"),
        f"""
        <iq type='result'><pubsub xmlns='http://jabber.org/protocol/pubsub'>
          <subscription node='princely_musings' jid='francisco@denmark.lit' subscription='none'
              subid='{first}'/>
        </pubsub></iq>""",
    )
    assert await has(denmark, francisco) == [second]
    await denmark.publishes("1")
    (message,) = await francisco.drains()
    assert headers(message) == []
    assert [each.name for each in message.elements] == ["event", "body"]
    await francisco.asks(denmark.iq("set", f"<unsubscribe {MUSINGS}/>"), "<iq type='result'/>")
    assert await has(denmark, francisco) == []


async def test_options_are_each_ones_own(denmark: Denmark) -> None:
    """§6.3.2 and §6.3.5: those of the subid that is named."""
    francisco = await denmark.client(FRANCISCO)
    first = await subscribes(denmark, francisco)
    second = await subscribes(denmark, francisco, include_body="1")
    child = f"<options {MUSINGS} subid='{second}'>{fields(deliver='0')}</options>"
    await francisco.asks(denmark.iq("set", child), "<iq type='result'/>")
    for subid, deliver, body in ((first, "1", "0"), (second, "0", "1")):
        await francisco.asks(
            denmark.iq("get", f"<options {MUSINGS} subid='{subid}'/>"),
            f"""
            <iq type='result'><pubsub xmlns='http://jabber.org/protocol/pubsub'>
              <options subid='{subid}'><x xmlns='jabber:x:data' type='form'>
                <field var='pubsub#deliver'><value>{deliver}</value></field>
                <field var='pubsub#include_body'><value>{body}</value></field>
              </x></options>
            </pubsub></iq>""",
        )
    await denmark.publishes("1")
    assert await noted(francisco) == [("1", [first])]


# --- §7.1.2.4, §7.2.2.2, §12.8, §12.16: one notification, which says by which it came


async def test_one_notification_for_all_of_them(denmark: Denmark) -> None:
    """§6.1.6 and §7.1.2.4, Example 104; who has one subscription is told no subid."""
    francisco, bernardo = await denmark.client(FRANCISCO), await denmark.subscribed(BERNARDO)
    first = await subscribes(denmark, francisco)
    second = await subscribes(denmark, francisco, expire="2005-01-01T00:00:00Z")
    await denmark.publishes("ae890ac52d0df67ed7cfdf51b644e901")
    await francisco.receives(
        f"""
        <message from='pubsub.shakespeare.lit' to='francisco@denmark.lit'>
          <event xmlns='http://jabber.org/protocol/pubsub#event'>
            <items node='princely_musings'>
              <item id='ae890ac52d0df67ed7cfdf51b644e901'/>
            </items>
          </event>
          <headers xmlns='http://jabber.org/protocol/shim'>
            <header name='SubID'>{first}</header>
            <header name='SubID'>{second}</header>
          </headers>
        </message>"""
    )
    await francisco.receives_nothing()
    assert await noted(bernardo) == [("ae890ac52d0df67ed7cfdf51b644e901", [])]


async def test_a_deletion_is_noted_too(denmark: Denmark) -> None:
    """§7.2.2.2, Example 118; what is the same for each has no header (§12.16)."""
    francisco = await denmark.client(FRANCISCO)
    subids = [
        await subscribes(denmark, francisco),
        await subscribes(denmark, francisco, include_body="1"),
    ]
    await denmark.configures(notify_config="1")
    await denmark.publishes("1")
    await francisco.drains()
    retract = "<retract node='princely_musings' notify='1'><item id='1'/></retract>"
    await denmark.hamlet.asks(denmark.iq("set", retract), "<iq type='result'/>")
    (message,) = await francisco.drains()
    assert headers(message) == subids
    await denmark.configures(title="Musings")
    for request in ("purge", "delete"):
        child = f"<{request} node='princely_musings'/>"
        await denmark.hamlet.asks(denmark.iq("set", child, OWNER), "<iq type='result'/>")
    told = await francisco.drains()
    assert [each.elements[0].elements[0].name for each in told] == [
        "configuration",
        "purge",
        "delete",
    ]
    assert [headers(each) for each in told] == [[], [], []]


async def test_a_body_if_any_of_them_wants_one(denmark: Denmark) -> None:
    """§12.8: "the service SHOULD include a body with all notifications"."""
    francisco = await denmark.client(FRANCISCO)
    await subscribes(denmark, francisco)
    await subscribes(denmark, francisco, include_body="1")
    await denmark.publishes("1")
    (message,) = await francisco.drains()
    assert [each.name for each in message.elements] == ["event", "body", "headers"]


async def test_each_resource_hears_once_and_by_those_that_it_is_for(denmark: Denmark) -> None:
    """§7.1.2.4: "which subscription identifier(s) generated this event"; `pubsub#show-values`."""
    francisco = await denmark.client(FRANCISCO)
    other = await denmark.client("francisco@denmark.lit/ramparts")
    await other.sends("<presence><show>away</show></presence>")
    always = await subscribes(denmark, francisco)
    away = await subscribes(denmark, francisco, show_values=("away", "xa"))
    await francisco.drains()
    await other.drains()
    await denmark.publishes("1")
    assert await noted(francisco) == [("1", [always])]
    assert await noted(other) == [("1", [always, away])]
    child = f"<unsubscribe {MUSINGS} subid='{always}'/>"
    await francisco.asks(denmark.iq("set", child), "<iq type='result'/>")
    chat = await subscribes(denmark, francisco, show_values="chat")
    await denmark.publishes("2")
    assert await noted(francisco) == []
    assert await noted(other) == [("2", [away])]
    await francisco.sends("<presence><show>chat</show></presence>")
    await denmark.publishes("3")
    assert await noted(francisco) == [("3", [chat])]


async def test_what_waits_says_by_which_it_waits(denmark: Denmark) -> None:
    """XEP-0160: kept where nobody is there, by the subscription that does not ask for anybody."""
    await denmark.configures(notification_type="normal")
    francisco = await denmark.client(FRANCISCO)
    always = await subscribes(denmark, francisco)
    chat = await subscribes(denmark, francisco, show_values="chat")
    await francisco.sends("<presence><show>chat</show></presence>")
    await francisco.drains()
    await denmark.publishes("1")
    assert await noted(francisco) == [("1", [always, chat])]
    await francisco.sends("<presence type='unavailable'/>")
    await denmark.publishes("2")
    await francisco.sends("<presence/>")
    await francisco.hears(
        f"""
        <message><event xmlns='http://jabber.org/protocol/pubsub#event'>
          <items node='princely_musings'><item id='2'/></items>
        </event>
        <headers xmlns='{SHIM}'><header name='SubID'>{always}</header></headers></message>"""
    )
    assert await noted(francisco) == []


async def test_the_newest_item_is_noted(denmark: Denmark) -> None:
    """§12.2: on becoming available, once."""
    await denmark.configures(send_last_published_item="on_sub_and_presence")
    await denmark.publishes("1")
    francisco = await denmark.client(FRANCISCO)
    first = await subscribes(denmark, francisco)
    body = await subscribes(denmark, francisco, include_body="1")
    other = await denmark.stage.client("francisco@denmark.lit/ramparts")
    await other.sends("<presence/>")
    assert await noted(other) == [("1", [first, body])]


# --- §5.6, §8.8: lists, and what an owner sets


async def rows(denmark: Denmark) -> list[tuple[str | None, str | None, str | None]]:
    """Every subscription as the owner sees it (§8.8.1.2, Example 184)."""
    child = "<subscriptions node='princely_musings'/>"
    answer = await denmark.hamlet.asks(denmark.iq("get", child, OWNER), "<iq type='result'/>")
    return [
        (each.get("jid"), each.get("subscription"), each.get("subid"))
        for each in answer.elements[0].elements[0].elements
    ]


def sets(denmark: Denmark, *told: str) -> str:
    """An owner's request for rows of Francisco's."""
    named = "".join(f"<subscription {FRANCISCO_HIMSELF} {each}/>" for each in told)
    return denmark.iq(
        "set", f"<subscriptions node='princely_musings'>{named}</subscriptions>", OWNER
    )


async def test_an_owner_sees_each_and_ends_one(denmark: Denmark) -> None:
    """§8.8.1.2 and §8.8.2.4; who had it is told which (§8.8.4, and §6.1.6: always by its subid)."""
    francisco = await denmark.client(FRANCISCO)
    first = await subscribes(denmark, francisco)
    second = await subscribes(denmark, francisco, include_body="1")
    jid = "francisco@denmark.lit"
    assert await rows(denmark) == [(jid, "subscribed", first), (jid, "subscribed", second)]
    request = sets(
        denmark,
        f"subscription='none' subid='{first}'",
        f"subscription='subscribed' subid='{second}'",
    )
    await denmark.hamlet.asks(request, "<iq type='result'/>")
    assert await rows(denmark) == [(jid, "subscribed", second)]
    await francisco.receives(
        f"""
        <message><event xmlns='http://jabber.org/protocol/pubsub#event'>
          <subscription node='princely_musings' {FRANCISCO_HIMSELF} subscription='none'
              subid='{first}'/>
        </event></message>"""
    )
    await francisco.receives_nothing()
    request = sets(denmark, f"subscription='none' subid='{second}'")
    await denmark.hamlet.asks(request, "<iq type='result'/>")
    assert await rows(denmark) == []


async def test_an_owner_ends_all_of_them(denmark: Denmark) -> None:
    """§8.8.3: without a subid "the service MUST remove that entity"; each end is told."""
    francisco = await denmark.client(FRANCISCO)
    subids = [
        await subscribes(denmark, francisco),
        await subscribes(denmark, francisco, include_body="1"),
    ]
    await denmark.hamlet.asks(sets(denmark, "subscription='none'"), "<iq type='result'/>")
    assert await rows(denmark) == []
    ended = [each.elements[0].elements[0] for each in await francisco.drains()]
    assert [(each.get("subid"), each.get("subscription")) for each in ended] == [
        (subid, "none") for subid in subids
    ]


async def test_an_owner_hears_of_each(denmark: Denmark) -> None:
    """`pubsub#notify_sub`: "new subscribers and unsubscribes"."""
    await denmark.configures(notify_sub="1")
    francisco = await denmark.client(FRANCISCO)
    first = await subscribes(denmark, francisco)
    second = await subscribes(denmark, francisco, include_body="1")
    child = f"<unsubscribe {MUSINGS} subid='{second}'/>"
    await francisco.asks(denmark.iq("set", child), "<iq type='result'/>")
    heard = [each.elements[0].elements[0] for each in await denmark.hamlet.drains()]
    assert [(each.get("subid"), each.get("subscription")) for each in heard] == [
        (first, "subscribed"),
        (second, "subscribed"),
        (second, "none"),
    ]


@pytest.mark.parametrize(
    ("told", "conditions"),
    [
        (("subscription='none' subid='123-abc'",), ("invalid-subid", "not-acceptable")),
        (("subscription='pending' subid='{}'",), ("not-acceptable",)),
        (("subscription='none' subid='{}'", "subscription='none'"), ("bad-request",)),
        (("subscription='none' subid='{}'",) * 2, ("bad-request",)),
    ],
)
async def test_what_an_owner_cannot_set(
    denmark: Denmark, told: Sequence[str], conditions: Sequence[str]
) -> None:
    """§8.8.2.4: each row names another subid; and all of an address have one state."""
    francisco = await denmark.client(FRANCISCO)
    first = await subscribes(denmark, francisco)
    await subscribes(denmark, francisco, include_body="1")
    before = await rows(denmark)
    request = sets(denmark, *(each.format(first) for each in told))
    await denmark.hamlet.refused(request, *conditions)
    assert await rows(denmark) == before


async def test_rows_come_back_with_their_subids(denmark: Denmark) -> None:
    """§8.8.2.4, Example 195: "the original, un-altered subscription"."""
    francisco = await denmark.client(FRANCISCO)
    first = await subscribes(denmark, francisco)
    await subscribes(denmark, francisco, include_body="1")
    request = sets(
        denmark, f"subscription='none' subid='{first}'", "subscription='none' subid='123-abc'"
    )
    await denmark.hamlet.asks(
        request,
        f"""
        <iq type='error'><pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><subscriptions>
          <subscription {FRANCISCO_HIMSELF} subid='{first}' subscription='subscribed'/>
          <subscription {FRANCISCO_HIMSELF} subid='123-abc' subscription='none'/>
        </subscriptions></pubsub></iq>""",
    )


async def test_what_ends_one_by_right_ends_all(denmark: Denmark) -> None:
    """§4.1: an outcast has no subscription, whatever the options."""
    francisco = await denmark.client(FRANCISCO)
    await subscribes(denmark, francisco)
    await subscribes(denmark, francisco, include_body="1")
    await denmark.affiliates("francisco@denmark.lit", "outcast")
    assert await rows(denmark) == []


# --- §12.19: leases


async def test_each_lease_ends_by_itself(denmark: Denmark) -> None:
    """§12.19: and says which it was."""
    francisco = await denmark.client(FRANCISCO)
    day = await subscribes(denmark, francisco, expire="2004-05-19T20:00:00Z")
    week = await subscribes(denmark, francisco, expire="2004-05-25T20:00:00Z")
    last = await subscribes(denmark, francisco, include_body="1")
    for subid, left, passes in ((day, [week, last], DAY), (week, [last], 6 * DAY)):
        denmark.stage.clock.at += passes
        await denmark.stage.core.engine.expire()
        await francisco.receives(
            f"""
            <message><event xmlns='http://jabber.org/protocol/pubsub#event'>
              <subscription node='princely_musings' {FRANCISCO_HIMSELF} subid='{subid}'
                  subscription='none'/>
            </event></message>"""
        )
        await francisco.receives_nothing()
        assert await has(denmark, francisco) == left
    denmark.stage.clock.at += 365 * DAY
    await denmark.stage.core.engine.expire()
    assert await has(denmark, francisco) == [last]


async def test_they_survive_the_server(tmp_path: Path) -> None:
    """§6.1.6 and §12.19: after a restart they are what they were, and the leases go on."""
    clock, path = Clock(1_084_910_400.0), tmp_path / "folkmoot.db"
    async with kept(path, clock) as denmark:
        await denmark.makes()
        francisco = await denmark.client(FRANCISCO)
        day = await subscribes(denmark, francisco, expire="2004-05-19T20:00:00Z")
        away = await subscribes(denmark, francisco, show_values=("away", "online"))
        body = await subscribes(denmark, francisco, include_body="1")
    async with kept(path, clock) as denmark:
        francisco = await denmark.client(FRANCISCO)
        await denmark.publishes("1")
        assert await noted(francisco) == [("1", [day, away, body])]
        clock.at += DAY
        await denmark.stage.core.engine.expire()
        await francisco.drains()
        await denmark.publishes("2")
        assert await noted(francisco) == [("2", [away, body])]


# --- XEP-0131 §3


async def test_the_header_can_be_found_out(denmark: Denmark) -> None:
    """XEP-0131 §3.1 and §3.2, Examples 1 to 4; of the service and of an account."""
    for to in ("pubsub.shakespeare.lit", "hamlet@denmark.lit"):
        for node, feature in (("", SHIM), (f"node='{SHIM}'", f"{SHIM}#SubID")):
            query = f"<query xmlns='http://jabber.org/protocol/disco#info' {node}"
            await denmark.hamlet.asks(
                f"<iq type='get' to='{to}' id='info'>{query}/></iq>",
                f"<iq type='result'>{query}><feature var='{feature}'/></query></iq>",
            )
