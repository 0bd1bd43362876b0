"""Errors as exceptions: RFC 6120 §4.9, §8.3."""

from __future__ import annotations

import pytest

from folkmoot.xmpp.errors import (
    STANZA_CONDITIONS,
    STANZA_ERROR_TYPES,
    STREAM_CONDITIONS,
    StanzaError,
    StreamError,
)
from folkmoot.xmpp.xml import Element


def test_there_are_as_many_conditions_as_sections() -> None:
    """RFC 6120 §4.9.3.1 to §4.9.3.25, §8.3.3.1 to §8.3.3.22."""
    assert len(STREAM_CONDITIONS) == 25
    assert len(STANZA_CONDITIONS) == 22
    assert set(STANZA_CONDITIONS.values()) <= STANZA_ERROR_TYPES


def test_stream_error() -> None:
    error = StreamError("policy-violation", "too much")
    assert (error.condition, error.text) == ("policy-violation", "too much")
    assert str(error) == "policy-violation: too much"
    assert str(StreamError("reset")) == "reset"
    with pytest.raises(ValueError, match="no-such-condition"):
        StreamError("no-such-condition")


@pytest.mark.parametrize(
    ("condition", "type"),
    [("bad-request", "modify"), ("forbidden", "auth"), ("resource-constraint", "wait")],
)
def test_stanza_error_has_the_recommended_type(condition: str, type: str) -> None:
    """RFC 6120 §8.3.3."""
    assert StanzaError(condition).type == type


def test_stanza_error() -> None:
    extension = Element("http://jabber.org/protocol/pubsub#errors", "closed-node")
    error = StanzaError("not-allowed", "no", type="wait", extension=extension)
    assert (error.condition, error.text, error.type) == ("not-allowed", "no", "wait")
    assert error.extension is extension
    assert str(error) == "not-allowed: no"
    assert str(StanzaError("gone")) == "gone"
    with pytest.raises(ValueError, match="payment-required"):
        StanzaError("payment-required")
    with pytest.raises(ValueError, match="maybe"):
        StanzaError("gone", type="maybe")
