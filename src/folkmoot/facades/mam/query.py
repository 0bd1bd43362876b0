"""What is asked of an archive: the form of XEP-0313 1.1.3, §4.1; the page of XEP-0059 1.0.

Words are searched for by XEP-0431 0.2.0. The field that takes any id is marked as XEP-0122 1.0.2
has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from folkmoot.engine.model import NodeId
from folkmoot.engine.store import ArchiveQuery, Edge
from folkmoot.facades.archiving import FULL_TEXT, MAM
from folkmoot.facades.facade import read_jid
from folkmoot.xmpp.dates import read_date
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import DATA, Field, FieldType, Form
from folkmoot.xmpp.rsm import PageRequest, read_set
from folkmoot.xmpp.xml import Element

VALIDATE: Final = "http://jabber.org/protocol/xdata-validate"

RESULTS_DEFAULT: Final = 100
"""How many messages a page has where nobody says how many."""

RESULTS_MAX: Final = 250
"""How many messages a page has at most."""

IDS_MAX: Final = 250
"""How many messages may be asked for by id at once."""

SEARCH_CHARS_MAX: Final = 1_000
"""How long the text may be that is searched for."""


def _read_text(text: str) -> str:
    if len(text) > SEARCH_CHARS_MAX:
        raise StanzaError("policy-violation", f"at most {SEARCH_CHARS_MAX} characters at once")
    return text


_FIELDS: Final[Mapping[str, tuple[FieldType, str, Callable[[str], Any]]]] = {
    "with": ("jid-single", "publisher", read_jid),
    "start": ("text-single", "since", read_date),
    "end": ("text-single", "until", read_date),
    "before-id": ("text-single", "below", str),
    "after-id": ("text-single", "above", str),
    f"{{{FULL_TEXT}}}fulltext": ("text-single", "text", _read_text),
}
"""Fields with one value: type, what of an `ArchiveQuery` it sets, and how it is read."""

_IDS: Final = "ids"


def form() -> Element:
    """The fields there are (§4.1.5)."""
    fields = [Field(var, type) for var, (type, _, _) in _FIELDS.items()]
    x = Form("form", MAM, (*fields, Field(_IDS, "list-multi"))).element()
    open_list = Element(VALIDATE, "open")
    x.elements[-1].append(Element(VALIDATE, "validate", {"datatype": "xs:string"}, open_list))
    return x


def read_query(payload: Element, node: NodeId) -> ArchiveQuery:
    """What a `<query/>` looks for at a node, and which page of it.

    Raises StanzaError: bad-request for a form or a page that makes no sense, jid-malformed,
    feature-not-implemented for a field that is not known, policy-violation for too many ids.
    """
    x = payload.child(DATA, "x")
    wanted = {} if x is None else _read_form(Form.read(x))
    asked = read_set(payload) or PageRequest()
    if asked.index is not None and (asked.after is not None or asked.before is not None):
        raise StanzaError("bad-request", "a page begins at an index or beside an item, not both")
    return ArchiveQuery(
        node=node,
        edge=Edge.OLDEST if asked.before is None else Edge.NEWEST,
        after=asked.after or "",
        before=asked.before or "",
        skip=asked.index or 0,
        limit=RESULTS_DEFAULT if asked.max is None else min(asked.max, RESULTS_MAX),
        **wanted,
    )


def _read_form(form: Form) -> dict[str, Any]:
    if form.type != "submit" or form.form_type not in (None, MAM):
        raise StanzaError("bad-request", f"a form of type {MAM} that is submitted is needed")
    wanted: dict[str, Any] = {}
    for field in form.fields:
        if field.var == _IDS:
            ids = tuple(dict.fromkeys(filter(None, field.values)))
            if len(ids) > IDS_MAX:
                raise StanzaError("policy-violation", f"at most {IDS_MAX} ids at once")
            wanted["ids"] = ids
        elif field.var in _FIELDS:
            _, name, read = _FIELDS[field.var]
            if len(field.values) > 1:
                raise StanzaError("bad-request", f"{field.var} has one value")
            if field.value:
                wanted[name] = read(field.value)
        else:
            raise StanzaError("feature-not-implemented", f"{field.var} is not known here")
    return wanted
