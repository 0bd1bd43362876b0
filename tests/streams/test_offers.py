"""XEP-0356 0.4.1 and XEP-0355 0.5: what a server offers, by the specifications' own stanzas."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.streams.offers import OFFERS_MAX, Kind, Offer, read_offers
from folkmoot.xmpp.xml import Element, parse

PUBSUB = "http://jabber.org/protocol/pubsub"
HEAD = "<message xmlns='jabber:client' from='capulet.lit' to='pubsub.capulet.lit'>"


def offers(inside: str, head: str = HEAD) -> list[Offer]:
    """What a stanza with this in it offers."""
    return list(read_offers(parse(f"{head}{inside}</{head[1:].partition(' ')[0]}>")))


@pytest.mark.parametrize("version", [1, 2])
def test_privileges(version: int) -> None:
    """XEP-0356 §4.2, Example 2, and of the version before."""
    found = offers(
        f"<privilege xmlns='urn:xmpp:privilege:{version}'><perm access='roster' type='both'/>"
        "<perm access='message' type='none'/><perm access='presence' type='roster'/>"
        f"<perm access='iq'><namespace ns='{PUBSUB}' type='set'/></perm></privilege>"
    )
    assert found == [
        Offer(Kind.PRIVILEGE, "roster", "both"),
        Offer(Kind.PRIVILEGE, "presence", "roster"),
        Offer(Kind.PRIVILEGE, PUBSUB, "set"),
    ]


def test_namespaces_within_one_another() -> None:
    """As Prosody's module of 2023 says them."""
    found = offers(
        "<privilege xmlns='urn:xmpp:privilege:2'><perm access='iq'><namespace ns='urn:a' "
        "type='get'><namespace ns='urn:b' type='both'/></namespace></perm></privilege>"
    )
    assert [each.what for each in found] == ["urn:a", "urn:b"]


def test_delegation() -> None:
    """XEP-0355 §4.2, Example 1."""
    found = offers(
        "<delegation xmlns='urn:xmpp:delegation:2'><delegated namespace='urn:xmpp:mam:2'>"
        f"<attribute name='node'/></delegated><delegated namespace='{PUBSUB}'/><delegated/>"
        "</delegation>"
    )
    assert found == [Offer(Kind.DELEGATION, "urn:xmpp:mam:2"), Offer(Kind.DELEGATION, PUBSUB)]


@pytest.mark.parametrize(
    "node", [f"urn:xmpp:delegation:1::{PUBSUB}", f"urn:xmpp:delegation:2:bare:{PUBSUB}"]
)
def test_a_question_before_delegation(node: str) -> None:
    """XEP-0355 §7.2: all that ejabberd says until it is answered."""
    query = f"<query xmlns='http://jabber.org/protocol/disco#info' node='{node}'/>"
    head = "<iq xmlns='jabber:client' type='get'>"
    assert offers(query, head) == [Offer(Kind.DELEGATION, PUBSUB)]
    assert not offers(query, head.replace("get", "result"))


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<body>urn:xmpp:privilege:2</body>",
        "<delegation xmlns='urn:xmpp:privilege:2'><delegated namespace='urn:a'/></delegation>",
        "<privilege xmlns='urn:xmpp:privilege:2'><forwarded xmlns='urn:x'/></privilege>",
        "<query xmlns='http://jabber.org/protocol/disco#info' node='urn:xmpp:delegation:1::a'/>",
    ],
)
def test_what_offers_nothing(inside: str) -> None:
    """Other stanzas, those that carry a privilege's use among them."""
    assert not offers(inside)


def test_what_is_remembered_has_a_bound() -> None:
    """OFFERS_MAX."""
    many = "".join(f"<delegated namespace='urn:{n}'/>" for n in range(OFFERS_MAX + 1))
    found = offers(f"<delegation xmlns='urn:xmpp:delegation:2'>{many}</delegation>")
    assert len(found) == OFFERS_MAX


NAMES = st.sampled_from(["privilege", "delegation", "perm", "namespace", "delegated", "query", "x"])
NAMESPACES = st.sampled_from(
    ["urn:xmpp:privilege:2", "urn:xmpp:delegation:2", "http://jabber.org/protocol/disco#info"]
)
ATTRS = st.dictionaries(
    st.sampled_from(["access", "type", "ns", "namespace", "node"]),
    st.sampled_from(["iq", "roster", "none", "", "urn:xmpp:delegation:1::", "urn:a"]),
)
ELEMENTS = st.recursive(
    st.builds(Element, NAMESPACES, NAMES, ATTRS),
    lambda inner: st.builds(
        lambda ns, name, attrs, children: Element(ns, name, attrs, *children),
        NAMESPACES,
        NAMES,
        ATTRS,
        st.lists(inner, max_size=3),
    ),
    max_leaves=12,
)


@given(st.sampled_from(["message", "iq", "presence"]), ATTRS, st.lists(ELEMENTS, max_size=3))
def test_any_stanza(name: str, attrs: dict[str, str], children: list[Element]) -> None:
    """Whatever a server sends, what is read of it has a name and a bound."""
    found = read_offers(Element("jabber:client", name, attrs, *children))
    assert len(found) <= OFFERS_MAX
    assert all(each.what for each in found)
