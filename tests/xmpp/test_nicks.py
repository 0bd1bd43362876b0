"""What nicks look like: RFC 8266."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.xmpp.jid import InvalidJID, prepare_resource
from folkmoot.xmpp.nicks import appearance


@pytest.mark.parametrize(
    ("nick", "looks"),
    [
        ("witch", "witch"),
        ("witch ", "witch"),
        ("first  witch", "first witch"),
        ("ｗｉｔｃｈ", "witch"),
        ("ﬁrst", "first"),
        ("Witch", "Witch"),
        ("wіtch", "wіtch"),
        ("🧙", "🧙"),
        ("a/b", "a/b"),
    ],
)
def test_what_a_nick_looks_like(nick: str, looks: str) -> None:
    """§2.1: spaces are one each and none at the ends, and letters have one form each."""
    assert appearance(nick) == looks


@given(st.text(max_size=20))
def test_any_nick_looks_like_something(text: str) -> None:
    """What looks like something looks like that."""
    try:
        nick = prepare_resource(text)
    except InvalidJID:
        return
    assert appearance(appearance(nick)) == appearance(nick)
