"""Data forms: XEP-0004 2.13.2."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import DATA, Field, FieldType, Form, FormType, Option, read_boolean
from folkmoot.xmpp.xml import Element, parse
from tests.xmpp.xmlgen import text

BOT_CREATION = """
    <x xmlns='jabber:x:data' type='form'>
      <title>Bot Configuration</title>
      <instructions>Fill out this form to configure your new bot!</instructions>
      <instructions>Or do not.</instructions>
      <field type='hidden' var='FORM_TYPE'><value>jabber:bot</value></field>
      <field type='fixed'><value>Section 1: Bot Info</value></field>
      <field type='text-single' label='The name of your bot' var='botname'/>
      <field type='boolean' label='Public bot?' var='public'><required/></field>
      <field type='list-multi' label='What features will the bot support?' var='features'>
        <desc>Choose well.</desc>
        <option label='Contests'><value>contests</value></option>
        <option><value>news</value></option>
        <value>news</value>
        <value>search</value>
      </field>
      <field type='no-such-type' var='maxsubs'><value>20</value></field>
      <field var='empty'><value/></field>
    </x>"""


def test_a_form_is_read() -> None:
    """XEP-0004 §5.1, example 2; an unknown type is text-single (§3.3)."""
    form = Form.read(parse(BOT_CREATION))
    assert form == Form(
        "form",
        "jabber:bot",
        (
            Field("botname", label="The name of your bot"),
            Field("public", "boolean", label="Public bot?", required=True),
            Field(
                "features",
                "list-multi",
                ("news", "search"),
                "What features will the bot support?",
                (Option("contests", "Contests"), Option("news")),
                desc="Choose well.",
            ),
            Field("maxsubs", "text-single", ("20",)),
            Field("empty", values=("",)),
        ),
        "Bot Configuration",
        "Fill out this form to configure your new bot!\nOr do not.",
    )
    assert Form.read(form.element()) == form


def test_values() -> None:
    form = Form.read(parse(BOT_CREATION))
    assert form.value("maxsubs") == "20"
    assert form.value("features") == "news"
    assert form.values("features") == ("news", "search")
    assert form.value("empty") == ""
    assert form.value("botname") is None
    assert form.value("no-such-field") is None
    assert form.values("no-such-field") == ()
    assert form.boolean("public") is None
    assert form.field("public") == form.fields[1]


def test_form_type_is_written_first_and_hidden() -> None:
    """XEP-0068 §3."""
    form = Form("submit", "urn:x", (Field("a", values=("1", "2")),))
    assert form.element() == parse(
        "<x xmlns='jabber:x:data' type='submit'>"
        "<field var='FORM_TYPE' type='hidden'><value>urn:x</value></field>"
        "<field var='a' type='text-single'><value>1</value><value>2</value></field></x>"
    )


def test_a_form_without_form_type() -> None:
    """Movim sends publish-options and room configurations without one."""
    form = Form.read(parse("<x xmlns='jabber:x:data' type='cancel'/>"))
    assert form == Form("cancel")
    assert form.form_type is None
    assert form.element() == parse("<x xmlns='jabber:x:data' type='cancel'/>")


def test_a_fixed_field_is_written_without_a_name() -> None:
    field = Field("", "fixed", ("Section 1",))
    assert field.element() == parse(
        "<field xmlns='jabber:x:data' type='fixed'><value>Section 1</value></field>"
    )


@pytest.mark.parametrize(
    "element",
    [
        "<x xmlns='jabber:x:data'/>",
        "<x xmlns='jabber:x:data' type='error'/>",
        "<x xmlns='urn:x' type='form'/>",
        "<y xmlns='jabber:x:data' type='form'/>",
    ],
)
def test_what_is_no_form(element: str) -> None:
    """XEP-0004 §3.1."""
    with pytest.raises(StanzaError) as refused:
        Form.read(parse(element))
    assert refused.value.condition == "bad-request"


@pytest.mark.parametrize(
    ("value", "meaning"), [("1", True), ("true", True), ("0", False), ("false", False)]
)
def test_booleans_have_two_spellings(value: str, meaning: bool) -> None:
    """XEP-0004 §3.3."""
    assert read_boolean(value) is meaning
    assert Form("submit", None, (Field("b", values=(value,)),)).boolean("b") is meaning


@pytest.mark.parametrize("value", ["", "yes", "TRUE", "2", "01"])
def test_other_booleans_are_not_acceptable(value: str) -> None:
    """XEP-0004 §4."""
    with pytest.raises(StanzaError) as refused:
        read_boolean(value)
    assert refused.value.condition == "not-acceptable"


form_parts = st.recursive(
    st.one_of(text, st.builds(lambda name: Element(DATA, name), st.text("avx", min_size=1))),
    lambda inner: st.builds(
        lambda name, attrs, children: Element(DATA, name, attrs, *children),
        st.sampled_from(["x", "field", "value", "option", "title", "required", "desc"]),
        st.dictionaries(st.sampled_from(["var", "type", "label"]), text),
        st.lists(inner, max_size=4),
    ),
)


@given(st.lists(form_parts, max_size=5))
def test_any_form_is_read_or_refused(children: list[Element | str]) -> None:
    form = Form.read(Element(DATA, "x", {"type": "submit"}, *children))
    assert Form.read(form.element()).fields == form.fields


fields = st.builds(
    Field,
    st.text("abc#:", min_size=1),
    st.sampled_from(get_args(FieldType)),
    st.lists(text).map(tuple),
    text,
    st.lists(st.builds(Option, text, text)).map(tuple),
    st.booleans(),
    text,
)
forms = st.builds(
    Form,
    st.sampled_from(get_args(FormType)),
    st.none() | text,
    st.lists(fields, max_size=4).map(tuple),
    text,
    text,
)


@given(forms)
def test_what_is_written_is_read_back(form: Form) -> None:
    assert Form.read(form.element()) == form
