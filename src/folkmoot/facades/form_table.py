"""Configuration forms as tables: what a field is called, what it sets, how it is read and said.

One row serves the form an owner is sent, the one an owner submits, and what disco#info shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.model import NodeId
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import Field, FieldType, Form, Option, read_boolean
from folkmoot.xmpp.jid import JID, InvalidJID

E = TypeVar("E", bound=Enum)


@dataclass(frozen=True, slots=True)
class Row:
    """One field of a configuration.

    setting: the name in `Settings`. read: the field's values to the setting's value, raising
    StanzaError(not-acceptable). say: the setting's value to the field's values.
    """

    var: str
    type: FieldType
    label: str
    setting: str
    read: Callable[[Sequence[str]], Any]
    say: Callable[[Any], tuple[str, ...]]
    options: tuple[Option, ...] = ()

    def field(self, config: NodeConfig) -> Field:
        """The field as a configuration fills it in."""
        value: Any = config
        for part in self.setting.split("."):
            value = getattr(value, part)
        return Field(self.var, self.type, self.say(value), self.label, self.options)


def read_settings(rows: Iterable[Row], form: Form) -> dict[str, Any]:
    """What the fields of a form that a table knows ask for; other fields ask for nothing.

    Raises StanzaError(not-acceptable) that names the field of a value which makes no sense.
    """
    by_var = {row.var: row for row in rows}
    settings: dict[str, Any] = {}
    for field in form.fields:
        row = by_var.get(field.var)
        if row is not None:
            try:
                settings[row.setting] = row.read(field.values)
            except StanzaError as error:
                text = f"{field.var}: {error.text}"
                raise StanzaError(error.condition, text, extension=error.extension) from error
    return settings


def var_of(rows: Iterable[Row], setting: str) -> str:
    """What a form calls a setting; the setting's own name where it does not have it."""
    return next((row.var for row in rows if row.setting == setting), setting)


def unknown(rows: Iterable[Row], form: Form) -> str:
    """The first field of a form that a table does not know; "" where it knows them all."""
    known = {row.var for row in rows}
    return next((field.var for field in form.fields if field.var not in known), "")


def nonsense(text: str) -> StanzaError:
    """The answer to a value that makes no sense."""
    return StanzaError("not-acceptable", text)


def single(values: Sequence[str]) -> str:
    """The one value of a field; none is the empty text."""
    if len(values) > 1:
        raise nonsense("one value is enough")
    return values[0] if values else ""


def flag(var: str, label: str, setting: str) -> Row:
    """A yes or no."""
    return Row(
        var,
        "boolean",
        label,
        setting,
        lambda values: read_boolean(single(values)),
        lambda value: ("1" if value else "0",),
    )


def text(var: str, label: str, setting: str, type: FieldType = "text-single") -> Row:
    """A line of text."""
    return Row(var, type, label, setting, single, lambda value: (value,) if value else ())


def choice(var: str, label: str, setting: str, labels: Mapping[E, str]) -> Row:
    """One of a list; the enum's values are the protocol's words."""
    words = {str(member.value): member for member in labels}

    def read(values: Sequence[str]) -> E:
        found = words.get(single(values))
        if found is None:
            raise nonsense(f"one of {', '.join(words)} is needed")
        return found

    options = tuple(Option(str(member.value), words_) for member, words_ in labels.items())
    return Row(var, "list-single", label, setting, read, lambda member: (member.value,), options)


def number(var: str, label: str, setting: str, *, most: int, word: str = "") -> Row:
    """A whole number from 0 to `most`, which `word` also says."""

    def read(values: Sequence[str]) -> int:
        given = single(values).strip()
        if word and given == word:
            return most
        if not given.isascii() or not given.isdigit() or len(given) > 18:
            raise nonsense("a number is needed")
        if int(given) > most:
            raise nonsense(f"at most {most}")
        return int(given)

    return Row(var, "text-single", label, setting, read, lambda value: (str(value),))


def parent(var: str, label: str) -> Row:
    """The node that this one is in, as an xmpp URI (RFC 5122; XEP-0147; XEP-0503 §5.5)."""
    return Row(
        var,
        "text-single",
        label,
        "parent",
        lambda values: read_node_uri(single(values)),
        lambda node: () if node is None else (node_uri(node),),
    )


def node_uri(node: NodeId) -> str:
    """The address of a node, and the key of a space: `xmpp:spaces.example.org?;node=…`."""
    return f"xmpp:{quote(str(node.service), safe='@/')}?;node={quote(node.name, safe='')}"


def read_node_uri(uri: str) -> NodeId | None:
    """The node an xmpp URI names, with `?;node=` or `?node=`; None for the empty text."""
    if not uri.strip():
        return None
    scheme, _, rest = uri.strip().partition(":")
    path, _, query = rest.partition("?")
    pairs = (pair.partition("=") for pair in query.replace("&", ";").split(";"))
    names = [unquote(value) for key, _, value in pairs if key == "node"]
    if scheme.lower() != "xmpp" or len(names) != 1 or not names[0]:
        raise nonsense("an address such as xmpp:spaces.example.org?;node=… is needed")
    try:
        service = JID.parse(unquote(path))
    except InvalidJID as error:
        raise nonsense(str(error)) from error
    return NodeId(service.bare, names[0])
