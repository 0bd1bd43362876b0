"""docs/extensions/order.md, version 0.1; spaces in spaces; and how a space changes hands."""

from __future__ import annotations

import pytest

from folkmoot.xmpp.xml import parse
from tests.facades.megacorp import (
    LEAD,
    PUBSUB,
    SERVICE,
    SOCKS,
    USER,
    belongs,
    create,
    owner,
    publish,
)
from tests.stage import Client, Stage, staged

PLACE = "<place xmlns='urn:folkmoot:spaces:0' category='First &lt;steps&gt;' order='1'/>"


@pytest.fixture
async def lead(megacorp: Stage) -> Client:
    """Who owns the space `dev`."""
    client = await megacorp.client(f"{LEAD}/desk", available=True)
    await client.asks(create("dev"), "<iq type='result'/>")
    return client


def affiliations(**rows: str) -> str:
    """Others' affiliations with the space, in one request."""
    jids = {"lead": LEAD, "user": USER}
    told = "".join(
        f"<affiliation jid='{jids[name]}' affiliation='{wanted}'/>" for name, wanted in rows.items()
    )
    return owner(f"<affiliations node='dev'>{told}</affiliations>")


async def test_a_place_is_kept_as_it_came(lead: Client) -> None:
    """The service does not read it, of rooms and of nodes."""
    for item_id, item in (
        (SOCKS, "<conference xmlns='urn:xmpp:bookmarks:1' name='Socks'>{}</conference>"),
        (
            "x",
            "<subscription xmlns='urn:xmpp:pubsub:subscription:0' server='s' node='n'>{}"
            "</subscription>",
        ),
    ):
        item = item.format(f"<extensions>{PLACE}</extensions>")
        await lead.asks(publish(item_id, item), "<iq type='result'/>")
        answer = await lead.asks(
            f"<iq type='get' to='{SERVICE}' id='g'><pubsub xmlns='{PUBSUB}'><items node='dev'>"
            f"<item id='{item_id}'/></items></pubsub></iq>"
        )
        (found,) = answer.elements[0].elements[0].elements
        assert found.elements == [parse(item)]


async def test_a_space_in_a_space(lead: Client, user: Client) -> None:
    """A member of the outer one enters a room of the inner one, once both halves agree."""
    await lead.asks(create("crew"), "<iq type='result'/>")
    await belongs(lead, SOCKS, "crew")
    room = "<conference xmlns='urn:xmpp:bookmarks:1' name='Socks'/>"
    await lead.asks(publish(SOCKS, room, "crew"), "<iq type='result'/>")
    await lead.asks(affiliations(user="member"), "<iq type='result'/>")
    inner = (
        f"<subscription xmlns='urn:xmpp:pubsub:subscription:0' server='{SERVICE}' node='crew'>"
        f"<extensions>{PLACE}</extensions></subscription>"
    )
    enter = f"<presence to='{SOCKS}/emacs'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
    await lead.asks(publish("crew", inner), "<iq type='result'/>")
    await user.sends(enter)
    await user.hears(f"<presence from='{SOCKS}/emacs' type='error'/>")
    claim = (
        "<configure node='crew'><x xmlns='jabber:x:data' type='submit'>"
        "<field var='{urn:xmpp:pubsub-relationships:0}parent'>"
        f"<value>xmpp:{SERVICE}?;node=dev</value></field></x></configure>"
    )
    await lead.asks(owner(claim), "<iq type='result'/>")
    await user.sends(enter)
    await user.hears(
        f"<presence from='{SOCKS}/emacs'><x xmlns='http://jabber.org/protocol/muc#user'>"
        "<item affiliation='member'/><status code='110'/></x></presence>"
    )


async def test_no_space_is_in_itself(lead: Client) -> None:
    """XEP-0496 §4.2: neither directly nor by way of another."""
    await lead.asks(create("crew"), "<iq type='result'/>")

    def claim(node: str, parent: str) -> str:
        return owner(
            f"<configure node='{node}'><x xmlns='jabber:x:data' type='submit'>"
            "<field var='{urn:xmpp:pubsub-relationships:0}parent'>"
            f"<value>xmpp:{SERVICE}?;node={parent}</value></field></x></configure>"
        )

    await lead.refused(claim("dev", "dev"), "invalid-option", "not-allowed")
    await lead.asks(claim("crew", "dev"), "<iq type='result'/>")
    await lead.refused(claim("dev", "crew"), "invalid-option", "not-allowed")


async def test_a_space_changes_hands(lead: Client, user: Client) -> None:
    """Somebody is made owner and the owner a member, in one request; then it is theirs."""
    await lead.asks(affiliations(user="owner", lead="member"), "<iq type='result'/>")
    await lead.refused(affiliations(lead="owner"), "forbidden")
    await user.asks(affiliations(lead="none"), "<iq type='result'/>")


@pytest.mark.parametrize("order", [("user", "lead"), ("lead", "user")])
async def test_there_is_always_an_owner(lead: Client, user: Client, order: tuple[str, str]) -> None:
    """Not one may go that is the last, not even when several go in one request; nothing changes."""
    await lead.refused(affiliations(lead="member"), "not-acceptable")
    await lead.refused(affiliations(lead="none"), "not-acceptable")
    await lead.asks(affiliations(user="owner"), "<iq type='result'/>")
    await lead.refused(affiliations(**dict.fromkeys(order, "member")), "not-acceptable")
    await user.asks(affiliations(lead="member"), "<iq type='result'/>")
    await user.asks(
        f"<iq type='set' to='{SERVICE}' id='s'><pubsub xmlns='{PUBSUB}'>"
        f"<subscribe node='dev' jid='{USER}'/></pubsub></iq>",
        "<iq type='result'/>",
    )
    await user.refused(
        f"<iq type='set' to='{SERVICE}' id='u'><pubsub xmlns='{PUBSUB}'>"
        f"<unsubscribe node='dev' jid='{USER}'/></pubsub></iq>",
        "not-acceptable",
    )


async def test_not_everybody_may_make_a_space(lead: Client, user: Client) -> None:
    """Services.node_creators; to own one that was handed over needs no leave."""
    await user.refused(create("mine"), "forbidden", type="auth")
    await lead.asks(affiliations(user="owner", lead="none"), "<iq type='result'/>")
    await user.asks(owner("<configure node='dev'/>", "get"), "<iq type='result'/>")


async def test_nobody_makes_more_than_so_many(megacorp: Stage) -> None:
    """Services.nodes_per_account_max."""
    async with staged(nodes_per_account_max=2) as stage:
        juliet = await stage.client("juliet@shakespeare.lit/balcony", available=True)
        for node in ("a", "b"):
            made = create(node).replace(SERVICE, "pubsub.shakespeare.lit")
            await juliet.asks(made, "<iq type='result'/>")
        more = create("c").replace(SERVICE, "pubsub.shakespeare.lit")
        await juliet.refused(more, "resource-constraint")
