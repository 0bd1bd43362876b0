"""How stanzas are laid out in a narrow column of the demonstrations."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from folkmoot.demo.columns import fitted
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element, parse, serialize

NAMES = st.sampled_from(("iq", "pubsub", "publish", "item", "field"))
TEXTS = st.sampled_from(("presence", "romeo@localhost", "neither, fair saint", "it's", "<&>"))


@st.composite
def elements(draw: st.DrawFn, depth: int = 4) -> Element:
    """What is shown: elements of one namespace, with elements or a text in them."""
    attrs = draw(st.dictionaries(st.sampled_from(("type", "node", "jid")), TEXTS, max_size=3))
    element = Element(CLIENT, draw(NAMES), dict(attrs))
    if depth and draw(st.booleans()):
        element.children.extend(draw(st.lists(elements(depth=depth - 1), max_size=3)))
    elif draw(st.booleans()):
        element.append(draw(TEXTS))
    return element


@given(elements(), st.integers(30, 60))
def test_it_is_the_same_stanza_in_any_width(element: Element, width: int) -> None:
    """Lines are broken where a space means nothing, and none is longer than its longest part."""
    lines = list(fitted(element, width))
    assert all(len(line) <= width for line in lines)
    again = parse(f"<all xmlns='{CLIENT}'>{' '.join(line.strip() for line in lines)}</all>")
    (found,) = again.elements
    assert _plain(found) == _plain(element)


def _plain(element: Element) -> str:
    """Without the spaces around text and elements."""
    return re.sub(r"\s*([<>])\s*", r"\1", serialize(element))


def test_what_is_alone_shares_a_line() -> None:
    """XEP-0207, Listing 3, in 36 columns."""
    presence = parse(
        f"""
        <iq xmlns='{CLIENT}' type='set'><pubsub><publish node='presence'><item><presence>\
<status>Moping</status></presence></item></publish></pubsub></iq>""".strip()
    )
    assert list(fitted(presence, 36)) == [
        "<iq type='set'><pubsub>",
        "  <publish node='presence'><item>",
        "    <presence>",
        "      <status>Moping</status>",
        "    </presence>",
        "  </item></publish>",
        "</pubsub></iq>",
    ]
