"""XEP-0465 0.1.1: who is subscribed to what, for others to know; XEP-0376 0.1.1, by the account."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import AsyncIterator

import pytest

from folkmoot.engine.commands import Forget
from folkmoot.engine.decide.publicity import NAME_CHARS_MAX
from folkmoot.engine.model import PRESENCE_NODE, NodeId
from folkmoot.facades.disco import INFO
from folkmoot.facades.pubsub import ACCOUNT_FEATURES, FEATURES
from folkmoot.xmpp.element import Element
from folkmoot.xmpp.jid import JID
from tests.facades.listening import CAPS, settled
from tests.facades.pubsub.denmark import EVENT, OWNER, PUBSUB, Denmark
from tests.stage import Client, staged

PAM = "urn:xmpp:pam:0"
PPS = "urn:xmpp:pps:0"
BLOG = "urn:xmpp:microblog:0"
MINE = "urn:xmpp:pps:subscriptions:0"
READERS = f"urn:xmpp:pps:subscribers:0/{BLOG}"
ROMEO, BENVOLIO, MERCUTIO = (
    "romeo@montague.lit/orchard",
    "benvolio@montague.lit/house",
    "mercutio@montague.lit/play.456",
)
PUBLIC = f"<public xmlns='{PPS}'/>"


class Verona(Denmark):
    """The same words, said in Verona."""


@pytest.fixture
async def verona() -> AsyncIterator[Verona]:
    """Benvolio, who keeps a blog for everybody to read; he is this stage's owner of nodes."""
    async with staged(domain=JID.parse("montague.lit")) as stage:
        benvolio = await stage.client(BENVOLIO, available=True)
        verona = Verona(stage, benvolio)
        item = f"<publish node='{BLOG}'><item id='1'><entry xmlns='x'/></item></publish>"
        options = (
            "<publish-options><x xmlns='jabber:x:data' type='submit'>"
            "<field var='pubsub#access_model'><value>open</value></field></x></publish-options>"
        )
        asked = verona.iq("set", item + options, to="benvolio@montague.lit")
        await benvolio.asks(asked, "<iq type='result'/>")
        yield verona


def pam(inside: str, service: str = "benvolio@montague.lit") -> str:
    """A request to one's own account, as Examples 1 and 2 have it."""
    return f"<iq type='set' id='sub1'><pam xmlns='{PAM}' jid='{service}'>{inside}</pam></iq>"


def subscribe(inside: str = PUBLIC, node: str = BLOG, jid: str = "romeo@montague.lit") -> str:
    return f"<subscribe xmlns='{PUBSUB}' node='{node}' jid='{jid}'>{inside}</subscribe>"


UNSUBSCRIBE = f"<unsubscribe xmlns='{PUBSUB}' node='{BLOG}' jid='romeo@montague.lit'/>"


async def announces(verona: Verona, client: Client, feature: str) -> None:
    """A client says what it can do (XEP-0115)."""
    digest = hashlib.sha1(f"client/pc//<{feature}<".encode(), usedforsecurity=False).digest()
    ver = b64encode(digest).decode()
    await client.sends(
        f"<presence><c xmlns='{CAPS}' hash='sha-1' node='urn:x' ver='{ver}'/></presence>"
    )
    (question,) = [each for each in await settled(verona.stage, client) if each.name == "iq"]
    query = (
        f"<query xmlns='{INFO}'><identity category='client' type='pc'/>"
        f"<feature var='{feature}'/></query>"
    )
    asked, by = question.get("id"), question.get("from")
    await client.sends(f"<iq type='result' id='{asked}' to='{by}'>{query}</iq>")
    await settled(verona.stage, client)


async def listed(verona: Verona, client: Client, node: str, to: str) -> list[Element]:
    """The payloads of a list."""
    asked = verona.iq("get", f"<items node='{node}'/>", to=to)
    answer = await client.asks(asked, "<iq type='result'/>")
    return [item.elements[0] for item in answer.elements[0].elements[0].elements]


