"""Result set management: XEP-0059 1.0."""

from __future__ import annotations

import pytest

from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.rsm import NUMBER_MAX, Page, PageRequest, read_set
from folkmoot.xmpp.xml import parse


def asked(content: str) -> PageRequest | None:
    """What a search is read to ask for."""
    return read_set(
        parse(
            "<query xmlns='jabber:iq:search'><nick>Pete</nick>"
            f"<set xmlns='http://jabber.org/protocol/rsm'>{content}</set></query>"
        )
    )


@pytest.mark.parametrize(
    ("content", "request_"),
    [
        ("", PageRequest()),
        ("<max>10</max>", PageRequest(max=10)),  # §2.1, example 1
        (
            "<max>10</max><after>peterpan@neverland.lit</after>",  # §2.2, example 5
            PageRequest(max=10, after="peterpan@neverland.lit"),
        ),
        (
            "<max>10</max><before>peter@pixyland.org</before>",  # §2.3, example 8
            PageRequest(max=10, before="peter@pixyland.org"),
        ),
        ("<max>10</max><before/>", PageRequest(max=10, before="")),  # §2.5, example 11
        ("<max>10</max><index>371</index>", PageRequest(max=10, index=371)),  # §2.6, example 12
        ("<max>0</max>", PageRequest(max=0)),  # §2.7, example 15
        ("<max> +0010\n</max><after/>", PageRequest(max=10)),
        (f"<max>{NUMBER_MAX}</max>", PageRequest(max=NUMBER_MAX)),
    ],
)
def test_requests(content: str, request_: PageRequest) -> None:
    assert asked(content) == request_


def test_a_request_without_a_set() -> None:
    assert read_set(parse("<query xmlns='jabber:iq:search'><nick>Pete</nick></query>")) is None


@pytest.mark.parametrize(
    "number", ["", "-1", "ten", "1.5", "1 0", "1_0", "٣", str(NUMBER_MAX + 1), "9" * 5000]
)
@pytest.mark.parametrize("name", ["max", "index"])
def test_numbers_that_are_none(name: str, number: str) -> None:
    """XEP-0059 §8: an `xs:int`, and below zero nothing is asked for."""
    with pytest.raises(StanzaError) as refused:
        asked(f"<{name}>{number}</{name}>")
    assert refused.value.condition == "bad-request"


@pytest.mark.parametrize(
    ("page", "content"),
    [
        (
            Page(("a", "b"), "stpeter@jabber.org", "peterpan@neverland.lit", 0, 800),
            "<first index='0'>stpeter@jabber.org</first><last>peterpan@neverland.lit</last>"
            "<count>800</count>",  # §2.2, example 4
        ),
        (Page((), count=790), "<count>790</count>"),  # example 7
        (Page(("a",), "x", "x"), "<first>x</first><last>x</last>"),
    ],
)
def test_pages(page: Page[str], content: str) -> None:
    assert page.element() == parse(f"<set xmlns='http://jabber.org/protocol/rsm'>{content}</set>")
