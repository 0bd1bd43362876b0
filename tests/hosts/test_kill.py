"""What is to be asked of a room abroad survives `kill -9`, with the link up or down."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from folkmoot.control import RemoteAdmin
from folkmoot.demo.child import Child
from tests.hosts.folk import Folk, person
from tests.hosts.host import SECRET, Host

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONFIG = """
[server]
domain = "folk.lit"
[spaces]
node_creators = ["nurse@verona.lit"]
[component]
secret_file = "{secret}"
"""


async def test_nothing_is_forgotten(host: Host, tmp_path: Path) -> None:
    """Killed right after an operator's ban, which no room has heard of yet; and killed at work."""
    secret, alone, linked = (tmp_path / name for name in ("secret", "alone.toml", "linked.toml"))
    secret.write_text(SECRET)
    alone.write_text(CONFIG.format(secret=secret))
    linked.write_text(alone.read_text() + f'server = "127.0.0.1:{host.components}"\n')
    data = tmp_path / "data"
    attached = Child(data, "--config", str(linked))
    detached = Child(data, "--config", str(alone))
    try:
        folks = Folk(host, partial(remote((await attached.start()).control).ask, "space"), "kill")
        await folks.makes_room(deputy="owner")
        await folks.waits_for_link()
        await folks.makes_space(romeo="member", tybalt="member")
        await folks.lists()
        await folks.comes_to(romeo="member", tybalt="member")
        await folks.puts(mercutio="publisher", paris="member", romeo="none")
        await attached.kill()

        operator = remote((await detached.start()).control)
        await operator.ask("space", "ban", {"key": folks.space, "jid": str(person("tybalt"))})
        await detached.kill()

        folks.ask = partial(remote((await attached.start()).control).ask, "space")
        await folks.comes_to(tybalt="outcast", mercutio="admin", paris="member")
        await folks.is_in("in line")
        await folks.waits_for_link()
        await folks.unlists()
        await folks.comes_to()
        await folks.leave()
    finally:
        await attached.kill()
        await detached.kill()


def remote(control: Path | None) -> RemoteAdmin:
    """What the command line asks of a running server."""
    assert control is not None
    return RemoteAdmin(control)
