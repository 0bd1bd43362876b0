"""Hypothesis strategies for XML, nasty where XML lets it be."""

from __future__ import annotations

from hypothesis import strategies as st

from folkmoot.xmpp.xml import XML_LANG, XML_NS, Attr, Element

_ILLEGAL = "".join(chr(c) for c in range(0x20) if chr(c) not in "\t\n\r") + "\ufffe\uffff"

text = st.text(st.characters(codec="utf-8", exclude_characters=_ILLEGAL), max_size=20)
names = st.sampled_from(["a", "body", "x-y", "_", "näme", "xml", "a1", "日本"])
namespaces = st.one_of(
    st.sampled_from(
        [
            "",
            "jabber:client",
            "{https://movim.eu}bookmarks-conference-call",
            "x y",
            "x|y\n",
            "'\"<&>",
            "}",
            XML_NS,
        ]
    ),
    text,
)
attrs: st.SearchStrategy[Attr] = st.one_of(
    names,
    st.just(XML_LANG),
    st.tuples(namespaces.filter(bool), names),
)


def _element(children: st.SearchStrategy[Element | str]) -> st.SearchStrategy[Element]:
    return st.builds(
        lambda ns, name, attrs, children: Element(ns, name, attrs, *children),
        namespaces,
        names,
        st.dictionaries(attrs, text, max_size=4),
        st.lists(children, max_size=4),
    )


elements: st.SearchStrategy[Element] = _element(
    st.recursive(text, lambda inner: st.one_of(text, _element(inner)), max_leaves=12)
)