@pytest.mark.parametrize("managed", [True, False])
async def test_a_public_subscription(verona: Verona, managed: bool) -> None:
    """§4.1, §4.2 and §4.4, Examples 1 and 3 to 6; by the account, and by the service itself."""
    romeo = await verona.client(ROMEO)
    mercutio = await verona.client(MERCUTIO)
    asked = (
        pam(subscribe()) if managed else verona.iq("set", subscribe(), to="benvolio@montague.lit")
    )
    await romeo.asks(asked, "<iq type='result'/>")
    mine = await listed(verona, mercutio, MINE, "romeo@montague.lit")
    assert mine == [Element(PPS, "subscription", {"node": BLOG, "jid": "benvolio@montague.lit"})]
    readers = await listed(verona, mercutio, READERS, "benvolio@montague.lit")
    assert readers == [Element(PPS, "subscriber", {"jid": "romeo@montague.lit"})]


async def test_a_subscription_is_nobodys_business_unless_said_so(verona: Verona) -> None:
    """§4.1, Example 2."""
    romeo = await verona.client(ROMEO)
    await romeo.asks(pam(subscribe("")), "<iq type='result'/>")
    mercutio = await verona.client(MERCUTIO)
    for node, to in ((MINE, "romeo@montague.lit"), (READERS, "benvolio@montague.lit")):
        asked = verona.iq("get", f"<items node='{node}'/>", to=to)
        await mercutio.refused(asked, "item-not-found")


@pytest.mark.parametrize("asked", [UNSUBSCRIBE, subscribe("")])
async def test_a_public_subscription_is_so_no_longer(verona: Verona, asked: str) -> None:
    """§4.3: by unsubscribing, and by subscribing again without a word of it."""
    romeo = await verona.client(ROMEO)
    await romeo.asks(pam(subscribe()), "<iq type='result'/>")
    await romeo.asks(pam(asked), "<iq type='result'/>")
    for node, to in ((MINE, "romeo@montague.lit"), (READERS, "benvolio@montague.lit")):
        assert await listed(verona, romeo, node, to) == []


async def test_the_lists_are_subscribed_to_like_any_node(verona: Verona) -> None:
    """§4.2 and §4.4: who is, hears who comes and goes."""
    mercutio = await verona.client(MERCUTIO)
    romeo = await verona.client(ROMEO)
    await romeo.asks(pam(subscribe()), "<iq type='result'/>")
    me = "mercutio@montague.lit"
    for node, to in ((MINE, "romeo@montague.lit"), (READERS, "benvolio@montague.lit")):
        await mercutio.asks(
            verona.iq("set", f"<subscribe node='{node}' jid='{me}'/>", to=to),
            "<iq type='result'/>",
        )
    await romeo.asks(pam(UNSUBSCRIBE), "<iq type='result'/>")
    for node in (READERS, MINE):
        await mercutio.receives(
            f"<message><event xmlns='{EVENT}'><items node='{node}'><retract/></items></event>"
            "</message>"
        )
    await romeo.asks(pam(subscribe()), "<iq type='result'/>")
    await mercutio.receives(
        f"<message><event xmlns='{EVENT}'><items node='{READERS}'><item><subscriber xmlns='{PPS}'"
        " jid='romeo@montague.lit'/></item></items></event></message>"
    )


