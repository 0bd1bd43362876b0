"""Rosters that another server keeps, of accounts whose own nodes are here (XEP-0163 1.2.2).

Who may look at such a node is for that server to know. A decision reads a roster as it reads
anything else; what is read of it is not kept, and never decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from folkmoot.xmpp.jid import JID


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """A contact on a roster. hears, heard: it hears the account's presence, and the other way."""

    hears: bool = False
    heard: bool = False
    groups: frozenset[str] = frozenset()


Acquaintances = Mapping[JID, Acquaintance]
"""A roster, by the bare JIDs of the contacts."""

STRANGER: Final = Acquaintance()
"""Anybody who is not on a roster."""


class Rosters(Protocol):
    """The rosters of another server, as far as it lets us see them."""

    def known(self, account: JID, *, surely: bool = False) -> Acquaintances | None:
        """A roster that can be relied on for now; None: it has to be loaded.

        surely: only if it cannot have changed since it was read.
        """

    async def load(self, account: JID) -> Acquaintances:
        """The roster of an account; empty where it cannot be had: then nobody is let in by it."""


class NoRosters:
    """Nobody has a roster elsewhere."""

    def known(self, account: JID, *, surely: bool = False) -> Acquaintances | None:
        """Nobody on it."""
        return {}

    async def load(self, account: JID) -> Acquaintances:
        """Nobody on it."""
        return {}


NO_ROSTERS: Final = NoRosters()
