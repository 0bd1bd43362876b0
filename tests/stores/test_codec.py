"""Configurations and contacts come back as they went in; items do in test_model."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest
from hypothesis import given

from folkmoot.engine.configuration import Access, NodeConfig, RoomConfig
from folkmoot.engine.model import Contact, Item
from folkmoot.stores.codec import (
    item_row,
    read_config,
    read_contact,
    read_item,
    write_config,
    write_contact,
)
from folkmoot.xmpp.xml import Element, Limits, serialize

from . import nouns


@given(nouns.configs)
def test_a_configuration_comes_back(config: NodeConfig) -> None:
    assert read_config(write_config(config)) == config


def test_every_field_is_written_under_its_own_name() -> None:
    written = json.loads(write_config(NodeConfig(room=RoomConfig())))
    assert list(written) == [field.name for field in fields(NodeConfig)]
    assert list(written["room"]) == [field.name for field in fields(RoomConfig)]


def test_a_missing_field_takes_its_default() -> None:
    config = read_config('{"title":"Verona","room":{"moderated":true}}')
    assert config == NodeConfig(title="Verona", room=RoomConfig(moderated=True))


def test_an_unknown_field_is_passed_over() -> None:
    config = read_config('{"title":"Verona","weather":"fair","room":{"candles":7}}')
    assert config == NodeConfig(title="Verona", room=RoomConfig())


@pytest.mark.parametrize(
    "text",
    ['{"access":"whoever"}', '{"parent":["@","verona"]}', '{"max_items":"many"}', '{"access":'],
)
def test_a_value_that_means_nothing_is_no_guess(text: str) -> None:
    with pytest.raises(ValueError):
        read_config(text)


def test_an_access_model_is_its_word_in_xep_0060() -> None:
    """XEP-0060 §16.4.3: `pubsub#access_model`."""
    assert json.loads(write_config(NodeConfig(access=Access.WHITELIST)))["access"] == "whitelist"


@given(nouns.contacts)
def test_a_contact_comes_back(contact: Contact) -> None:
    assert read_contact(write_contact(contact)) == contact


def test_a_payload_longer_than_a_stanza_may_be_is_read_all_the_same() -> None:
    """Five bytes of text for one: it was short enough when it came."""
    payload = Element(nouns.TUNE, "title", None, "&" * Limits().stanza_bytes_max)
    assert len(serialize(payload)) > Limits().stanza_bytes_max
    kept = str(item_row(Item("a", nouns.JULIET, 0.0, payload))["payload"])
    assert read_item("a", str(nouns.JULIET), 0.0, "", kept).payload == payload