@pytest.mark.parametrize(
    ("child", "ns"),
    [
        ("<create node='{}'/>", PUBSUB),
        ("<publish node='{}'><item id='x'><entry xmlns='x'/></item></publish>", PUBSUB),
        ("<retract node='{}'><item id='romeo@montague.lit'/></retract>", PUBSUB),
        ("<purge node='{}'/>", OWNER),
        ("<delete node='{}'/>", OWNER),
        (
            "<configure node='{}'><x xmlns='jabber:x:data' type='submit'>"
            "<field var='pubsub#max_items'><value>0</value></field></x></configure>",
            OWNER,
        ),
    ],
)
@pytest.mark.parametrize("there", [True, False])
async def test_the_lists_are_nobodys_to_change(
    verona: Verona, child: str, ns: str, there: bool
) -> None:
    """§5: forbidden, to the account itself, too, and whether there is a list yet or not."""
    romeo = await verona.client(ROMEO)
    if there:
        await romeo.asks(pam(subscribe()), "<iq type='result'/>")
    for client, node in ((romeo, MINE), (verona.hamlet, READERS)):
        asked = verona.iq("set", child.format(node), ns, to=str(client.jid.bare))
        await client.refused(asked, "forbidden", type="auth")
    if there:
        assert len(await listed(verona, romeo, MINE, "romeo@montague.lit")) == 1


async def test_the_lists_of_a_service(verona: Verona) -> None:
    """§4.4: a service that is nobody's account has them, too; they show no more than the node."""
    await verona.makes("news")
    romeo = await verona.client(ROMEO)
    mercutio = await verona.client(MERCUTIO)
    service = "pubsub.shakespeare.lit"
    await romeo.asks(pam(subscribe(node="news"), service), "<iq type='result'/>")
    node = "urn:xmpp:pps:subscribers:0/news"
    assert len(await listed(verona, mercutio, node, service)) == 1
    for child in (f"<create node='{node}2'/>", f"<publish node='{node}'/>"):
        await verona.hamlet.refused(verona.iq("set", child), "forbidden")
    delete = verona.iq("set", f"<delete node='{node}'/>", OWNER)
    await verona.hamlet.refused(delete, "forbidden")
    await verona.affiliates("mercutio@montague.lit", "outcast", node="news")
    asked = verona.iq("get", f"<items node='{node}'/>", to=service)
    await mercutio.refused(asked, "forbidden")
    await verona.hamlet.asks(verona.iq("set", "<delete node='news'/>", OWNER))
    await mercutio.refused(asked, "item-not-found")
    assert await listed(verona, mercutio, MINE, "romeo@montague.lit") == []


@pytest.mark.parametrize("model", ["authorize", "whitelist"])
async def test_nobody_lets_others_know_of_a_private_node(verona: Verona, model: str) -> None:
    """Not when they subscribe, nor once it is private; they stay subscribed where they may."""
    await verona.makes("cellar", access_model=model)
    await verona.affiliates("romeo@montague.lit", "member", node="cellar")
    romeo = await verona.client(ROMEO)
    service = "pubsub.shakespeare.lit"
    await romeo.refused(pam(subscribe(node="cellar"), service), "not-acceptable")
    await verona.configures("cellar", access_model="open")
    await romeo.asks(pam(subscribe(node="cellar"), service), "<iq type='result'/>")
    assert len(await listed(verona, romeo, MINE, "romeo@montague.lit")) == 1
    await verona.configures("cellar", access_model=model)
    assert await listed(verona, romeo, MINE, "romeo@montague.lit") == []
    asked = verona.iq("get", "<subscriptions/>", to=service)
    assert "cellar" in str(await romeo.asks(asked))


async def test_a_name_may_be_too_long_for_a_list(verona: Verona) -> None:
    """NAME_CHARS_MAX may be reached."""
    romeo = await verona.client(ROMEO)
    for more in (0, 1):
        node = "n" * (NAME_CHARS_MAX + more)
        await verona.makes(node)
        asked = pam(subscribe(node=node), "pubsub.shakespeare.lit")
        if more:
            await romeo.refused(asked, "not-acceptable")
        else:
            await romeo.asks(asked, "<iq type='result'/>")


