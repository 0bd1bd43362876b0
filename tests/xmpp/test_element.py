"""Elements and the serializer: RFC 6120 §4.8, §8.4, §11."""

from __future__ import annotations

import pytest
from hypothesis import given

from folkmoot.xmpp.xml import XML_LANG, XML_NS, Element, parse, serialize
from tests.xmpp.xmlgen import elements

CLIENT = "jabber:client"


def test_builder_leaves_out_what_is_none() -> None:
    element = Element(CLIENT, "iq", {"id": "1", "to": None, XML_LANG: "en"}, Element("a", "b"), "t")
    assert element.attrs == {"id": "1", XML_LANG: "en"}
    assert element.get("id") == "1"
    assert element.get(XML_LANG) == "en"
    assert element.get("to") is None
    assert element.get("to", "juliet@example.com") == "juliet@example.com"


def test_children_are_found_by_namespace_and_name() -> None:
    one, other, again = Element("a", "x"), Element("b", "x"), Element("a", "x", {"n": "2"})
    parent = Element("a", "parent", None, "to ", one, "be ", other, again, "or")
    assert parent.elements == [one, other, again]
    assert parent.first is one
    assert parent.child("b", "x") is other
    assert parent.child("b", "y") is None
    assert parent.childs("a", "x") == [one, again]
    assert parent.text == "to be or"
    assert Element("a", "empty").first is None


def test_equality_is_of_what_the_xml_says() -> None:
    whole = Element("a", "b", {"x": "1", "y": "2"}, "to be", Element("a", "c"))
    cut = Element("a", "b", {"y": "2", "x": "1"}, "to ", "", "be")
    cut.append(Element("a", "c"))
    assert whole == cut
    assert whole != Element("a", "b", {"x": "1", "y": "2"}, Element("a", "c"), "to be")
    assert whole != Element("z", "b", {"x": "1", "y": "2"}, "to be", Element("a", "c"))
    assert whole != Element("a", "b", {"x": "1"}, "to be", Element("a", "c"))
    assert whole != "<b/>"


def test_namespace_is_declared_where_it_changes() -> None:
    """RFC 6120 §8.4: a payload declares its own namespace, and what is inside inherits it."""
    stanza = Element(
        CLIENT,
        "iq",
        {"type": "get"},
        Element("urn:a", "query", None, Element("urn:a", "item"), Element(CLIENT, "body")),
    )
    inside = "<query xmlns='urn:a'><item/><body xmlns='jabber:client'/></query>"
    assert serialize(stanza, CLIENT) == f"<iq type='get'>{inside}</iq>"
    assert serialize(stanza) == f"<iq xmlns='jabber:client' type='get'>{inside}</iq>"
    assert repr(stanza) == serialize(stanza)


def test_no_namespace_is_declared_too() -> None:
    assert serialize(Element("a", "b", None, Element("", "c"))) == "<b xmlns='a'><c xmlns=''/></b>"


def test_xml_namespace_keeps_its_prefix() -> None:
    """Namespaces in XML §3: it must not be declared as the default namespace."""
    element = Element(XML_NS, "odd", {XML_LANG: "en"}, Element("", "inner"))
    assert serialize(element) == "<xml:odd xml:lang='en'><inner/></xml:odd>"


def test_attributes_of_other_namespaces_get_a_prefix() -> None:
    element = Element("a", "b", {("urn:x", "n"): "1", ("urn:y", "n"): "2"})
    assert serialize(element) == (
        "<b xmlns='a' xmlns:a1='urn:x' a1:n='1' xmlns:a2='urn:y' a2:n='2'/>"
    )


def test_text_and_attributes_are_escaped() -> None:
    """XML 1.0 §2.4, §2.11, §3.3.3: what a reader would take for markup, or normalise away."""
    element = Element("", "a", {"b": "<&>'\"\t\n\r"}, "<&>'\"\t\n\r]]>")
    assert serialize(element) == (
        "<a b='&lt;&amp;&gt;&apos;&quot;&#9;&#10;&#13;'>&lt;&amp;&gt;'\"\t\n&#13;]]&gt;</a>"
    )
    assert parse(serialize(element)) == element


@pytest.mark.parametrize("character", ["\0", "\x01", "\x0b", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_characters_that_xml_cannot_hold_are_refused(character: str) -> None:
    """XML 1.0 §2.2."""
    for element in (Element("", "a", None, character), Element("", "a", {"b": character})):
        with pytest.raises(ValueError, match="XML cannot hold"):
            serialize(element)


@given(elements)
def test_what_is_written_is_read_back(element: Element) -> None:
    assert parse(serialize(element)) == element
