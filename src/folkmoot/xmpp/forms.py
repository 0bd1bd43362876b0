"""Data forms: XEP-0004 2.13.2, with the FORM_TYPE of XEP-0068 1.3.0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from folkmoot.xmpp.element import Element
from folkmoot.xmpp.errors import StanzaError

DATA = "jabber:x:data"
VALIDATE = "http://jabber.org/protocol/xdata-validate"
FORM_TYPE = "FORM_TYPE"

FormType = Literal["form", "submit", "cancel", "result"]
"""What a form is for (§3.1)."""

FieldType = Literal[
    "boolean",
    "fixed",
    "hidden",
    "jid-multi",
    "jid-single",
    "list-multi",
    "list-single",
    "text-multi",
    "text-private",
    "text-single",
]
"""What a field holds (§3.3)."""

_FORM_TYPES: dict[str | None, FormType] = {name: name for name in get_args(FormType)}
_FIELD_TYPES: dict[str | None, FieldType] = {name: name for name in get_args(FieldType)}

_BOOLEANS = {"1": True, "true": True, "0": False, "false": False}


def read_boolean(text: str) -> bool:
    """A boolean in either of its spellings (§3.3); StanzaError not-acceptable otherwise (§4)."""
    value = _BOOLEANS.get(text.strip())
    if value is None:
        raise StanzaError("not-acceptable", "not a boolean")
    return value


@dataclass(frozen=True, slots=True)
class Option:
    """One of the values a list field offers; label: what people read, "" for none."""

    value: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form (§3.2).

    var: its name in the form; "" only for a field of type `fixed`.
    values: several only for the types that end in -multi, and for `hidden`.
    label, desc: what people read, "" for none.
    options: of the two list types only.
    bounds: the least and the most, of a whole number (XEP-0122 1.0.2, §3.2, §4.1.3).
    """

    var: str
    type: FieldType = "text-single"
    values: tuple[str, ...] = ()
    label: str = ""
    options: tuple[Option, ...] = ()
    required: bool = False
    desc: str = ""
    bounds: tuple[int, int] | None = None

    @property
    def value(self) -> str | None:
        """The first value, None where there is none."""
        return self.values[0] if self.values else None

    def element(self) -> Element:
        """The `<field/>`."""
        attrs = {"type": self.type, "var": self.var or None, "label": self.label or None}
        field = Element(DATA, "field", attrs)
        if self.desc:
            field.append(Element(DATA, "desc", None, self.desc))
        if self.required:
            field.append(Element(DATA, "required"))
        if self.bounds is not None:
            least, most = map(str, self.bounds)
            within = Element(VALIDATE, "range", {"min": least, "max": most})
            field.append(Element(VALIDATE, "validate", {"datatype": "xs:integer"}, within))
        for value in self.values:
            field.append(Element(DATA, "value", None, value))
        for option in self.options:
            chosen = Element(DATA, "value", None, option.value)
            field.append(Element(DATA, "option", {"label": option.label or None}, chosen))
        return field


@dataclass(frozen=True, slots=True)
class Form:
    """A data form: something to fill in, what was filled in, or a set of data.

    form_type: what names the fields mean (XEP-0068), None where the form does not say.
    fields: all but FORM_TYPE, in order.
    title: "" for none. instructions: a line for each `<instructions/>`, "" for none.
    """

    type: FormType
    form_type: str | None = None
    fields: tuple[Field, ...] = ()
    title: str = ""
    instructions: str = ""

    @staticmethod
    def read(x: Element) -> Form:
        """The form an `<x/>` holds.

        Fields without a name say nothing to a program and are left out; a type nobody knows is
        read as text-single (§3.3). Raises StanzaError bad-request where `x` is no form.
        """
        if x.ns != DATA or x.name != "x":
            raise StanzaError("bad-request", "not a data form")
        type = _FORM_TYPES.get(x.get("type"))
        if type is None:
            raise StanzaError("bad-request", "a data form of no known type")
        fields = [_read_field(field) for field in x.childs(DATA, "field") if field.get("var")]
        form_types = [field.value for field in fields if field.var == FORM_TYPE]
        return Form(
            type,
            form_types[0] if form_types else None,
            tuple([field for field in fields if field.var != FORM_TYPE]),
            _text(x, "title"),
            "\n".join([line.text for line in x.childs(DATA, "instructions")]),
        )

    def element(self) -> Element:
        """The `<x/>`, FORM_TYPE its first field."""
        x = Element(DATA, "x", {"type": self.type})
        if self.title:
            x.append(Element(DATA, "title", None, self.title))
        if self.instructions:
            for line in self.instructions.split("\n"):
                x.append(Element(DATA, "instructions", None, line))
        if self.form_type is not None:
            x.append(Field(FORM_TYPE, "hidden", (self.form_type,)).element())
        for field in self.fields:
            x.append(field.element())
        return x

    def field(self, var: str) -> Field | None:
        """The first field of that name."""
        return next((field for field in self.fields if field.var == var), None)

    def value(self, var: str) -> str | None:
        """A field's first value; None where field or value is absent."""
        field = self.field(var)
        return None if field is None else field.value

    def values(self, var: str) -> tuple[str, ...]:
        """All values of a field; none where the field is absent."""
        field = self.field(var)
        return () if field is None else field.values

    def boolean(self, var: str) -> bool | None:
        """A field's value as a boolean; None where absent. Raises StanzaError not-acceptable."""
        value = self.value(var)
        return None if value is None else read_boolean(value)


def _read_field(field: Element) -> Field:
    return Field(
        field.get("var", ""),
        _FIELD_TYPES.get(field.get("type"), "text-single"),
        tuple([value.text for value in field.childs(DATA, "value")]),
        field.get("label", ""),
        tuple(
            [
                Option(_text(option, "value"), option.get("label", ""))
                for option in field.childs(DATA, "option")
            ]
        ),
        field.child(DATA, "required") is not None,
        _text(field, "desc"),
    )


def _text(parent: Element, name: str) -> str:
    child = parent.child(DATA, name)
    return "" if child is None else child.text