async def test_an_account_that_goes_leaves_the_lists(verona: Verona) -> None:
    """What was its own goes with it, and its name goes from others'."""
    romeo = await verona.client(ROMEO)
    await romeo.asks(pam(subscribe()), "<iq type='result'/>")
    benvolio = "benvolio@montague.lit"
    assert len(await listed(verona, verona.hamlet, READERS, benvolio)) == 1
    gone = Forget(actor=romeo.jid.bare, node=NodeId(romeo.jid.bare, PRESENCE_NODE))
    await verona.stage.core.engine.run(gone)
    assert await listed(verona, verona.hamlet, READERS, benvolio) == []


# --- by way of the account


async def test_devices_hear_what_the_account_subscribes_to(verona: Verona) -> None:
    """XEP-0376 §3.2 and §3.3: the answer itself is empty; §3.4: the list."""
    romeo = await verona.client(ROMEO)
    answer = await romeo.asks(pam(subscribe("")), "<iq type='result' id='sub1'/>")
    assert not answer.elements
    got = await romeo.asks(f"<iq type='get' id='s'><subscriptions xmlns='{PAM}'/></iq>")
    (one,) = got.elements[0].elements
    assert one.get("service") == "benvolio@montague.lit"
    assert (one.get("node"), one.get("subscription")) == (BLOG, "subscribed")
    assert one.get("jid") == "romeo@montague.lit"


async def test_a_device_that_manages_hears_of_it(verona: Verona) -> None:
    """XEP-0376 §3.2, the notification: to those that announced it, and to no other."""
    romeo = await verona.client(ROMEO)
    garden = await verona.stage.client("romeo@montague.lit/garden")
    await announces(verona, garden, PAM)
    await romeo.asks(pam(subscribe("")), "<iq type='result'/>")
    await garden.hears(
        f"""<message><notify xmlns='{PAM}' service='benvolio@montague.lit'>
          <subscription xmlns='{PUBSUB}' node='{BLOG}' jid='romeo@montague.lit'
              subscription='subscribed'/></notify></message>"""
    )
    assert not [each for each in await romeo.drains() if each.child(PAM, "notify") is not None]


@pytest.mark.parametrize(
    ("sent", "conditions"),
    [
        (pam(subscribe(jid="mercutio@montague.lit")), ("invalid-jid", "bad-request")),
        (pam(subscribe(jid=ROMEO)), ("invalid-jid", "bad-request")),
        (pam(subscribe(), "pubsub.elsewhere.lit"), ("remote-server-not-found",)),
        (pam(subscribe(), "@"), ("jid-malformed",)),
        (pam(subscribe(), BENVOLIO), ("remote-server-not-found",)),
        (pam(subscribe(node="none")), ("item-not-found",)),
        (pam(UNSUBSCRIBE), ("not-subscribed", "unexpected-request")),
        (pam(""), ("bad-request",)),
        (pam(f"<items xmlns='{PUBSUB}' node='x'/>"), ("bad-request",)),
        (pam("<subscribe/>"), ("bad-request",)),
    ],
)
async def test_what_an_account_cannot_do(
    verona: Verona, sent: str, conditions: tuple[str, ...]
) -> None:
    """XEP-0376 §3.2: errors of the account, and those of the service."""
    romeo = await verona.client(ROMEO)
    await romeo.refused(sent, *conditions)


async def test_an_account_is_its_owners(verona: Verona) -> None:
    """Nobody subscribes another, nor looks what they are subscribed to."""
    mercutio = await verona.client(MERCUTIO)
    await verona.client(ROMEO)
    to = " to='romeo@montague.lit'"
    await mercutio.refused(pam(subscribe()).replace("<iq", f"<iq{to}"), "forbidden")
    asked = f"<iq type='get' id='s'{to}><subscriptions xmlns='{PAM}'/></iq>"
    await mercutio.refused(asked, "forbidden")


def test_it_is_announced() -> None:
    """§6, Examples 7 and 8."""
    assert PPS in FEATURES
    assert PPS in ACCOUNT_FEATURES
