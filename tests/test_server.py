"""What a configuration says of the link to another server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from folkmoot.admin import AdminError
from folkmoot.config import Address, Config
from folkmoot.config.options import Component, Server
from folkmoot.listeners.component import LinkSettings
from folkmoot.settings import links
from folkmoot.xmpp.jid import JID

AT = Address("127.0.0.1", 5347)


def test_where_the_link_goes(tmp_path: Path) -> None:
    """Nowhere, unless it is configured; the secret is what its file holds."""
    assert links(Config()) == ()
    file = tmp_path / "secret"
    file.write_text("sycamore\n")
    spaces, rooms = (
        LinkSettings(JID.parse(f"{name}.localhost"), "127.0.0.1", 5347, "sycamore")
        for name in ("spaces", "rooms")
    )
    assert links(Config(component=Component(AT, file))) == (spaces,)
    (tmp_path / "component.secret").write_text("sycamore")
    server = JID.parse("localhost")
    whose = tuple(replace(each, server=server) for each in (spaces, rooms))
    assert links(Config(Server(data=tmp_path, accounts=False))) == whose


@pytest.mark.parametrize(
    ("file", "why"), [(None, "needs component.secret_file"), ("nowhere", "No such file")]
)
def test_a_link_without_a_secret(tmp_path: Path, file: str | None, why: str) -> None:
    """One line that says what to do."""
    config = Config(component=Component(AT, None if file is None else tmp_path / file))
    with pytest.raises(AdminError, match=why):
        links(config)
