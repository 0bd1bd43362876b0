"""Listing only nodes of some types: XEP-0462 0.1.1."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from folkmoot.engine.store import NodeQuery
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import DATA, Form
from folkmoot.xmpp.xml import Element

NS: Final = "urn:xmpp:pubsub-filter:0"

TYPES_MAX: Final = 64
"""The most types one filter names."""

_INCLUDED: Final = "included-types"
_EXCLUDED: Final = "excluded-types"


def narrowed(query: NodeQuery, asked: Element) -> NodeQuery:
    """A query for nodes of the types that a disco#items request filters by (§3.2).

    An empty value is a node without a type; a field without any value filters nothing. Raises
    StanzaError: bad-request where types are both included and excluded, or the form is missing,
    not submitted or another; policy-violation for more than TYPES_MAX types.
    """
    element = asked.child(NS, "filter")
    if element is None:
        return query
    x = element.child(DATA, "x")
    if x is None:
        raise StanzaError("bad-request", "a filter is a data form")
    form = Form.read(x)
    if form.type != "submit" or form.form_type not in (None, NS):
        raise StanzaError("bad-request", f"a form of type {NS} is submitted")
    given = {field.var for field in form.fields}
    if {_INCLUDED, _EXCLUDED} <= given:
        raise StanzaError("bad-request", "types are included or excluded, not both")
    excluded = _EXCLUDED in given
    types = tuple(dict.fromkeys(form.values(_EXCLUDED if excluded else _INCLUDED)))
    if len(types) > TYPES_MAX:
        raise StanzaError("policy-violation", f"at most {TYPES_MAX} types are named")
    return replace(query, types=types, excluded=excluded)
