"""docs/extensions/invites.md, version 0.1: tokens that let others into a space."""

from __future__ import annotations

import pytest

from folkmoot.engine.model import NodeId
from folkmoot.facades.spaces import INVITE as NS
from folkmoot.facades.spaces import TOKEN_CHARS_MAX
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element
from tests.facades.megacorp import LEAD, PUBSUB, SERVICE, USER, create, form, owner
from tests.stage import Client, Stage

DEV = NodeId(JID.parse(SERVICE), "dev")


@pytest.fixture
async def lead(megacorp: Stage) -> Client:
    """Who owns the private space `dev`."""
    client = await megacorp.client(f"{LEAD}/desk", available=True)
    await client.asks(create("dev"), "<iq type='result'/>")
    return client


def invite(attrs: str = "", node: str = "dev") -> str:
    """Make an invite."""
    return f"<iq type='set' to='{SERVICE}' id='i'><invite xmlns='{NS}' node='{node}' {attrs}/></iq>"


LIST = f"<iq type='get' to='{SERVICE}' id='l'><invites xmlns='{NS}' node='dev'/></iq>"


def revoke(id: str) -> str:
    """End an invite."""
    return f"<iq type='set' to='{SERVICE}' id='r'><revoke xmlns='{NS}' node='dev' id='{id}'/></iq>"


async def made(client: Client, attrs: str = "") -> Element:
    """An invite as its maker is told of it."""
    return (await client.asks(invite(attrs), "<iq type='result'/>")).elements[0]


async def joins(client: Client, token: str | None) -> str | None:
    """How far somebody comes who subscribes with a token."""
    with_token = "" if token is None else f"<invite xmlns='{NS}' token='{token}'/>"
    answer = await client.asks(
        f"<iq type='set' to='{SERVICE}' id='s'><pubsub xmlns='{PUBSUB}'>"
        f"<subscribe node='dev' jid='{client.jid.bare}'>{with_token}</subscribe></pubsub></iq>",
        "<iq type='result'/>",
    )
    return answer.elements[0].elements[0].get("subscription")


async def listed(client: Client) -> list[Element]:
    """The invites there are."""
    return (await client.asks(LIST, "<iq type='result'/>")).elements[0].elements


async def test_an_invite_admits_at_once(megacorp: Stage, lead: Client, user: Client) -> None:
    """The URI has key and token; the answer is `subscribed`; nobody is asked."""
    token = (found := await made(lead)).get("token")
    assert found.get("uri") == f"xmpp:{SERVICE}?;node=dev;invite={token}"
    assert await joins(user, token) == "subscribed"
    assert "subscribe_authorization" not in repr(await lead.drains())
    (held,) = await listed(lead)
    assert (held.get("uses"), held.get("used"), held.get("token")) == ("1", "1", None)


async def test_who_waits_is_let_in_by_it(lead: Client, user: Client) -> None:
    """And the other doors are closed behind them."""
    assert await joins(user, None) == "pending"
    assert await joins(user, (await made(lead)).get("token")) == "subscribed"


async def test_it_opens_a_whitelist_and_not_a_ban(lead: Client, user: Client) -> None:
    """Four doors, one command; a ban is a ban, and uses nothing up."""
    await lead.asks(owner(f"<configure node='dev'>{form(access_model='whitelist')}</configure>"))
    token = (await made(lead, "uses='2'")).get("token")
    assert await joins(user, token) == "subscribed"
    row = f"<affiliation jid='{USER}' affiliation='outcast'/>"
    await lead.asks(owner(f"<affiliations node='dev'>{row}</affiliations>"))
    await user.refused(
        f"<iq type='set' to='{SERVICE}' id='s'><pubsub xmlns='{PUBSUB}'><subscribe node='dev' "
        f"jid='{USER}'><invite xmlns='{NS}' token='{token}'/></subscribe></pubsub></iq>",
        "forbidden",
    )
    assert [each.get("used") for each in await listed(lead)] == ["1"]


async def test_it_expires(megacorp: Stage, lead: Client, user: Client) -> None:
    """To the second; what is then asked is an ordinary request."""
    token = (await made(lead, "expires='2004-05-18T20:01:00Z'")).get("token")
    megacorp.clock.at += 60
    assert await joins(user, token) == "pending"


