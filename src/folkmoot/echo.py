"""Whether a link is the only one of its name: what is sent to oneself has to come back.

Some servers take several components under one name, and give each a part of what is for it. For one
database with one process that is a mistake, which nobody would see but those who miss an answer.
"""

from __future__ import annotations

from typing import Final

from folkmoot.asking import Asking, Unreachable
from folkmoot.facades.basics import PING
from folkmoot.links import Link
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.xml import Element

ECHOES: Final = 8
"""How many are sent: with another process, one in 256 times all of them come back all the same."""

ECHO_SECONDS_MAX: Final = 10.0
"""How long each may take."""


async def is_shared(asking: Asking, link: Link) -> bool:
    """Whether another link has the name as well, as far as anybody can tell."""
    ping = Element(PING, "ping")
    for _ in range(ECHOES):
        try:
            await asking.ask(link.domain, "get", ping, ECHO_SECONDS_MAX, link.domain)
        except StanzaError:
            return False  # this server lets nobody talk to themself
        except Unreachable:
            return link.up
    return False