@pytest.mark.parametrize("token", ["", "wrong", "x" * (TOKEN_CHARS_MAX + 1), "&#39; OR 1=1; --"])
async def test_a_wrong_token_is_an_ordinary_request(lead: Client, user: Client, token: str) -> None:
    """Its answer does not tell it from an expired one; its id and digest let nobody in either."""
    await made(lead)
    assert await joins(user, token) == "pending"


async def test_what_is_kept_lets_nobody_in(megacorp: Stage, lead: Client, user: Client) -> None:
    """The store has a digest, and the list an id: neither is the token."""
    found = await made(lead)
    node = await megacorp.store.node(DEV)
    assert node is not None
    (kept,) = node.invites.values()
    assert found.get("token") not in (kept.id, kept.digest)
    assert await joins(user, kept.digest) == "pending"
    (shown,) = await listed(lead)
    assert shown.get("id") == kept.id == found.get("id")


async def test_a_revoked_one_is_over(megacorp: Stage, lead: Client, user: Client) -> None:
    """Whom it let in stays; who comes later asks."""
    found = await made(lead, "uses='2'")
    other = await megacorp.client("vim-user@megacorp.example.com/tty", available=True)
    assert await joins(other, found.get("token")) == "subscribed"
    await lead.asks(revoke(found.get("id", "")), "<iq type='result'/>")
    assert await listed(lead) == []
    assert await joins(user, found.get("token")) == "pending"
    assert await joins(other, None) == "subscribed"


async def test_only_those_invite_who_may(megacorp: Stage, lead: Client, user: Client) -> None:
    """Owners, and publishers where it is configured; not longer than they may."""
    found = await made(lead)
    for affiliation in ("none", "member", "publisher"):
        row = f"<affiliation jid='{USER}' affiliation='{affiliation}'/>"
        await lead.asks(owner(f"<affiliations node='dev'>{row}</affiliations>"))
        for asked in (invite(), LIST, revoke(found.get("id", ""))):
            await user.refused(asked, "forbidden", type="auth")
    setting = "<field var='{urn:folkmoot:invite:0}inviters'><value>publishers</value></field>"
    config = f"<x xmlns='jabber:x:data' type='submit'>{setting}</x>"
    await lead.asks(owner(f"<configure node='dev'>{config}</configure>"), "<iq type='result'/>")
    token = (await made(user)).get("token")
    row = f"<affiliation jid='{USER}' affiliation='member'/>"
    await lead.asks(owner(f"<affiliations node='dev'>{row}</affiliations>"))
    other = await megacorp.client("vim-user@megacorp.example.com/tty", available=True)
    assert await joins(other, token) == "pending"


@pytest.mark.parametrize(
    ("attrs", "condition"),
    [
        ("uses='0'", "not-acceptable"),
        ("uses='1001'", "not-acceptable"),
        ("uses='-1'", "bad-request"),
        ("uses='٣'", "bad-request"),
        (f"uses='{'9' * 5000}'", "bad-request"),
        ("expires='2004-05-18T20:00:00Z'", "not-acceptable"),
        ("expires='2005-05-20T20:00:00Z'", "not-acceptable"),
        ("expires='soon'", "bad-request"),
    ],
)
async def test_bounds(lead: Client, attrs: str, condition: str) -> None:
    """INVITE_USES_MAX, INVITE_SECONDS_MAX, and what is no number or date; nothing is made."""
    await lead.refused(invite(attrs), condition)
    assert await listed(lead) == []


async def test_other_errors(lead: Client) -> None:
    """No such node, no such invite, no space, and nothing named."""
    await lead.refused(invite(node="nowhere"), "item-not-found")
    await lead.refused(invite(node=""), "nodeid-required", "bad-request")
    await lead.refused(revoke("none"), "item-not-found")
    await lead.refused(revoke(""), "bad-request")
    await lead.asks(create("own", type=""), "<iq type='result'/>")
    await lead.refused(invite(node="own"), "not-acceptable")


async def test_the_trail_has_it(megacorp: Stage, lead: Client, user: Client) -> None:
    """Who made it, and that the inviter is who let somebody in."""
    await joins(user, (await made(lead)).get("token"))
    answer = await lead.asks(
        f"<iq type='get' to='{SERVICE}' id='a'>"
        "<audit xmlns='urn:folkmoot:audit:0' node='dev'/></iq>"
    )
    rows = answer.elements[0].elements[:3]
    assert [(each.get("what"), each.get("by")) for each in rows] == [
        ("subscription", str(lead.jid.bare)),
        ("invite", str(lead.jid.bare)),
        ("invite", str(lead.jid.bare)),
    ]
